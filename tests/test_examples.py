"""The files in examples/: loaded by the command, by the chart, and run against GitHub."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
import yaml

from tests.support import checked, helm
from tests.support.app_server import pem
from tests.support.paths import ROOT
from tests.support.simulator_server import asking, command, simulated_github
from tests.support.world import enterprise, organization

EXAMPLES = ROOT / "examples"
CONFIGS = sorted(EXAMPLES.rglob("config.yaml"))
ENTERPRISE = EXAMPLES / "enterprise"
ORGANIZATIONS = ("octo-web", "octo-sandbox")
FILES = {
    "github-token": "ghp_example\n",
    "private-key.pem": pem(),
    "ca.pem": trustme.CA().cert_pem.bytes().decode(),
}


def installed(example: Path, folder: Path) -> Path:
    """Write the example into a folder, with the files that it names, and return its path."""
    text = example.read_text()
    for path in re.findall(r"ile: /(\S+)", text):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    for path in re.findall(r"_file: /(\S+)", text):
        (folder / path).write_text(FILES[Path(path).name])
    written = folder / "config.yaml"
    written.write_text(re.sub(r"(?<=ile: )(?=/)", str(folder), text))
    return written


def check(
    config: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return command("check", "--config.file", str(config), *arguments, env=env or {})


@pytest.mark.parametrize("example", CONFIGS, ids=lambda path: path.parent.name)
class TestConfigurations:
    def test_are_valid(self, example: Path, tmp_path: Path) -> None:
        ended = check(installed(example, tmp_path), "--offline", "--format", "json")
        report = checked.read(ended.stdout)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert report.accounts
        assert report.warnings == []

    def test_are_in_the_table(self, example: Path) -> None:
        name = example.relative_to(EXAMPLES)
        assert f"[{name}]({name})" in (EXAMPLES / "README.md").read_text()


class TestEnterprise:
    def test_is_the_same_in_the_chart(self) -> None:
        """The chart itself sets the credential and the state file."""
        config = yaml.safe_load((ENTERPRISE / "config.yaml").read_text())
        del config["github"], config["state"]
        for version in helm.VERSIONS:
            maps = helm.rendered(ENTERPRISE / "values.yaml", version=version).all("ConfigMap")
            (text,) = (
                each["data"]["config.yaml"] for each in maps if "config.yaml" in each["data"]
            )
            assert yaml.safe_load(text) == config

    def test_reads_nothing_twice(self, tmp_path: Path) -> None:
        """With a token: GitHub takes some seconds to refuse an App's new token for good."""
        config = installed(ENTERPRISE / "config.yaml", tmp_path)
        config.write_text(re.sub(r"  app_\w+: .*\n", "", config.read_text()).replace("github:", ""))
        accounts = [organization(name, enterprise="octo-corp") for name in ORGANIZATIONS]
        with simulated_github(enterprise("octo-corp"), *accounts) as (_, url):
            ended = check(config, env=asking(url))
        assert ended.returncode == 0, ended.stdout
        assert ended.stdout.startswith("2 accounts: 2 work\n")
        assert "octo-sandbox" not in ended.stdout
        assert "do not sum across account_type" in checked.said(ended)
        assert "published twice" not in checked.said(ended)

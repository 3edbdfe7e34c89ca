"""The way from a budget to an e-mail in docs/running.md, with the real programs."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from exporter.collectors import ALL
from exporter.settings import resolved
from tests.settings import in_file
from tests.support.paths import ROOT
from tests.support.programs import Version, program

_SECTION = (ROOT / "docs/running.md").read_text().partition("### Warn me above $10")[2]
CONFIG, PROMETHEUS, ALERTMANAGER = re.findall(r"```yaml\n(.+?)```", _SECTION, re.DOTALL)[:3]
README = re.findall(r"```yaml\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0]
FOLDER = "/etc/prometheus/github-billing"


def checked(version: Version, tool: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [program(tool, version), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_budget_is_valid(tmp_path: Path) -> None:
    settings = in_file(tmp_path, f"users: [mona]\n{CONFIG}", ALL, {"GITHUB_TOKEN": "ghp_a"})
    (account,) = resolved.accounts(settings)
    assert [budget.usd for budget in account.own.budgets] == [10]


@pytest.mark.parametrize("version", ["oldest", "newest"])
class TestTheFiles:
    @pytest.mark.parametrize("text", [PROMETHEUS, README], ids=["running", "readme"])
    def test_load_both_files_of_rules(self, version: Version, text: str, tmp_path: Path) -> None:
        config = tmp_path / "prometheus.yml"
        config.write_text(text.replace(FOLDER, str(ROOT / "deploy/prometheus")))
        assert "2 rule files found" in checked(version, "promtool", "check", "config", config)

    def test_send_an_alert_on_the_budget(self, version: Version, tmp_path: Path) -> None:
        config = tmp_path / "alertmanager.yml"
        config.write_text(ALERTMANAGER)
        checked(version, "amtool", "check-config", config)
        route = ["config", "routes", "test", f"--config.file={config}", "area=bill"]
        assert checked(version, "amtool", *route, "severity=warning") == "me\n"
        assert checked(version, "amtool", *route, "severity=info") == "nobody\n"


def test_prometheus_scrapes_the_exporter_and_notifies() -> None:
    config = yaml.safe_load(PROMETHEUS)
    assert config.pop("alerting")
    assert config == yaml.safe_load(README)

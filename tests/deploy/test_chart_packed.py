"""The chart as a release publishes it."""

import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.chart_readme import CHART
from exporter import __version__
from scripts.changelog import UNRELEASED, section
from tests.support.copies import TIME, made, module
from tests.support.helm import VERSIONS, HelmVersion, helm, rendered
from tests.support.paths import ROOT
from tests.support.programs import HANG_SECONDS, system_program

CHANGES = {"added", "changed", "deprecated", "fixed", "removed", "security"}
CATEGORIES = {
    *("ai-machine-learning", "database", "integration-delivery", "monitoring-logging"),
    *("networking", "security", "storage", "streaming-messaging", "skip-prediction"),
}
MINE = {"github": {"existingSecret": "github-billing"}, "config": {"organizations": ["acme"]}}
RAW = "https://raw.githubusercontent.com/"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    made(ROOT, "scripts.chart", folder)
    (found,) = folder.iterdir()
    return found


def times(archive: Path) -> set[float]:
    with tarfile.open(archive) as packed:
        return {each.mtime for each in packed}


@pytest.fixture(scope="module")
def contents(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as packed:
        files = {each.name: packed.extractfile(each) for each in packed}
        return {name: file.read().decode() for name, file in files.items() if file}


@pytest.fixture(scope="module")
def metadata(contents: dict[str, str]) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(contents[f"{CHART.name}/Chart.yaml"])
    return read


@pytest.fixture(scope="module")
def annotations(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return Artifact Hub's annotations."""
    found = {name.split("/")[1]: text for name, text in metadata["annotations"].items()}
    return {name: yaml.safe_load(text) for name, text in found.items()}


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a keyring with a key that is made for the test."""
    home = tmp_path_factory.mktemp("gpg")
    env = {**os.environ, "GNUPGHOME": str(home)}

    def gpg(*arguments: str) -> bytes:
        command = [system_program("gpg"), "--batch", "--quiet", *arguments]
        done = subprocess.run(
            command, env=env, check=True, stdout=subprocess.PIPE, timeout=HANG_SECONDS
        )
        return done.stdout

    gpg("--passphrase", "", "--quick-generate-key", "maintainer", "rsa2048", "sign", "1d")
    for name, verb in (("secret", "--export-secret-keys"), ("public", "--export")):
        (home / name).write_bytes(gpg(verb))
    yield home
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=env, check=True)


class TestTheArchive:
    def test_is_the_same_at_another_time_for_another_user(
        self, archive: Path, tmp_path: Path
    ) -> None:
        made(ROOT, "scripts.chart", tmp_path, umask=0o077)
        assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()
        assert times(archive) == {int(TIME)}

    def test_has_the_time_of_the_commit(self, tmp_path: Path) -> None:
        done = module(ROOT, "scripts.chart", tmp_path)
        assert done.returncode == 0, done.stderr
        (archive,) = tmp_path.iterdir()
        shown = ("git", "-C", ROOT, "log", "-1", "--format=%ct")
        committed = subprocess.run(shown, capture_output=True, text=True, check=True).stdout
        assert times(archive) == {int(committed)}

    @pytest.mark.parametrize("version", VERSIONS)
    def test_is_a_chart_with_the_image_of_its_release(
        self, archive: Path, metadata: dict[str, Any], version: HelmVersion
    ) -> None:
        _, _, _, owner, name = metadata["home"].split("/")
        container = rendered(MINE, version=version, chart=archive).container
        assert container["image"] == f"ghcr.io/{owner}/{name}:{__version__}".lower()

    def test_differs_from_the_repository_in_nothing_else(self, contents: dict[str, str]) -> None:
        ours = {
            name: (CHART / name.partition("/")[2]).read_text() != text
            for name, text in contents.items()
        }
        different = {name.partition("/")[2] for name, is_different in ours.items() if is_different}
        assert different == {"Chart.yaml", "README.md", "values.yaml"}

    def test_has_a_readme_that_installs_it_and_links_to_nothing_beside_it(
        self, contents: dict[str, str], metadata: dict[str, Any]
    ) -> None:
        readme = contents[f"{CHART.name}/README.md"]
        assert f"--version {__version__}" in readme
        assert "docker build" not in readme
        for link in re.findall(r"\]\(([^)#]+)", readme):
            base = f"{metadata['home']}/blob/main/"
            assert link.startswith(base)
            assert (ROOT / link.removeprefix(base)).exists()


class TestArtifactHub:
    def test_shows_the_image_and_every_change(self, annotations: dict[str, Any]) -> None:
        (image,) = annotations["images"]
        assert image["image"].startswith("ghcr.io/")
        assert image["image"].endswith(f":{__version__}")
        assert image["platforms"] == ["linux/amd64", "linux/arm64"]
        changes = annotations["changes"]
        text = (ROOT / "CHANGELOG.md").read_text()
        said = section(text, __version__) or section(text, UNRELEASED)
        assert said
        assert len(changes) == len(re.findall(r"^- ", said.text, re.MULTILINE)) > 0
        assert {each["kind"] for each in changes} <= CHANGES
        assert not [each for each in changes if "](" in each["description"]]
        assert annotations["prerelease"] is ("-" in __version__)

    def test_shows_what_the_chart_is(
        self, annotations: dict[str, Any], metadata: dict[str, Any]
    ) -> None:
        assert annotations["category"] in CATEGORIES
        assert annotations["license"] == "Apache-2.0"
        assert metadata["maintainers"]
        assert metadata["kubeVersion"]
        (icon,) = re.findall(rf"{RAW}[^/]+/[^/]+/main/(.+)", metadata["icon"])
        assert (ROOT / icon).read_text().startswith("<svg")
        links = [each["url"].partition("/blob/main/")[2] for each in annotations["links"]]
        assert all((ROOT / link).is_file() for link in links)


class TestAProvenanceFile:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_is_found_good_by_helm_and_of_no_other_archive(
        self, keyring: Path, version: HelmVersion, tmp_path: Path
    ) -> None:
        signing = ("--sign", "--key", "maintainer", "--keyring", keyring / "secret")
        made(ROOT, "scripts.chart", tmp_path, *signing)
        (archive,) = tmp_path.glob("*.tgz")
        verifying = ("verify", archive, "--keyring", keyring / "public")
        assert helm(*verifying, version=version).returncode == 0
        archive.write_bytes(archive.read_bytes() + b"\0")
        assert helm(*verifying, version=version).returncode != 0

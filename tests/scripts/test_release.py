"""A release, and a project that lives elsewhere, in a copy of the repository."""

import re
import tarfile
from pathlib import Path

import pytest
import yaml

from deploy.project import CHARTS, IMAGE, REGISTRY, REPOSITORY
from exporter import __version__
from scripts.release import main
from tests.support.copies import copied, made, module, tracked
from tests.support.paths import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text()
CHART = "deploy/helm/github-billing-exporter/Chart.yaml"
CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- A thing, in
  two lines with a [link](docs/x.md).

### Fixed

- Another.

## [0.1.0] - 2026-01-02

### Added

- The first.
"""


def addresses(repository: str) -> re.Pattern[str]:
    """Return a pattern of the addresses at which the project would live."""
    owner, name = map(re.escape, repository.rsplit("/", 2)[1:])
    hosts = rf"github\.com/{owner}/{name}\b", rf"ghcr\.io/{owner}/", rf"{owner}\.github\.io/"
    raw = rf"raw\.githubusercontent\.com/{owner}/"
    return re.compile("|".join([*hosts, raw, f"@{owner}/maintainers"]))


def with_addresses(root: Path, repository: str) -> set[str]:
    """Return the names of the files that mention the project's addresses."""
    pattern = addresses(repository)
    texts = {
        name: (root / name).read_bytes().decode(errors="replace")
        for name in tracked()
        if (root / name).is_file() and not (root / name).is_symlink()
    }
    return {name for name, text in texts.items() if pattern.search(text)}


@pytest.fixture(scope="module")
def repository() -> str:
    (found,) = re.findall(r'^Repository = "(.+)"', PYPROJECT, re.MULTILINE)
    return str(found)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, repository: str) -> Path:
    """Return a copy of version 9.8.7-rc.1, of which only one line says that it lives elsewhere."""
    root = copied(tmp_path_factory.mktemp("elsewhere"))
    line = f'Repository = "{repository}"'
    assert PYPROJECT.count(line) == 1
    moved = PYPROJECT.replace(line, 'Repository = "https://github.com/Acme-Tools/bills"')
    (root / "pyproject.toml").write_text(moved)
    changes = (root / "CHANGELOG.md").read_text()
    changed = changes.replace("## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- It.\n")
    (root / "CHANGELOG.md").write_text(changed)
    for arguments in (("scripts.release", "prepare", "9.8.7-rc.1"), ("scripts.generate",)):
        done = module(root, *arguments)
        assert done.returncode == 0, done.stderr
    return root


class TestAProjectElsewhere:
    def test_has_no_address_of_the_former_place(self, elsewhere: Path, repository: str) -> None:
        assert with_addresses(elsewhere, repository) == set()

    def test_has_its_own_wherever_there_was_one(self, elsewhere: Path, repository: str) -> None:
        ours = with_addresses(ROOT, repository)
        assert ours >= {CHART, "pyproject.toml", "deploy/prometheus/alerts.yml", "docs/running.md"}
        assert with_addresses(elsewhere, "https://github.com/Acme-Tools/bills") >= ours

    def test_has_its_image_in_lower_case_in_the_packed_chart(
        self, elsewhere: Path, tmp_path: Path
    ) -> None:
        (elsewhere / ".tools").symlink_to(ROOT / ".tools")
        made(elsewhere, "scripts.chart", tmp_path)
        with tarfile.open(tmp_path / "github-billing-exporter-9.8.7-rc.1.tgz") as packed:
            values = packed.extractfile("github-billing-exporter/values.yaml")
            metadata = packed.extractfile("github-billing-exporter/Chart.yaml")
            assert values
            assert metadata
            image = yaml.safe_load(values)["image"]
            annotations = yaml.safe_load(metadata)["annotations"]
        assert (image["registry"], image["repository"]) == ("ghcr.io", "acme-tools/bills")
        assert annotations["artifacthub.io/prerelease"] == "true"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with the files that `scripts.release` knows, of version 0.1.0."""
    (tmp_path / CHART).parent.mkdir(parents=True)
    (tmp_path / "exporter").mkdir()
    (tmp_path / CHART).write_text("version: 0.1.0\nappVersion: 0.1.0\n")
    (tmp_path / "exporter/__init__.py").write_text('__version__ = "0.1.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def faults(arguments: list[str], root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line of an error."""
    assert main(arguments, root) == 1
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    return line


class TestARelease:
    def test_has_one_version(self, elsewhere: Path) -> None:
        chart = yaml.safe_load((elsewhere / CHART).read_text())
        assert {chart["version"], chart["appVersion"]} == {"9.8.7-rc.1"}
        old = re.escape(__version__)
        said = re.compile(
            rf"github-billing-exporter:{old}|VERSION={old}|ersion: {old}$", re.MULTILINE
        )
        left = {
            name
            for name in tracked()
            if not name.startswith("tests/") and (elsewhere / name).is_file()
            if said.search((elsewhere / name).read_bytes().decode(errors="replace"))
        }
        assert left == set()
        assert module(elsewhere, "scripts.generate", "--check").stdout == ""
        assert main(["check", "v9.8.7-rc.1"], elsewhere) == 0

    def test_dates_its_changes_and_leaves_room_for_the_next(self, tree: Path) -> None:
        assert main(["prepare", "0.2.0", "--date", "2026-12-01"], tree) == 0
        dated = CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n## [0.2.0] - 2026-12-01\n")
        assert (tree / "CHANGELOG.md").read_text() == dated
        assert (tree / "exporter/__init__.py").read_text() == '__version__ = "0.2.0"\n'

    def test_has_its_changes_as_notes(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        main(["prepare", "0.2.0"], tree)
        assert main(["notes"], tree) == 0
        changes, _, verify = capsys.readouterr().out.partition("\n### Verify\n")
        assert changes == (
            "### Added\n\n- A thing, in\n"
            f"  two lines with a [link]({REPOSITORY}/blob/v0.2.0/docs/x.md).\n\n"
            "### Fixed\n\n- Another.\n"
        )
        assert f" {REPOSITORY}/.github/workflows/release.yml@refs/tags/v0.2.0 " in verify
        chart = f"{CHARTS.removeprefix('oci://')}/github-billing-exporter"
        assert f" {REGISTRY}/{IMAGE}:0.2.0 {chart}:0.2.0\n" in verify

    @pytest.mark.parametrize(
        ("version", "fault"),
        [
            ("0.2", "invalid version 0.2"),
            ("v0.2.0", "invalid version v0.2.0"),
            ("0.2.0rc1", "invalid version 0.2.0rc1"),
            ("0.1.0", "a section [0.1.0] already"),
        ],
    )
    def test_has_a_new_version(
        self, version: str, fault: str, tree: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert fault in faults(["prepare", version], tree, capsys)
        assert (tree / "CHANGELOG.md").read_text() == CHANGELOG

    def test_has_the_changes_of_its_candidates(
        self, tree: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["prepare", "0.2.0"], tree)
        wanted = (tree / "CHANGELOG.md").read_text()
        (tree / "CHANGELOG.md").write_text(CHANGELOG)
        for version in ("0.2.0-rc.1", "0.2.0"):
            assert main(["prepare", version], tree) == 0
        assert (tree / "CHANGELOG.md").read_text() == wanted
        (tree / "CHANGELOG.md").write_text(CHANGELOG)
        main(["prepare", "0.2.0-rc.1"], tree)
        changed = (tree / "CHANGELOG.md").read_text()
        late = "## [Unreleased]\n\n### Fixed\n\n- Late.\n"
        (tree / "CHANGELOG.md").write_text(changed.replace("## [Unreleased]\n", late))
        main(["prepare", "0.2.0"], tree)
        capsys.readouterr()
        main(["notes"], tree)
        assert "### Fixed\n\n- Late.\n- Another.\n" in capsys.readouterr().out

    def test_has_changes(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        main(["prepare", "0.2.0"], tree)
        assert "no unreleased changes" in faults(["prepare", "0.3.0"], tree, capsys)


class TestATag:
    def test_is_that_of_the_files(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check", "v0.1.0"], tree) == 0
        published = f"version=0.1.0\nimage={REGISTRY}/{IMAGE}\ncharts={CHARTS}\n"
        assert capsys.readouterr() == (published, "")

    def test_is_of_the_repository_that_the_files_name(
        self, tree: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ours = REPOSITORY.removeprefix("https://github.com/")
        assert main(["check", "v0.1.0", "--repository", ours], tree) == 0
        capsys.readouterr()
        line = faults(["check", "v0.1.0", "--repository", "acme/fork"], tree, capsys)
        assert "lives at" in line
        assert "but this is acme/fork" in line

    @pytest.mark.parametrize(
        ("tag", "change", "told"),
        [
            ("0.1.0", {}, "must begin with v"),
            ("v0.2.0", {}, "exporter/__init__.py is 0.1.0; version of Chart.yaml is 0.1.0; app"),
            (
                "v0.1.0",
                {"exporter/__init__.py": '__version__ = "0.2.0"\n'},
                "exporter/__init__.py is 0.2.0: run",
            ),
            (
                "v0.1.0",
                {CHART: "version: 0.2.0\nappVersion: 0.1.0"},
                " version of Chart.yaml is 0.2",
            ),
            ("v0.1.0", {CHART: "version: 0.1.0\nappVersion: 0.2.0"}, "appVersion of Chart.yaml is"),
            ("v0.1.0", {"CHANGELOG.md": "## [Unreleased]\n"}, "no dated section [0.1.0]"),
            ("v0.1.0", {"CHANGELOG.md": "## [0.1.0]\n"}, "no dated section [0.1.0]"),
        ],
    )
    def test_of_others_is_refused_with_what_disagrees(
        self,
        tag: str,
        change: dict[str, str],
        told: str,
        tree: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for path, text in change.items():
            (tree / path).write_text(text)
        line = faults(["check", tag], tree, capsys)
        assert told in line
        assert "make release VERSION=" in line

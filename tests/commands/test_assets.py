"""``assets``: the repository's rules and dashboards, written without overwriting others."""

from pathlib import Path

import pytest

from exporter.cli import main
from tests.support.paths import ROOT

SOURCES = {
    "dashboards": ("grafana/dashboards", "*.json"),
    "provisioning": ("grafana/provisioning", "*/*.yml"),
    "prometheus": ("deploy/prometheus", "*.yml"),
    "prometheus/compat": ("deploy/prometheus/compat", "*.yml"),
    "systemd": ("deploy/systemd", "*"),
}


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "new" / "folder"
    main(["assets", "--output", str(made)])
    return made


def refused(folder: Path, code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line of an error."""
    with pytest.raises(SystemExit) as ended:
        main(["assets", "--output", str(folder)])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (code, "")
    (line,) = said.err.splitlines()
    return line


class TestTheFolder:
    def test_has_the_files_of_the_repository(self, folder: Path) -> None:
        wanted = {
            f"{name}/{path.relative_to(ROOT / source)}": path.read_bytes()
            for name, (source, pattern) in SOURCES.items()
            for path in (ROOT / source).glob(pattern)
        }
        found = files(folder)
        mixin = {name for name in found if name.startswith("mixin/")}
        assert {name: found[name] for name in found if name not in mixin} == wanted
        assert mixin == {"mixin/alerts.yaml", "mixin/mixin.libsonnet"}

    def test_is_readable_for_all(self, folder: Path) -> None:
        assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.yml")} == {0o644}


class TestOtherContent:
    def test_is_kept_and_nothing_is_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ours = tmp_path / "prometheus" / "alerts.yml"
        ours.parent.mkdir()
        ours.write_text("groups: []\n")
        line = refused(tmp_path, 1, capsys)
        assert str(ours) in line
        assert "--force" in line
        assert files(tmp_path) == {"prometheus/alerts.yml": b"groups: []\n"}

    def test_is_counted_if_it_is_much(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = files(folder)
        for path in found:
            (folder / path).write_text("")
        capsys.readouterr()
        assert f" and {len(found) - 3} more: " in refused(folder, 1, capsys)

    def test_is_overwritten_by_force(self, folder: Path) -> None:
        found = files(folder)
        (folder / "systemd" / "environment.example").write_text("")
        (folder / "notes.txt").write_text("mine")
        main(["assets", "--output", str(folder), "--force"])
        assert files(folder) == {**found, "notes.txt": b"mine"}

    def test_is_none_in_the_folder_of_the_same_version(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = files(folder)
        main(["assets", "--output", str(folder)])
        assert capsys.readouterr().out.endswith(f"Wrote {len(found)} files to {folder}\n")
        assert files(folder) == found


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file" / "folder") in refused(tmp_path / "file" / "folder", 3, capsys)

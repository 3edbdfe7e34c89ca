"""Wheel and sdist: the same from each build, complete, and an exporter in an empty environment."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from exporter.commands.assets import contents
from tests.support.copies import TIME, copied, made, tracked
from tests.support.paths import ROOT
from tests.support.programs import HANG_SECONDS, get, running

UV = Path(sys.executable).parent / "uv"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = [tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other") / "deeper"]
    return [copied(folder) for folder in folders]


@pytest.fixture(scope="module")
def dist(repositories: list[Path]) -> Path:
    made(repositories[0], "scripts.dist", "dist")
    return repositories[0] / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def sdist(dist: Path) -> Path:
    (found,) = dist.glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in a new environment, and return its command.

    The tests reach no index: the environment finds the dependencies in that of the tests.
    """
    folder = tmp_path_factory.mktemp("environment")
    uv = (UV, "--quiet", "--offline")
    for arguments in (
        ("venv", "--python", sys.executable, folder / "venv"),
        ("pip", "install", "--no-deps", "--python", folder / "venv", wheel),
    ):
        subprocess.run([*uv, *arguments], check=True, timeout=HANG_SECONDS)
    (packages,) = (folder / "venv").glob("lib/*/site-packages")
    # Paths in a .pth file are searched, but not the .pth files there: not our editable install.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    where = ("-I", "-c", "import exporter; print(exporter.__file__)")
    found = subprocess.run(
        [folder / "venv" / "bin" / "python", *where], capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(packages))
    return folder / "venv" / "bin" / "github-billing-exporter"


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith("/METADATA"))
        return message_from_bytes(packed.read(name))


class TestABuild:
    def test_makes_the_same_bytes_in_another_folder_for_another_user(
        self, repositories: list[Path], wheel: Path, sdist: Path
    ) -> None:
        made(repositories[1], "scripts.dist", "dist", umask=0o077)
        for each in (wheel, sdist):
            assert (repositories[1] / "dist" / each.name).read_bytes() == each.read_bytes()

    def test_makes_the_same_wheel_of_what_the_image_is_built_from(
        self, repositories: list[Path], wheel: Path, tmp_path: Path
    ) -> None:
        context = tmp_path / "context"
        for line in (ROOT / ".dockerignore").read_text().splitlines():
            if line.startswith("!"):
                source, copy = repositories[0] / line[1:], context / line[1:]
                copy.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    shutil.copytree(source, copy, symlinks=True)
                else:
                    shutil.copy(source, copy)
        build = (UV, "build", "--quiet", "--offline", "--no-build-isolation", "--wheel")
        subprocess.run(
            [*build, "--python", sys.executable, "--out-dir", tmp_path, context],
            env={"SOURCE_DATE_EPOCH": TIME},
            check=True,
            timeout=HANG_SECONDS,
        )
        assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()

    def test_leaves_one_version_in_its_folder(self, dist: Path) -> None:
        kinds = sorted(path.suffix for path in dist.iterdir() if path.name != ".gitignore")
        assert kinds == [".gz", ".whl"]


class TestTheSdist:
    def test_has_every_file_of_the_repository(self, sdist: Path) -> None:
        with tarfile.open(sdist) as packed:
            files = {each.name.partition("/")[2] for each in packed if not each.isdir()}
        linked = {name for name in tracked() if (ROOT / name).is_dir()}
        assert not {*tracked()} - linked - files


class TestTheMetadata:
    def test_names_what_pyproject_does(self, wheel: Path) -> None:
        found = metadata(wheel)
        urls = dict(each.split(", ", 1) for each in found.get_all("Project-URL", []))
        assert urls == PROJECT["urls"]
        assert found["License-Expression"] == PROJECT["license"]
        assert found["Author"] == PROJECT["authors"][0]["name"]
        needed = {Requirement(each) for each in found.get_all("Requires-Dist", [])}
        assert needed == {Requirement(each) for each in PROJECT["dependencies"]}

    def test_has_a_readme_that_links_to_nothing_beside_it(self, wheel: Path) -> None:
        readme = metadata(wheel).get_payload()
        assert isinstance(readme, str)
        links = re.findall(r"\]\(([^)]+)\)", readme)
        repository = f"{PROJECT['urls']['Repository']}/blob/main/"
        assert f"{repository}docs/tokens.md" in links
        assert all(link.startswith(("https://", "#")) for link in links)
        for link in links:
            if link.startswith(repository):
                assert (ROOT / link.removeprefix(repository).partition("#")[0]).exists()
        (image,) = re.findall(r"!\[[^]]*\]\(([^)]+)\)", readme)
        assert image.startswith("https://raw.githubusercontent.com/")


class TestAnEmptyEnvironment:
    def test_runs_the_demo_from_the_wheel(self, installed: Path) -> None:
        with running(["demo"], {"PYTHONPATH": ""}, program=installed) as exporter:
            page = get(exporter, "/metrics")
        assert "github_billing_exporter_build_info{" in page

    def test_has_the_assets_of_the_repository(self, installed: Path, tmp_path: Path) -> None:
        written = (installed, "assets", "--output", tmp_path)
        subprocess.run(written, env={}, check=True, timeout=HANG_SECONDS, capture_output=True)
        assert contents() == {
            str(path.relative_to(tmp_path)): path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file()
        }

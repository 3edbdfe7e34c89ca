"""The systemd unit: systemd reports no fault, and it is confined as far as possible."""

import json
from pathlib import Path

import pytest

from exporter.cli import COMMANDS
from exporter.settings import options
from tests.support.paths import ROOT
from tests.support.programs import installed_command, systemd_analyze

FOLDER = ROOT / "deploy" / "systemd"
UNIT = FOLDER / "github-billing-exporter.service"
EXPOSURE = "15"
"""In tenths. The unit has 1.2: it needs the network and its own process's metrics."""


def said(key: str) -> list[str]:
    """Return all values of a key of the unit."""
    lines = (line.partition("=") for line in UNIT.read_text().splitlines())
    return [value for name, _, value in lines if name == key]


def variables() -> dict[str, str]:
    return dict(each.split("=", 1) for each in said("Environment"))


class TestUnit:
    def test_is_one_in_which_systemd_finds_no_fault(self, tmp_path: Path) -> None:
        # systemd also checks that the program exists.
        program, _, _ = said("ExecStart")[0].partition(" ")
        text = UNIT.read_text()
        assert program in text
        (unit := tmp_path / UNIT.name).write_text(
            text.replace(program, str(installed_command()), 1)
        )
        found = systemd_analyze("verify", "--man=no", str(unit))
        assert (found.returncode, found.stdout + found.stderr) == (0, "")

    def test_is_confined(self) -> None:
        found = systemd_analyze("security", "--offline=true", f"--threshold={EXPOSURE}", str(UNIT))
        assert found.returncode == 0, found.stdout + found.stderr
        assert "exposure level" in found.stdout

    def test_says_nothing_that_systemd_does_not_know(self) -> None:
        # systemd ignores an unknown key with a warning.
        found = systemd_analyze("security", "--offline=true", "--json=short", str(UNIT))
        assert found.stderr == ""
        assert json.loads(found.stdout)

    def test_runs_the_service(self) -> None:
        (start,) = said("ExecStart")
        program, command = start.split(" ")
        assert Path(program).name == installed_command().name
        assert command in COMMANDS

    def test_gives_up_on_wrong_settings_alone(self) -> None:
        assert said("Restart") == ["on-failure"]
        assert said("RestartPreventExitStatus") == ["2"]

    def test_hands_the_token_over_as_a_file(self) -> None:
        (credential,) = said("LoadCredential")
        name, _, path = credential.partition(":")
        assert variables()["GITHUB_BILLING_TOKEN_FILE"] == f"%d/{name}"
        assert Path(path).parent == Path(said("EnvironmentFile")[0]).parent

    def test_keeps_state_where_it_may(self) -> None:
        (folder,) = said("StateDirectory")
        assert variables()["GITHUB_BILLING_STATE_FILE"].startswith(f"%S/{folder}/")

    @pytest.mark.parametrize("file", [UNIT, FOLDER / "environment.example"])
    def test_sets_what_there_is_to_set(self, file: Path) -> None:
        known = {name for option in options() for name in option.environment}
        text = file.read_text().replace("Environment=GITHUB_", "GITHUB_")
        named = {line.lstrip("#").split("=")[0] for line in text.splitlines() if "=" in line}
        set_here = {name for name in named if name.startswith("GITHUB_")}
        assert set_here
        assert set_here <= known

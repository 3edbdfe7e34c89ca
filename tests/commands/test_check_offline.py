"""The command ``check`` without GitHub, and on a terminal."""

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import checked
from tests.support.checked import said
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.programs import installed_command
from tests.support.simulator_server import asking, command, simulated_github
from tests.support.world import organization


@pytest.fixture(scope="module")
def silent() -> Iterator[tuple[FaultyGitHub, str]]:
    with simulated_github(organization("acme")) as found:
        yield found


class TestOffline:
    def check(self, url: str, *more: str) -> subprocess.CompletedProcess[str]:
        return command("check", "--offline", "--organization", "acme", *more, env=asking(url))

    def test_asks_nobody(self, silent: tuple[FaultyGitHub, str], tmp_path: Path) -> None:
        github, url = silent
        ended = self.check(url, "--state.file", str(tmp_path / "state"))
        assert ended.returncode == 0
        assert "1 account, settings and files valid; GitHub was not asked" in ended.stdout
        assert not github.requests
        assert list(tmp_path.iterdir()) == []

    def test_tests_the_folder_of_the_state(self, silent: tuple[FaultyGitHub, str]) -> None:
        ended = self.check(silent[1], "--state.file", "/proc/self/state")
        assert ended.returncode == 1
        assert "state.file /proc/self/state: fails" in ended.stdout
        assert "the state cannot be kept in /proc/self: " in said(ended)

    def test_notes_a_port_in_use(self, silent: tuple[FaultyGitHub, str]) -> None:
        port = silent[1].rpartition(":")[2]
        ended = self.check(silent[1], "--web.listen-address", f"127.0.0.1:{port}")
        assert ended.returncode == 0
        assert f"web.listen-address 127.0.0.1:{port}: note: in use by another" in ended.stdout

    def test_doubts_an_address_without_the_path_of_enterprise_server(self) -> None:
        ended = self.check("https://ghes.example.com")
        assert ended.returncode == 0
        assert "Warning: https://ghes.example.com has no path" in said(ended)

    def test_is_json_too(self, silent: tuple[FaultyGitHub, str]) -> None:
        report = checked.read(self.check(silent[1], "--format", "json").stdout)
        assert (report.offline, report.series) == (True, None)
        assert [each.collectors for each in report.accounts] == [[]]


class TestTerminal:
    def test_shows_the_progress_beside_the_report(self, silent: tuple[FaultyGitHub, str]) -> None:
        terminal, its = pty.openpty()
        ended = subprocess.run(
            [installed_command(), "check", "--organization", "acme"],
            env={**os.environ, **asking(silent[1])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=its,
            text=True,
            check=True,
        )
        shown = os.read(terminal, 4096)
        os.close(its)
        os.close(terminal)
        assert b"Testing 1 account" in shown
        assert re.search(rb"(\d+)/\1\b", shown), "every collector was tested"
        assert "Testing" not in ended.stdout

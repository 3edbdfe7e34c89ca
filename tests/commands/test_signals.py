"""Signals: which stop the service, and how quickly."""

import signal
import subprocess
import sys
import time

import httpx
import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount, SimulatedGitHub
from tests.support.faults.fault import Fault
from tests.support.programs import (
    HANG_SECONDS,
    STOP_SECONDS,
    running,
    until,
)
from tests.support.simulator_server import asking, simulated_github

AT_THE_IMPORT = """
import signal, sys

class Finder:
    @staticmethod
    def find_spec(name, *_):
        if name == "exporter.commands." + sys.argv[1]:
            print([signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)])

sys.meta_path.insert(0, Finder)
from exporter.__main__ import main
main()
"""
"""Runs a command and prints the signal handlers during the import of its module."""


class TestWhileACommandIsImported:
    @pytest.mark.parametrize("verb", ["check", "once", "licenses"])
    def test_what_is_ended_has_failed(self, verb: str) -> None:
        assert self.handlers(verb)[0] == repr(signal.SIG_DFL)

    @pytest.mark.parametrize("verb", ["run", "demo"])
    def test_a_service_ends_well_and_by_no_hangup(self, verb: str) -> None:
        terminated, hung_up = self.handlers(verb)
        assert terminated.startswith("<function")
        assert hung_up == repr(signal.SIG_IGN)

    @staticmethod
    def handlers(verb: str) -> list[str]:
        command = [sys.executable, "-c", AT_THE_IMPORT, verb, "--help"]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        first = printed.splitlines()[0].strip("[]")
        return [each.strip() for each in first.split(", ")]


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_end_it_at_once_amid_a_poll_and_with_connections_open(
        self, number: signal.Signals
    ) -> None:
        account = SimulatedAccount(AccountType.ORGANIZATION, "acme")
        with simulated_github(account) as (github, url):
            github.faults.add(Fault.hanging())
            with (
                running(["--organization", "acme"], asking(url)) as exporter,
                httpx.Client(base_url=exporter.base_url, trust_env=False) as idle,
            ):
                assert idle.get("/healthz").status_code == 200
                until(lambda: github.requests)
                began = time.monotonic()
                exporter.process.send_signal(number)
                assert exporter.process.wait(timeout=HANG_SECONDS) == 0
                assert time.monotonic() - began < STOP_SECONDS
                assert "Traceback" not in exporter.stderr.read_text()

    def test_a_hangup_is_none(self) -> None:
        often = ("--poll.interval", "1s", "--poll.timeout", "1s")
        with (
            simulated_github(SimulatedAccount(AccountType.ORGANIZATION, "acme")) as (github, url),
            running(("--organization", "acme", *often), asking(url)) as exporter,
        ):
            exporter.process.send_signal(signal.SIGHUP)
            before = self.polls(github)
            until(lambda: self.polls(github) > before + 2, exporter.stderr)
            assert exporter.process.poll() is None
            exporter.process.terminate()
            assert exporter.process.wait(timeout=HANG_SECONDS) == 0

    @staticmethod
    def polls(github: SimulatedGitHub) -> int:
        return sum("/usage/summary" in request.path for request in github.requests)

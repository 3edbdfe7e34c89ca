"""Signals: which end the service, how soon, and which do not."""

import signal
import time

import httpx
import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount, SimulatedGitHub
from tests.support.faults.fault import Fault
from tests.support.programs import running, until
from tests.support.simulator_server import asking, simulated_github

SECONDS = 20.0
STOP_SECONDS = 3.0  # one, and two for a machine that is busy with the other tests


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
                until(lambda: github.requests, SECONDS)
                began = time.monotonic()
                exporter.process.send_signal(number)
                assert exporter.process.wait(timeout=SECONDS) == 0
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
            until(lambda: self.polls(github) > before + 2, SECONDS, exporter.stderr)
            assert exporter.process.poll() is None
            exporter.process.terminate()
            assert exporter.process.wait(timeout=SECONDS) == 0

    @staticmethod
    def polls(github: SimulatedGitHub) -> int:
        return sum("/usage/summary" in request.path for request in github.requests)

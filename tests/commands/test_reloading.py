"""SIGHUP reads the settings of the running service again."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.programs import (
    HANG_SECONDS,
    STOP_SECONDS,
    Exporter,
    fetch,
    free_port,
    running,
    series,
    until,
)
from tests.support.simulator_server import asking, command, simulated_github

ACME, BETA = (SimulatedAccount(AccountType.ORGANIZATION, name) for name in ("acme", "beta"))
USUAL = "organizations: [acme]\n"
RELOAD = "exporter_config_last_reload"


class Reloaded:
    """The exporter with a configuration file."""

    def __init__(self, exporter: Exporter, github: FaultyGitHub, config: Path) -> None:
        self.exporter = exporter
        self.github = github
        self._config = config

    def reads(self, text: str) -> None:
        self._config.write_text(text)
        self.exporter.process.send_signal(signal.SIGHUP)

    def value(self, name: str, **labels: str) -> float | None:
        found = series(self.exporter, name)
        return next((v for k, v in found.items() if labels.items() <= dict(k).items()), None)

    def watches(self, account: str) -> bool:
        success = "exporter_collector_success"
        return self.value(success, account=account, collector="usage") == 1

    @property
    def successful(self) -> float | None:
        return self.value(f"{RELOAD}_successful")

    @property
    def at(self) -> float:
        return self.value(f"{RELOAD}_success_timestamp_seconds") or 0.0

    def said(self, event: str) -> list[dict[str, Any]]:
        lines = self.exporter.stderr.read_text().splitlines()
        return [line for line in map(json.loads, lines) if line["event"] == event]


@contextmanager
def reloaded(tmp_path: Path) -> Iterator[Reloaded]:
    config = tmp_path / "config.yml"
    config.write_text(USUAL)
    with (
        simulated_github(ACME, BETA) as (github, url),
        running(
            ["--config.file", str(config)],
            {**asking(url), "GITHUB_BILLING_LOG_FORMAT": "json"},
        ) as exporter,
    ):
        run = Reloaded(exporter, github, config)
        until(lambda: run.watches("acme"), exporter.stderr)
        yield run


class TestValidSettings:
    def test_take_effect_and_leave_the_rest_as_it_is(self, tmp_path: Path) -> None:
        with reloaded(tmp_path) as run:
            began = run.at
            assert run.successful == 1
            assert abs(time.time() - began) < HANG_SECONDS
            attempt = "exporter_collector_last_attempt_timestamp_seconds"
            before = run.value(attempt, account="acme", collector="usage")
            run.reads("organizations: [acme, beta]\n")
            until(lambda: run.watches("beta"), run.exporter.stderr)
            assert run.value(attempt, account="acme", collector="usage") == before
            assert run.at > began
            (said,) = run.said("settings reloaded")
            assert (said["accounts"], said["added"], said["removed"]) == (2, 1, 0)
            run.reads("organizations: [beta]\nlog: {level: warning}\n")
            until(lambda: not run.watches("acme"), run.exporter.stderr)
            assert run.watches("beta")
            run.reads("organizations: [acme, beta]\n")
            until(lambda: run.watches("acme"), run.exporter.stderr)
            assert len(run.said("settings reloaded")) == 2, "not while the level was warning"

    def test_that_need_a_restart_are_named_and_keep_their_value(self, tmp_path: Path) -> None:
        with reloaded(tmp_path) as run:
            state, web = tmp_path / "state", tmp_path / "web.yml"
            web.write_text("")
            run.reads(
                f"{USUAL}state: {{file: {state}}}\nweb: {{config: {{file: {web}}}}}\n"
                "log: {color: always}\n"
            )
            until(lambda: run.said("restart needed"), run.exporter.stderr)
            (said,) = run.said("restart needed")
            assert said["settings"] == "web.config.file, state.file, log.color"
            assert run.successful == 1
            assert not state.exists()
            assert run.value("exporter_state_last_success_timestamp_seconds") is None

    def test_may_name_another_token_file(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old", tmp_path / "new"
        old.write_text("ghp_wrong")
        with simulated_github(ACME) as (github, url):
            new.write_text(github.token)
            config = tmp_path / "config.yml"
            config.write_text(f"{USUAL}github: {{token_file: {old}}}\n")
            arguments = ["--config.file", str(config), "--log.format", "json"]
            with running(arguments, {"GITHUB_BILLING_API_URL": url}) as exporter:
                run = Reloaded(exporter, github, config)
                until(lambda: run.value("exporter_collector_failure_info"), exporter.stderr)
                run.reads(f"{USUAL}github: {{token_file: {new}}}\n")
                until(lambda: run.watches("acme"), exporter.stderr)


class TestInvalidSettings:
    @pytest.mark.parametrize(
        "text",
        ["organizations: [acme\n", "poll: {interval: 15}\norganisations: [acme]\n", "users: []\n"],
    )
    def test_are_one_line_as_at_the_start_and_change_nothing(
        self, tmp_path: Path, text: str
    ) -> None:
        with reloaded(tmp_path) as run:
            began = run.at
            run.reads(text)
            until(lambda: run.successful == 0, run.exporter.stderr)
            assert run.at == began
            assert run.watches("acme")
            (said,) = run.said("settings not reloaded")
            started = command("run", "--config.file", str(tmp_path / "config.yml"), env=asking(""))
            lines = [line.partition(": ")[2] for line in started.stderr.splitlines()]
            assert said["detail"] == "; ".join(lines)
            assert said["level"] == "error"
            notice = "settings could not be reloaded"
            assert notice in fetch(run.exporter.base_url).text
            run.reads(USUAL)
            until(lambda: run.successful == 1, run.exporter.stderr)
            until(lambda: notice not in fetch(run.exporter.base_url).text)
            assert run.at > began


class TestSignals:
    def test_many_at_once_and_the_end(self, tmp_path: Path) -> None:
        with reloaded(tmp_path) as run:
            process = run.exporter.process
            for _ in range(20):
                run.reads("organizations: [beta]\n")
            run.reads("organizations: [acme, beta]\n")
            until(lambda: run.watches("beta") and run.watches("acme"), run.exporter.stderr)
            run.reads(USUAL)
            process.terminate()
            began = time.monotonic()
            while process.poll() is None and time.monotonic() - began < HANG_SECONDS:
                process.send_signal(signal.SIGHUP)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
            assert process.returncode == 0
            assert time.monotonic() - began < STOP_SECONDS
            assert "Traceback" not in run.exporter.stderr.read_text()

    def test_are_ignored_by_the_demo(self) -> None:
        with running(["demo"], {}) as exporter:
            exporter.process.send_signal(signal.SIGHUP)
            until(lambda: series(exporter, "exporter_collector_success"))
            assert exporter.process.poll() is None
            assert series(exporter, f"{RELOAD}_successful") == {}


HANGING = """
import sys, threading
from exporter.app import App, utc_now
from exporter.collectors import ALL
from exporter.commands.reloading import Hangups, Reloading
from exporter.commands.service import serve
from exporter.github.auth import from_token
from exporter.settings import load

url, address, token = sys.argv[1:]


def hang():
    print("reading", flush=True)
    threading.Event().wait()


hangups = Hangups()
times = {"interval": "1s", "timeout": "1s", "stale_after": "1h"}
flags = {"organizations": ["acme"], "poll": times, "web": {"listen_address": address}}
settings = load(flags | {"github": {"api_url": url}}, {}, ALL)
app = App.assemble(settings, from_token("default", token))
serve(settings, app, Reloading(app, settings, hang, hangups).run)
"""


class TestAVolumeThatHangs:
    def test_keeps_up_neither_polls_nor_scrapes_nor_the_end(self) -> None:
        address = f"127.0.0.1:{free_port()}"
        with (
            simulated_github(ACME) as (github, url),
            subprocess.Popen(
                [sys.executable, "-c", HANGING, url, address, github.token],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as process,
        ):

            def attempt() -> float:
                try:
                    text = fetch(f"http://{address}/metrics").text
                except httpx.TransportError:
                    return 0.0
                found = re.search(
                    r'last_attempt_timestamp_seconds\{.*collector="usage"\} (\S+)', text
                )
                return float(found[1]) if found else 0.0

            try:
                until(attempt)
                process.send_signal(signal.SIGHUP)
                assert process.stdout is not None
                assert b"reading\n" in process.stdout
                before = attempt()
                until(lambda: attempt() > before)
                process.terminate()
                assert process.wait(HANG_SECONDS) == 0
            finally:
                process.kill()

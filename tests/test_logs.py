"""The service runs and stops normally even if its log is not read."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount
from tests.support.programs import (
    HANG_SECONDS,
    STOP_SECONDS,
    Exporter,
    fetch,
    installed_command,
    running,
    until,
)
from tests.support.simulator_server import asking, simulated_github

LINES = 5_000
WAITING = 1_000
"""The most lines that wait to be written."""

LOGGING = f"""
import structlog
from exporter import logs
lost = []
logs.configure("info", "json", list, lambda: lost.append(1))
for number in range({LINES}):
    structlog.get_logger().info("line", number=number)
print(len(lost))
"""


@contextmanager
def narrow_pipe() -> Iterator[tuple[int, int]]:
    """Open a pipe of the smallest size."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def dropped(exporter: Exporter) -> float:
    page = fetch(f"{exporter.base_url}/metrics").text
    name = "github_billing_exporter_log_lines_dropped_total"
    samples = [s for f in text_string_to_metric_families(page) for s in f.samples if s.name == name]
    return samples[0].value


def stop(exporter: Exporter) -> float:
    """Stop the service and return the seconds it took."""
    began = time.monotonic()
    exporter.process.send_signal(signal.SIGTERM)
    assert exporter.process.wait(timeout=HANG_SECONDS) == 0
    return time.monotonic() - began


class TestLinesThatNobodyReads:
    def test_are_dropped_where_too_many_wait_and_hold_up_nobody(self) -> None:
        with (
            narrow_pipe() as (reading, writing),
            subprocess.Popen(
                [sys.executable, "-c", LOGGING], stdout=subprocess.PIPE, stderr=writing, text=True
            ) as process,
        ):
            said, _ = process.communicate(timeout=HANG_SECONDS)
            held = os.read(reading, 65536)
        assert process.returncode == 0
        assert LINES - WAITING - held.count(b"\n") - 1 <= int(said) < LINES - WAITING
        whole = held[: held.rindex(b"\n")].splitlines()
        numbers = [msgspec.json.decode(line)["number"] for line in whole]
        assert numbers == list(range(len(numbers)))

    def test_keep_no_service_from_its_work_and_its_end(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "log")
        # Opening a FIFO for writing blocks until it has a reader.
        reading = os.open(tmp_path / "log", os.O_RDWR)
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, 4096)
        os.write(reading, b"x" * 4096)
        under = ["sh", "-c", f'exec "$0" "$@" 2>{tmp_path / "log"}']
        with running(["demo"], {}, under=under) as exporter:
            page = f"{exporter.base_url}/metrics"
            until(lambda: "github_billing_usage_net_usd{" in fetch(page).text)
            assert stop(exporter) < STOP_SECONDS
        os.close(reading)


ONE_LINE = """
import sys, structlog
from exporter import logs
logs.configure("info", sys.argv[1], list, color=sys.argv[2])
structlog.get_logger().info("listening", url="http://localhost:9877/")
"""


def on_terminal(form: str, color: str, **environment: str) -> str:
    """Return what a process logs in one line to a terminal."""
    reading, terminal = os.openpty()
    with os.fdopen(reading, "rb", closefd=True, buffering=0) as screen:
        subprocess.run(
            [sys.executable, "-c", ONE_LINE, form, color],
            env={"PATH": os.environ["PATH"], "TERM": "xterm", **environment},
            stderr=terminal,
            check=True,
        )
        os.close(terminal)
        return screen.read(65536).decode()


class TestColor:
    @pytest.mark.parametrize(
        ("color", "environment", "colored"),
        [
            ("auto", {}, True),
            ("auto", {"NO_COLOR": ""}, True),
            ("auto", {"NO_COLOR": "1"}, False),
            ("auto", {"TERM": "dumb"}, False),
            ("never", {}, False),
            ("always", {"NO_COLOR": "1"}, True),
        ],
    )
    def test_on_a_terminal(self, color: str, environment: dict[str, str], colored: bool) -> None:
        assert ("\x1b[" in on_terminal("human", color, **environment)) == colored

    @pytest.mark.parametrize(("color", "colored"), [("auto", False), ("always", True)])
    def test_in_a_file(self, color: str, colored: bool) -> None:
        command = [sys.executable, "-c", ONE_LINE, "human", color]
        logged = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        assert ("\x1b[" in logged) == colored


class TestAJsonLine:
    def test_begins_with_time_level_and_event(self) -> None:
        line = msgspec.json.decode(on_terminal("json", "always"), type=dict[str, str])
        assert [*line] == ["timestamp", "level", "event", "url"]


class TestLinesThatWait:
    def test_are_written_in_order_before_the_end(self) -> None:
        program = LOGGING.replace(str(LINES), str(WAITING))
        with subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            said, log = process.communicate(timeout=HANG_SECONDS)
        assert said == "0\n"
        numbers = [msgspec.json.decode(line)["number"] for line in log.splitlines()]
        assert numbers == list(range(WAITING))


class TestStderr:
    @pytest.mark.parametrize("where", ["2>&-", "2>/dev/full", "2>&- >&- <&-"])
    def test_that_takes_nothing_ends_no_service(self, where: str) -> None:
        under = ["sh", "-c", f'exec "$0" "$@" {where}']
        with running(["demo"], {}, under=under) as exporter:
            until(lambda: "2>/dev/full" not in where or dropped(exporter))
            assert stop(exporter) < STOP_SECONDS

    @pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
    @pytest.mark.parametrize("verb", ["check", "once"])
    def test_that_takes_nothing_changes_no_exit_code(self, verb: str, where: str) -> None:
        account = SimulatedAccount(AccountType.ORGANIZATION, "acme")
        shell = ["sh", "-c", f'exec "$0" "$@" {where}', str(installed_command())]
        with simulated_github(account) as (_, url):
            ended = subprocess.run(
                [*shell, verb, "--organization", "acme", "--organization", "nobody"],
                env={**os.environ, **asking(url)},
                stdout=subprocess.PIPE,
                timeout=HANG_SECONDS,
                check=False,
            )
        assert ended.returncode == 1
        assert b"acme" in ended.stdout

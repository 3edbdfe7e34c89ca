"""The installed exporter with a state file: killed, short of resources, or stopped."""

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount
from exporter.state.file import opened
from tests.support.faults.fault import Fault
from tests.support.known_rows import ROWS
from tests.support.programs import (
    HANG_SECONDS,
    STOP_SECONDS,
    Exporter,
    fetch,
    free_port,
    installed_command,
    running,
    series,
    until,
)
from tests.support.simulator_server import asking, command, simulated_github

BILLED = SimulatedAccount(AccountType.ORGANIZATION, "acme", usage_items=ROWS)
QUICK = (
    *("--poll.interval", "1s", "--poll.timeout", "1s", "--poll.stale-after", "1h"),
    *("--log.format", "json"),
)


def watching(state: Path) -> list[str]:
    return ["--organization", "acme", "--state.file", str(state), *QUICK]


def net(exporter: Exporter) -> dict[tuple[tuple[str, str], ...], float]:
    return series(exporter, "usage_net_usd")


def last_success(exporter: Exporter, collector: str = "usage") -> float:
    name = "exporter_collector_last_success_timestamp_seconds"
    return next(
        (
            value
            for labels, value in series(exporter, name).items()
            if dict(labels)["collector"] == collector
        ),
        0.0,
    )


def written(exporter: Exporter) -> float:
    return next(iter(series(exporter, "exporter_state_last_success_timestamp_seconds").values()))


def told(exporter: Exporter, event: str) -> int:
    return exporter.stderr.read_text().count(f'"{event}"')


def kept(state: Path) -> bool:
    """Return whether the file holds a bill. Raises if the file is incomplete."""
    return state.exists() and any(
        job.reading is not None and name == "usage"
        for account in opened(state.read_bytes()).accounts
        for name, job in account.jobs.items()
    )


class TestKilled:
    def test_in_an_outage_it_comes_back_with_the_last_good_numbers(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        with simulated_github(BILLED) as (github, url):
            with running(watching(state), asking(url)) as exporter:
                until(lambda: kept(state), exporter.stderr)
                github.faults.add(Fault.server_error())
                until(lambda: series(exporter, "exporter_collector_failure_info"))
                before, success = net(exporter), last_success(exporter)
                until(lambda: written(exporter) >= success)
                exporter.process.kill()
                exporter.process.wait()
            with running(watching(state), asking(url)) as exporter:
                assert net(exporter) == before
                assert last_success(exporter) == success
                until(lambda: series(exporter, "exporter_collector_failure_info"))
                assert net(exporter) == before
                github.faults.clear()
                until(lambda: last_success(exporter) > success)

    def test_it_leaves_its_file_to_the_next_alone(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        with (
            simulated_github(BILLED) as (_, url),
            running(watching(state), asking(url)) as exporter,
        ):
            other = subprocess.run(
                [installed_command(), *watching(state)],
                env={**os.environ, **asking(url)},
                capture_output=True,
                text=True,
                timeout=HANG_SECONDS,
                check=False,
            )
            assert other.returncode == 1
            (line,) = other.stderr.splitlines()
            assert f"--state.file {state}: another process is using it" in line
            assert exporter.process.poll() is None


def takes_signals(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process handles SIGTERM. While Python itself starts, it does not."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << (signal.SIGTERM - 1))


def own_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the user CPU time of a process."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


class TestToldToEnd:
    """It stops with exit code 0 at any time, quickly and with a complete file."""

    @staticmethod
    def ends(exporter: Exporter) -> None:
        began = time.monotonic()
        exporter.process.terminate()
        assert exporter.process.wait(timeout=HANG_SECONDS) == 0
        assert time.monotonic() - began < STOP_SECONDS
        assert "Traceback" not in exporter.stderr.read_text()

    @pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3, 0.5])
    def test_while_it_starts(self, tmp_path: Path, seconds: float) -> None:
        """``seconds`` are CPU time, so that a busy machine gets as far as an idle one."""
        with (
            simulated_github(BILLED) as (_, url),
            (tmp_path / "stderr").open("wb") as stderr,
            subprocess.Popen(
                [installed_command(), *watching(tmp_path / "state")],
                env={
                    **os.environ,
                    **asking(url),
                    "GITHUB_BILLING_WEB_LISTEN_ADDRESS": f"127.0.0.1:{free_port()}",
                },
                stderr=stderr,
            ) as process,
        ):
            until(lambda: takes_signals(process) and own_seconds(process) >= seconds)
            process.terminate()
            assert process.wait(timeout=HANG_SECONDS) == 0
        assert "Traceback" not in (tmp_path / "stderr").read_text()

    @pytest.mark.parametrize("part", ["/user/orgs", "/usage/summary"])
    def test_while_it_discovers_or_polls_for_the_first_time(
        self, tmp_path: Path, part: str
    ) -> None:
        arguments = ["--discover", *watching(tmp_path / "state"), "--poll.timeout", "1m"]
        with simulated_github(BILLED) as (github, url):
            github.faults.add(Fault.hanging(match=part))
            with running([*arguments, "--poll.interval", "1m"], asking(url)) as exporter:
                until(lambda: any(part in each.path for each in github.requests))
                self.ends(exporter)

    def test_before_it_has_written_what_it_just_read(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        with simulated_github(BILLED) as (_, url):
            for _ in range(2):
                with running(watching(state), asking(url)) as exporter:
                    until(lambda: net(exporter))
                    success = last_success(exporter)
                    self.ends(exporter)
                account = opened(state.read_bytes()).accounts[0]
                kept = account.jobs["usage"].last_success
                assert kept is not None
                assert kept.timestamp() >= success


class TestAFileThatMustNotBeUsed:
    def test_of_another_program_is_refused_and_left_unchanged(self, tmp_path: Path) -> None:
        (tmp_path / "notes").write_text("precious\n")
        self.refuses(
            tmp_path / "notes",
            f"{tmp_path}/notes is not a state file of this program, and is left unchanged",
        )
        assert (tmp_path / "notes").read_text() == "precious\n"
        assert [path.name for path in tmp_path.iterdir()] == ["notes"]

    def test_in_a_forbidden_folder_is_refused(self) -> None:
        # Not even root can create a file there.
        self.refuses(Path("/sys/kernel/exporter-state"), "/sys/kernel is not writable")

    @staticmethod
    def refuses(path: Path, why: str) -> None:
        ended = command(*watching(path), env=asking("http://127.0.0.1:9"))
        assert (ended.returncode, ended.stdout) == (2, "")
        (line,) = ended.stderr.splitlines()
        assert line.startswith(f"github-billing-exporter: --state.file: {why}")


class TestStarved:
    """Polling continues. The start and the end of a shortage are logged, one line each."""

    def test_of_room_on_the_disk(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        with (
            simulated_github(BILLED) as (_, url),
            running([*watching(state), "--log.level", "warning"], asking(url)) as exporter,
        ):
            until(lambda: kept(state), exporter.stderr)
            room = state.stat().st_size // 2
            assert exporter.stderr.stat().st_size == 0, "the limit applies to the log, too"
            with limited(exporter, resource.RLIMIT_FSIZE, room):
                until(lambda: told(exporter, "state not written"))
                success, at = last_success(exporter), written(exporter)
                until(lambda: last_success(exporter) > success + 6)
                assert written(exporter) == at
                assert kept(state)
            assert {path.name for path in tmp_path.iterdir()} == {"state", "state.lock"}
            until(lambda: written(exporter) > at)
            assert told(exporter, "state not written") == 1

    def test_of_file_descriptors(self, tmp_path: Path) -> None:
        with (
            simulated_github(BILLED) as (_, url),
            running(watching(tmp_path / "state"), asking(url)) as exporter,
        ):
            until(lambda: written(exporter))
            success = last_success(exporter)
            address = httpx.URL(exporter.base_url)

            def told_while_starved() -> bool:
                """Hold connections until the server drops them; a write may fall in between."""
                with ExitStack() as held:
                    for _ in range(64):
                        client = socket.create_connection((address.host, address.port or 0))
                        held.enter_context(client)
                    with suppress(ConnectionError):
                        client.recv(1)
                return told(exporter, "state not written") > 0

            with limited(exporter, resource.RLIMIT_NOFILE, 48):
                until(told_while_starved)
            until(self.healthy(exporter), exporter.stderr)
            until(lambda: last_success(exporter) > success)
            until(lambda: told(exporter, "state written again"), exporter.stderr)
            assert "Traceback" not in exporter.stderr.read_text()
            assert 1 <= told(exporter, "connections waiting") <= 3

    @staticmethod
    def healthy(exporter: Exporter) -> Callable[[], bool]:
        def asked() -> bool:
            try:
                return fetch(f"{exporter.base_url}/healthz").is_success
            except httpx.TransportError:
                return False

        return asked


@contextmanager
def limited(exporter: Exporter, what: int, most: int) -> Iterator[None]:
    """Limit a resource of the process until the block ends."""
    pid = exporter.process.pid
    before = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (most, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, what, before)

"""Files that change into a pipe or a huge file, or hang, under the installed exporter."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, SimulatedAccount
from tests.support.certificates import PASSWORD, USERS
from tests.support.programs import (
    HANG_SECONDS,
    STOP_SECONDS,
    Exporter,
    fetch,
    free_port,
    running,
    until,
)
from tests.support.simulator_server import command, simulated_github

QUICK = ("--poll.interval", "1s", "--poll.timeout", "1s", "--poll.stale-after", "1h")
AUTH = ("alice", PASSWORD)
FAILING = re.compile(r'collector_failure_info\{.*collector="([a-z_]+)",reason="([a-z_]+)"\}')
RELOADED = "github_billing_exporter_web_config_reload_success"


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def sparse(path: Path) -> None:
    """Write a file of 1 GiB that takes no disk space."""
    with path.open("wb") as file:
        file.truncate(1 << 30)


BECOMES = pytest.mark.parametrize("becomes", [pipe, sparse])


def ends_in_time(process: "subprocess.Popen[bytes]") -> None:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=HANG_SECONDS) == 0
    assert time.monotonic() - began < STOP_SECONDS


@dataclass(frozen=True, slots=True)
class Asked:
    """An exporter with a token from a file."""

    exporter: Exporter
    token: Path

    def reason(self) -> str | None:
        """Return the reason of the usage collector's failure, from the page."""
        return next(
            (reason for name, reason in FAILING.findall(self.page()) if name == "usage"), None
        )

    def page(self) -> str:
        return fetch(f"{self.exporter.base_url}/metrics").text

    def memory(self) -> int:
        status = Path(f"/proc/{self.exporter.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@contextmanager
def asking(folder: Path) -> Iterator[Asked]:
    token = folder / "token"
    token.write_text(DEMO_TOKEN)
    names = ("--organization", "acme", "--github.token-file", str(token))
    with (
        simulated_github(SimulatedAccount(AccountType.ORGANIZATION, "acme")) as (_, url),
        running([*names, *QUICK], {"GITHUB_BILLING_API_URL": url}) as exporter,
    ):
        asked = Asked(exporter, token)
        until(lambda: "github_billing_usage_net_usd{" in asked.page())
        yield asked


class TestTokenFile:
    @BECOMES
    def test_that_is_one_no_more_fails_until_it_is_again(
        self, tmp_path: Path, becomes: Callable[[Path], None]
    ) -> None:
        with asking(tmp_path) as asked:
            before = asked.memory()
            becomes(asked.token)
            until(lambda: asked.reason() == "unauthorized")
            assert asked.memory() - before < 64 << 20
            asked.token.unlink()
            asked.token.write_text(DEMO_TOKEN)
            until(lambda: asked.reason() is None)

    def test_that_hangs_fails_and_keeps_up_neither_probes_nor_the_end(self, tmp_path: Path) -> None:
        address = f"127.0.0.1:{free_port()}"
        log, token = tmp_path / "stderr", tmp_path / "token"
        token.write_text(DEMO_TOKEN)
        with (
            simulated_github(SimulatedAccount(AccountType.ORGANIZATION, "acme")) as (_, url),
            log.open("wb") as stderr,
            subprocess.Popen(
                [sys.executable, "-c", HANGING, url, address, str(token)], stderr=stderr
            ) as process,
        ):

            def answer(path: str) -> str:
                try:
                    return fetch(f"http://{address}{path}").text
                except httpx.TransportError:
                    return ""

            try:
                unread = ("usage", "unreachable")
                until(lambda: unread in FAILING.findall(answer("/metrics")), log)
                assert answer("/healthz") == "alive\n"
                assert "github_billing_usage_net_usd{" in answer("/metrics"), "first reading stays"
                ends_in_time(process)
            finally:
                process.kill()


HANGING = """
import asyncio, sys, threading
from exporter.app import App, utc_now
from exporter.collectors import ALL
from exporter.files import Watcher
from exporter.polling.clients import credentials
from exporter.web.server import listen
from exporter.settings import load
from exporter.settings.fields import ListenAddress

url, address, file = sys.argv[1:]
looks = iter([open(file).read()])


def look():
    for content in looks:
        return content
    threading.Event().wait()


settings = load(
    {
        "organizations": ["acme"],
        "github": {"api_url": url, "token_file": file},
        "poll": {"interval": "1s", "timeout": "1s", "stale_after": "1h"},
    },
    {},
    ALL,
)
secrets = credentials(settings, {}, clock=utc_now, of_file=lambda _: Watcher(look, patience=1))
host, port = address.split(":")
app = App.assemble(settings, *secrets)
asyncio.run(app.run(listen(ListenAddress(host, int(port)))))
"""


class TestWebFile:
    @BECOMES
    def test_that_is_one_no_more_leaves_the_page_closed(
        self, tmp_path: Path, becomes: Callable[[Path], None]
    ) -> None:
        web = tmp_path / "web.yml"
        web.write_text(USERS)

        with running(["demo", "--web.config.file", str(web)], {}) as exporter:

            def taken() -> bool:
                answer = fetch(f"{exporter.base_url}/metrics", auth=AUTH)
                return f"{RELOADED} 1.0" in answer.text

            until(taken)
            becomes(web)
            until(lambda: not taken())
            page = fetch(f"{exporter.base_url}/metrics")
            assert page.status_code == 401
            web.unlink()
            web.write_text(USERS)
            until(taken)

    def test_that_is_truncated_leaves_the_page_closed_and_is_told_once(
        self, tmp_path: Path
    ) -> None:
        web = tmp_path / "web.yml"
        web.write_text(USERS)
        with running(["demo", "--web.config.file", str(web)], {}) as exporter:
            web.write_text("")
            until(lambda: "is empty" in exporter.stderr.read_text())
            page = fetch(f"{exporter.base_url}/metrics")
            assert page.status_code == 401
            page = fetch(f"{exporter.base_url}/metrics", auth=AUTH)
            assert f"{RELOADED} 0.0" in page.text
            web.write_text("basic_auth_users: {}\n")
            until(
                lambda: fetch(f"{exporter.base_url}/metrics").is_success,
            )
            assert exporter.stderr.read_text().count("is empty") == 1


class TestAtTheStart:
    def test_a_configuration_that_is_a_pipe_ends_it_with_a_line(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "config.yml")
        ended = command("check", "--config.file", str(tmp_path / "config.yml"), env={})
        assert ended.returncode == 2
        why = "it is a pipe, a directory or a device"
        assert f": {why}" in ended.stderr

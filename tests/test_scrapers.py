"""The exporter as a process under many scrapers: polls go on, and health answers."""

import asyncio
import contextlib
import gzip
import re
import resource
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.programs import Exporter, running, until

SCRAPERS = 1_000
SLOW = 50
IDLE = 10_000
USUAL_DESCRIPTORS = 1_024
"""What a login shell or a service has, unless it asks for more."""

POLLING = ("demo", "--poll.interval", "1s", "--poll.stale-after", "1m")
SECONDS = 60.0
HEALTH_SECONDS = 5.0
SCRAPE = (
    b"GET /metrics HTTP/1.1\r\nhost: exporter\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n"
)
PLAIN = b"GET /metrics HTTP/1.1\r\nhost: exporter\r\n\r\n"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.contextmanager
def descriptors(soft: int) -> Iterator[None]:
    """Let this process, and those that it starts, have so many file descriptors."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, max(soft, hard)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, max(soft, hard)))


@pytest.fixture(scope="module", autouse=True)
def _descriptors_for_all() -> Iterator[None]:
    with descriptors(2 * IDLE):
        yield


@pytest.fixture(scope="module")
def demo() -> Iterator[Exporter]:
    with contextlib.ExitStack() as stack:
        with descriptors(USUAL_DESCRIPTORS):
            exporter = stack.enter_context(running(POLLING, {}))
        until(lambda: polled(exporter), SECONDS, exporter.stderr)
        yield exporter


def polled(exporter: Exporter) -> float:
    """Tell when usage was last asked for."""
    page = httpx.get(f"{exporter.base_url}/metrics", trust_env=False, timeout=SECONDS).text
    return max(
        (
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == "github_billing_exporter_collector_last_success_timestamp_seconds"
            and sample.labels["collector"] == "usage"
        ),
        default=0.0,
    )


def open_descriptors(exporter: Exporter) -> int:
    return len(list(Path(f"/proc/{exporter.process.pid}/fd").iterdir()))


def healthy(exporter: Exporter) -> bool:
    began = time.monotonic()
    answer = httpx.get(f"{exporter.base_url}/healthz", trust_env=False, timeout=SECONDS)
    return answer.is_success and time.monotonic() - began < HEALTH_SECONDS


async def connect(exporter: Exporter, takes: int = 65536) -> Connection:
    """Connect, to take so many bytes before they are read."""
    host, _, port = exporter.base_url.removeprefix("http://").partition(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, (host, int(port)))
    return await asyncio.open_connection(sock=client, limit=takes)


async def over(reader: asyncio.StreamReader) -> bool:
    """Wait until the other side has ended a connection without a word."""
    with contextlib.suppress(ConnectionError):
        return await reader.read() == b""
    return True


async def scrape(exporter: Exporter) -> bytes:
    """Scrape over a connection of its own, and give the page."""
    reader, writer = await connect(exporter)
    writer.write(SCRAPE)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    return gzip.decompress(body)


def assert_undisturbed(exporter: Exporter, disturb: Callable[[], Awaitable[None]]) -> None:
    """Hold that polls go on and health answers while something is going on, and after it."""

    async def disturbed() -> None:
        before = await asyncio.to_thread(polled, exporter)
        going_on = asyncio.ensure_future(disturb())
        await asyncio.sleep(0)
        assert await asyncio.to_thread(healthy, exporter)
        await going_on
        await asyncio.to_thread(until, lambda: polled(exporter) > before, SECONDS)

    asyncio.run(disturbed())
    assert healthy(exporter)
    assert "Traceback" not in exporter.stderr.read_text()


class TestScrapers:
    def test_a_thousand_at_once_are_all_served(self, demo: Exporter) -> None:
        async def disturb() -> None:
            pages = await asyncio.gather(*(scrape(demo) for _ in range(SCRAPERS)))
            assert all(b"\ngithub_billing_account_info{" in page for page in pages)

        assert_undisturbed(demo, disturb)

    def test_slow_ones_hold_nobody_up(self, demo: Exporter) -> None:
        before = open_descriptors(demo)

        async def disturb() -> None:
            slow = [await connect(demo, takes=4096) for _ in range(SLOW)]
            for _, writer in slow:
                writer.write(PLAIN)
            heads = [await reader.readuntil(b"\r\n\r\n") for reader, _ in slow]
            assert b"github_billing_account_info" in await scrape(demo)
            assert open_descriptors(demo) >= before + SLOW
            for head, (reader, writer) in zip(heads, slow, strict=True):
                length = re.search(rb"content-length: (\d+)", head)
                assert length is not None
                page = await reader.readexactly(int(length[1]))
                assert b"github_billing_account_info" in page
                writer.close()

        assert_undisturbed(demo, disturb)

    def test_those_that_hang_up_leave_nothing_open(self, demo: Exporter) -> None:
        before = open_descriptors(demo)

        async def disturb() -> None:
            for _ in range(SCRAPERS):
                _, writer = await connect(demo)
                writer.write(PLAIN)
                writer.transport.abort()

        assert_undisturbed(demo, disturb)
        until(lambda: open_descriptors(demo) <= before + 5, SECONDS, demo.stderr)

    def test_ten_thousand_idle_connections_are_let_in_and_let_go(self, demo: Exporter) -> None:
        before = open_descriptors(demo)

        async def disturb() -> None:
            idle = [await connect(demo) for _ in range(IDLE)]
            assert await asyncio.to_thread(healthy, demo)
            for reader, writer in idle:
                assert await over(reader)
                writer.close()

        assert_undisturbed(demo, disturb)
        until(lambda: open_descriptors(demo) <= before + 5, SECONDS, demo.stderr)


class TestDescriptors:
    def test_are_kept_for_polls_where_connections_want_them_all(self) -> None:
        few = ["sh", "-c", f'ulimit -n {USUAL_DESCRIPTORS}; exec "$0" "$@"']
        with running(POLLING, {}, under=few) as exporter:
            until(lambda: polled(exporter), SECONDS, exporter.stderr)
            before = polled(exporter)

            async def disturb() -> None:
                idle = [await connect(exporter) for _ in range(2 * USUAL_DESCRIPTORS)]
                for reader, writer in idle:
                    assert await asyncio.wait_for(over(reader), SECONDS)
                    writer.close()

            asyncio.run(disturb())
            until(lambda: polled(exporter) > before + 2, SECONDS, exporter.stderr)
            log = exporter.stderr.read_text()
            assert "connections wait" not in log
            assert "unreachable" not in log

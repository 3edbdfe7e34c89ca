"""The exporter process under many scrapers: it keeps polling and answering health checks."""

import asyncio
import contextlib
import gzip
import re
import resource
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.certificates import TLS, Certificates
from tests.support.programs import (
    HANG_SECONDS,
    Exporter,
    fetch,
    running,
    until,
)

SCRAPERS = 1_000
SLOW = 50
IDLE = 10_000
DAWDLING = 2_000
USUAL_DESCRIPTORS = 1_024
"""The usual soft limit of a login shell or a service."""

POLLING = ("demo", "--poll.interval", "1s", "--poll.stale-after", "1m")
SCRAPE_SECONDS = 5.0
"""Half of the time after which the server drops connections without a request."""

SCRAPE = (
    b"GET /metrics HTTP/1.1\r\nhost: exporter\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n"
)
PLAIN = b"GET /metrics HTTP/1.1\r\nhost: exporter\r\n\r\n"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(scope="module", autouse=True)
def _descriptors_for_all() -> Iterator[None]:
    """Raise the descriptor limit of this process and its children for all connections."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * IDLE, max(2 * IDLE, hard)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, max(2 * IDLE, hard)))


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo as a process. `tls` is the client context if it serves TLS."""

    exporter: Exporter
    tls: ssl.SSLContext | None

    @property
    def stderr(self) -> Path:
        return self.exporter.stderr

    def get(self, path: str) -> httpx.Response:
        url = f"{self.exporter.base_url}{path}"
        return fetch(url, verify=self.tls or True)

    def polled(self) -> float:
        """Return the time of the last successful poll of usage, or 0."""
        return max(
            (
                sample.value
                for family in text_string_to_metric_families(self.get("/metrics").text)
                for sample in family.samples
                if sample.name == "github_billing_exporter_collector_last_success_timestamp_seconds"
                and sample.labels["collector"] == "usage"
            ),
            default=0.0,
        )

    def healthy(self) -> bool:
        return self.get("/healthz").is_success

    def open_descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.exporter.process.pid}/fd").iterdir()))

    def megabytes(self) -> float:
        """Return the resident memory of the process."""
        status = Path(f"/proc/{self.exporter.process.pid}/status").read_text()
        (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
        return int(kilobytes) / 1000

    async def connect(self, takes: int = 65536) -> Connection:
        """Connect with a receive buffer of `takes` bytes and send nothing."""
        url = httpx.URL(self.exporter.base_url)
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, (url.host, url.port))
        return await asyncio.open_connection(sock=client, limit=takes)

    async def ask(self, request: bytes, takes: int = 65536) -> Connection:
        """Send a request over a new connection, with TLS if the demo serves it."""
        reader, writer = await self.connect(takes)
        if self.tls:
            await writer.start_tls(self.tls, server_hostname="127.0.0.1")
        writer.write(request)
        return reader, writer

    async def scrape(self) -> bytes:
        reader, writer = await self.ask(SCRAPE)
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        return gzip.decompress(body)


@contextlib.contextmanager
def demonstrated(folder: Path, limit: str, *, tls: bool) -> Iterator[Demo]:
    """Run the demo under a ``ulimit`` until the block ends. Wait for its first poll."""
    arguments, context = list(POLLING), None
    if tls:
        context = Certificates(folder).trusting()
        (folder / "web.yml").write_text(TLS)
        arguments += ["--web.config.file", str(folder / "web.yml")]
    under = ["sh", "-c", f'ulimit {limit}; exec "$0" "$@"']
    with running(arguments, {}, context, under) as exporter:
        demo = Demo(exporter, context)
        until(demo.polled, demo.stderr)
        yield demo


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "tls"])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with demonstrated(folder, f"-S -n {USUAL_DESCRIPTORS}", tls=request.param) as demo:
        yield demo


async def over(reader: asyncio.StreamReader) -> bool:
    """Wait until the server closes the connection. False if it sent anything."""
    with contextlib.suppress(ConnectionError):
        return await reader.read() == b""
    return True


async def ended(connections: list[Connection]) -> None:
    """Wait until the server closes all connections without sending anything."""
    for reader, writer in connections:
        assert await asyncio.wait_for(over(reader), HANG_SECONDS)
        writer.close()


async def quickest_scrape(demo: Demo) -> float:
    """Return the seconds of the quickest of three scrapes."""
    times = []
    for _ in range(3):
        began = time.monotonic()
        assert b"\ngithub_billing_account_info{" in await demo.scrape()
        times.append(time.monotonic() - began)
    return min(times)


def assert_undisturbed(demo: Demo, disturb: Callable[[], Awaitable[None]]) -> None:
    """Assert that polling and health checks work during and after `disturb`."""

    async def disturbed() -> None:
        before = await asyncio.to_thread(demo.polled)
        going_on = asyncio.ensure_future(disturb())
        await asyncio.sleep(0)
        assert await asyncio.to_thread(demo.healthy)
        await going_on
        await asyncio.to_thread(until, lambda: demo.polled() > before)

    asyncio.run(disturbed())
    assert demo.healthy()
    assert "Traceback" not in demo.stderr.read_text()


class TestScrapers:
    def test_a_thousand_at_once_are_all_served(self, demo: Demo) -> None:
        async def disturb() -> None:
            pages = await asyncio.gather(*(demo.scrape() for _ in range(SCRAPERS)))
            assert all(b"\ngithub_billing_account_info{" in page for page in pages)

        assert_undisturbed(demo, disturb)

    def test_slow_ones_hold_nobody_up(self, demo: Demo) -> None:
        before = demo.open_descriptors()

        async def disturb() -> None:
            slow = [await demo.ask(PLAIN, takes=4096) for _ in range(SLOW)]
            heads = [await reader.readuntil(b"\r\n\r\n") for reader, _ in slow]
            assert b"github_billing_account_info" in await demo.scrape()
            assert demo.open_descriptors() >= before + SLOW - 5
            for head, (reader, writer) in zip(heads, slow, strict=True):
                length = re.search(rb"content-length: (\d+)", head)
                assert length is not None
                page = await reader.readexactly(int(length[1]))
                assert b"github_billing_account_info" in page
                writer.close()

        assert_undisturbed(demo, disturb)

    def test_those_that_hang_up_leave_nothing_open(self, demo: Demo) -> None:
        before = demo.open_descriptors()

        async def disturb() -> None:
            for _ in range(SCRAPERS):
                _, writer = await demo.ask(PLAIN)
                writer.transport.abort()

        assert_undisturbed(demo, disturb)
        until(lambda: demo.open_descriptors() <= before + 5, demo.stderr)

    def test_ten_thousand_idle_connections_are_let_in_and_let_go(self, demo: Demo) -> None:
        before = demo.open_descriptors()

        async def disturb() -> None:
            idle = [await demo.connect() for _ in range(IDLE)]
            assert await asyncio.to_thread(demo.healthy)
            await ended(idle)

        assert_undisturbed(demo, disturb)
        until(lambda: demo.open_descriptors() <= before + 5, demo.stderr)


class TestConnectionsThatDoNotAsk:
    @pytest.mark.parametrize(
        ("tls", "said", "most"),
        [(False, b"", 30), (True, b"", 30), (True, b"\x16", 160)],
        ids=["plain", "tls", "tls begun"],
    )
    def test_cost_little_and_hold_nobody_up(
        self, tmp_path: Path, tls: bool, said: bytes, most: int
    ) -> None:
        async def disturb(demo: Demo) -> None:
            before = demo.megabytes()
            connections = [await demo.connect() for _ in range(DAWDLING)]
            for _, writer in connections:
                writer.write(said)
            assert await quickest_scrape(demo) < SCRAPE_SECONDS
            assert demo.megabytes() - before < most
            await ended(connections)

        with demonstrated(tmp_path, f"-S -n {USUAL_DESCRIPTORS}", tls=tls) as demo:
            assert_undisturbed(demo, lambda: disturb(demo))

    @pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
    def test_leave_descriptors_to_polls_and_places_to_scrapers(
        self, tmp_path: Path, tls: bool
    ) -> None:
        with demonstrated(tmp_path, f"-n {USUAL_DESCRIPTORS}", tls=tls) as demo:

            async def disturb() -> None:
                idle = [await demo.connect() for _ in range(2 * USUAL_DESCRIPTORS)]
                assert demo.open_descriptors() < USUAL_DESCRIPTORS - 200
                assert await quickest_scrape(demo) < SCRAPE_SECONDS
                await ended(idle)

            before = demo.polled()
            asyncio.run(disturb())
            until(lambda: demo.polled() > before + 2, demo.stderr)
            log = demo.stderr.read_text()
            assert "connections waiting" not in log
            assert "unreachable" not in log
            assert "unauthorized" not in log

"""The server's connections: whoever is slow or says too much is cut off, others are served."""

import asyncio
import contextlib
import functools
import logging
import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import NamedTuple, ParamSpec

import pytest

from exporter.server import ANSWER_SECONDS, PLAIN, REQUEST_SECONDS, Receive, Scope, Send, answer
from tests.test_server import on_socket
from tests.web_files import Certificates
from tests.world import VirtualTimeLoop

HEAD = b"GET / HTTP/1.1\r\nhost: exporter\r\n"
LARGE = b"x" * 32_000_000
"""Bytes: more than the kernel's buffers hold."""

PIECE = 640_000
ASKING_FOR_LARGE = b"GET /large HTTP/1.1\r\nhost: exporter\r\n"

P = ParamSpec("P")


class Tls(NamedTuple):
    server: ssl.SSLContext
    client: ssl.SSLContext


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def in_virtual_time(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Make a test of a coroutine function: its time jumps, but for a moment for the sockets."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def scenario() -> None:
            await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=partial(VirtualTimeLoop, moment=0.002)) as runner:
            runner.run(scenario())

    return run


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/at-once":
        headers = [(b"content-length", str(len(LARGE)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": LARGE})
    else:
        await answer(send, 200, PLAIN, LARGE if scope["path"] == "/large" else b"hello\n")


@pytest.fixture(scope="module", params=["plain", "tls"])
def tls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tls | None:
    if request.param == "plain":
        return None
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificates.folder / "server.pem", certificates.folder / "server.key")
    return Tls(server, certificates.trusting())


def serving(tls: Tls | None) -> AbstractAsyncContextManager[str]:
    return on_socket(application, tls.server if tls else None)


async def connect(url: str, tls: Tls | None = None) -> Connection:
    host, _, port = url.partition("://")[2].partition(":")
    return await asyncio.open_connection(host, int(port), ssl=tls.client if tls else None)


async def end_of(connection: Connection) -> float:
    """Wait for a connection's end, and give the seconds that it took."""
    reader, writer = connection
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(10 * REQUEST_SECONDS):
            while await reader.read(65536):
                pass
    except ConnectionError:
        pass
    finally:
        writer.close()
    return asyncio.get_running_loop().time() - began


async def end_while_dropping(connection: Connection, said: bytes) -> float:
    """Say it once a second until the connection ends, and give the seconds that it took."""
    ending = asyncio.ensure_future(end_of(connection))
    while not ending.done():
        await asyncio.sleep(1)
        connection[1].write(said)
    return await ending


async def answered(connection: Connection) -> bytes:
    reader, _ = connection
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(6)
    return head


async def taken(connection: Connection, seconds: float) -> None:
    """Take the large answer evenly in so many seconds."""
    reader, _ = connection
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(len(LARGE) // PIECE):
        await reader.readexactly(PIECE)
        await asyncio.sleep(seconds * PIECE / len(LARGE))


class TestSlowRequests:
    @pytest.mark.parametrize("said", [b"", b"\r\n", b"GET", HEAD, b"GET / HTTP/1.1\r\n"])
    @in_virtual_time
    async def test_are_cut_off(self, said: bytes) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            connection[1].write(said)
            assert await end_of(connection) == pytest.approx(REQUEST_SECONDS, abs=1)

    @in_virtual_time
    async def test_are_cut_off_though_bytes_drop_in(self) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            connection[1].write(HEAD)
            ended = await end_while_dropping(connection, b"x-more: 1\r\n")
            assert ended == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_are_cut_off_after_an_answer_too(self) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(30)
            connection[1].write(HEAD)
            assert await end_of(connection) == pytest.approx(REQUEST_SECONDS, abs=1)

    @in_virtual_time
    async def test_are_cut_off_after_an_answer_though_they_are_blank_lines(self) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            ended = await end_while_dropping(connection, b"\r\n")
            assert ended == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_are_cut_off_in_a_body_that_nobody_wants(self) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            connection[1].write(HEAD + b"content-length: 1000\r\n\r\n")
            ended = await end_while_dropping(connection, b"x")
            assert ended == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_are_cut_off_where_they_begin_in_the_packet_of_another(self) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            connection[1].write(HEAD + b"\r\n" + HEAD)
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            assert await end_of(connection) <= REQUEST_SECONDS + 1


class TestOthers:
    @pytest.mark.parametrize(
        ("asking", "length", "pause"),
        [(HEAD, 6, 65), (ASKING_FOR_LARGE, len(LARGE), 65), (ASKING_FOR_LARGE, len(LARGE), 15)],
        ids=["small", "large", "large and often"],
    )
    @in_virtual_time
    async def test_a_scraper_keeps_its_connection_from_scrape_to_scrape(
        self, tls: Tls | None, asking: bytes, length: int, pause: int
    ) -> None:
        assert ANSWER_SECONDS < 65
        async with serving(tls) as url:
            reader, writer = await connect(url, tls)
            for _ in range(2 + ANSWER_SECONDS // pause):
                writer.write(asking + b"\r\n")
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
                await reader.readexactly(length)
                await asyncio.sleep(pause)
            writer.close()

    @in_virtual_time
    async def test_a_scraper_may_say_a_lot_in_the_end(self) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            for _ in range(100):
                connection[1].write(HEAD + b"x-scraper: " + b"x" * 1000 + b"\r\n\r\n")
                assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            connection[1].close()

    @in_virtual_time
    async def test_are_served_while_hundreds_say_nothing(self) -> None:
        async with on_socket(application) as url:
            idle = [await connect(url) for _ in range(400)]
            connection = await connect(url)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            ends = await asyncio.gather(*map(end_of, idle))
            assert max(ends) <= REQUEST_SECONDS + 1
            connection[1].close()


class TestSlowReaders:
    @pytest.mark.parametrize("path", [b"/large", b"/at-once"])
    @pytest.mark.parametrize("closing", [b"", b"connection: close\r\n"])
    @in_virtual_time
    async def test_lose_the_answer_in_the_end(
        self, tls: Tls | None, closing: bytes, path: bytes
    ) -> None:
        async with serving(tls) as url:
            reader, writer = await connect(url, tls)
            writer.write(ASKING_FOR_LARGE.replace(b"/large", path) + closing + b"\r\n")
            await asyncio.sleep(ANSWER_SECONDS + 50)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(len(LARGE))
            writer.close()

    @in_virtual_time
    async def test_lose_it_though_they_take_it_bit_by_bit(self, tls: Tls | None) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            connection[1].write(ASKING_FOR_LARGE + b"\r\n")
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await taken(connection, ANSWER_SECONDS + 40)
            connection[1].close()

    @in_virtual_time
    async def test_lose_it_though_they_ask_again_and_again(self, tls: Tls | None) -> None:
        async with serving(tls) as url:
            reader, writer = await connect(url, tls)
            writer.write(ASKING_FOR_LARGE + b"\r\n")
            for _ in range(ANSWER_SECONDS + 5):
                await asyncio.sleep(1)
                with contextlib.suppress(ConnectionError):
                    writer.write(HEAD + b"\r\n")
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(len(LARGE))
            writer.close()

    @pytest.mark.parametrize(
        ("closing", "more"), [(b"", b""), (b"", HEAD), (b"connection: close\r\n", b"")]
    )
    @in_virtual_time
    async def test_have_their_time(self, tls: Tls | None, closing: bytes, more: bytes) -> None:
        async with serving(tls) as url:
            reader, writer = await connect(url, tls)
            writer.write(ASKING_FOR_LARGE + closing + b"\r\n")
            await reader.readuntil(b"\r\n\r\n")
            writer.write(more)
            await asyncio.sleep(ANSWER_SECONDS / 2)
            assert len(await reader.readexactly(len(LARGE))) == len(LARGE)
            writer.close()

    @pytest.mark.parametrize("path", [b"/large", b"/at-once"])
    @in_virtual_time
    async def test_keep_their_connection_where_they_took_it_in_time(
        self, tls: Tls | None, path: bytes
    ) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            connection[1].write(ASKING_FOR_LARGE.replace(b"/large", path) + b"\r\n")
            await taken(connection, ANSWER_SECONDS / 2)
            await asyncio.sleep(ANSWER_SECONDS / 2 + 10)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            connection[1].close()


class TestMoreBeforeAnAnswer:
    @pytest.mark.parametrize(
        "more",
        [HEAD, HEAD + b"\r\n", 2000 * (HEAD + b"\r\n"), b"\x16\x03\x01" * 10_000, b"x" * 100_000],
        ids=["a beginning", "another", "thousands", "none", "none that ends"],
    )
    @pytest.mark.parametrize("apart", [True, False])
    def test_gets_that_answer_and_no_other(
        self, tls: Tls | None, more: bytes, apart: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def scenario() -> None:
            async with serving(tls) as url, asyncio.timeout(2 * REQUEST_SECONDS):
                reader, writer = await connect(url, tls)
                writer.write(ASKING_FOR_LARGE + b"\r\n" + (b"" if apart else more))
                await reader.readuntil(b"\r\n\r\n")
                writer.write(more if apart else b"")
                assert len(await reader.readexactly(len(LARGE))) == len(LARGE)
                with contextlib.suppress(ConnectionError):  # as not all of it was read
                    assert await reader.read() == b""
                writer.close()

        asyncio.run(scenario())
        assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


class TestLargeRequests:
    @pytest.mark.parametrize(
        "said",
        [
            b"GET /" + b"x" * 20_000,
            HEAD + b"x-large: " + b"x" * 20_000,
            HEAD + b"authorization: " + b"x" * 20_000,
            HEAD + b"x-large: " + b"x" * 40_000 + b"\r\n\r\n",
            HEAD + 101 * b"x: y\r\n" + b"\r\n",
            HEAD + b"x-large: " + b"x" * 20_000 + b"\0",
        ],
        ids=["path", "header", "password", "whole", "many headers", "none"],
    )
    def test_are_refused(
        self, tls: Tls | None, said: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def scenario() -> None:
            async with serving(tls) as url:
                reader, writer = await connect(url, tls)
                writer.write(said)
                assert (await reader.readline()).startswith(b"HTTP/1.1 400")
                writer.close()

        asyncio.run(scenario())
        assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []

    @pytest.mark.parametrize(
        ("begun", "more"),
        [
            (b"transfer-encoding: chunked\r\n\r\n0\r\n", b"a:b\r\n" * 100),
            (b"transfer-encoding: chunked\r\n\r\n0\r\na: ", b"b" * 1000),
            (b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 100),
            (b"content-length: 1000000000\r\n\r\n", b"x" * 1000),
        ],
        ids=["trailers", "a trailer", "chunks", "a body"],
    )
    def test_that_do_not_end_are_ended(self, tls: Tls | None, begun: bytes, more: bytes) -> None:
        async def scenario() -> None:
            async with serving(tls) as url:
                reader, writer = await connect(url, tls)
                writer.write(HEAD + begun)
                ending = asyncio.ensure_future(reader.read())
                said = 0
                while not ending.done() and said < 10_000_000:
                    writer.write(more)
                    said += len(more)
                    with contextlib.suppress(ConnectionError):
                        await writer.drain()
                    await asyncio.sleep(0)
                with contextlib.suppress(ConnectionError):
                    await ending
                writer.close()
                assert said < 1_000_000

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        "line", [b"CONNECT exporter:80 HTTP/1.1", b"GET /\xff HTTP/1.1", b"\x16\x03\x01"]
    )
    def test_what_is_no_request_for_a_page_is_refused(self, line: bytes) -> None:
        async def scenario() -> None:
            async with on_socket(application) as url:
                reader, writer = await connect(url)
                writer.write(line + b"\r\nhost: exporter\r\n\r\n")
                assert re.match(rb"HTTP/1.1 4\d\d", await reader.readline())
                writer.close()
                connection = await connect(url)
                connection[1].write(HEAD + b"\r\n")
                assert (await answered(connection)).startswith(b"HTTP/1.1 200")
                connection[1].close()

        asyncio.run(scenario())

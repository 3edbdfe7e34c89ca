"""The server's connections: whoever is slow or says too much is cut off, others are served."""

import asyncio
import contextlib
import functools
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec

import pytest

from exporter.server import ANSWER_SECONDS, PLAIN, REQUEST_SECONDS, Receive, Scope, Send, answer
from tests.test_server import on_socket
from tests.world import VirtualTimeLoop

HEAD = b"GET / HTTP/1.1\r\nhost: exporter\r\n"
LARGE = b"x" * 32_000_000
"""Bytes: more than the kernel's buffers hold."""

P = ParamSpec("P")

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
    await answer(send, 200, PLAIN, LARGE if scope["path"] == "/large" else b"hello\n")


async def connect(url: str) -> Connection:
    host, _, port = url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


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


async def answered(connection: Connection) -> bytes:
    reader, _ = connection
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(6)
    return head


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
            ending = asyncio.ensure_future(end_of(connection))
            connection[1].write(HEAD)
            while not ending.done():
                await asyncio.sleep(1)
                connection[1].write(b"x-more: 1\r\n")
            assert await ending == pytest.approx(REQUEST_SECONDS, abs=2)

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
            ending = asyncio.ensure_future(end_of(connection))
            while not ending.done():
                await asyncio.sleep(1)
                connection[1].write(b"\r\n")
            assert await ending == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_are_cut_off_in_a_body_that_nobody_wants(self) -> None:
        async with on_socket(application) as url:
            connection = await connect(url)
            connection[1].write(HEAD + b"content-length: 1000\r\n\r\n")
            ending = asyncio.ensure_future(end_of(connection))
            while not ending.done():
                await asyncio.sleep(1)
                connection[1].write(b"x")
            assert await ending == pytest.approx(REQUEST_SECONDS, abs=2)


class TestOthers:
    @pytest.mark.parametrize(("path", "length"), [(b"/", 6), (b"/large", len(LARGE))])
    @in_virtual_time
    async def test_a_scraper_keeps_its_connection_from_minute_to_minute(
        self, path: bytes, length: int
    ) -> None:
        async with on_socket(application) as url:
            reader, writer = await connect(url)
            for _ in range(3):
                writer.write(b"GET " + path + b" HTTP/1.1\r\nhost: exporter\r\n\r\n")
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
                await reader.readexactly(length)
                await asyncio.sleep(ANSWER_SECONDS + 5)
            writer.close()

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
    @in_virtual_time
    async def test_lose_the_answer_in_the_end(self) -> None:
        async with on_socket(application) as url:
            reader, writer = await connect(url)
            writer.write(b"GET /large HTTP/1.1\r\nhost: exporter\r\n\r\n")
            await asyncio.sleep(ANSWER_SECONDS + 5)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(len(LARGE))
            writer.close()

    @in_virtual_time
    async def test_lose_it_though_they_ask_again_and_again(self) -> None:
        async with on_socket(application) as url:
            reader, writer = await connect(url)
            writer.write(b"GET /large HTTP/1.1\r\nhost: exporter\r\n\r\n")
            for _ in range(ANSWER_SECONDS + 5):
                await asyncio.sleep(1)
                with contextlib.suppress(ConnectionError):
                    writer.write(HEAD + b"\r\n")
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(len(LARGE))
            writer.close()

    @in_virtual_time
    async def test_have_a_minute(self) -> None:
        async with on_socket(application) as url:
            reader, writer = await connect(url)
            writer.write(b"GET /large HTTP/1.1\r\nhost: exporter\r\nconnection: close\r\n\r\n")
            await asyncio.sleep(ANSWER_SECONDS - 10)
            assert len(await reader.read()) > len(LARGE)
            writer.close()


class TestManyRequests:
    def test_before_an_answer_are_answered_in_turn(self) -> None:
        async def scenario() -> None:
            async with on_socket(application) as url:
                connection = await connect(url)
                connection[1].write(4 * (HEAD + b"\r\n"))
                for _ in range(4):
                    assert (await answered(connection)).startswith(b"HTTP/1.1 200")
                connection[1].close()

        asyncio.run(scenario())

    def test_before_an_answer_end_the_connection_where_they_are_too_many(self) -> None:
        async def scenario() -> None:
            async with on_socket(application) as url:
                reader, writer = await connect(url)
                writer.write(2000 * (HEAD + b"\r\n"))
                with contextlib.suppress(ConnectionError):
                    async with asyncio.timeout(10):
                        assert (await reader.read()).count(b"HTTP/1.1 200") < 2000
                writer.close()

        asyncio.run(scenario())


class TestLargeRequests:
    @pytest.mark.parametrize("begun", [b"GET /", HEAD + b"x-large: ", HEAD + b"authorization: "])
    def test_heads_that_do_not_end_are_refused(self, begun: bytes) -> None:
        async def scenario() -> None:
            async with on_socket(application) as url:
                reader, writer = await connect(url)
                writer.write(begun + b"x" * 20_000)
                assert (await reader.readline()).startswith(b"HTTP/1.1 400")
                writer.close()

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        "line",
        [
            b"CONNECT exporter:80 HTTP/1.1",
            b"GET /\xff HTTP/1.1",
            b"\x16\x03\x01",
        ],
    )
    def test_what_is_no_request_for_a_page_is_refused(self, line: bytes) -> None:
        async def scenario() -> None:
            async with on_socket(application) as url:
                reader, writer = await connect(url)
                writer.write(line + b"\r\nhost: exporter\r\n\r\n")
                assert re.match(rb"HTTP/1.1 4\d\d|$", await reader.readline())
                writer.close()
                connection = await connect(url)
                connection[1].write(HEAD + b"\r\n")
                assert (await answered(connection)).startswith(b"HTTP/1.1 200")
                connection[1].close()

        asyncio.run(scenario())

"""Slow clients are cut off; the others are served."""

import asyncio
import contextlib

import pytest

from exporter.web.connection import ANSWER_SECONDS, REQUEST_SECONDS
from tests.support.connections import (
    ASKING_FOR_LARGE,
    HEAD,
    LARGE,
    Connection,
    Tls,
    answered,
    connect,
    end_of,
    end_while_dropping,
    in_virtual_time,
    serving,
)

PIECE = 640_000


async def taken(connection: Connection, seconds: float) -> None:
    """Read the large answer at an even rate over `seconds`."""
    reader, _ = connection
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(len(LARGE) // PIECE):
        await reader.readexactly(PIECE)
        await asyncio.sleep(seconds * PIECE / len(LARGE))


class TestSlowRequests:
    @pytest.mark.parametrize("said", [b"", b"\r\n", b"GET", HEAD, b"GET / HTTP/1.1\r\n"])
    @in_virtual_time
    async def test_are_cut_off(self, tls: Tls | None, said: bytes) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            connection[1].write(said)
            assert await end_of(connection) == pytest.approx(REQUEST_SECONDS, abs=1)

    @in_virtual_time
    async def test_are_cut_off_though_bytes_drop_in(self, tls: Tls | None) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            connection[1].write(HEAD)
            ended = await end_while_dropping(connection, b"x-more: 1\r\n")
            assert ended == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_are_cut_off_after_an_answer_too(self, tls: Tls | None) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(30)
            connection[1].write(HEAD)
            assert await end_of(connection) == pytest.approx(REQUEST_SECONDS, abs=1)

    @in_virtual_time
    async def test_are_cut_off_after_an_answer_though_they_are_blank_lines(
        self, tls: Tls | None
    ) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            connection[1].write(HEAD + b"\r\n")
            assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            ended = await end_while_dropping(connection, b"\r\n")
            assert ended == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_are_cut_off_in_a_body_that_nobody_wants(self, tls: Tls | None) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            connection[1].write(HEAD + b"content-length: 1000\r\n\r\n")
            ended = await end_while_dropping(connection, b"x")
            assert ended == pytest.approx(REQUEST_SECONDS, abs=2)

    @in_virtual_time
    async def test_are_cut_off_where_they_begin_in_the_packet_of_another(
        self, tls: Tls | None
    ) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
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
    async def test_a_scraper_may_say_a_lot_in_the_end(self, tls: Tls | None) -> None:
        async with serving(tls) as url:
            connection = await connect(url, tls)
            for _ in range(100):
                connection[1].write(HEAD + b"x-scraper: " + b"x" * 1000 + b"\r\n\r\n")
                assert (await answered(connection)).startswith(b"HTTP/1.1 200")
            connection[1].close()

    @in_virtual_time
    async def test_are_served_while_hundreds_say_nothing(self, tls: Tls | None) -> None:
        async with serving(tls) as url:
            idle = [await connect(url, tls) for _ in range(400)]
            connection = await connect(url, tls)
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

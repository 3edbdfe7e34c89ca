"""Invalid and oversized requests are refused; the others are served."""

import asyncio
import contextlib
import logging
import re
import time
from email.utils import parsedate_to_datetime

import pytest

from exporter.web.connection import REQUEST_SECONDS
from tests.support.connections import ASKING_FOR_LARGE, HEAD, LARGE, Tls, answered, connect, serving


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
                with contextlib.suppress(ConnectionError):  # a reset: the server left data unread
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
        ("length", "piece", "status"),
        [
            (16_384, 100_000, b"200"),
            (16_384, 999, b"200"),
            (16_385, 100_000, b"400"),
            (16_385, 999, b"400"),
            (20_000, 100_000, b"400"),
            (32_768, 100_000, b"400"),
        ],
    )
    def test_are_those_of_more_than_16_kib(
        self, tls: Tls | None, length: int, piece: int, status: bytes
    ) -> None:
        async def scenario() -> None:
            begun = HEAD + b"x-large: "
            said = begun + b"x" * (length - len(begun) - 4) + b"\r\n\r\n"
            async with serving(tls) as url:
                reader, writer = await connect(url, tls)
                for begin in range(0, len(said), piece):
                    writer.write(said[begin : begin + piece])
                    await asyncio.sleep(0)
                assert (await reader.readline()).startswith(b"HTTP/1.1 " + status)
                writer.close()

        asyncio.run(scenario())

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
            async with serving(None) as url:
                reader, writer = await connect(url)
                writer.write(line + b"\r\nhost: exporter\r\n\r\n")
                assert re.match(rb"HTTP/1.1 4\d\d", await reader.readline())
                writer.close()
                connection = await connect(url)
                connection[1].write(HEAD + b"\r\n")
                assert (await answered(connection)).startswith(b"HTTP/1.1 200")
                connection[1].close()

        asyncio.run(scenario())


class TestHosts:
    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", b"200"),
            (b"GET / HTTP/1.1\r\nHOST: a\r\n\r\n", b"200"),
            (b"GET / HTTP/1.1\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", b"400"),
            (b"GET / HTTP/1.0\r\n\r\n", b"200"),
            (b"GET / HTTP/1.0\r\nhost: a\r\n\r\n", b"200"),
            (b"GET / HTTP/1.0\r\nhost: a\r\nHost: b\r\n\r\n", b"400"),
        ],
    )
    def test_are_named_once(self, request_: bytes, status: bytes) -> None:
        assert asyncio.run(status_of(request_)) == status


class TestVersions:
    @pytest.mark.parametrize("version", [b"0.9", b"1.2", b"2.0", b"3.0", b"9.9"])
    def test_but_1_0_and_1_1_are_refused(self, version: bytes) -> None:
        said = b"GET / HTTP/" + version + b"\r\nhost: exporter\r\n\r\n"
        assert asyncio.run(status_of(said)) == b"400"

    def test_of_a_request_that_names_none_are_refused(self) -> None:
        assert asyncio.run(status_of(b"GET /\r\n\r\n")) == b"400"

    def test_of_http_2_without_tls_are_refused(self) -> None:
        assert asyncio.run(status_of(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) == b"400"


async def status_of(said: bytes) -> bytes:
    async with serving(None) as url:
        reader, writer = await connect(url)
        writer.write(said)
        line = await reader.readline()
        writer.close()
    return line.split()[1]


class TestEveryAnswer:
    @pytest.mark.parametrize("said", [HEAD + b"\r\n", b"\0"], ids=["200", "400"])
    def test_has_one_date(self, tls: Tls | None, said: bytes) -> None:
        async def scenario() -> None:
            async with serving(tls) as url:
                reader, writer = await connect(url, tls)
                began = int(time.time())
                writer.write(said)
                head = await reader.readuntil(b"\r\n\r\n")
                (date,) = re.findall(rb"(?im)^date: (.*?)\r$", head)
                sent = parsedate_to_datetime(date.decode()).timestamp()
                assert began <= sent <= time.time()
                writer.close()

        asyncio.run(scenario())

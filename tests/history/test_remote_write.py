"""Remote write: its requests, retries, and broken servers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from itertools import repeat

import httpx
import pytest
from cramjam import snappy

from exporter.history.remote_write import TRIES, NotSent
from exporter.history.write_request import write_requests
from tests.support.connections import in_virtual_time as with_sockets
from tests.support.remote_write import ACCEPTED, HANGS, TOKEN, URL, Sending, batch, refuses
from tests.support.scripted_github import Pieces, Reply, breaks, says
from tests.support.world import START, in_virtual_time


class TestARequest:
    @in_virtual_time
    async def test_has_the_headers_of_the_protocol_and_those_that_are_given(self) -> None:
        sending = Sending(ACCEPTED)
        await sending.send()
        (request,) = sending.requests
        assert request.method == "POST"
        assert str(request.url) == URL
        expected = {
            "content-type": "application/x-protobuf",
            "content-encoding": "snappy",
            "x-prometheus-remote-write-version": "0.1.0",
            "authorization": f"Bearer {TOKEN}",
            "host": "mimir.example.com",
        }
        assert expected.items() <= dict(request.headers).items()
        assert request.headers["user-agent"].startswith("github-billing-exporter/")

    @in_virtual_time
    async def test_holds_the_samples_in_order(self) -> None:
        sending = Sending(ACCEPTED)
        await sending.send(4_500)
        assert sending.sent == [2_000, 2_000, 500]
        bodies = [bytes(snappy.decompress_raw(request.content)) for request in sending.requests]
        assert bodies == [request.message for request in write_requests(batch(4_500))]

    @in_virtual_time
    async def test_is_not_made_without_samples(self) -> None:
        sending = Sending(ACCEPTED)
        await sending.send(0)
        assert sending.requests == []

    @in_virtual_time
    async def test_keeps_the_query_of_the_url(self) -> None:
        sending = Sending(ACCEPTED, url="http://victoria:8428/api/v1/write?extra_label=a=b")
        await sending.send()
        assert sending.requests[0].url.query == b"extra_label=a=b"


class TestWhatMayPass:
    @pytest.mark.parametrize(
        "reply",
        [
            *(refuses(status) for status in (429, 500, 502, 503, 504)),
            breaks(httpx.ConnectError("[Errno 111] Connection refused")),
            breaks(httpx.ReadError("")),
            breaks(httpx.RemoteProtocolError("peer closed connection")),
            breaks(httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'")),
            breaks(ConnectionResetError(104, "Connection reset by peer")),
            HANGS,
            says(204, Pieces(repeat(b" "), seconds=1)),
        ],
    )
    @in_virtual_time
    async def test_is_retried_and_sent_once(self, reply: Reply) -> None:
        sending = Sending(ACCEPTED, reply, reply, ACCEPTED)
        await sending.send(4_500)
        assert sending.sent == [2_000, 2_000, 500]
        assert len(sending.requests) == 5
        assert len({request.content for request in sending.requests[1:4]}) == 1
        assert len(sending.told) == 2
        assert all("; retrying in " in line and TOKEN not in line for line in sending.told)

    @pytest.mark.parametrize(
        ("reply", "what"),
        [(refuses(503), f"{URL} answered 503"), (HANGS, f"{URL}: no answer within 30 s")],
    )
    @in_virtual_time
    async def test_ends_as_an_error_after_some_tries(self, reply: Reply, what: str) -> None:
        sending = Sending(reply)
        message = await sending.failure()
        assert len(sending.requests) == TRIES
        assert message.startswith(f"{what}, {TRIES} times in a row: check the receiver")
        assert sending.passed < TRIES * 30 + 100

    @in_virtual_time
    async def test_names_why_there_is_no_connection(self) -> None:
        error = httpx.ConnectError("[Errno -2] Name or service not known")
        error.__cause__ = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        sending = Sending(breaks(error))
        message = await sending.failure()
        assert message.startswith(
            f"{URL}: no connection: its name cannot be resolved (Name or service not known), "
        )

    @in_virtual_time
    async def test_waits_longer_from_try_to_try_and_never_equally(self) -> None:
        waits = set()
        for _ in range(5):
            sending = Sending(refuses(500), refuses(500), refuses(500), ACCEPTED)
            began = sending.passed
            await sending.send()
            waits.add(sending.passed - began)
        assert len(waits) == 5
        assert max(waits) <= 1 + 2 + 4


class TestRetryAfter:
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize(
        "value", ["120", format_datetime(START + timedelta(seconds=120), usegmt=True)]
    )
    @in_virtual_time
    async def test_is_waited_for(self, value: str, status: int) -> None:
        sending = Sending(refuses(status, headers={"retry-after": value}), ACCEPTED)
        await sending.send()
        assert 120 <= sending.passed < 121
        assert sending.told == [f"{URL} answered {status}; retrying in 120 s"]

    @in_virtual_time
    async def test_is_an_error_where_it_is_long(self) -> None:
        sending = Sending(refuses(429, headers={"retry-after": "3600"}))
        assert await sending.failure() == f"{URL} answered 429: retry in 60 minutes"
        assert sending.passed == 0

    @pytest.mark.parametrize("value", ["soon", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"])
    @in_virtual_time
    async def test_is_ignored_where_it_is_no_time_to_come(self, value: str) -> None:
        sending = Sending(refuses(429, headers={"retry-after": value}), ACCEPTED)
        await sending.send()
        assert sending.passed <= 1


class TestACheck:
    @in_virtual_time
    async def test_sends_no_series(self) -> None:
        sending = Sending(ACCEPTED)
        await sending.remote.check()
        (request,) = sending.requests
        assert bytes(snappy.decompress_raw(request.content)) == b""

    @pytest.mark.parametrize("reply", [refuses(401), refuses(503), breaks(httpx.ReadError(""))])
    @in_virtual_time
    async def test_is_made_once(self, reply: Reply) -> None:
        sending = Sending(reply)
        with pytest.raises(NotSent) as caught:
            await sending.remote.check()
        assert sending.line(caught.value)
        assert len(sending.requests) == 1


@asynccontextmanager
async def serving(*answers: bytes | None) -> AsyncIterator[tuple[str, list[int]]]:
    """Answer each connection with these bytes, then close it; None never answers.

    Yields the URL, and a list that grows with each connection.
    """
    remaining: Iterator[bytes | None] = iter(answers)
    connections: list[int] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(len(connections))
        answer = next(remaining)
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read(-1)
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1")
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/api/v1/write", connections


OK = b"HTTP/1.1 204 No Content\r\n\r\n"
CUT = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"


class TestABrokenServer:
    @pytest.mark.parametrize(
        "answers",
        [(b"",), (CUT,), (b"SSH-2.0-OpenSSH\r\n",), (None,), (b"", CUT, None)],
        ids=["closes", "cuts", "speaks another protocol", "hangs", "does it all"],
    )
    @with_sockets
    async def test_that_recovers_gets_everything(self, answers: Sequence[bytes | None]) -> None:
        async with serving(*answers, OK) as (url, connections), transport() as real:
            sending = Sending(url=url, transport=real)
            await sending.send()
        assert sending.sent == [1]
        assert len(connections) == len(answers) + 1

    @with_sockets
    async def test_that_is_gone_is_named(self) -> None:
        async with serving() as (url, _):
            pass
        async with transport() as real:
            message = await Sending(url=url, transport=real).failure()
        assert message.startswith(f"{url}: no connection: ")


def transport() -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(trust_env=False)

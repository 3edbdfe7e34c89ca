"""Time: the limit of a request, the deadline of an attempt, and retries within it."""

import asyncio
from itertools import repeat

import httpx
import pytest

from exporter.github.api import attempt
from exporter.github.errors import GitHubError, Unreachable
from tests.support.faults.fault import Fault
from tests.support.scripted_github import (
    TOKEN,
    Bill,
    Conversation,
    Pieces,
    breaks,
    everything_told,
    later,
    says,
)
from tests.support.world import World, in_virtual_time, organization

OK = says(200, {"total": 1})
LONG = 600.0

BROKEN = [
    httpx.ConnectError("[Errno -2] Name or service not known"),
    httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired"),
    httpx.ConnectTimeout(""),
    httpx.ReadTimeout(""),
    httpx.ReadError(""),
    httpx.WriteError(""),
    httpx.ProxyError("407 Proxy Authentication Required"),
    httpx.RemoteProtocolError("peer closed connection"),
    httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'"),
]


class TestSlowAnswers:
    @in_virtual_time
    async def test_are_cut_off_before_their_headers(self) -> None:
        conversation = Conversation(later(16, OK), OK)
        assert await conversation.total() == 1
        assert 15 <= conversation.passed < 16

    @in_virtual_time
    async def test_are_waited_for_where_they_come_in_time(self) -> None:
        conversation = Conversation(later(14, OK))
        assert await conversation.total() == 1
        assert conversation.passed == 14

    @in_virtual_time
    async def test_are_cut_off_within_their_body(self) -> None:
        conversation = Conversation(says(200, Pieces(repeat(b" "), seconds=1)), OK)
        assert await conversation.total() == 1
        assert 15 <= conversation.passed < 16

    @in_virtual_time
    async def test_are_unreachable_at_the_deadline(self) -> None:
        conversation = Conversation(later(16, OK))
        failure = await conversation.failure(seconds=20)
        assert isinstance(failure, Unreachable)
        assert conversation.passed == 20
        assert "20 s" in str(failure)
        assert "poll.timeout" in failure.hint_for("")

    @in_virtual_time
    async def test_are_unreachable_after_a_few_tries_where_the_deadline_is_far(self) -> None:
        conversation = Conversation(later(16, OK))
        failure = await conversation.failure(seconds=LONG)
        assert isinstance(failure, Unreachable)
        assert "15 s" in str(failure)
        assert len(conversation.requests) == 5
        assert 5 * 15 <= conversation.passed < 5 * 15 + 8

    @in_virtual_time
    async def test_make_a_deadline_together(self) -> None:
        conversation = Conversation(later(10, OK))
        with pytest.raises(Unreachable):
            await conversation.totals(*range(1, 13), seconds=25)
        assert conversation.passed == 25
        assert len(conversation.requests) == 3


class TestDeadline:
    @in_virtual_time
    async def test_runs_from_the_first_request_and_not_from_the_queue(self) -> None:
        conversation = Conversation(later(10, OK))
        totals = await asyncio.gather(*(conversation.total(seconds=12) for _ in range(20)))
        assert totals == [1] * 20
        assert conversation.passed == 30

    @in_virtual_time
    async def test_does_not_run_where_nothing_is_asked(self) -> None:
        conversation = Conversation(OK)
        async with attempt(conversation.client, {}, 5) as github:
            await asyncio.sleep(60)
            assert (await github.get("/bill", Bill)).total == 1

    @in_virtual_time
    async def test_is_not_taken_for_somebody_else_giving_up(self) -> None:
        conversation = Conversation(later(10, OK))
        asking = asyncio.create_task(conversation.total())
        await asyncio.sleep(1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    @in_virtual_time
    async def test_gives_the_slot_back(self) -> None:
        conversation = Conversation(later(20, OK))
        for _ in range(9):
            await conversation.failure(seconds=1)
        conversation.goes_on(OK)
        assert await conversation.total() == 1


class TestTries:
    @in_virtual_time
    async def test_go_on_until_an_answer_comes(self) -> None:
        conversation = Conversation(says(502), says(502), OK)
        assert await conversation.total() == 1
        assert len(conversation.requests) == 3

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    @in_virtual_time
    async def test_end_as_what_the_last_one_was(self, status: int) -> None:
        conversation = Conversation(says(status))
        failure = await conversation.failure()
        assert isinstance(failure, Unreachable)
        assert failure.status == status
        assert len(conversation.requests) == 5
        assert conversation.passed < 30

    @in_virtual_time
    async def test_end_at_the_deadline(self) -> None:
        conversation = Conversation(later(0.9, says(502)))
        failure = await conversation.failure(seconds=2)
        assert isinstance(failure, Unreachable)
        assert conversation.passed == 2

    @in_virtual_time
    async def test_are_apart_by_waits_that_grow_and_differ(self) -> None:
        firsts = set()
        for _ in range(10):
            conversation = Conversation(says(502))
            await conversation.failure()
            assert len(conversation.waits) == 4
            for number, wait in enumerate(conversation.waits):
                assert 0 <= wait <= 0.5 * 2**number
            firsts.add(conversation.waits[0])
        assert len(firsts) > 1

    @pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 422])
    @in_virtual_time
    async def test_are_not_wasted_on_an_answer_that_stands(self, status: int) -> None:
        conversation = Conversation(says(status))
        await conversation.failure()
        assert len(conversation.requests) == 1

    @pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
    @in_virtual_time
    async def test_follow_a_broken_connection(self, error: Exception) -> None:
        conversation = Conversation(breaks(error), OK)
        assert await conversation.total() == 1

    @pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
    @in_virtual_time
    async def test_on_a_broken_connection_end_unreachable(self, error: Exception) -> None:
        conversation = Conversation(breaks(error))
        failure = await conversation.failure()
        assert isinstance(failure, Unreachable)
        assert TOKEN not in everything_told(failure)
        assert len(conversation.requests) == 5

    @in_virtual_time
    async def test_follow_a_body_cut_short(self) -> None:
        async with World(organization(usage_items=[])) as world:
            first = world.job("usage").known.last_success
            world.github.faults.add(Fault.cut_short(10, match="/usage/summary", times=2))
            await world.passes(minutes=20)
            assert world.asked("/usage/summary") == 4
            second = world.job("usage").known.last_success
            assert first is not None
            assert second is not None
            assert second > first

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\n{",
            b"HTTP/1.1 200 OK\r\ncontent-le",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"",
        ],
    )
    def test_over_a_socket_end_unreachable(self, answer: bytes) -> None:
        calls: list[str] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            calls.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(answer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        async def asking() -> GitHubError:
            async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
                conversation = Conversation(
                    base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
                    transport=httpx.AsyncHTTPTransport(),
                    sleep=lambda seconds: asyncio.sleep(0),
                )
                return await conversation.failure()

        assert isinstance(asyncio.run(asking()), Unreachable)
        assert len(calls) == 5

"""Limits: the whole credential waits as long as GitHub requests, and no longer."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.github.api import attempt
from exporter.github.errors import GitHubError, RateLimited
from tests.support.scripted_github import Bill, Conversation, Reply, later, says
from tests.support.world import START, in_virtual_time

OK = says(200, {"total": 1})
PRIMARY = {"message": "API rate limit exceeded for user ID 1."}
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}


def limit(remaining: int, seconds: float) -> dict[str, str]:
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(START.timestamp() + seconds)),
    }


async def wait_of(conversation: Conversation) -> float:
    """Hit a limit and return the seconds to wait."""
    failure = await conversation.failure()
    assert isinstance(failure, RateLimited)
    assert failure.retry_at is not None
    return (failure.retry_at - conversation.clock()).total_seconds()


def secondary(headers: dict[str, str] | None = None) -> Reply:
    return says(403, SECONDARY, headers or {})


class TestHowLong:
    @pytest.mark.parametrize("status", [403, 429])
    @pytest.mark.parametrize(
        ("headers", "body", "seconds"),
        [
            ({"retry-after": "120"}, SECONDARY, 120),
            ({"retry-after": format_datetime(START + timedelta(minutes=5))}, SECONDARY, 300),
            ({"retry-after": "120", **limit(0, 900)}, PRIMARY, 120),
            (limit(0, 900), PRIMARY, 900),
            (limit(4000, 900), PRIMARY, 60),
            (limit(4000, 900), SECONDARY, 60),
            ({}, SECONDARY, 60),
        ],
    )
    @in_virtual_time
    async def test_is_what_github_says_else_a_minute(
        self, status: int, headers: dict[str, str], body: object, seconds: float
    ) -> None:
        assert await wait_of(Conversation(says(status, body, headers))) == seconds

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"retry-after": "31536000"}, 86_400),
            ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400),
            (limit(0, 10 * 365 * 86_400), 3_660),
            ({"retry-after": "", **limit(0, 900)}, 900),
            ({"retry-after": "soon", **limit(0, 900)}, 900),
            (limit(0, -900), 60),
            ({"retry-after": "9" * 20}, 60),
            ({"retry-after": "-1"}, 60),
        ],
    )
    @in_virtual_time
    async def test_has_bounds(self, headers: dict[str, str], seconds: float) -> None:
        assert await wait_of(Conversation(says(403, PRIMARY, headers))) == seconds

    @pytest.mark.parametrize("told", ["0", "Mon, 12 Oct 2026 09:00:00 GMT"])
    @in_virtual_time
    async def test_is_a_second_at_least(self, told: str) -> None:
        conversation = Conversation(secondary({"retry-after": told}), OK)
        assert await conversation.total() == 1
        assert conversation.passed == pytest.approx(1)

    @given(
        st.fixed_dictionaries(
            {},
            optional={
                name: st.one_of(
                    st.integers().map(str),
                    st.datetimes().map(format_datetime),
                    st.sampled_from(["-1", "1e9", "NaN", "9" * 5000, "Mon, 99 Foo", "\u00b2", ""]),
                    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0")),
                )
                for name in (
                    "retry-after",
                    "x-ratelimit-limit",
                    "x-ratelimit-remaining",
                    "x-ratelimit-reset",
                )
            },
        ),
        st.sampled_from([200, 403, 429]),
    )
    @in_virtual_time
    async def test_has_bounds_whatever_the_headers_are(
        self, headers: dict[str, str], status: int
    ) -> None:
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        conversation = Conversation(says(status, PRIMARY | {"total": 1}, raw))
        try:
            await conversation.total(seconds=1)
        except GitHubError as failure:
            assert isinstance(failure, RateLimited) or status == 403  # noqa: PT017
        until = conversation.client.pacing.blocked_until
        assert until is None or until <= conversation.clock() + timedelta(days=1)
        for exchange in conversation.exchanges:
            if exchange.rate_limit is not None:
                # A gauge must be able to hold them.
                assert float(exchange.rate_limit.limit) >= 0
                assert float(exchange.rate_limit.remaining) >= 0


class TestSecondaryWaits:
    @in_virtual_time
    async def test_double_up_to_an_hour(self) -> None:
        conversation = Conversation(secondary())
        waits = []
        for _ in range(9):
            waits.append(await wait_of(conversation))
            await asyncio.sleep(waits[-1])
        assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]

    @in_virtual_time
    async def test_double_once_for_requests_that_were_under_way_together(self) -> None:
        conversation = Conversation(secondary())
        waits = await asyncio.gather(*(wait_of(conversation) for _ in range(8)))
        assert waits == [60] * 8
        await asyncio.sleep(60)
        assert await wait_of(conversation) == 120

    @in_virtual_time
    async def test_come_beside_an_answer_that_used_the_last_request_up(self) -> None:
        last = says(200, {"total": 1}, limit(0, 600))
        conversation = Conversation(last, later(1, secondary()))
        _, wait = await asyncio.gather(conversation.total(), wait_of(conversation))
        assert wait == 599

    @in_virtual_time
    async def test_begin_anew_after_an_answer(self) -> None:
        conversation = Conversation(secondary(), secondary(), OK, secondary())
        for expected in (60, 120):
            assert await wait_of(conversation) == expected
            await asyncio.sleep(expected)
        assert await conversation.total() == 1
        assert await wait_of(conversation) == 60


class TestTheCredential:
    @in_virtual_time
    async def test_waits_as_a_whole(self) -> None:
        conversation = Conversation(secondary({"retry-after": "120"}), OK)
        first = await conversation.failure()
        assert isinstance(first, RateLimited)
        assert not first.unattempted
        await asyncio.sleep(80)
        for _ in range(3):
            other = await conversation.failure(seconds=30)
            assert isinstance(other, RateLimited)
            assert other.unattempted
            assert other.retry_at == START + timedelta(seconds=120)
        assert len(conversation.requests) == 1
        await asyncio.sleep(40)
        assert await conversation.total() == 1

    @in_virtual_time
    async def test_waits_out_what_ends_before_the_deadline(self) -> None:
        conversation = Conversation(secondary({"retry-after": "20"}), OK)
        assert await conversation.total(seconds=30) == 1
        assert conversation.passed == pytest.approx(20)
        assert len(conversation.requests) == 2

    @in_virtual_time
    async def test_waits_before_the_deadline_begins(self) -> None:
        conversation = Conversation(secondary({"retry-after": "60"}), OK)
        await conversation.failure(seconds=30)
        await asyncio.sleep(35)
        conversation.goes_on(later(10, OK))
        assert await conversation.total(seconds=30) == 1
        assert conversation.passed == pytest.approx(70)

    @in_virtual_time
    async def test_fails_an_attempt_that_had_begun_by_its_own_name(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, limit(0, 900)))
        with pytest.raises(RateLimited) as caught:
            await conversation.totals(9, 10)
        assert not caught.value.unattempted
        assert len(conversation.requests) == 1

    @in_virtual_time
    async def test_waits_for_the_reset_after_an_answer_that_used_up_the_last_request(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, limit(0, 900)), OK)
        assert await conversation.total() == 1
        failure = await conversation.failure()
        assert isinstance(failure, RateLimited)
        assert failure.unattempted
        assert failure.retry_at == START + timedelta(seconds=900)
        await asyncio.sleep(900)
        assert await conversation.total() == 1

    @in_virtual_time
    async def test_does_not_wait_for_a_reset_that_is_past(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, limit(0, -900)))
        assert [await conversation.total() for _ in range(2)] == [1, 1]

    @in_virtual_time
    async def test_waits_the_longer_of_two_waits(self) -> None:
        conversation = Conversation(
            secondary({"retry-after": "600"}), secondary({"retry-after": "60"})
        )
        await asyncio.gather(conversation.failure(), conversation.failure())
        assert conversation.client.pacing.blocked_until == START + timedelta(seconds=600)

    @in_virtual_time
    async def test_asks_eight_things_at_once_at_most(self) -> None:
        running, most = 0, 0

        async def counted(request: httpx.Request) -> httpx.Response:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(1)
            running -= 1
            return await OK(request)

        conversation = Conversation(counted)
        await asyncio.gather(*(conversation.total() for _ in range(30)))
        assert (most, len(conversation.requests)) == (8, 30)


class TestTheRate:
    @in_virtual_time
    async def test_is_ten_a_second_after_the_first_burst_and_a_rest_earns_another(self) -> None:
        conversation = Conversation(OK)
        await asyncio.gather(*(conversation.total() for _ in range(120)))
        assert conversation.passed == 0
        await asyncio.gather(*(conversation.total() for _ in range(200)))
        assert conversation.passed == pytest.approx(20, abs=0.5)
        await asyncio.sleep(60)
        rested = conversation.passed
        await asyncio.gather(*(conversation.total() for _ in range(120)))
        assert conversation.passed == rested


class TestWhatMayHang:
    @in_virtual_time
    async def test_never_takes_more_than_half_of_what_may_be_asked_at_once(self) -> None:
        conversation = Conversation(later(10, OK))

        async def asking(*, doubtful: bool) -> None:
            async with attempt(conversation.client, {}, 30.0, doubtful=doubtful) as github:
                await github.get("/bill", Bill)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(12):
                tasks.create_task(asking(doubtful=True))
            await asyncio.sleep(1)
            assert len(conversation.requests) == 4
            for _ in range(12):
                tasks.create_task(asking(doubtful=False))
            await asyncio.sleep(1)
            assert len(conversation.requests) == 8


class TestAShortBudget:
    PRIORITIES = tuple(number / 20 for number in range(20))

    async def afforded(self, remaining: int, seconds: float) -> list[bool]:
        """Return which priorities may begin with ``remaining`` of 5000 requests left."""
        conversation = Conversation(says(200, {"total": 1}, limit(remaining, seconds)))
        await conversation.total()
        return [conversation.client.pacing.has_budget_for(priority) for priority in self.PRIORITIES]

    @in_virtual_time
    async def test_holds_the_least_valuable_back_first_and_the_most_valuable_never(self) -> None:
        held_back = []
        for remaining in (4900, 1500, 500, 1):
            afforded = await self.afforded(remaining, 3600)
            assert afforded == sorted(afforded, reverse=True)
            assert afforded[0]
            held_back.append(afforded.count(False))
        assert held_back == sorted(held_back)
        assert held_back[0] == 0
        assert held_back[-1] == len(self.PRIORITIES) - 1

    @in_virtual_time
    async def test_holds_nothing_back_at_an_hours_beginning(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, limit(3750, 3600)))
        await conversation.total()
        assert conversation.client.pacing.has_budget_for(1.0)

    @pytest.mark.parametrize(("remaining", "seconds"), [(500, 300), (100, 60), (100, -1)])
    @in_virtual_time
    async def test_holds_nothing_back_where_it_lasts_until_it_is_new(
        self, remaining: int, seconds: float
    ) -> None:
        assert all(await self.afforded(remaining, seconds))

    @in_virtual_time
    async def test_is_new_with_its_reset(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, limit(50, 3600)))
        await conversation.total()
        assert not conversation.client.pacing.has_budget_for(0.9)
        await asyncio.sleep(3600)
        assert conversation.client.pacing.has_budget_for(0.9)

    @in_virtual_time
    async def test_is_none_where_github_tells_of_no_limit(self) -> None:
        conversation = Conversation(OK)
        await conversation.total()
        assert conversation.client.pacing.has_budget_for(0.99)

"""Conditional requests: unchanged answers are kept for the same credential."""

from datetime import UTC, datetime
from itertools import count

import pytest

from exporter.github.api import attempt
from exporter.github.auth import TokenCredential
from exporter.github.errors import InvalidPayload, NotFound
from tests.support.scripted_github import TOKEN, Bill, Conversation, says
from tests.support.world import World, in_virtual_time, organization

FIRST = says(200, {"total": 1}, {"etag": '"a"'})
SECOND = says(200, {"total": 2}, {"etag": 'W/"b"'})
UNCHANGED = says(304)


def tags(conversation: Conversation) -> list[str | None]:
    return [request.headers.get("if-none-match") for request in conversation.requests]


class TestUnchanged:
    @in_virtual_time
    async def test_is_the_payload_that_came_before(self) -> None:
        conversation = Conversation(FIRST, UNCHANGED, SECOND, UNCHANGED)
        assert [await conversation.total() for _ in range(4)] == [1, 1, 2, 2]
        assert tags(conversation) == [None, '"a"', '"a"', 'W/"b"']

    @in_virtual_time
    async def test_is_not_asked_about_without_an_etag(self) -> None:
        conversation = Conversation(says(200, {"total": 1}))
        await conversation.total()
        await conversation.total()
        assert tags(conversation) == [None, None]

    @in_virtual_time
    async def test_is_not_asked_about_by_a_tag_that_no_request_can_hold(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, {"etag": b'"\xe4\xff"'}))
        assert [await conversation.total() for _ in range(2)] == [1, 1]
        assert tags(conversation) == [None, None]

    @in_virtual_time
    async def test_is_said_of_one_url_alone(self) -> None:
        conversation = Conversation(FIRST, SECOND, UNCHANGED, UNCHANGED)
        for _ in range(2):
            assert await conversation.totals(9, 10) == [1, 2]
        assert tags(conversation) == [None, None, '"a"', 'W/"b"']

    @in_virtual_time
    async def test_page_still_leads_to_the_next(self) -> None:
        link = '<https://api.github.com/bill?page=2>; rel="next"'
        first = says(200, {"total": 1}, {"etag": '"a"', "link": link})
        conversation = Conversation(first, SECOND, UNCHANGED, UNCHANGED)
        for _ in range(2):
            async with attempt(conversation.client, conversation.answers, 30) as github:
                pages = github.pages("/bill", Bill, lambda bill: False)
                assert [bill.total async for bill in pages] == [1, 2]

    @pytest.mark.parametrize(
        ("headers", "then"),
        [
            ({"link": '<https://api.github.com/bill?page=3>; rel="next"'}, ["/bill?page=3"]),
            ({"link": '<https://api.github.com/bill>; rel="first"'}, []),
            ({}, ["/bill?page=2"]),
        ],
        ids=["another", "none", "unsaid"],
    )
    @in_virtual_time
    async def test_page_leads_where_its_own_link_leads_else_where_it_led_before(
        self, headers: dict[str, str], then: list[str]
    ) -> None:
        before = {"etag": '"a"', "link": '<https://api.github.com/bill?page=2>; rel="next"'}
        conversation = Conversation(says(200, {"total": 1}, before), SECOND)

        async def bills() -> list[float]:
            async with attempt(conversation.client, conversation.answers, 30) as github:
                pages = github.pages("/bill", Bill, lambda bill: False)
                return [bill.total async for bill in pages]

        assert await bills() == [1, 2]
        conversation.goes_on(says(304, b"", headers), says(200, {"total": 3}))
        assert await bills() == [1, *(3 for _ in then)]
        asked = [request.url.raw_path.decode() for request in conversation.requests[2:]]
        assert asked == ["/bill", *then]

    @in_virtual_time
    async def test_is_asked_about_by_the_tag_that_it_brought(self) -> None:
        conversation = Conversation(FIRST, says(304, b"", {"etag": '"c"'}), UNCHANGED)
        assert [await conversation.total() for _ in range(3)] == [1, 1, 1]
        assert tags(conversation) == [None, '"a"', '"c"']

    @in_virtual_time
    async def test_is_collected_again_at_the_new_time(self) -> None:
        start = datetime(2026, 10, 12, 23, 50, tzinfo=UTC)
        async with World(organization(usage_items=[]), start=start) as world:
            assert world.value("cycle_remaining_days") == 19
            await world.passes(minutes=20)
            assert world.value("cycle_remaining_days") == 18
            summaries = [r for r in world.github.requests if r.path.endswith("/usage/summary")]
            assert [request.status for request in summaries] == [200, 304]


class TestAnEntry:
    @in_virtual_time
    async def test_goes_with_the_token_that_it_came_to(self) -> None:
        secrets = [TOKEN]
        credential = TokenCredential("default", lambda: secrets[0])
        conversation = Conversation(FIRST, SECOND, UNCHANGED, credential=credential)
        await conversation.total()
        secrets[0] = "ghp_another"
        assert await conversation.total() == 2
        assert await conversation.total() == 2
        assert tags(conversation) == [None, None, 'W/"b"']

    @in_virtual_time
    async def test_of_another_token_is_no_answer_to_304(self) -> None:
        secrets = count()
        credential = TokenCredential("default", lambda: f"ghp_{next(secrets)}")
        conversation = Conversation(FIRST, UNCHANGED, SECOND, credential=credential)
        assert [await conversation.total() for _ in range(2)] == [1, 2]
        assert tags(conversation) == [None, None, None]

    @in_virtual_time
    async def test_goes_where_its_url_is_no_longer_asked(self) -> None:
        conversation = Conversation(FIRST)
        for months in ((9, 10), (10,), (9, 10)):
            await conversation.totals(*months)
        assert tags(conversation) == [None, None, '"a"', None, '"a"']

    @in_virtual_time
    async def test_outlives_a_failed_attempt(self) -> None:
        conversation = Conversation(FIRST, says(404), UNCHANGED)
        await conversation.total()
        await conversation.failure()
        assert await conversation.total() == 1
        assert tags(conversation) == [None, '"a"', '"a"']

    @in_virtual_time
    async def test_is_not_replaced_by_an_attempt_that_fails_later(self) -> None:
        conversation = Conversation(FIRST, SECOND, says(404), UNCHANGED)
        assert await conversation.totals(9) == [1]
        with pytest.raises(NotFound):
            await conversation.totals(9, 10)
        assert await conversation.totals(9) == [1]
        assert tags(conversation) == [None, '"a"', None, '"a"']

    @in_virtual_time
    async def test_is_not_made_of_a_payload_that_could_not_be_read(self) -> None:
        broken = says(200, {"total": "much"}, {"etag": '"broken"'})
        conversation = Conversation(FIRST, broken, UNCHANGED)
        await conversation.total()
        await conversation.failure()
        assert await conversation.total() == 1
        assert tags(conversation) == [None, '"a"', '"a"']


class TestUnchangedWithoutAnEntry:
    @in_virtual_time
    async def test_is_asked_again_without_the_header(self) -> None:
        conversation = Conversation(UNCHANGED, FIRST)
        assert await conversation.total() == 1
        assert tags(conversation) == [None, None]

    @in_virtual_time
    async def test_is_no_payload_for_ever(self) -> None:
        conversation = Conversation(UNCHANGED)
        assert isinstance(await conversation.failure(), InvalidPayload)
        assert len(conversation.requests) == 2

"""Lists that are read whole or not at all, and serve for a while if GitHub fails."""

from datetime import timedelta

import pytest

from exporter.github.api import Listed, attempt
from exporter.github.errors import GitHubError
from tests.support.scripted_github import GITHUB, Bill, Conversation, Reply, says
from tests.support.world import in_virtual_time

DAY = timedelta(days=1)
ABSENT = (403, 404)
FAILURES = {
    "unreachable": says(502),
    "rate_limited": says(429, headers={"retry-after": "3600"}),
    "invalid_payload": says(200, b"<html>"),
}
REFUSALS = {
    "missing": says(404),
    "forbidden": says(403, {"message": "Resource not accessible by integration"}),
    "single sign-on": says(403, {"message": "x"}, {"x-github-sso": "required; url=x"}),
}


def page(total: int, *, of: int = 2, number: int = 1) -> Reply:
    headers = {"etag": f'"{total}"'}
    if number < of:
        headers["link"] = f'<{GITHUB}/bill?page={number + 1}>; rel="next"'
    return says(200, {"total": total}, headers)


async def listed(conversation: Conversation) -> Listed[Bill] | None:
    async with attempt(conversation.client, conversation.answers, 60) as github:
        found = await github.listed_or_none(
            "/bill", Bill, lambda _: False, absent=ABSENT, within=DAY
        )
        assert (found is None) == (github.refusal is not None)
        return found


async def totals(conversation: Conversation) -> list[float]:
    found = await listed(conversation)
    assert found is not None
    return [bill.total for bill in found.pages]


class TestAList:
    @in_virtual_time
    async def test_has_all_pages(self) -> None:
        conversation = Conversation(page(1), page(2, number=2))
        found = await listed(conversation)
        assert found == ([Bill(1), Bill(2)], None)

    @pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
    @in_virtual_time
    async def test_that_is_refused_is_none_even_if_it_was_read_before(self, refusal: Reply) -> None:
        conversation = Conversation(page(1, of=1), refusal)
        assert await totals(conversation) == [1]
        assert await listed(conversation) is None

    @pytest.mark.parametrize("status", [400, 401, 410, 422])
    @in_virtual_time
    async def test_raises_other_statuses(self, status: int) -> None:
        conversation = Conversation(page(1, of=1), says(status))
        await listed(conversation)
        with pytest.raises(GitHubError):
            await listed(conversation)


class TestAFailure:
    @pytest.mark.parametrize(("reason", "reply"), FAILURES.items(), ids=FAILURES)
    @in_virtual_time
    async def test_leaves_the_list_as_it_was(self, reason: str, reply: Reply) -> None:
        conversation = Conversation(page(1), page(2, number=2), reply)
        await listed(conversation)
        found = await listed(conversation)
        assert found is not None
        assert found.pages == [Bill(1), Bill(2)]
        assert found.failure is not None
        assert found.failure.reason == reason

    @in_virtual_time
    async def test_of_a_later_page_leaves_the_first_one_as_it_was(self) -> None:
        conversation = Conversation(page(1), page(2, number=2), page(3), says(502))
        assert [await totals(conversation) for _ in range(3)] == [[1, 2]] * 3

    @in_virtual_time
    async def test_of_a_list_that_was_never_read_is_raised(self) -> None:
        with pytest.raises(GitHubError):
            await listed(Conversation(page(1), says(502)))

    @in_virtual_time
    async def test_of_a_list_without_etags_is_raised(self) -> None:
        conversation = Conversation(says(200, {"total": 1}), says(502))
        await listed(conversation)
        with pytest.raises(GitHubError):
            await listed(conversation)

    @pytest.mark.parametrize(("hours", "serves"), [(23.9, True), (24.1, False)])
    @in_virtual_time
    async def test_leaves_it_for_a_day(self, hours: float, serves: bool) -> None:
        conversation = Conversation(page(1, of=1), says(502))
        await listed(conversation)
        assert await totals(conversation) == [1]
        await conversation.client.sleep(hours * 3600 - conversation.passed)
        if serves:
            assert await totals(conversation) == [1]
        else:
            with pytest.raises(GitHubError):
                await listed(conversation)

    @in_virtual_time
    async def test_leaves_it_for_a_day_after_github_confirmed_it(self) -> None:
        conversation = Conversation(page(1, of=1), says(304))
        await listed(conversation)
        await conversation.client.sleep(20 * 3600)
        await listed(conversation)
        conversation.goes_on(says(502))
        await conversation.client.sleep(20 * 3600)
        assert await totals(conversation) == [1]

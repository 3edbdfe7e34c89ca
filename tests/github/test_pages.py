"""Pages and redirects are followed, but never to another host."""

import pytest

from exporter.github.api import attempt
from exporter.github.errors import GitHubError, InvalidPayload, Rejected
from tests.support.scripted_github import (
    GITHUB,
    TOKEN,
    Bill,
    Conversation,
    Reply,
    everything_told,
    says,
)
from tests.support.world import in_virtual_time

ELSEWHERE = [
    ("https://elsewhere.example/bill", "https://elsewhere.example"),
    ("//elsewhere.example/bill", "https://elsewhere.example"),
    ("https://api.github.com.elsewhere.example/", "https://api.github.com.elsewhere.example"),
    ("https://api.github.com@elsewhere.example/", "https://elsewhere.example"),
    ("http://api.github.com/bill", "http://api.github.com"),
    ("https://api.github.com:8443/bill", "https://api.github.com:8443"),
    ("ftp://api.github.com/bill", "ftp://api.github.com"),
    ("https://[2001:db8::1]/bill", "https://[2001:db8::1]"),
    ("https://xn--/", "https://xn--"),
    ("https://xn--a-.example/", "https://xn--a-.example"),
    ("https://[", "https://"),
]
NOWHERE = [
    "https://[]/",
    "http://[::1",
    "//:99999999/",
    "https://\u2603\u0301-.example/",
    "javascript:alert(1)",
    "data:,x",
    "mailto:mona@api.github.com",
    "/bill\tof",
    "/bill\x01",
    "https://api.github.com\x7f/bill",
    "/" + "x" * 70_000,
]
AS_ANOTHER = [
    "https://mona:sesame@api.github.com/bill",
    "https://mona@api.github.com/bill",
    "//:sesame@api.github.com/bill",
]


def page(total: int, url: str = "") -> Reply:
    headers = {"link": f'<{url}>; rel="next", <{GITHUB}/bill>; rel="first"'} if url else {}
    return says(200, {"total": total}, headers)


async def totals(conversation: Conversation, *, more: int = 0, seconds: float = 30) -> list[float]:
    """Return the totals of all pages; a total below ``more`` means another page."""
    async with attempt(conversation.client, conversation.answers, seconds) as github:
        pages = github.pages("/bill", Bill, lambda bill: bill.total < more, per_page=100)
        return [bill.total async for bill in pages]


def asked(conversation: Conversation) -> list[str]:
    return [str(request.url).removeprefix(GITHUB) for request in conversation.requests]


def showed_the_token(conversation: Conversation) -> set[str]:
    """Return the origins that the token was sent to."""
    return {
        f"{request.url.scheme}://{request.url.netloc.decode()}"
        for request in conversation.requests
        if TOKEN in str(request.headers.raw)
    }


class TestPages:
    @in_virtual_time
    async def test_follow_links(self) -> None:
        conversation = Conversation(
            page(1, f"{GITHUB}/bill?after=x%3D"), page(2, "/bill?after=y"), page(3)
        )
        assert await totals(conversation) == [1, 2, 3]
        assert asked(conversation) == ["/bill?per_page=100", "/bill?after=x%3D", "/bill?after=y"]

    @in_virtual_time
    async def test_are_counted_where_no_link_is_sent(self) -> None:
        conversation = Conversation(page(1), page(2), page(3))
        assert await totals(conversation, more=3) == [1, 2, 3]
        assert asked(conversation) == [
            "/bill?per_page=100",
            "/bill?per_page=100&page=2",
            "/bill?per_page=100&page=3",
        ]

    @in_virtual_time
    async def test_end_with_the_first_where_nothing_says_more(self) -> None:
        conversation = Conversation(page(1))
        assert await totals(conversation) == [1]

    @in_virtual_time
    async def test_in_a_circle_are_an_invalid_payload(self) -> None:
        conversation = Conversation(
            page(1, "/bill?page=2"), page(2, "/bill?page=3"), page(3, "/bill?page=2")
        )
        with pytest.raises(InvalidPayload, match="the pages never end"):
            await totals(conversation)
        assert len(conversation.requests) == 3

    @in_virtual_time
    async def test_that_name_themselves_are_an_invalid_payload(self) -> None:
        conversation = Conversation(page(1, "/bill?per_page=100"))
        with pytest.raises(InvalidPayload, match="the pages never end"):
            await totals(conversation)
        assert len(conversation.requests) == 1

    @in_virtual_time
    async def test_without_end_are_an_invalid_payload(self) -> None:
        conversation = Conversation(*map(page, range(1_100)))
        with pytest.raises(InvalidPayload, match="the pages never end"):
            await totals(conversation, more=2_000, seconds=600)
        assert len(conversation.requests) == 1000

    @in_virtual_time
    async def test_that_say_the_same_again_have_no_end(self) -> None:
        conversation = Conversation(page(1), page(2))
        with pytest.raises(InvalidPayload, match="the pages never end"):
            await totals(conversation, more=2_000, seconds=600)
        assert len(conversation.requests) == 3

    @in_virtual_time
    async def test_are_asked_for_as_they_are_read(self) -> None:
        conversation = Conversation(page(1), page(2))
        async with attempt(conversation.client, {}, 30) as github:
            pages = github.pages("/bill", Bill, lambda bill: True)
            assert [(await anext(pages)).total for _ in range(2)] == [1, 2]
        assert len(conversation.requests) == 2

    @pytest.mark.parametrize(("link", "host"), ELSEWHERE)
    @in_virtual_time
    async def test_on_another_host_are_not_asked_for(self, link: str, host: str) -> None:
        conversation = Conversation(page(1, link))
        with pytest.raises(Rejected) as caught:
            await totals(conversation)
        assert host in str(caught.value)
        assert showed_the_token(conversation) == {GITHUB}
        assert len(conversation.requests) == 1

    @pytest.mark.parametrize("link", NOWHERE)
    @in_virtual_time
    async def test_at_no_url_are_not_asked_for(self, link: str) -> None:
        conversation = Conversation(page(1, link))
        with pytest.raises(Rejected, match="points to an invalid URL"):
            await totals(conversation)
        assert len(conversation.requests) == 1

    @pytest.mark.parametrize("link", AS_ANOTHER)
    @in_virtual_time
    async def test_with_a_user_of_their_own_are_not_asked_for(self, link: str) -> None:
        conversation = Conversation(page(1, link))
        with pytest.raises(Rejected, match="a user or a password"):
            await totals(conversation)
        assert len(conversation.requests) == 1

    @pytest.mark.parametrize("link", ["", ";", "<>", '<x>; rel="last"', "garbage, , <", "<a>;b=;="])
    @in_virtual_time
    async def test_of_a_header_without_next_are_one(self, link: str) -> None:
        conversation = Conversation(says(200, {"total": 1}, {"link": link}))
        assert await totals(conversation) == [1]


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize(
        "location", ["/organizations/1/bill", f"{GITHUB}:443/organizations/1/bill"]
    )
    @in_virtual_time
    async def test_on_the_same_host_are_followed(self, status: int, location: str) -> None:
        conversation = Conversation(
            says(status, b"", {"location": location}), says(200, {"total": 7})
        )
        assert await conversation.total() == 7
        assert asked(conversation) == ["/orgs/acme/bill", "/organizations/1/bill"]
        assert [request.method for request in conversation.requests] == ["GET", "GET"]
        assert conversation.requests[1].headers["authorization"] == f"Bearer {TOKEN}"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize(("location", "host"), ELSEWHERE)
    @in_virtual_time
    async def test_to_another_host_are_refused(self, status: int, location: str, host: str) -> None:
        conversation = Conversation(says(status, b"", {"location": location}))
        failure = await conversation.failure()
        assert isinstance(failure, Rejected)
        assert host in str(failure)
        assert "github.api-url" in failure.hint_for("")
        assert showed_the_token(conversation) == {GITHUB}
        assert len(conversation.requests) == 1

    @in_virtual_time
    async def test_to_another_host_are_refused_at_every_step(self) -> None:
        conversation = Conversation(
            says(302, b"", {"location": "/moved"}),
            says(302, b"", {"location": "https://elsewhere.example/"}),
        )
        assert isinstance(await conversation.failure(), Rejected)
        assert asked(conversation) == ["/orgs/acme/bill", "/moved"]

    @pytest.mark.parametrize("location", NOWHERE)
    @in_virtual_time
    async def test_to_no_url_lead_nowhere(self, location: str) -> None:
        conversation = Conversation(says(302, b"", {"location": location}))
        failure = await conversation.failure()
        assert isinstance(failure, Rejected)
        assert "points to an invalid URL" in str(failure)
        assert asked(conversation) == ["/orgs/acme/bill"]

    @pytest.mark.parametrize("location", AS_ANOTHER)
    @in_virtual_time
    async def test_with_a_user_of_their_own_are_refused(self, location: str) -> None:
        conversation = Conversation(says(302, b"", {"location": location}))
        failure = await conversation.failure()
        assert isinstance(failure, Rejected)
        assert "sesame" not in everything_told(failure)
        assert asked(conversation) == ["/orgs/acme/bill"]

    @pytest.mark.parametrize("headers", [{"location": "/orgs/acme/bill"}, {}])
    @in_virtual_time
    async def test_without_end_are_refused(self, headers: dict[str, str]) -> None:
        conversation = Conversation(says(301, b"", headers))
        failure = await conversation.failure()
        assert isinstance(failure, Rejected)
        assert "too many redirects" in str(failure)
        assert len(conversation.requests) == 4

    @in_virtual_time
    async def test_lead_to_what_the_last_answer_means(self) -> None:
        conversation = Conversation(says(301, b"", {"location": "/gone"}), says(404))
        failure = await conversation.failure()
        assert isinstance(failure, GitHubError)
        assert (failure.reason, failure.status) == ("not_found", 404)

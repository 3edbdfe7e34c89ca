"""Requests: their headers, path and query, and their way through proxies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
import respx

from exporter import __version__
from exporter.app import App
from exporter.collectors import ALL
from exporter.github.api import attempt
from exporter.github.auth import from_token
from exporter.github.client import api_version, website
from exporter.github.errors import GitHubError, RateLimited, Rejected, Unreachable
from exporter.settings import load
from tests.support.scripted_github import (
    GITHUB,
    TOKEN,
    Bill,
    Conversation,
    Reply,
    breaks,
    everything_told,
    says,
)
from tests.support.world import in_virtual_time

COMMITTERS = "/orgs/acme/settings/billing/advanced-security"
HOSTS = [
    (GITHUB, "2026-03-10"),
    ("https://api.acme.ghe.com", "2026-03-10"),
    ("https://github.acme.example/api/v3", "2022-11-28"),
    ("https://github.acme.example/api/v3/", "2022-11-28"),
]


class TestHeaders:
    @pytest.mark.parametrize(("base_url", "version"), HOSTS)
    def test_say_what_each_kind_of_host_needs(self, base_url: str, version: str) -> None:
        router = respx.MockRouter()
        asked = router.get(
            f"{base_url.rstrip('/')}/orgs/acme/bill",
            headers={
                "accept": "application/vnd.github+json",
                "accept-encoding": "gzip",
                "authorization": f"Bearer {TOKEN}",
                "user-agent": f"github-billing-exporter/{__version__}",
                "x-github-api-version": version,
            },
        ).respond(json={"total": 4})

        @in_virtual_time
        async def asking() -> None:
            transport = httpx.MockTransport(router.async_handler)
            conversation = Conversation(base_url=base_url, transport=transport)
            assert await conversation.total() == 4

        asking()
        assert asked.call_count == 1
        assert "if-none-match" not in asked.calls[0].request.headers

    def test_v3_elsewhere_in_the_address_is_no_enterprise_server(self) -> None:
        assert api_version("https://api.github.com/api/v3/more") == "2026-03-10"


class TestWebsite:
    @pytest.mark.parametrize(
        ("base_url", "host"),
        [
            ("https://api.github.com", "github.com"),
            ("https://api.acme.ghe.com", "acme.ghe.com"),
            ("https://github.acme.example/api/v3/", "github.acme.example"),
            ("http://127.0.0.1:8080", "github.com"),
        ],
    )
    def test_is_the_host_of_the_pages(self, base_url: str, host: str) -> None:
        assert website(base_url) == host


class TestAddress:
    @pytest.mark.parametrize(
        ("name", "path"),
        [
            ("acme", "/orgs/acme/bill"),
            ("../user", "/orgs/..%2Fuser/bill"),
            ("a b", "/orgs/a%20b/bill"),
            ("a?b=c#d", "/orgs/a%3Fb%3Dc%23d/bill"),
            ("a%2Fb", "/orgs/a%252Fb/bill"),
            ("zoë", "/orgs/zo%C3%AB/bill"),
            ("{name}", "/orgs/%7Bname%7D/bill"),
        ],
    )
    @in_virtual_time
    async def test_a_name_stays_in_its_place(self, name: str, path: str) -> None:
        conversation = Conversation(says(200, {"total": 1}))
        await conversation.ask(Bill, account=name)
        assert conversation.requests[0].url.raw_path.decode() == path

    @in_virtual_time
    async def test_a_name_that_no_url_can_hold_is_not_asked_for(self) -> None:
        conversation = Conversation(says(200, {"total": 1}))
        with pytest.raises(Rejected, match="URL invalid"):
            await conversation.ask(Bill, product="x" * 70_000)
        assert conversation.requests == []

    @in_virtual_time
    async def test_what_has_no_place_in_the_path_is_in_the_query(self) -> None:
        conversation = Conversation(says(200, {"total": 1}))
        await conversation.ask(Bill, year=2026, month=10, product="a&b=c d")
        assert dict(conversation.requests[0].url.params) == {
            "year": "2026",
            "month": "10",
            "product": "a&b=c d",
        }

    @in_virtual_time
    async def test_keeps_the_path_of_the_base_url(self) -> None:
        conversation = Conversation(
            says(200, {"total": 1}), base_url="https://github.acme.example:8443/api/v3/"
        )
        await conversation.total()
        expected = "https://github.acme.example:8443/api/v3/orgs/acme/bill"
        assert str(conversation.requests[0].url) == expected


async def ask_or_none(*absent: int, reply: Reply) -> Bill | None:
    async with attempt(Conversation(reply).client, {}, 30) as github:
        return await github.get_or_none("/user", Bill, absent=absent)


class TestStatusesThatAreInformation:
    @pytest.mark.parametrize("status", [400, 403, 404, 422])
    @in_virtual_time
    async def test_count_as_nothing(self, status: int) -> None:
        assert await ask_or_none(400, 403, 404, 422, reply=says(status)) is None

    @in_virtual_time
    async def test_do_not_hide_an_answer(self) -> None:
        assert await ask_or_none(404, reply=says(200, {"total": 1})) == Bill(1)

    @pytest.mark.parametrize("status", [400, 403, 404, 422])
    @in_virtual_time
    async def test_are_only_those_that_were_named(self, status: int) -> None:
        others = {400, 403, 404, 422} - {status}
        with pytest.raises(GitHubError) as caught:
            await ask_or_none(*others, reply=says(status))
        assert caught.value.status == status

    @pytest.mark.parametrize("status", [401, 410, 429, 502])
    @in_virtual_time
    async def test_are_never_what_concerns_more_than_the_question(self, status: int) -> None:
        with pytest.raises(GitHubError) as caught:
            await ask_or_none(status, reply=says(status))
        assert caught.value.status == status

    @in_virtual_time
    async def test_never_swallow_a_limit(self) -> None:
        with pytest.raises(RateLimited):
            await ask_or_none(403, reply=says(403, {"message": "API rate limit exceeded"}))


class TestWhatIsObserved:
    @in_virtual_time
    async def test_is_the_template_the_status_and_what_headers_say_of_the_credential(self) -> None:
        headers = {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": "4999",
            "x-ratelimit-reset": "1792000000",
            "x-ratelimit-resource": "core",
            "x-oauth-scopes": "admin:org",
            "github-authentication-token-expiration": "2026-12-24 18:00:00 UTC",
        }
        conversation = Conversation(says(200, {"total": 1}, headers))
        await conversation.total()
        (exchange,) = conversation.exchanges
        assert (exchange.credential, exchange.endpoint) == ("default", "/orgs/{account}/bill")
        assert (exchange.status, exchange.scopes) == ("200", "admin:org")
        assert exchange.expires == datetime(2026, 12, 24, 18, tzinfo=UTC)
        assert exchange.rate_limit is not None
        assert (exchange.rate_limit.limit, exchange.rate_limit.remaining) == (5000, 4999)
        assert exchange.rate_limit.reset == datetime.fromtimestamp(1792000000, UTC)

    @in_virtual_time
    async def test_is_each_try_by_itself(self) -> None:
        conversation = Conversation(says(502), says(200, {}))
        await conversation.failure()
        assert [exchange.status for exchange in conversation.exchanges] == ["502", "200"]

    @in_virtual_time
    async def test_is_an_error_where_no_answer_came(self) -> None:
        conversation = Conversation(breaks(httpx.ConnectError("refused")), says(200, {"total": 1}))
        assert await conversation.total() == 1
        assert [exchange.status for exchange in conversation.exchanges] == ["error", "200"]

    @pytest.mark.parametrize(
        "expiry", ["soon", "2026-13-01 00:00:00 UTC", "0000-01-01 00:00:00 UTC", ""]
    )
    @in_virtual_time
    async def test_is_no_expiry_that_is_no_time(self, expiry: str) -> None:
        headers = {"github-authentication-token-expiration": expiry}
        conversation = Conversation(says(200, {"total": 1}, headers))
        await conversation.total()
        assert conversation.exchanges[0].expires is None

    @in_virtual_time
    async def test_is_an_expiry_in_any_zone(self) -> None:
        headers = {"github-authentication-token-expiration": "2026-12-24 18:00:00 +0200"}
        conversation = Conversation(says(200, {"total": 1}, headers))
        await conversation.total()
        assert conversation.exchanges[0].expires == datetime(2026, 12, 24, 16, tzinfo=UTC)

    @pytest.mark.parametrize(
        "odd",
        [
            {"x-ratelimit-limit": "9" * 400},
            {"x-ratelimit-limit": "-5000"},
            {"x-ratelimit-remaining": "many"},
            {"x-ratelimit-remaining": "\u00b2"},
            {"x-ratelimit-reset": "soon"},
            {"x-ratelimit-reset": "9" * 20},
        ],
    )
    @in_virtual_time
    async def test_is_no_limit_that_no_gauge_could_hold(self, odd: dict[str, str]) -> None:
        headers = {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": "4999",
            "x-ratelimit-reset": "1792000000",
        }
        conversation = Conversation(says(200, {"total": 1}, headers | odd))
        assert await conversation.total() == 1
        assert conversation.exchanges[0].rate_limit is None

    @in_virtual_time
    async def test_is_no_limit_of_another_resource(self) -> None:
        headers = {
            "x-ratelimit-limit": "30",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": "1792000000",
            "x-ratelimit-resource": "search",
        }
        conversation = Conversation(says(200, {"total": 1}, headers))
        await conversation.total()
        assert await conversation.total() == 1
        assert [exchange.rate_limit for exchange in conversation.exchanges] == [None, None]


@asynccontextmanager
async def proxy(lines: list[str]) -> AsyncIterator[str]:
    """Run a proxy that refuses every request and appends its first line to ``lines``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"


class TestProxies:
    @pytest.mark.parametrize(
        ("variable", "api_url", "line"),
        [
            ("HTTPS_PROXY", GITHUB, "CONNECT api.github.com:443 HTTP/1.1"),
            ("https_proxy", GITHUB, "CONNECT api.github.com:443 HTTP/1.1"),
            (
                "HTTP_PROXY",
                "http://127.0.0.1:9/api/v3",
                f"GET http://127.0.0.1:9/api/v3{COMMITTERS}?per_page=1 HTTP/1.1",
            ),
        ],
    )
    def test_of_the_environment_are_asked(
        self, variable: str, api_url: str, line: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines: list[str] = []
        settings = load(
            {"organizations": ["acme"], "github": {"api_url": api_url}, "platform": "usage"},
            {},
            ALL,
        )

        async def once() -> None:
            async with proxy(lines) as url:
                monkeypatch.setenv(variable, url)
                app = App.assemble(
                    settings,
                    from_token("default", TOKEN),
                    clock=lambda: datetime(2026, 10, 12, tzinfo=UTC),
                    sleep=lambda seconds: asyncio.sleep(0),
                    process=False,
                )
                async with app.clients:
                    await app.poller.once()

        asyncio.run(once())
        assert line in lines

    def test_that_cannot_be_reached_leave_github_unreachable(self) -> None:
        async def asking() -> GitHubError:
            conversation = Conversation(
                transport=httpx.AsyncHTTPTransport(proxy="http://mona:sesame@127.0.0.1:9"),
                sleep=lambda seconds: asyncio.sleep(0),
            )
            return await conversation.failure()

        failure = asyncio.run(asking())
        assert isinstance(failure, Unreachable)
        assert "sesame" not in everything_told(failure)

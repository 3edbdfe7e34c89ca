"""Downloads from signed URLs, and requests that make something: each its own rules."""

import zlib
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
import pytest

from exporter.github import body
from exporter.github.api import attempt
from exporter.github.errors import GitHubError, InvalidPayload, Rejected, Unreachable
from tests.support.scripted_github import (
    GITHUB,
    TOKEN,
    Bill,
    Conversation,
    Pieces,
    Reply,
    breaks,
    everything_told,
    says,
)
from tests.support.world import in_virtual_time

SIGNATURE = "sig-canary"
URL = f"https://files.example/reports/1.csv?{SIGNATURE}"
ENDPOINT = "/orgs/{account}/bill"


class Kept(body.Decoder[bytes]):
    """Keeps what it is fed."""

    unhurried = True

    def __init__(self) -> None:
        self.content = b""

    def feed(self, chunk: bytes) -> None:
        self.content += chunk

    def close(self) -> bytes:
        return self.content


async def download(conversation: Conversation, url: str = URL) -> bytes | None:
    async with attempt(conversation.client, {}, 600.0) as github:
        return await github.download(url, Kept)


async def make(conversation: Conversation, **given: Any) -> Bill | None:
    async with attempt(conversation.client, conversation.answers, 600.0) as github:
        return await github.make(ENDPOINT, Bill, {"a": 1}, conflict=409, account="acme", **given)


def redirect(location: str) -> Reply:
    return says(302, headers={"location": location})


class TestADownload:
    @in_virtual_time
    async def test_has_no_header_of_github_and_no_credential(self) -> None:
        conversation = Conversation(redirect("https://other.example/2?x"), says(200, b"rows"))
        assert await download(conversation) == b"rows"
        assert [str(each.url) for each in conversation.requests] == [
            URL,
            "https://other.example/2?x",
        ]
        for request in conversation.requests:
            assert request.headers.keys() <= {
                "host",
                "accept-encoding",
                "connection",
                "user-agent",
            }
            assert TOKEN not in str(request.headers.raw)

    @in_virtual_time
    async def test_is_observed_without_its_url_nor_the_limits_of_its_host(self) -> None:
        limit = {f"x-ratelimit-{name}": "1" for name in ("limit", "remaining", "reset")}
        conversation = Conversation(says(200, b"", limit))
        await download(conversation)
        (exchange,) = conversation.exchanges
        assert (exchange.endpoint, exchange.status) == ("(download)", "200")
        assert exchange.rate_limit is None

    @in_virtual_time
    async def test_may_last_as_long_as_data_arrives(self) -> None:
        conversation = Conversation(says(200, Pieces([b"a"] * 20, seconds=10.0)))
        assert await download(conversation) == b"a" * 20

    @in_virtual_time
    async def test_fails_without_data_for_15_seconds(self) -> None:
        conversation = Conversation(says(200, Pieces([b"a"] * 2, seconds=16.0)))
        with pytest.raises(Unreachable, match="no further data, within 15 s"):
            await download(conversation)

    @in_virtual_time
    async def test_is_tried_again_from_its_beginning(self) -> None:
        conversation = Conversation(
            says(503), breaks(httpx.ReadError("")), says(429), says(200, b"rows")
        )
        assert await download(conversation) == b"rows"

    @pytest.mark.parametrize("status", [403, 404, 410])
    @in_virtual_time
    async def test_of_an_expired_url_is_none(self, status: int) -> None:
        conversation = Conversation(says(status, {"message": "rate limit"}))
        assert await download(conversation) is None
        assert len(conversation.requests) == 1

    @in_virtual_time
    async def test_may_be_compressed(self) -> None:
        packed = zlib.compress(b"rows", wbits=31)
        conversation = Conversation(says(200, packed, {"content-encoding": "gzip"}))
        assert await download(conversation) == b"rows"

    @pytest.mark.parametrize(
        ("content", "encoding"),
        [(b"rows", "gzip"), (zlib.compress(b"rows", wbits=31)[:-3], "gzip"), (b"rows", "br")],
    )
    @in_virtual_time
    async def test_that_is_wrongly_compressed_is_invalid(
        self, content: bytes, encoding: str
    ) -> None:
        conversation = Conversation(says(200, content, {"content-encoding": encoding}))
        with pytest.raises(InvalidPayload, match="not compressed as requested"):
            await download(conversation)


class TestAUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "http://files.example/1",
            "http://127.0.0.1/1",
            "ftp://files.example/1",
            "https://user:secret@files.example/1",
            "https://[::1",
            "https://xn--\xe9.example",
            "https://xn--a.example/1",
            "javascript:1",
        ],
    )
    @in_virtual_time
    async def test_that_is_not_https_is_refused(self, url: str) -> None:
        conversation = Conversation(says(200, b"rows"))
        with pytest.raises(Rejected, match="not https"):
            await download(conversation, url)
        assert not conversation.requests
        conversation.goes_on(redirect(url), says(200, b"rows"))
        with pytest.raises(Rejected, match="not https"):
            await download(conversation)
        assert len(conversation.requests) == 1

    @pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:1", "[::1]:1"])
    @in_virtual_time
    async def test_may_be_http_on_this_machine_if_the_api_is(self, host: str) -> None:
        conversation = Conversation(
            redirect(f"http://{host}/2"), says(200, b"rows"), base_url=f"http://{host}"
        )
        assert await download(conversation, f"http://{host}/1") == b"rows"

    @in_virtual_time
    async def test_may_not_lead_in_circles(self) -> None:
        conversation = Conversation(redirect(URL))
        with pytest.raises(Rejected, match="too many redirects"):
            await download(conversation)

    @pytest.mark.parametrize(
        "reply",
        [
            says(400, {"message": URL}),
            says(500, URL.encode()),
            breaks(httpx.ConnectError("refused")),
            breaks(httpx.ReadError(URL)),
            breaks(httpx.ReadTimeout(URL)),
            breaks(OSError(URL)),
            redirect(URL.replace("https", "http")),
            redirect(URL),
            says(200, b"rows", {"content-encoding": "gzip"}),
        ],
    )
    @in_virtual_time
    async def test_is_in_no_error(self, reply: Reply) -> None:
        conversation = Conversation(reply)
        with pytest.raises(GitHubError) as raised:
            await download(conversation)
        assert SIGNATURE not in everything_told(raised.value)
        assert "files.example" not in everything_told(raised.value)
        assert SIGNATURE not in repr(conversation.exchanges)


class TestMaking:
    @in_virtual_time
    async def test_posts_json_and_takes_202(self) -> None:
        conversation = Conversation(says(202, {"total": 4}))
        assert await make(conversation) == Bill(4)
        (request,) = conversation.requests
        assert (request.method, str(request.url)) == ("POST", f"{GITHUB}/orgs/acme/bill")
        assert msgspec.json.decode(request.content) == {"a": 1}
        assert request.headers["content-type"] == "application/json"

    @pytest.mark.parametrize(
        "reply",
        [
            says(500),
            says(502),
            says(503),
            breaks(httpx.ConnectError("refused")),
            breaks(httpx.ReadError("")),
            breaks(httpx.ReadTimeout("")),
            breaks(httpx.RemoteProtocolError("")),
            says(202, Pieces([b"{"] * 2, seconds=16.0)),
        ],
    )
    @in_virtual_time
    async def test_is_never_repeated_without_an_answer(self, reply: Reply) -> None:
        conversation = Conversation(reply, says(202, {"total": 4}))
        with pytest.raises(Unreachable):
            await make(conversation)
        assert len(conversation.requests) == 1

    @pytest.mark.parametrize(
        ("status", "body"), [(202, {"name": 1}), (202, b"<html>"), (202, b""), (204, b"")]
    )
    @in_virtual_time
    async def test_is_not_repeated_for_an_invalid_answer(self, status: int, body: object) -> None:
        conversation = Conversation(says(status, body), says(202, {"total": 4}))
        with pytest.raises(InvalidPayload):
            await make(conversation)
        assert len(conversation.requests) == 1

    @in_virtual_time
    async def test_takes_a_conflict_for_an_answer(self) -> None:
        conversation = Conversation(says(409, {"message": "another one"}))
        assert await make(conversation) is None
        conversation.goes_on(says(422))
        with pytest.raises(Rejected):
            await make(conversation)

    @pytest.mark.parametrize("headers", [{"retry-after": "5"}, {"x-ratelimit-remaining": "0"}])
    @in_virtual_time
    async def test_waits_for_a_limit_which_makes_nothing(self, headers: Mapping[str, str]) -> None:
        conversation = Conversation(says(403, {}, headers), says(202, {"total": 4}))
        assert await make(conversation) == Bill(4)

    @in_virtual_time
    async def test_is_not_conditional_though_the_same_url_was_read(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, {"etag": '"1"'}))
        await conversation.total()
        conversation.goes_on(says(202, {"total": 4}))
        assert await make(conversation) == Bill(4)
        assert "if-none-match" not in conversation.requests[-1].headers


class TestWhatExpires:
    @in_virtual_time
    async def test_is_never_from_a_kept_answer(self) -> None:
        conversation = Conversation(says(200, {"total": 1}, {"etag": '"1"'}))
        for _ in range(2):
            async with attempt(conversation.client, conversation.answers, 30.0) as github:
                assert await github.get_current(ENDPOINT, Bill, account="acme") == Bill(1)
        assert all("if-none-match" not in each.headers for each in conversation.requests)

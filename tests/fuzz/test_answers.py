"""No answer of GitHub causes an internal error, whatever its status, headers and body."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.accounts import AccountType
from exporter.app import App
from exporter.collectors import ALL
from exporter.demo import DEMO_TOKEN, SimulatedAccount, SimulatedGitHub
from exporter.demo.app import SimulatedApp, SimulatedInstallation
from exporter.polling.clients import credentials
from exporter.settings import load
from exporter.web.exposition import text
from tests.support.app_server import KEYS, pem, virtual_now
from tests.support.payloads import VALUES, assert_honest
from tests.support.world import virtual

ACCOUNTS = [
    SimulatedAccount(AccountType.ORGANIZATION, "acme"),
    SimulatedAccount(AccountType.ENTERPRISE, "acme-corp"),
]
COLLECTORS = [
    each.name for each in ALL if not each.default and AccountType.USER not in each.account_types
]
PUBLIC = KEYS[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
LONGEST_WAIT = 25 * 3600
"""Seconds; longer than any wait that an answer can cause."""

NAMES = [
    *("location", "link", "etag", "set-cookie", "content-encoding", "content-type", "date"),
    *("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    *("x-ratelimit-resource", "x-github-request-id", "x-github-sso", "x-oauth-scopes"),
    *("x-accepted-github-permissions", "github-authentication-token-expiration"),
]
WORDS = [
    *("", "0", "1", "-1", "60", "5000", "1e3", "9" * 5_000, "1792000000", "\u0663", "core"),
    *("/moved", "..", "?", "#", "javascript:alert(1)", "data:,x", "//[", "https://[::1", "/\t"),
    *("https://mona:sesame@api.github.com/", "https://elsewhere.example/", "//xn--/", "/%ff"),
    *('</page>; rel="next"', '<data:,x>; rel="next"', '<//[>; rel="next"', "<>;;=;", ", <"),
    *('W/"x"', '"\xe9"', "gzip", "br", "identity, gzip", "a=b; Domain=.; Path=/"),
    *("Mon, 12 Oct 2026 10:00:00 GMT", "Mon, 31 Feb 0000 99:99:99 -9999", "12 Oct 0001"),
    *("2026-12-24 18:00:00 UTC", "0001-01-01 00:00:00 +2359", "9999-12-31 23:59:59 -2359"),
    *("partial-results; organizations=1", "required; url=https://github.com/", "plan=read"),
]
TIMES = [
    *("2026-10-12T10:30:00Z", "2026-10-12T10:30:00", "0001-01-01T00:00:00Z", "2026-10-12"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-10-12T09:30:01Z"),
]
TOKENS = ["", " ", "ghs_a b", "ghs_\r\nx-canary: 1", "ghs_é", "ghs_\x00", "ghs_a"]
STATUSES = st.sampled_from([200, 201, 301, 302, 304, 401, 403, 429]) | st.integers(200, 999)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES).map(str.encode),
        st.sampled_from(WORDS).map(str.encode)
        | st.binary(max_size=40).map(lambda value: value.translate(None, b"\r\n\0")),
    ),
    max_size=4,
)
BODIES = (
    st.binary(max_size=40)
    | st.sampled_from([b"", b"{}", b"[]", b"<html>", b"\x1f\x8b\x08\0", b"[" * 5_000])
    | VALUES.map(lambda value: json.dumps(value).encode())
)
OF_APPS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers() | VALUES,
        "token": st.sampled_from(TOKENS) | VALUES,
        "expires_at": st.sampled_from(TIMES) | VALUES,
    },
).map(lambda said: json.dumps(said).encode())


@dataclass(frozen=True)
class Spoilt:
    """Changes of an answer; ``None`` keeps the status or body, and the headers are added."""

    status: int | None
    headers: list[tuple[bytes, bytes]]
    body: bytes | None


def spoilt(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[Spoilt]]:
    one = st.builds(Spoilt, st.none() | STATUSES, HEADERS, st.none() | bodies)
    return st.lists(one, min_size=1, max_size=6)


class Body(httpx.AsyncByteStream):
    """A body as from a socket, not yet read by httpx."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


class Spoiling(httpx.AsyncBaseTransport):
    """GitHub with corrupted answers to paths that contain ``part``: ``spoils``, in turn."""

    def __init__(self, spoils: Sequence[Spoilt], part: str) -> None:
        app = SimulatedApp(
            *(1, "Iv1.billing", [PUBLIC.decode()]),
            [
                SimulatedInstallation(number, each.type, each.name)
                for number, each in enumerate(ACCOUNTS, 7_654_321)  # unlikely to be drawn
            ],
        )
        github = SimulatedGitHub(ACCOUNTS, clock=virtual_now, app=app, rate_limit=100_000)
        self._github = httpx.ASGITransport(github)
        self._part = part
        self._asked = 0
        self.spoils = spoils

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._github.handle_async_request(request)
        if not self.spoils or self._part not in request.url.path:
            return answer
        spoil = self.spoils[self._asked % len(self.spoils)]
        self._asked += 1
        content = await answer.aread() if spoil.body is None else spoil.body
        for name in ("content-length", "content-encoding"):
            answer.headers.pop(name, None)
        return httpx.Response(
            spoil.status or answer.status_code,
            headers=[*answer.headers.raw, *spoil.headers],
            stream=Body(content),
        )


def assert_survived(spoils: Sequence[Spoilt], part: str, **github: object) -> None:
    """Poll with corrupted answers, then a day later twice with true ones."""

    async def polled_twice() -> None:
        flags = {
            **{f"{each.type}s": [each.name] for each in ACCOUNTS},
            "collectors": COLLECTORS,
            "allocation": {"rules": [{"property": "team"}, {"topic": "team-*"}]},
            "platform": "usage",
            "discover": {"enabled": True},
            "github": github,
        }
        environment = {} if github else {"GITHUB_BILLING_TOKEN": DEMO_TOKEN}
        transport = Spoiling(spoils, part)
        settings = load(flags, environment, ALL)
        app = App.assemble(
            settings,
            *credentials(settings, environment, clock=virtual_now),
            transport=transport,
            clock=virtual_now,
            process=False,
        )

        async def said() -> str:
            for discovery in app.discoveries:
                await discovery.once()
            await app.poller.once()
            page = text(app.poller.page(), app.telemetry.registry).decode()
            assert_honest(page)
            return page

        async with app.clients:
            await said()
            await asyncio.sleep(LONGEST_WAIT)
            transport.spoils = []
            await said()  # may still correct state from the corrupted answers
            page = await said()
        for each in ACCOUNTS:
            labels = f'account="{each.name}",account_type="{each.type}",collector="usage"'
            assert f"github_billing_exporter_collector_success{{{labels}}} 1.0" in page

    virtual(polled_twice)


class TestSpoiltAnswers:
    @settings(max_examples=20)
    @given(spoilt(BODIES))
    def test_to_a_token_are_survived(self, spoils: list[Spoilt]) -> None:
        assert_survived(spoils, "/")

    @pytest.mark.parametrize("part", ["/installation", "/access_tokens", "/app/", "/"])
    @settings(max_examples=8)
    @given(spoilt(BODIES | OF_APPS))
    def test_to_an_app_are_survived(self, key_file: Path, part: str, spoils: list[Spoilt]) -> None:
        assert_survived(spoils, part, app_id="1", app_private_key_file=key_file)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("app") / "key.pem"
    file.write_text(pem())
    return file

"""A long report: folded as it streams, restarted after a break, cached as its result."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from exporter.github.api import attempt
from exporter.github.asking import CachedAnswers
from exporter.github.auth import from_token
from exporter.github.client import REQUEST_SECONDS, Client, Exchange
from exporter.github.errors import InvalidPayload, Unreachable
from tests.support.world import virtual

ENDPOINT = "/organizations/{account}/settings/billing/usage"
NOW = datetime(2026, 10, 12, tzinfo=UTC)


class Row(msgspec.Struct):
    amount: float


class Total:
    def __init__(self, day: int | None = None) -> None:
        self.amounts: list[float] = []

    def add(self, rows: Sequence[Row]) -> None:
        self.amounts += [row.amount for row in rows]

    def result(self) -> float:
        return sum(self.amounts)


def usage(*amounts: float) -> bytes:
    return json.dumps({"usageItems": [{"amount": amount} for amount in amounts]}).encode()


class Trickle(httpx.AsyncByteStream):
    """A body in pieces, ``gap`` seconds apart; with ``breaks`` the last one is an error."""

    def __init__(self, body: bytes, *, pieces: int = 2, gap: float = 0.0, breaks: bool = False):
        size = -(-len(body) // pieces)
        self._pieces = [body[at : at + size] for at in range(0, len(body), size)]
        self._gap = gap
        self._breaks = breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces[: -1 if self._breaks else None]:
            await asyncio.sleep(self._gap)
            yield piece
        if self._breaks:
            raise httpx.RemoteProtocolError("the peer closed the connection")


class Asking:
    """A client whose requests go to ``answer``; it records requests and exchanges."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self.exchanges: list[Exchange] = []
        self.answers: CachedAnswers = {}

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return answer(request)

        self._client = Client(
            transport=httpx.MockTransport(handle),
            base_url="https://api.github.com",
            credential=from_token("default", "token"),
            observer=self.exchanges.append,
            clock=lambda: NOW,
            sleep=asyncio.sleep,
        )

    async def report(self, *, days: int = 0, seconds: float = 600) -> list[float]:
        async with attempt(self._client, self.answers, seconds) as github:
            report = github.report(
                ENDPOINT,
                "usageItems",
                Row,
                Total,
                instead=[{"day": day} for day in range(1, days + 1)],
                account="acme",
                month=10,
            )
            return [total async for total in report]

    def asked(self) -> list[dict[str, str]]:
        return [dict(request.url.params) for request in self.requests]


class TestAReport:
    def test_is_what_its_items_came_to(self) -> None:
        async def scenario() -> None:
            asking = Asking(lambda _: httpx.Response(200, content=usage(1, 2, 3)))
            assert await asking.report() == [6]
            assert asking.requests[0].url.path == "/organizations/acme/settings/billing/usage"
            assert asking.asked() == [{"month": "10"}]
            assert [(e.endpoint, e.status) for e in asking.exchanges] == [(ENDPOINT, "200")]

        virtual(scenario)

    def test_begins_anew_after_a_break(self) -> None:
        async def scenario() -> None:
            bodies = [
                Trickle(usage(*[1] * 20_000), pieces=4, breaks=True),
                Trickle(usage(*[1] * 20_000)),
            ]
            asking = Asking(lambda _: httpx.Response(200, stream=bodies.pop(0)))
            assert await asking.report() == [20_000]
            assert [exchange.status for exchange in asking.exchanges] == ["error", "200"]

        virtual(scenario)

    def test_is_kept_for_as_long_as_github_says_it_has_not_changed(self) -> None:
        async def scenario() -> None:
            def answer(request: httpx.Request) -> httpx.Response:
                if request.headers.get("if-none-match") == '"1"':
                    return httpx.Response(304)
                return httpx.Response(200, content=usage(1, 2), headers={"etag": '"1"'})

            asking = Asking(answer)
            assert await asking.report() == [3]
            assert await asking.report() == [3]
            assert [exchange.status for exchange in asking.exchanges] == ["200", "304"]
            assert [answer.payload for answer in asking.answers.values()] == [3]

        virtual(scenario)

    def test_that_is_no_report_is_invalid(self) -> None:
        async def scenario() -> None:
            asking = Asking(lambda _: httpx.Response(200, content=b'{"usageItems":[{}]}'))
            with pytest.raises(InvalidPayload, match=r"amount.*usageItems\[0\]"):
                await asking.report(days=12)
            assert len(asking.requests) == 1

        virtual(scenario)


class TestTheTimeOfAReport:
    def test_may_be_long_as_long_as_it_goes_on_coming(self) -> None:
        async def scenario() -> None:
            body = Trickle(usage(1, 2, 3), pieces=9, gap=REQUEST_SECONDS - 1)
            asking = Asking(lambda _: httpx.Response(200, stream=body))
            assert await asking.report() == [6]
            assert asyncio.get_running_loop().time() > 8 * (REQUEST_SECONDS - 1)

        virtual(scenario)

    def test_ends_at_a_gap(self) -> None:
        async def scenario() -> None:
            asking = Asking(
                lambda _: httpx.Response(200, stream=Trickle(usage(1), gap=REQUEST_SECONDS + 1))
            )
            with pytest.raises(Unreachable, match="15 s"):
                await asking.report(days=12)
            assert asking.asked() == [{"month": "10"}] * 5

        virtual(scenario)

    def test_ends_at_the_deadline_of_the_job(self) -> None:
        async def scenario() -> None:
            body = Trickle(usage(*[1] * 100), pieces=100, gap=10)
            asking = Asking(lambda _: httpx.Response(200, stream=body))
            with pytest.raises(Unreachable, match="deadline of 60 s"):
                await asking.report(seconds=60)
            assert asyncio.get_running_loop().time() == pytest.approx(60)

        virtual(scenario)


class TestAReportThatGitHubCutsOff:
    def test_is_asked_in_parts_once_the_whole_was_tried_enough(self) -> None:
        async def scenario() -> None:
            def answer(request: httpx.Request) -> httpx.Response:
                day = request.url.params.get("day")
                return httpx.Response(200, content=usage(int(day))) if day else httpx.Response(502)

            asking = Asking(answer)
            assert await asking.report(days=3) == [1, 2, 3]
            days = [{"month": "10", "day": str(day)} for day in (1, 2, 3)]
            assert asking.asked() == [*[{"month": "10"}] * 5, *days]

        virtual(scenario)

    def test_fails_where_the_parts_fail(self) -> None:
        async def scenario() -> None:
            asking = Asking(lambda _: httpx.Response(502))
            with pytest.raises(Unreachable):
                await asking.report(days=3)
            assert len(asking.requests) == 10

        virtual(scenario)

    def test_is_not_asked_in_parts_where_it_has_none(self) -> None:
        async def scenario() -> None:
            asking = Asking(lambda _: httpx.Response(502))
            with pytest.raises(Unreachable):
                await asking.report()
            assert len(asking.requests) == 5

        virtual(scenario)

    def test_is_not_asked_in_parts_where_the_network_is_at_fault(self) -> None:
        async def scenario() -> None:
            def answer(_: httpx.Request) -> httpx.Response:
                raise httpx.ConnectError("no route")

            asking = Asking(answer)
            with pytest.raises(Unreachable):
                await asking.report(days=3)
            assert len(asking.requests) == 5

        virtual(scenario)

"""A GitHub client with replies scripted by the test, in virtual time."""

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

import httpx
import msgspec
import pytest

from exporter.billing.values import Number
from exporter.github.api import attempt
from exporter.github.asking import CachedAnswers
from exporter.github.auth import Credential, from_token
from exporter.github.client import Client, Exchange
from exporter.github.errors import GitHubError
from tests.support.world import START

T = TypeVar("T")
Reply = Callable[[httpx.Request], Awaitable[httpx.Response]]

GITHUB = "https://api.github.com"
TOKEN = "ghp_" + "CANARY" * 6
ENDPOINT = "/orgs/{account}/bill"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Bill(msgspec.Struct, frozen=True):
    total: Number
    name: str = ""


class Pieces(httpx.AsyncByteStream):
    """A body in pieces, ``seconds`` apart; ``taken`` counts the pieces read."""

    def __init__(self, pieces: Iterable[bytes], seconds: float = 0.0) -> None:
        self._pieces = pieces
        self._seconds = seconds
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await asyncio.sleep(self._seconds)
            self.taken += 1
            yield piece


def says(
    status: int = 200, body: object = b"", headers: Mapping[str, str | bytes] = NO_HEADERS
) -> Reply:
    """Reply with raw bytes, with `Pieces`, or with anything else as JSON."""

    async def reply(request: httpx.Request) -> httpx.Response:
        content = body if isinstance(body, bytes | Pieces) else json.dumps(body).encode()
        stream = Pieces([content]) if isinstance(content, bytes) else content
        raw = {
            name.encode(): value if isinstance(value, bytes) else value.encode()
            for name, value in headers.items()
        }
        return httpx.Response(status, headers=raw, stream=stream)

    return reply


def later(seconds: float, reply: Reply) -> Reply:
    async def delayed(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(seconds)
        return await reply(request)

    return delayed


def breaks(error: Exception) -> Reply:
    async def broken(request: httpx.Request) -> httpx.Response:
        raise error

    return broken


class Conversation:
    """The requests of one job and the replies to them: in order, then the last one again.

    ``passed`` is the time since the start and ``waits`` has the client's waits, in seconds.
    """

    def __init__(
        self,
        *replies: Reply,
        base_url: str = GITHUB,
        credential: Credential | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.requests: list[httpx.Request] = []
        self.exchanges: list[Exchange] = []
        self.waits: list[float] = []
        self.answers: CachedAnswers = {}
        self._replies = list(replies)
        self._loop = asyncio.get_running_loop()
        self._patience = sleep
        self._began = self._loop.time()
        self.client = Client(
            transport=transport or httpx.MockTransport(self._reply),
            base_url=base_url,
            credential=credential or from_token("default", TOKEN),
            observer=self.exchanges.append,
            clock=self.clock,
            sleep=self._sleep,
        )

    @property
    def passed(self) -> float:
        return self._loop.time() - self._began

    def clock(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def goes_on(self, *replies: Reply) -> None:
        """Replace the remaining replies."""
        self._replies[:] = replies

    async def ask(
        self,
        model: type[T],
        endpoint: str = ENDPOINT,
        *,
        seconds: float = 30.0,
        **params: str | int,
    ) -> T:
        """Send one request in its own attempt."""
        async with attempt(self.client, self.answers, seconds) as github:
            return await github.get(endpoint, model, **{"account": "acme", **params})

    async def total(self, *, seconds: float = 30.0) -> float:
        return (await self.ask(Bill, seconds=seconds)).total

    async def totals(self, *months: int, seconds: float = 30.0) -> list[float]:
        """Request each of these months in one attempt."""
        async with attempt(self.client, self.answers, seconds) as github:
            return [(await github.get("/bill", Bill, month=month)).total for month in months]

    async def failure(self, *, seconds: float = 30.0) -> GitHubError:
        """Send a request that must fail, and return its error."""
        with pytest.raises(GitHubError) as caught:
            await self.ask(Bill, seconds=seconds)
        return caught.value

    async def _reply(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return await reply(request)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self._patience(seconds)


def everything_told(error: GitHubError) -> str:
    """Return all text of an error, including its traceback."""
    return "\n".join(
        [
            str(error),
            repr(error),
            error.hint_for("read"),
            *traceback.format_exception(error),
        ]
    )

"""A sender of remote write with replies scripted by the test, in virtual time."""

import asyncio
import traceback
from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
import pytest

from exporter.history.remote_write import NotSent, RemoteWrite
from exporter.history.series import Series
from tests.support.scripted_github import NO_HEADERS, Reply, later, says
from tests.support.world import START

URL = "https://mimir.example.com/api/v1/push"
TOKEN = "CANARYcanaryCANARY"
PERSON = "canary-owner"
HEADERS = {"authorization": f"Bearer {TOKEN}"}
ACCEPTED = says(204)
HANGS = later(10**6, ACCEPTED)
OLDEST = START - timedelta(days=700, hours=5)


def batch(samples: int = 1) -> list[Series]:
    times = (round(OLDEST.timestamp() * 1000) + place * 60_000 for place in range(samples))
    return [Series((("__name__", "metric"),), [(at, 1.5) for at in times])]


class Sending:
    """A sender in virtual time; replies come in order, then the last one again.

    ``told`` has the lines about retries, ``sent`` the numbers of accepted samples.
    """

    def __init__(
        self,
        *replies: Reply,
        url: str = URL,
        headers: Mapping[str, str] = HEADERS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.requests: list[httpx.Request] = []
        self.told: list[str] = []
        self.sent: list[int] = []
        self._replies = list(replies)
        self._loop = asyncio.get_running_loop()
        self.remote = RemoteWrite(
            url,
            headers,
            transport=transport or httpx.MockTransport(self._reply),
            clock=self.clock,
            waiting=self.told.append,
        )

    def clock(self) -> datetime:
        return START + timedelta(seconds=self._loop.time())

    @property
    def passed(self) -> float:
        return self._loop.time()

    async def send(self, samples: int = 1) -> None:
        await self.remote.send(batch(samples), self.sent.append)

    async def failure(self, samples: int = 1) -> str:
        with pytest.raises(NotSent) as caught:
            await self.send(samples)
        return self.line(caught.value)

    def line(self, error: Exception) -> str:
        """Return an error's line; no text may have a secret or a part of an answer."""
        everything = "".join([str(error), *self.told, *traceback.format_exception(error)])
        assert TOKEN not in everything
        assert PERSON not in everything
        assert "\n" not in str(error)
        return str(error)

    async def _reply(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return await reply(request)


def refuses(status: int, text: str = "", headers: Mapping[str, str] = NO_HEADERS) -> Reply:
    echo = f"{text} {PERSON} {TOKEN}\nmore"
    return says(status, echo.encode(), headers)

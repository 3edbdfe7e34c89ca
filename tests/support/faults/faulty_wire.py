"""The wire between the exporter and a simulated GitHub: it streams, breaks and records.

``httpx.ASGITransport`` returns only complete answers. This one streams them, so that a slow, an
endless or a cut body behaves as on a socket.
"""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx

from exporter.demo import DEMO_TOKEN, SimulatedGitHub
from exporter.demo.delivery import Message
from tests.support.faults.faulty_github import FaultyGitHub

Payload = Any  # decoded JSON

_GZIP = zlib.MAX_WBITS | 16
_NO_LIMIT = 1_000_000_000


def named(path: str) -> str:
    """Return the account in a path, empty for the credential's own."""
    return "".join(path.split("/")[2:3])


@dataclass(frozen=True)
class Break:
    """A network error of requests whose path contains ``match`` and names ``account``."""

    error: Callable[[], Exception]
    match: str = ""
    account: str | None = None

    def meets(self, path: str) -> bool:
        return self.match in path and self.account in {None, named(path)}


@dataclass(frozen=True)
class Said:
    """A true answer of GitHub that the exporter has read to the end.

    ``asked`` and ``at`` are the times of the request and of the answer, by the clock. ``passed``
    is the time of the answer in seconds of the event loop, which cannot be set.
    """

    path: str
    query: Mapping[str, str]
    payload: Payload
    asked: datetime
    at: datetime
    passed: float


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """A transport to ``github`` with a ``record`` of its true answers.

    ``record`` is keyed by the account in the path (empty for ``/user``), then by path. ``true`` is
    the same GitHub without faults. ``before`` is called with the path and query of each request.
    ``unread`` counts answers not yet closed: on a socket, each holds a connection.
    """

    clock: Callable[[], datetime] = field(init=False)
    github: FaultyGitHub = field(init=False)
    true: SimulatedGitHub = field(init=False)
    breaks: list[Break] = field(default_factory=list)
    record: dict[str, dict[str, list[Said]]] = field(default_factory=dict)
    unread: int = 0
    before: Callable[[str, Mapping[str, str]], None] = lambda path, query: None

    def leads_to(self, github: FaultyGitHub, clock: Callable[[], datetime]) -> None:
        self.github, self.clock = github, clock
        self.true = SimulatedGitHub([], clock=clock, rate_limit=_NO_LIMIT)
        self.true.accounts = github.accounts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path, asked = request.url.path, self.clock()
        query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        self.before(path, query)
        for each in self.breaks:
            if each.meets(path):
                raise each.error()
        content = await request.aread()
        answering = _Answering(self.github, _scope(request), content)
        status, headers = await answering.begun()
        try:
            expected = await self._truth(request, status)
        except BaseException:
            answering.end()
            raise
        at, passed = self.clock(), asyncio.get_running_loop().time()

        def ended(body: bytes) -> None:
            if expected is not None and (status == 304 or _decoded(body, headers) == expected):
                said = Said(path, query, expected, asked, at, passed)
                self.record.setdefault(named(path), {}).setdefault(path, []).append(said)

        def closed() -> None:
            self.unread -= 1

        self.unread += 1
        return httpx.Response(status, headers=headers, stream=_Stream(answering, ended, closed))

    def forget(self, before: float) -> None:
        """Forget answers older than ``before``, except the last to each query."""
        for paths in self.record.values():
            for path, answers in paths.items():
                last = {tuple(said.query.items()): said for said in answers}.values()
                kept = {id(said) for said in last}
                paths[path] = [s for s in answers if s.passed >= before or id(s) in kept]

    async def _truth(self, request: httpx.Request, status: int) -> Payload:
        if request.method != "GET" or status not in {200, 304}:
            return None
        scope = _scope(request)
        kept = [each for each in scope["headers"] if each[0].lower() == b"x-github-api-version"]
        token = f"Bearer {DEMO_TOKEN}".encode()
        scope["headers"] = [*kept, (b"authorization", token), (b"user-agent", b"truth")]
        answering = _Answering(self.true, scope, b"")
        true_status, headers = await answering.begun()
        body = b"".join([chunk async for chunk in answering.chunks()])
        return _decoded(body, headers) if true_status == 200 else None


def _scope(request: httpx.Request) -> Message:
    return {
        "type": "http",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "query_string": request.url.query,
        "headers": list(request.headers.raw),
    }


def _decoded(body: bytes, headers: httpx.Headers) -> Payload:
    try:
        if headers.get("content-encoding") == "gzip":
            body = zlib.decompress(body, _GZIP)
        return json.loads(body)
    except (ValueError, RecursionError, zlib.error):
        return None


class _Answering:
    """An ASGI application serving one request; it waits until each message is taken."""

    def __init__(self, app: SimulatedGitHub, scope: Message, content: bytes) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=1)
        self._body: list[Message] = [{"type": "http.request", "body": content}]
        self._gone = asyncio.Event()
        self._task = asyncio.create_task(app(scope, self._receive, self._messages.put))

    async def begun(self) -> tuple[int, httpx.Headers]:
        """Wait for the status and the headers."""
        try:
            start = await self._next()
        except BaseException:
            self.end()
            raise
        return start["status"], httpx.Headers(start["headers"])

    async def chunks(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._next()
            more = message.get("more_body", False)
            yield message.get("body", b"")

    def end(self) -> None:
        """Disconnect."""
        self._gone.set()
        self._task.cancel()

    async def _next(self) -> Message:
        taking = asyncio.create_task(self._messages.get())
        try:
            await asyncio.wait({taking, self._task}, return_when=asyncio.FIRST_COMPLETED)
            if not taking.done() and self._messages.empty():
                self._task.result()
                raise httpx.RemoteProtocolError("the application ended early")
            return await taking
        finally:
            taking.cancel()

    async def _receive(self) -> Message:
        if self._body:
            return self._body.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}


class _Stream(httpx.AsyncByteStream):
    """A streamed body; ``ended`` gets all of it after the last chunk."""

    def __init__(
        self, answering: _Answering, ended: Callable[[bytes], None], closed: Callable[[], None]
    ) -> None:
        self._answering = answering
        self._ended = ended
        self._closed = closed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = bytearray()
        async for chunk in self._answering.chunks():
            body += chunk
            yield chunk
        self._ended(bytes(body))

    async def aclose(self) -> None:
        self._answering.end()
        self._closed()

"""SimulatedGitHub: an ASGI application that answers as api.github.com does for billing."""

import asyncio
import gzip
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from exporter.accounts import AccountType
from exporter.demo import answer
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import Answer, ok
from exporter.demo.consumption import Activity
from exporter.demo.faults import Fault, Faults
from exporter.demo.routes import VERSIONS, find, route

DEMO_TOKEN = "ghp_" + "demo" * 9
DEFAULT_VERSION = "2022-11-28"

# ASGI leaves the values of its messages open; each is given its type where it is read.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_SCOPES = {
    "orgs": "admin:org, repo",
    "organizations": "admin:org, repo",
    "users": "user",
    "user": "user",
    "enterprises": "manage_billing:enterprise",
}


@dataclass
class RecordedRequest:
    """A request seen. ``headers`` have lower-case names; ``status`` is ``None`` until answered."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: datetime
    status: int | None = None


@dataclass
class _Hour:
    """How many requests of the primary limit were used in the hour that ends at ``reset``."""

    reset: datetime
    used: int = 0


class SimulatedGitHub:
    """GitHub, as one credential sees it.

    ``clock`` gives the time, in UTC; generated usage follows it, and beside it grows by ``pace``
    hours a second from now on. ``token`` is the only one accepted, ``scopes`` what GitHub says
    of it and ``expires`` when it ends. ``rate_limit`` is in requests a clock hour; 304 and
    ``/rate_limit`` cost none. ``token``, ``rate_limit``, ``accounts`` and every field of an
    account may be changed while it runs. ``requests`` keeps the last 10,000.
    """

    def __init__(
        self,
        accounts: Sequence[SimulatedAccount],
        *,
        clock: Callable[[], datetime],
        token: str = DEMO_TOKEN,
        scopes: str = "admin:org, manage_billing:enterprise, repo, user",
        rate_limit: int = 5000,
        pace: float = 0.0,
        expires: datetime | None = None,
    ) -> None:
        self.accounts = list(accounts)
        self.token = token
        self.scopes = scopes
        self.rate_limit = rate_limit
        self.expires = expires
        self.faults = Faults()
        self.requests: deque[RecordedRequest] = deque(maxlen=10_000)
        self._clock = clock
        self._activity = Activity(made=clock(), pace=pace)
        self._hour = _Hour(reset=self._activity.made)
        self._answered = 0

    def account(self, account_type: AccountType, name: str) -> SimulatedAccount:
        """Look an account up, whatever the case of its name; raise ``KeyError`` for none."""
        found = find(self.accounts, account_type, name)
        if found is None:
            raise KeyError(f"no simulated {account_type} {name}")
        return found

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request. With a fault that cuts, raise ``httpx.RemoteProtocolError``."""
        if scope["type"] != "http":
            raise NotImplementedError("only http: there is nothing to start, stop or keep open")
        request = RecordedRequest(
            method=scope["method"],
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
            at=self._clock(),
        )
        self.requests.append(request)
        fault = self.faults.take(request.path) or Fault()
        if fault.hang is not None:
            await _either(fault.hang.wait(), _disconnected(receive))
        await asyncio.sleep(fault.delay)
        said = fault.spoil(self._dressed(request, self._answer(request)))
        if (
            fault.body is None
            and said.body
            and "gzip" in request.headers.get("accept-encoding", "")
        ):
            headers = {**said.headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
            said = Answer(said.status, gzip.compress(said.body, mtime=0), headers)
        request.status = said.status
        await _transmit(said, fault, send)

    def _answer(self, request: RecordedRequest) -> Answer:
        """Check what GitHub checks first, then answer, and count what is counted."""
        refused = self._refusal(request)
        if refused is not None:
            return refused
        if request.path == "/rate_limit":
            return ok(self._limits(_version(request)))
        hour = self._this_hour()
        if hour.used >= self.rate_limit:
            return answer.RATE_LIMIT_EXCEEDED
        said = answer.NOT_FOUND
        if request.method == "GET":
            said = route(self.accounts, request.path, request.query, request.at, self._activity)
        if said.status == 200:
            etag = f'W/"{hashlib.sha256(said.body).hexdigest()}"'
            if etag in request.headers.get("if-none-match", ""):
                return Answer(304, b"", {"etag": etag})
            said = Answer(said.status, said.body, {**said.headers, "etag": etag})
        hour.used += 1
        return said

    def _refusal(self, request: RecordedRequest) -> Answer | None:
        headers = request.headers
        if "user-agent" not in headers:
            return answer.NO_USER_AGENT
        if "authorization" not in headers:
            return answer.REQUIRES_AUTHENTICATION
        if headers["authorization"] not in (f"Bearer {self.token}", f"token {self.token}"):
            return answer.BAD_CREDENTIALS
        version = _version(request)
        return None if version in VERSIONS else answer.unknown_version(version)

    def _this_hour(self) -> _Hour:
        now = self._clock()
        if now >= self._hour.reset:
            start = now.replace(minute=0, second=0, microsecond=0)
            self._hour = _Hour(reset=start + timedelta(hours=1))
        return self._hour

    def _limits(self, version: str) -> Mapping[str, object]:
        """Say what is left; ``rate`` went with version 2026-03-10 (docs: breaking changes)."""
        core = self._core()
        search = {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]}
        limits = {"resources": {"core": core, "search": search}}
        return limits if version == "2026-03-10" else limits | {"rate": core}

    def _core(self) -> Mapping[str, int]:
        hour = self._this_hour()
        return {
            "limit": self.rate_limit,
            "used": hour.used,
            "remaining": max(0, self.rate_limit - hour.used),
            "reset": int(hour.reset.timestamp()),
        }

    def _dressed(self, request: RecordedRequest, said: Answer) -> Answer:
        """Add the headers that every answer has."""
        self._answered += 1
        headers = {f"x-ratelimit-{name}": str(value) for name, value in self._core().items()}
        if self.expires is not None:
            headers["github-authentication-token-expiration"] = (
                f"{self.expires:%Y-%m-%d %H:%M:%S UTC}"
            )
        return Answer(
            said.status,
            said.body,
            {
                **headers,
                "x-ratelimit-resource": "core",
                "x-github-request-id": f"DE30:{self._answered:06X}",
                "x-github-api-version-selected": _version(request),
                "x-oauth-scopes": self.scopes,
                "x-accepted-oauth-scopes": _SCOPES.get(request.path.split("/")[1], ""),
                **said.headers,
            },
        )


def _version(request: RecordedRequest) -> str:
    return request.headers.get("x-github-api-version", DEFAULT_VERSION)


async def _either(*waits: Coroutine[None, None, object]) -> None:
    """Wait for the first; the others end with it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in waits]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _transmit(said: Answer, fault: Fault, send: Send) -> None:
    headers = dict(said.headers)
    if said.status != 304:
        headers["content-length"] = str(len(said.body))
    start = {
        "type": "http.response.start",
        "status": said.status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await send(start)
    if fault.cut is not None:
        body = said.body[: fault.cut]
        await send({"type": "http.response.body", "body": body, "more_body": True})
        # In process a client sees this as it is; a server drops the connection over it.
        raise httpx.RemoteProtocolError("the connection was cut, as the fault asks")
    quarter = max(1, -(-len(said.body) // 4)) if fault.chunk_delay else max(1, len(said.body))
    for offset in range(0, len(said.body), quarter):
        chunk = said.body[offset : offset + quarter]
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(fault.chunk_delay)
    await send({"type": "http.response.body"})

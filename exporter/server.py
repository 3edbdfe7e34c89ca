"""The server: /metrics, /, /healthz and /readyz, as an ASGI application and on a socket."""

import asyncio
import contextlib
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from datetime import datetime
from typing import Any

import uvicorn

from exporter import landing
from exporter.connection import Connection
from exporter.exposition import Exposition
from exporter.metrics.page import Page
from exporter.negotiation import accepts_gzip
from exporter.poller import Poller

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

PLAIN = "text/plain; charset=utf-8"
RESERVED_DESCRIPTORS = 512
"""What connections leave of the file descriptors: for polls, files and the process itself."""

_ANSWER_BYTES = 262_144
"""Of an answer that are handed on at once, so that slow readers do not each hold a whole one."""

_AT_ONCE = 128
"""How many connections are taken in a turn of the event loop: three such fit what is reserved."""

_HTML = "text/html; charset=utf-8"
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)


class Application:
    """The ASGI application. It never asks GitHub."""

    def __init__(
        self, poller: Poller, exposition: Exposition, clock: Callable[[], datetime]
    ) -> None:
        self._poller = poller
        self._exposition = exposition
        self._clock = clock

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        method = scope["method"]
        if method not in {"GET", "HEAD"}:
            await answer(send, 405, PLAIN, b"GET and HEAD only\n", (b"allow", b"GET, HEAD"))
            return
        status, content_type, body, *headers = await self._of_path(scope)
        await answer(send, status, content_type, body, *headers, head=method == "HEAD")

    async def _of_path(self, scope: Scope) -> tuple[Any, ...]:
        match scope["path"]:
            case "/metrics":
                return await self._metrics(scope)
            case "/":
                return 200, _HTML, await self._exposition.bodies.get("/", self._landing)
            case "/healthz":
                alive = self._poller.alive
                return _verdict(alive, "alive", "the scheduler stands still")
            case "/readyz":
                return _verdict(self._poller.ready, "ready", "not every account was asked yet")
        return 404, PLAIN, b"not found: see / for what there is\n"

    async def _landing(self, page: Page) -> bytes:
        now = self._clock()
        return await self._exposition.bodies.in_thread(lambda: landing.render(page, now).encode())

    async def _metrics(self, scope: Scope) -> tuple[Any, ...]:
        headers = _lists(scope)
        gzip = accepts_gzip(headers.get(b"accept-encoding", ""))
        body, content_type = await self._exposition.body(headers.get(b"accept", ""), gzip=gzip)
        encoding = [(b"content-encoding", b"gzip")] if gzip else []
        return 200, content_type, body, (b"vary", b"accept, accept-encoding"), *encoding


def _verdict(good: bool, yes: str, no: str) -> tuple[int, str, bytes]:
    return (200, PLAIN, f"{yes}\n".encode()) if good else (503, PLAIN, f"{no}\n".encode())


def _lists(scope: Scope) -> dict[bytes, str]:
    """Join headers that come several times, as lists."""
    found: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name, []).append(value.decode("latin-1"))
    return {name: ",".join(values) for name, values in found.items()}


async def answer(
    send: Send,
    status: int,
    content_type: str,
    body: bytes,
    *headers: tuple[bytes, bytes],
    head: bool = False,
) -> None:
    """Send a whole answer; of one to ``HEAD`` the body's length alone."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type.encode()),
                (b"content-length", str(len(body)).encode()),
                *_HEADERS,
                *headers,
            ],
        }
    )
    said = b"" if head else body
    for begin in range(0, len(said) or 1, _ANSWER_BYTES):
        piece, more = said[begin : begin + _ANSWER_BYTES], begin + _ANSWER_BYTES < len(said)
        await send({"type": "http.response.body", "body": piece, "more_body": more})


def _room() -> int:
    """Open the process to as many file descriptors as it may have, and give connections theirs."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a system that promises more than it gives
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - RESERVED_DESCRIPTORS, soft // 2)


def _connections(most: int, context: ssl.SSLContext | None) -> type[Connection]:
    return type("Connection", (Connection,), {"most": most, "context": context, "waiting": {}})


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, whose exit code they decide."""
        yield


async def serve(
    application: Asgi,
    listening: Sequence[socket.socket],
    stop: asyncio.Event,
    context: ssl.SSLContext | None = None,
) -> None:
    """Serve until ``stop``, with TLS by ``context``; then answers under way have half a second."""
    config = uvicorn.Config(
        application,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        http=_connections(_room(), context),
        ws="none",
        backlog=_AT_ONCE // len(listening),
        timeout_keep_alive=75,
    )
    server = _Server(config)

    async def end() -> None:
        await stop.wait()
        server.should_exit = True
        await asyncio.sleep(0.5)
        server.force_exit = True

    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(end())
        await server.serve(sockets=[*listening])
        ending.cancel()

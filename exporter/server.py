"""The server: /metrics, /, /healthz and /readyz, as an ASGI application and on a socket."""

import asyncio
import contextlib
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from datetime import datetime
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from exporter import landing
from exporter.exposition import Exposition
from exporter.poller import Poller

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

PLAIN = "text/plain; charset=utf-8"
REQUEST_SECONDS = 10
"""From a connection, or from a request's first byte, to the request's last."""

ANSWER_SECONDS = 60
"""To take an answer, which is far above any ``scrape_timeout``."""

RESERVED_DESCRIPTORS = 512
"""What connections leave of the file descriptors: for polls, files and the process itself."""

_AT_ONCE = 128
"""How many connections are taken in a turn of the event loop: three such fit what is reserved."""

_HTML = "text/html; charset=utf-8"
_REFUSED = {"q=0", "q=0.0", "q=0.00", "q=0.000"}
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
                return 200, _HTML, landing.render(self._poller.page(), self._clock()).encode()
            case "/healthz":
                alive = self._poller.alive
                return _verdict(alive, "alive", "the scheduler stands still")
            case "/readyz":
                return _verdict(self._poller.ready, "ready", "not every account was asked yet")
        return 404, PLAIN, b"not found: see / for what there is\n"

    async def _metrics(self, scope: Scope) -> tuple[Any, ...]:
        headers = _lists(scope)
        gzip = _accepts_gzip(headers.get(b"accept-encoding", ""))
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


def _accepts_gzip(accepted: str) -> bool:
    weights = {}
    for coding in accepted.split(","):
        name, _, weight = coding.partition(";")
        weights[name.strip().lower()] = weight.replace(" ", "").lower()
    return weights.get("gzip", weights.get("*", "q=0")) not in _REFUSED


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
    await send({"type": "http.response.body", "body": b"" if head else body})


def listen(address: tuple[str, int]) -> socket.socket:
    """Bind a listening socket; an empty host is every address, IPv6 included where there is one.

    Raises ``OSError`` where the address cannot be bound.
    """
    listening = _bound(*address)
    # Connections inherit it: a small answer would wait for the acknowledgement of its head, 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _bound(host: str, port: int) -> socket.socket:
    if not host and socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):  # a kernel without IPv6
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_AT_ONCE
            )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_AT_ONCE)


class _Connection(H11Protocol):
    """A connection that ends where its client is too slow, as others want its memory too.

    uvicorn ends those alone that say nothing after an answer. One that comes when there are
    ``most`` is ended at once.
    """

    most: int
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # theirs
        super().connection_made(transport)
        self._limit_to(REQUEST_SECONDS)
        if len(self.connections) > self.most:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._unlimit()
        elif self._limit is None:
            self._limit_to(REQUEST_SECONDS)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._unlimit()
            self._limit_to(ANSWER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unlimit()
        super().connection_lost(exc)

    def _limit_to(self, seconds: float) -> None:
        self._limit = self.loop.call_later(seconds, self.transport.abort)

    def _unlimit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


def _room() -> int:
    """Open the process to as many file descriptors as it may have, and give connections theirs."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a system that promises more than it gives
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - RESERVED_DESCRIPTORS, soft // 2)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, whose exit code they decide."""
        yield


async def serve(
    application: Asgi,
    listening: socket.socket,
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
        http=type("Connection", (_Connection,), {"most": _room()}),
        ws="none",
        backlog=_AT_ONCE,
        timeout_keep_alive=75,
        ssl_context_factory=(lambda *_: context) if context else None,
    )
    server = _Server(config)

    async def end() -> None:
        await stop.wait()
        server.should_exit = True
        await asyncio.sleep(0.5)
        server.force_exit = True

    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(end())
        await server.serve(sockets=[listening])
        ending.cancel()

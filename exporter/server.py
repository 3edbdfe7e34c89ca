"""The server: /metrics, /, /healthz and /readyz, as an ASGI application and on a socket."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from datetime import datetime
from typing import Any

import uvicorn

from exporter import landing
from exporter.exposition import Exposition
from exporter.poller import Poller

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_TEXT = "text/plain; charset=utf-8"
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
            await _answer(send, 405, _TEXT, b"GET and HEAD only\n", (b"allow", b"GET, HEAD"))
            return
        status, content_type, body, *headers = await self._of_path(scope)
        await _answer(send, status, content_type, body, *headers, head=method == "HEAD")

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
        return 404, _TEXT, b"not found: see / for what there is\n"

    async def _metrics(self, scope: Scope) -> tuple[Any, ...]:
        headers = _lists(scope)
        gzip = _accepts_gzip(headers.get(b"accept-encoding", ""))
        body, content_type = await self._exposition.body(headers.get(b"accept", ""), gzip=gzip)
        encoding = [(b"content-encoding", b"gzip")] if gzip else []
        return 200, content_type, body, (b"vary", b"accept, accept-encoding"), *encoding


def _verdict(good: bool, yes: str, no: str) -> tuple[int, str, bytes]:
    return (200, _TEXT, f"{yes}\n".encode()) if good else (503, _TEXT, f"{no}\n".encode())


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


async def _answer(
    send: Send,
    status: int,
    content_type: str,
    body: bytes,
    *headers: tuple[bytes, bytes],
    head: bool = False,
) -> None:
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
    host, port = address
    if not host and socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):  # a kernel without IPv6
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024
            )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, whose exit code they decide."""
        yield


async def serve(application: Application, listening: socket.socket, stop: asyncio.Event) -> None:
    """Serve until ``stop``; then answers under way have half a second."""
    config = uvicorn.Config(
        application,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
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
        await server.serve(sockets=[listening])
        ending.cancel()

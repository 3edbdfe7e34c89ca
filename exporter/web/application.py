"""The ASGI application: /metrics, /, /healthz and /readyz."""

from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any

from exporter.metrics.page import Page
from exporter.polling.poller import Poller
from exporter.web import landing
from exporter.web.exposition import Exposition
from exporter.web.negotiation import accepts_gzip

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

PLAIN = "text/plain; charset=utf-8"
_ANSWER_BYTES = 262_144
"""Of an answer that are handed on at once, so that slow readers do not each hold a whole one."""

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

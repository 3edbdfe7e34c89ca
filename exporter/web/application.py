"""The ASGI application: /metrics, /, /healthz and /readyz."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from exporter.polling.poller import Poller
from exporter.web import landing
from exporter.web.exposition import Exposition, packed
from exporter.web.negotiation import accepts_gzip

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

PLAIN = "text/plain; charset=utf-8"
_ANSWER_BYTES = 262_144  # per send: a slow reader does not hold the whole answer
_HTML = "text/html; charset=utf-8"
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)


@dataclass(frozen=True, slots=True)
class Application:
    """The ASGI application. It sends no requests to GitHub.

    ``amounts`` are shown on ``/``, and the sentences that ``notices`` returns.
    """

    poller: Poller
    exposition: Exposition
    clock: Callable[[], datetime]
    amounts: bool = True
    notices: Callable[[], Sequence[str]] = tuple

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, content_type, body, *headers = await self._answer(scope)
        await answer(send, status, content_type, body, *headers, head=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope) -> tuple[Any, ...]:
        if scope["method"] not in {"GET", "HEAD"}:
            return 405, PLAIN, b"only GET and HEAD are allowed\n", (b"allow", b"GET, HEAD")
        match scope["path"]:
            case "/metrics":
                return await self._metrics(scope)
            case "/":
                return await self._landing(scope)
            case "/healthz":
                return _probe(self.poller.alive, "alive", "the scheduler has stalled")
            case "/readyz":
                return _probe(self.poller.ready, "ready", "not every account has been polled yet")
        return 404, PLAIN, b"not found: try / or /metrics\n"

    async def _landing(self, scope: Scope) -> tuple[Any, ...]:
        gzip = accepts_gzip(httpx.Headers(scope["headers"]).get("accept-encoding", ""))
        body = await self.exposition.bodies.get(("/", gzip), partial(self._render, gzip=gzip))
        return 200, _HTML, body, (b"vary", b"accept-encoding"), *_encoding(gzip=gzip)

    async def _render(self, *, gzip: bool) -> bytes:
        page, now, notices = self.poller.page(), self.clock(), self.notices()

        def rendered() -> bytes:
            html = landing.render(page, now, amounts=self.amounts, notices=notices).encode()
            return packed([html]) if gzip else html

        return await self.exposition.bodies.in_thread(rendered)

    async def _metrics(self, scope: Scope) -> tuple[Any, ...]:
        headers = httpx.Headers(scope["headers"])
        gzip = accepts_gzip(headers.get("accept-encoding", ""))
        body, content_type = await self.exposition.body(headers.get("accept", ""), gzip=gzip)
        vary = (b"vary", b"accept, accept-encoding")
        return 200, content_type, body, vary, *_encoding(gzip=gzip)


def _encoding(*, gzip: bool) -> list[tuple[bytes, bytes]]:
    return [(b"content-encoding", b"gzip")] if gzip else []


def _probe(good: bool, yes: str, no: str) -> tuple[int, str, bytes]:
    return (200, PLAIN, f"{yes}\n".encode()) if good else (503, PLAIN, f"{no}\n".encode())


async def answer(
    send: Send,
    status: int,
    content_type: str,
    body: bytes,
    *headers: tuple[bytes, bytes],
    head: bool = False,
) -> None:
    """Send an answer; only its headers if ``head``."""
    described = (
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    )
    all_headers = [*described, *_HEADERS, *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    size = 0 if head else len(body)
    for begin in range(0, size or 1, _ANSWER_BYTES):
        end = min(begin + _ANSWER_BYTES, size)
        piece = {"type": "http.response.body", "body": body[begin:end], "more_body": end < size}
        await send(piece)

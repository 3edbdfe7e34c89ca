"""A client's connection: limits of time and size, TLS, HTTP."""

import asyncio
import ssl
import time
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 10  # from accept or the first byte of a request to its last byte
ANSWER_SECONDS = 60  # for the client to read an answer; far above any scrape_timeout
_REQUEST_BYTES = 16_384
_HEADER_FIELDS = 100
_TLS_HANDSHAKE = 0x16  # the first byte of a TLS client (RFC 8446, section 5.1)


@dataclass(slots=True)
class _Deadline:
    seconds: float
    late: Callable[[], None]
    _timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.seconds, self.late)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@lru_cache(1)
def _dated(second: int) -> list[tuple[bytes, bytes]]:
    return [(b"date", formatdate(second, usegmt=True).encode())]


class Connection(HttpToolsProtocol):
    """A connection that is closed if its client is too slow or sends too much.

    The limits apply from accept on, so they include the TLS handshake. If ``most`` connections
    are open, a new one replaces the oldest that has not completed a request. A client that sends
    another request before its answer is complete gets only that answer.
    """

    most: int
    context: ssl.SSLContext | None
    waiting: dict["Connection", None]
    """Connections without a complete request so far, oldest first."""
    _request: _Deadline
    _answer: _Deadline
    _in_request = False
    _received = 0
    _answering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Set the socket's transport; later, after the handshake, that of TLS."""
        accepted = self.transport is None
        super().connection_made(transport)
        if accepted:
            self._request = _Deadline(REQUEST_SECONDS, self._abort)
            self._answer = _Deadline(ANSWER_SECONDS, self._abort)
            self._request.start()
            self.waiting[self] = None
            if len(self.connections) > self.most:
                oldest = next(iter(self.waiting))
                del self.waiting[oldest]
                oldest.transport.abort()
        if not self._tls_ahead:
            # Pause on the first unsent byte, so that the deadline starts; 0 would stall TLS.
            transport.set_write_buffer_limits(1)

    def _abort(self) -> None:
        self.transport.abort()

    @property
    def _tls_ahead(self) -> ssl.SSLContext | None:
        """The TLS context before the handshake, else None."""
        return self.context if self.scheme == "http" else None

    def data_received(self, data: bytes) -> None:
        self.server_state.default_headers = _dated(int(time.time()))
        if context := self._tls_ahead:
            self._shake_hands(context, data)
            return
        # In pieces: a large request must not be parsed before its size is checked.
        while data and not self.transport.is_closing():
            self._request.start()
            room = _REQUEST_BYTES - self._received
            piece, data = data[:room], data[room:]
            super().data_received(piece)
            self._received = self._received + len(piece) if self._in_request else 0
            if self._received == _REQUEST_BYTES:
                self._received = 0
                self.send_400_response("Request too large.")

    def _shake_hands(self, context: ssl.SSLContext, said: bytes) -> None:
        if said[0] != _TLS_HANDSHAKE:
            self.send_400_response("This port requires TLS: use https.")
            return
        tls = _Tls(self, context)
        self.transport.set_protocol(tls)
        tls.connection_made(self.transport)
        while said:
            buffer = tls.get_buffer(len(said))
            piece, said = said[: len(buffer)], said[len(buffer) :]
            buffer[: len(piece)] = piece
            tls.buffer_updated(len(piece))

    def on_message_begin(self) -> None:
        if self._answering:
            raise ValueError("request before the answer to the previous one")
        super().on_message_begin()
        self._in_request = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) == _HEADER_FIELDS:
            raise ValueError("too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if version not in {"1.0", "1.1"} or hosts > 1 or (version == "1.1" and not hosts):
            raise ValueError("HTTP/1.1 needs one Host header, HTTP/1.0 at most one")
        super().on_headers_complete()
        self._answering = True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_request = False
        self._request.stop()
        self.waiting.pop(self, None)

    def send_400_response(self, msg: str) -> None:
        """Refuse a malformed request, or close after the answer that is in progress."""
        if self._answering:
            # Keep reading: closing with unread data resets the connection and loses the answer.
            self._request.stop()
            self.cycle.keep_alive = False
        elif not self.transport.is_closing():
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer.start()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._answering:
            self._answer.stop()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._answering = False
        if not self.flow.write_paused:
            self._answer.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._request.stop()
        self._answer.stop()
        self.waiting.pop(self, None)
        super().connection_lost(exc)


class _Tls(SSLProtocol):
    """asyncio's TLS with a small buffer, and an alert to the client if the handshake fails."""

    max_size = 4_096  # asyncio allocates 256 KiB before the handshake

    def __init__(self, connection: Connection, context: ssl.SSLContext) -> None:
        waiter = None  # connection_made is called instead
        super().__init__(connection.loop, connection, context, waiter, server_side=True)  # type: ignore[arg-type]  # asyncio accepts None
        self._connection = connection

    def _on_handshake_complete(self, handshake_exc: BaseException | None) -> None:
        self._process_outgoing()  # type: ignore[attr-defined]  # else the alert is dropped
        super()._on_handshake_complete(handshake_exc)

    def connection_lost(self, exc: Exception | None) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_lost(exc)
        if self._connection.scheme == "http":  # asyncio calls it only after the handshake
            self._connection.connection_lost(exc)

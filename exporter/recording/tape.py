"""A tape: takes what passes between the exporter and GitHub, in memory."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx

LIMIT = 32 * 1024 * 1024
"""Maximum bytes of an answer as sent, usually compressed."""

CUT = "ReadTimeout"
"""Failure of an answer that was not read to its end."""


@dataclass(slots=True)
class Taken:
    """A request and its answer. ``failure`` is the class of the error that ended it, if any."""

    method: str
    url: httpx.URL
    endpoint: str
    post: bytes
    status: int | None = None
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytearray = field(default_factory=bytearray)
    size: int = 0
    failure: str = CUT
    seconds: float = 0.0


class Tape:
    """All that passed the transports that it taps, in the order of the requests."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []

    def tap(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return _Tapped(transport, self.taken)


class _Tapped(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, taken: list[Taken]) -> None:
        self._transport = transport
        self._taken = taken

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        endpoint = str(request.extensions.get("endpoint", ""))
        taken = Taken(request.method, request.url, endpoint, request.content)
        self._taken.append(taken)
        started = time.perf_counter()
        try:
            response = await self._transport.handle_async_request(request)
        except BaseException as error:
            _failed(taken, error)
            raise
        finally:
            taken.seconds = time.perf_counter() - started
        taken.status, taken.headers = response.status_code, response.headers
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101  (for the types)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Stream(response.stream, taken, started),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._transport.aclose()


@dataclass
class _Stream(httpx.AsyncByteStream):
    stream: httpx.AsyncByteStream
    taken: Taken
    started: float

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = self.taken
        try:
            async for chunk in self.stream:
                taken.size += len(chunk)
                if taken.size <= LIMIT:
                    taken.body += chunk
                yield chunk
            taken.failure = ""
        except Exception as error:
            _failed(taken, error)
            raise
        finally:
            taken.seconds = time.perf_counter() - self.started

    async def aclose(self) -> None:
        await self.stream.aclose()


def _failed(taken: Taken, error: BaseException) -> None:
    name = type(error).__name__
    taken.failure = name if isinstance(error, httpx.TransportError) else CUT

"""Bodies of answers: read within limits and decoded."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import httpx
import msgspec

from exporter.github import errors, nesting

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Element = TypeVar("Element", bound=msgspec.Struct)

LIMIT = 32 * 1024 * 1024
"""Maximum bytes of an answer, decompressed."""

HTML = "HTML instead of JSON"
"""Detail of the failure for a page instead of an answer."""

VALUES = 500_000
"""Maximum values of an answer, counted by commas and brackets."""

PIECE = 256 * 1024
"""Bytes decompressed per step."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_PLAIN_TEXT = 1024
"""Maximum bytes of a plain-text refusal, such as that without a User-Agent."""

_GZIP = zlib.MAX_WBITS | 16


class Decoder(Protocol[T_co]):
    """Decodes a body from chunks. Each method may raise `InvalidPayload`.

    ``due`` returns the work to do before the next chunk, piece by piece. That work and ``close``
    may take long. For an ``unhurried`` body only the gaps between chunks are limited.
    """

    unhurried: bool = False

    def feed(self, chunk: bytes) -> None: ...
    def close(self) -> T_co: ...
    def due(self) -> Callable[[], None] | None:
        return None


class Whole(Decoder[T]):
    """Collects a body of at most `LIMIT` bytes and decodes it at the end."""

    def __init__(self, model: type[T], endpoint: str) -> None:
        self._model = model
        self._endpoint = endpoint
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > LIMIT:
            raise _invalid(f"the body is larger than {LIMIT // 1024**2} MiB", self._endpoint)

    def close(self) -> T:
        return decode(bytes(self._body), self._model, self._endpoint)


async def chunks(response: httpx.Response, endpoint: str) -> AsyncIterator[bytes]:
    """Yield a body in decompressed pieces. Raises `InvalidPayload` if wrongly compressed."""
    # httpx would decompress each read at once, possibly to a thousand times its size.
    encoding = response.headers.get("content-encoding", "identity").lower()
    miscompressed = _invalid("the body is not compressed as requested", endpoint)
    if encoding not in {"gzip", "identity"}:
        raise miscompressed
    member = zlib.decompressobj(_GZIP)  # there may be several (RFC 1952)
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101  (for the types)
    try:
        async for read in response.stream:
            if encoding == "identity":
                yield read
                continue
            left = read
            while left:
                if member.eof:
                    member = zlib.decompressobj(_GZIP)
                yield member.decompress(left, PIECE)
                await asyncio.sleep(0)  # let other tasks run
                left = member.unused_data or member.unconsumed_tail
    except zlib.error:
        raise miscompressed from None
    if encoding == "gzip" and not member.eof:
        raise miscompressed


async def read_refusal(response: httpx.Response, endpoint: str) -> bytes:
    """Return the body of a refusal, empty if too long or wrongly compressed."""
    content = bytearray()
    try:
        async for chunk in chunks(response, endpoint):
            content += chunk
            if len(content) > LIMIT:
                return b""
    except errors.InvalidPayload:
        return b""
    return bytes(content)


def decode(body: bytes, model: type[T], endpoint: str) -> T:
    """Decode a body. Raises `InvalidPayload` with the field and its type, never a value.

    NaN and infinities are invalid. The last of duplicate keys counts.
    """
    opened = body.count(b"[") + body.count(b"{")  # at least the depth: counts those in strings, too
    if opened + body.count(b",") > VALUES:
        raise _invalid(f"more than {VALUES:,} values", endpoint)
    decoded = _decoded(body, model, endpoint)
    if opened > nesting.DEPTH:
        try:
            nesting.check(body)
        except nesting.TooDeep as error:
            raise _invalid(str(error), endpoint) from None
    return decoded


def _decoded(body: bytes, model: type[T], endpoint: str) -> T:
    try:
        return msgspec.json.decode(body, type=model)
    except UNREADABLE as error:
        if is_html(body):
            raise _invalid(HTML, endpoint) from None
        known = isinstance(error, msgspec.DecodeError)
        raise _invalid(str(error) if known else "invalid JSON", endpoint) from None


def _invalid(detail: str, endpoint: str) -> errors.InvalidPayload:
    return errors.InvalidPayload(detail=detail, endpoint=endpoint, status=200)


def longest_list(payload: object) -> int:
    """Return the length of a list, or of the longest list in a payload's fields."""
    if isinstance(payload, list):
        return len(payload)
    fields = msgspec.structs.astuple(payload) if isinstance(payload, msgspec.Struct) else ()
    return max((len(each) for each in fields if isinstance(each, list)), default=0)


def is_html(body: bytes) -> bool:
    """Return whether a body looks like HTML; JSON never starts with ``<``."""
    return body[:_PLAIN_TEXT].lstrip().startswith(b"<")


@dataclass
class Understood(Generic[Element]):
    """Decodes the elements of a list one by one, across its pages, and skips invalid ones.

    Only for lists of independent elements: a sum with a part missing would be wrong. ``found``
    holds the valid elements: those that decode as ``model`` and whose texts pass ``fits``.
    ``others`` counts the rest.
    """

    model: type[Element]
    endpoint: str
    fits: Callable[[str], bool] = lambda _: True
    found: list[Element] = field(default_factory=list, init=False)
    others: int = field(default=0, init=False)
    fault: errors.InvalidPayload | None = field(default=None, init=False)

    def add(self, elements: Iterable[msgspec.Raw | bytes] | None) -> list[Element]:
        """Decode the elements of a page and return the valid ones."""
        before = len(self.found)
        for element in elements or ():
            try:
                self.found.append(self._understood(bytes(element)))
            except errors.InvalidPayload as error:
                self.fault = self.fault or error
                self.others += 1
        return self.found[before:]

    def check(self) -> None:
        """Raise `InvalidPayload` if there were elements but no valid ones."""
        if self.fault is not None and not self.found:
            raise self.fault

    def _understood(self, element: bytes) -> Element:
        decoded = _decoded(element, self.model, self.endpoint)
        for value in msgspec.structs.astuple(decoded):
            text = ",".join(value) if isinstance(value, tuple) else value
            if isinstance(text, str) and not self.fits(text):
                raise _invalid("a string is too long", self.endpoint)
        return decoded


def message(body: bytes) -> str:
    """Return the ``message`` of an error's body, or its plain text; empty for HTML."""
    if len(body) > 64 * 1024:
        return ""
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        text = body[:_PLAIN_TEXT].decode(errors="replace")
        return "" if "<" in text else text
    found = content.get("message") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""

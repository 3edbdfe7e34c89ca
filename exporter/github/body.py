"""The body of an answer: read up to a limit, decoded strictly, or searched for its message."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Generic, Protocol, TypeVar

import httpx
import msgspec

from exporter.github import errors

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LIMIT = 32 * 1024 * 1024
"""Bytes after decompression; no answer that is decoded whole comes near it."""

Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
"""A number as GitHub sends them: integers, floats, negative ones. No bill is beyond the limits,
and within them no sum overflows."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_LOOKED_THROUGH = 4 * 1024 * 1024
"""Bytes in which keys that are said twice are looked for, as that takes twenty times the memory."""

_PLAIN_TEXT = 1024
"""Bytes looked at where a refusal is no JSON, as that of a request without a User-Agent."""

_NO_JSON = "no readable JSON"
_MISCOMPRESSED = "the body is not compressed as asked for"


class Decoder(Protocol[T_co]):
    """Makes a payload of a body that comes in chunks; both methods may raise `InvalidPayload`.

    ``unhurried`` bodies may take as long as they like, but for the gaps.
    """

    @property
    def unhurried(self) -> bool: ...
    def feed(self, chunk: bytes) -> None: ...
    def close(self) -> T_co: ...


class Whole(Generic[T]):
    """Keeps a body of at most `LIMIT` bytes and decodes it in the end: a `Decoder`."""

    unhurried = False

    def __init__(self, model: type[T], endpoint: str) -> None:
        self._model = model
        self._endpoint = endpoint
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        _append(self._body, chunk, self._endpoint, 200)

    def close(self) -> T:
        return decode(bytes(self._body), self._model, self._endpoint)


async def chunks(response: httpx.Response, endpoint: str) -> AsyncIterator[bytes]:
    """Give the decompressed pieces of a body. `InvalidPayload` where it is not as asked for."""
    # Gzip within gzip would make gigabytes of one piece, before any limit is seen.
    encoding = response.headers.get("content-encoding", "identity").lower()
    miscompressed = errors.InvalidPayload(
        detail=_MISCOMPRESSED, endpoint=endpoint, status=response.status_code
    )
    if encoding not in {"gzip", "identity"}:
        raise miscompressed
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.DecodingError:
        raise miscompressed from None


async def read_refusal(response: httpx.Response, endpoint: str) -> bytes:
    """Read the body of an answer that is no 200: its status says what it means.

    One that is too long or not compressed as asked for is as good as none.
    """
    content = bytearray()
    try:
        async for chunk in chunks(response, endpoint):
            _append(content, chunk, endpoint, response.status_code)
    except errors.InvalidPayload:
        return b""
    return bytes(content)


def _append(body: bytearray, chunk: bytes, endpoint: str, status: int) -> None:
    body += chunk
    if len(body) > LIMIT:
        raise errors.InvalidPayload(
            detail=f"a body of more than {LIMIT // 1024**2} MiB", endpoint=endpoint, status=status
        )


def decode(body: bytes, model: type[T], endpoint: str) -> T:
    """Decode a body. `InvalidPayload` names the field and its type, never a value.

    NaN and infinities are no JSON and no numbers here. Where an object says a key twice, nobody
    knows which of them is true, and the body is no answer; in one of more than 4 MiB it is not
    looked for, and the last counts.
    """
    decoded = _decoded(body, model, endpoint)
    try:
        if len(body) <= _LOOKED_THROUGH:
            json.loads(body, object_pairs_hook=_once, parse_int=_nothing, parse_float=_nothing)
    except (*UNREADABLE, ValueError) as error:
        detail = str(error) if isinstance(error, _SaidTwice) else _NO_JSON
        raise errors.InvalidPayload(detail=detail, endpoint=endpoint, status=200) from None
    return decoded


def _decoded(body: bytes, model: type[T], endpoint: str) -> T:
    try:
        return msgspec.json.decode(body, type=model)
    except UNREADABLE as error:
        detail, hint = str(error) if isinstance(error, msgspec.DecodeError) else _NO_JSON, ""
        if is_html(body):
            detail, hint = "a page of HTML, not JSON", errors.WRONG_ADDRESS
        raise errors.InvalidPayload(
            detail=detail, hint=hint, endpoint=endpoint, status=200
        ) from None


def is_html(body: bytes) -> bool:
    """Whether a body looks like a page for people; JSON never begins so."""
    return body[:_PLAIN_TEXT].lstrip().startswith(b"<")


class Understood(Generic[T]):
    """Decodes the elements of a list one by one, from as many pages as it has.

    It is for lists whose elements stand for themselves: a sum without one of its parts would lie.
    ``found`` are the elements that are a ``model``, ``others`` counts those that are not.
    """

    def __init__(self, model: type[T], endpoint: str) -> None:
        self._model = model
        self._endpoint = endpoint
        self._fault: errors.InvalidPayload | None = None
        self.found: list[T] = []
        self.others = 0

    def add(self, elements: Iterable[msgspec.Raw | bytes] | None) -> list[T]:
        """Decode the elements of a page, and return those that could be decoded."""
        before = len(self.found)
        for element in elements or ():
            try:
                self.found.append(_decoded(bytes(element), self._model, self._endpoint))
            except errors.InvalidPayload as error:
                self._fault = self._fault or error
                self.others += 1
        return self.found[before:]

    def check(self) -> None:
        """Raise `InvalidPayload` if none of the elements could be decoded."""
        if self._fault is not None and not self.found:
            raise self._fault


class _SaidTwice(ValueError):
    """An object has a key twice."""


def _once(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _SaidTwice("JSON is ambiguous: an object says a key twice")


def _nothing(_: str) -> None: ...


def message(body: bytes) -> str:
    """Find the ``message`` of an error's body, or its plain text; empty where it is HTML."""
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        text = body[:_PLAIN_TEXT].decode(errors="replace")
        return "" if "<" in text else text
    found = content.get("message") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""

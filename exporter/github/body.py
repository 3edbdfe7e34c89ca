"""The body of an answer: read up to a limit, decoded strictly, or searched for its message."""

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


async def read(response: httpx.Response, endpoint: str) -> bytes:
    """Read a body whole. `InvalidPayload` where it is longer than `LIMIT`."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        _append(body, chunk, endpoint, response.status_code)
    return bytes(body)


def _append(body: bytearray, chunk: bytes, endpoint: str, status: int) -> None:
    body += chunk
    if len(body) > LIMIT:
        raise errors.InvalidPayload(
            detail=f"a body of more than {LIMIT // 1024**2} MiB", endpoint=endpoint, status=status
        )


def decode(body: bytes, model: type[T], endpoint: str) -> T:
    """Decode a body. `InvalidPayload` names the field and its type, never a value.

    NaN and infinities are no JSON and no numbers here; of duplicate keys the last wins.
    """
    try:
        return msgspec.json.decode(body, type=model)
    except UNREADABLE as error:
        detail = str(error) if isinstance(error, msgspec.DecodeError) else "no readable JSON"
        raise errors.InvalidPayload(detail=detail, endpoint=endpoint, status=200) from None


def message(body: bytes) -> str:
    """Find the ``message`` of an error's body; empty where there is none, as in HTML."""
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        return ""
    found = content.get("message") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""

"""The body of an answer: read up to a limit, decoded strictly, or searched for its message."""

from typing import Annotated, TypeVar

import httpx
import msgspec

from exporter.github import errors

T = TypeVar("T")

LIMIT = 32 * 1024 * 1024
"""Bytes after decompression; no answer that is decoded whole comes near it."""

Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
"""A number as GitHub sends them: integers, floats, negative ones. No bill is beyond the limits,
and within them no sum overflows."""

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


async def read(response: httpx.Response, endpoint: str) -> bytes:
    """Read a body whole. `InvalidPayload` where it is longer than `LIMIT`."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LIMIT:
            raise errors.InvalidPayload(
                detail=f"a body of more than {LIMIT // 1024**2} MiB",
                endpoint=endpoint,
                status=response.status_code,
            )
    return bytes(body)


def decode(body: bytes, model: type[T], endpoint: str) -> T:
    """Decode a body. `InvalidPayload` names the field and its type, never a value.

    NaN and infinities are no JSON and no numbers here; of duplicate keys the last wins.
    """
    try:
        return msgspec.json.decode(body, type=model)
    except _UNREADABLE as error:
        detail = str(error) if isinstance(error, msgspec.DecodeError) else "no readable JSON"
        raise errors.InvalidPayload(detail=detail, endpoint=endpoint, status=200) from None


def message(body: bytes) -> str:
    """Find the ``message`` of an error's body; empty where there is none, as in HTML."""
    try:
        content = msgspec.json.decode(body)
    except _UNREADABLE:
        return ""
    found = content.get("message") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""

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

_PLAIN_TEXT = 1024
"""Bytes looked at where a refusal is no JSON, as that of a request without a User-Agent."""

_MISCOMPRESSED = "the body is not compressed as asked for"

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


async def read(response: httpx.Response, endpoint: str) -> bytes:
    """Read a body whole.

    `InvalidPayload` where it is longer than `LIMIT` or not compressed as asked for; of an answer
    that is no 200 such a body is as good as none, as its status says what it means.
    """
    content, fault = await _content(response)
    if fault and response.status_code == 200:
        raise errors.InvalidPayload(detail=fault, endpoint=endpoint, status=200)
    return content


async def _content(response: httpx.Response) -> tuple[bytes, str]:
    """Give the body, or what is wrong with it."""
    # Gzip within gzip would make gigabytes of one piece, before any limit is seen.
    if response.headers.get("content-encoding", "identity").lower() not in {"gzip", "identity"}:
        return b"", _MISCOMPRESSED
    content = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > LIMIT:
                return b"", f"a body of more than {LIMIT // 1024**2} MiB"
    except httpx.DecodingError:
        return b"", _MISCOMPRESSED
    return bytes(content), ""


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
    """Find the ``message`` of an error's body, or its plain text; empty where it is HTML."""
    try:
        content = msgspec.json.decode(body)
    except _UNREADABLE:
        text = body[:_PLAIN_TEXT].decode(errors="replace")
        return "" if "<" in text else text
    found = content.get("message") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""

"""Reading requests and sending answers by ASGI, compressed or in chunks."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from exporter.demo.answer import CSV_TYPE, Answer

# ASGI does not define the types of the values.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_GZIP = zlib.MAX_WBITS | 16


async def body_of(receive: Receive) -> bytes:
    """Return the request's body."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def packed(said: Answer, asked: Mapping[str, str]) -> Answer:
    """Return the answer compressed if the request accepts gzip; chunks stay chunks.

    Files are sent as they are stored.
    """
    if said.headers.get("content-type") == CSV_TYPE:
        return said
    if not said.body or "gzip" not in asked.get("accept-encoding", ""):
        return said
    headers = {**said.headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
    if isinstance(said.body, bytes):
        return replace(said, body=b"".join(_gzip([said.body])), headers=headers)
    return replace(said, body=_gzip(said.body), headers=headers)


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # Without a timestamp, so that equal answers have equal bytes.
    packer = zlib.compressobj(wbits=_GZIP)
    for chunk in chunks:
        if ready := packer.compress(chunk):
            yield ready
    yield packer.flush()


async def transmit(said: Answer, send: Send) -> None:
    headers = dict(said.headers)
    if said.status != 304 and isinstance(said.body, bytes):
        headers["content-length"] = str(len(said.body))
    start = {
        "type": "http.response.start",
        "status": said.status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await send(start)
    for chunk in filter(None, [said.body]) if isinstance(said.body, bytes) else said.body:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(0)  # let other tasks run between chunks
    await send({"type": "http.response.body"})

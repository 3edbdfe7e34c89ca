"""Delivery: an answer on its way through ASGI, packed or in chunks."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from exporter.demo.answer import Answer

# ASGI leaves the values of its messages open; each is given its type where it is read.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_GZIP = zlib.MAX_WBITS | 16


async def body_of(receive: Receive) -> bytes:
    """Read what was sent with the request."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def packed(said: Answer, asked: Mapping[str, str]) -> Answer:
    """Compress an answer if the request's headers accept it; one that comes in chunks stays so."""
    if not said.body or "gzip" not in asked.get("accept-encoding", ""):
        return said
    headers = {**said.headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
    if isinstance(said.body, bytes):
        return replace(said, body=b"".join(_gzip([said.body])), headers=headers)
    return replace(said, body=_gzip(said.body), headers=headers)


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Compress as little as GitHub does; without a time, so that the same is the same."""
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
        await asyncio.sleep(0)  # between two chunks others have their turn
    await send({"type": "http.response.body"})

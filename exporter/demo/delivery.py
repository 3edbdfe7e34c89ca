"""Delivery: an answer on its way through ASGI, packed, chunked, held up or cut."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, MutableMapping
from dataclasses import replace
from typing import Any

import httpx

from exporter.demo.answer import Answer
from exporter.demo.faults import Fault

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


async def held_back(event: asyncio.Event, receive: Receive) -> None:
    """Wait for the event, or for the client to go."""
    await _either(event.wait(), _disconnected(receive))


async def _either(*waits: Coroutine[None, None, object]) -> None:
    """Wait for the first; the others end with it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in waits]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def packed(said: Answer) -> Answer:
    """Compress an answer; one that comes in chunks stays so."""
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


async def transmit(said: Answer, fault: Fault, send: Send) -> None:
    """Send an answer; raise ``httpx.RemoteProtocolError`` where the fault cuts it."""
    headers = dict(said.headers)
    if said.status != 304 and isinstance(said.body, bytes):
        headers["content-length"] = str(len(said.body))
    start = {
        "type": "http.response.start",
        "status": said.status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await send(start)
    left = fault.cut
    for chunk in _chunks(said.body, 4 if fault.chunk_delay else 1):
        shown = chunk if left is None else chunk[:left]
        await send({"type": "http.response.body", "body": shown, "more_body": True})
        if left is not None:
            left -= len(shown)
            if left == 0:
                break
        await asyncio.sleep(fault.chunk_delay)
    if fault.cut is not None:
        # In process a client sees this as it is; a server drops the connection over it.
        raise httpx.RemoteProtocolError("the connection was cut, as the fault asks")
    await send({"type": "http.response.body"})


def _chunks(body: bytes | Iterator[bytes], parts: int) -> Iterator[bytes]:
    """Give a body in so many parts, or as it comes."""
    if not isinstance(body, bytes):
        yield from body
        return
    size = max(1, -(-len(body) // parts))
    for offset in range(0, len(body), size):
        yield body[offset : offset + size]

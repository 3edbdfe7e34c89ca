"""A simulated GitHub with faults between it and its client."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx

from exporter.demo import SimulatedAccount, SimulatedGitHub, delivery
from exporter.demo.delivery import Message, Receive, Send
from tests.support.faults.fault import Fault, Faults


class FaultyGitHub(SimulatedGitHub):
    """The simulated GitHub, except for requests that meet one of ``faults``."""

    def __init__(
        self, accounts: Sequence[SimulatedAccount], *, clock: Callable[[], datetime], **given: Any
    ) -> None:
        super().__init__(accounts, clock=clock, **given)
        self.faults = Faults()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or raise ``httpx.RemoteProtocolError`` if its fault cuts."""
        request = self._recorded(scope)
        fault = self.faults.take(self._path(request)) or Fault()
        if request.method != "GET":
            request.body = await delivery.body_of(receive)
        if fault.hang is not None:
            await _either(fault.hang.wait(), _disconnected(receive))
        await asyncio.sleep(fault.delay)
        caller = self._caller(request)
        heard = {key: value for key, value in request.query.items() if key not in fault.unheard}
        answered = self._answer(replace(request, query=heard), caller)
        said = fault.spoil(self._dressed(request, caller, answered))
        if fault.body is None:
            said = delivery.packed(said, request.headers)
        request.status = said.status
        await delivery.transmit(said, _hampered(send, fault))


def _hampered(send: Send, fault: Fault) -> Send:
    left = fault.cut

    async def hampered(message: Message) -> None:
        nonlocal left
        for part in _parts(message.get("body", b""), 4 if fault.chunk_delay else 1):
            shown = part[:left]
            await send({**message, "body": shown})
            if left is not None:
                left -= len(shown)
                if left == 0:
                    break
            await asyncio.sleep(fault.chunk_delay)
        if message["type"] == "http.response.start":
            await send(message)
        elif left == 0 or (left is not None and not message.get("more_body", False)):
            # A client in process gets this exception; a server drops the connection.
            raise httpx.RemoteProtocolError("connection cut by the fault")
        elif not message.get("more_body", False):
            await send(message)

    return hampered


def _parts(body: bytes, parts: int) -> Iterator[bytes]:
    size = max(1, -(-len(body) // parts))
    for offset in range(0, len(body), size):
        yield body[offset : offset + size]


async def _either(*waits: Coroutine[None, None, object]) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in waits]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

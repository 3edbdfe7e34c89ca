"""Bodies of answers, each made at most once a second for all clients."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_THREADS = 2
_SHARED_SECONDS = 1.0


class Bodies:
    """Keeps each body for a second: a thousand concurrent clients cost as much as one."""

    def __init__(self) -> None:
        self._bodies: dict[Hashable, asyncio.Future[bytes]] = {}
        # Not the loop's own pool: hanging DNS lookups may fill it.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="render")

    def in_thread(self, make: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        """Call a function off the event loop."""
        return asyncio.get_running_loop().run_in_executor(self._threads, make, *arguments)

    async def get(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return the body for ``key``; call ``make`` unless the last is at most a second old."""
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = asyncio.ensure_future(make())
            body.add_done_callback(lambda done: self._drop_in_a_second(key, done))
        # A client that disconnects must not cancel the body for the others.
        return await asyncio.shield(body)

    def _drop_in_a_second(self, key: Hashable, body: asyncio.Future[bytes]) -> None:
        body.get_loop().call_later(_SHARED_SECONDS, self._bodies.pop, key, None)

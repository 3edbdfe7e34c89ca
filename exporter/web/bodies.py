"""Bodies of answers, each made once for all who ask for the same."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from exporter.metrics.page import Page

T = TypeVar("T")

_THREADS = 2
_FRESH_SECONDS = 1.0


@dataclass(slots=True)
class _Shared:
    page: Page
    making: asyncio.Future[bytes]
    until: float = math.inf


class Bodies:
    """Keeps each body for a second, so that a thousand clients at once cost as much as one."""

    def __init__(self, page: Callable[[], Page]) -> None:
        self._page = page
        self._shared: dict[Hashable, _Shared] = {}
        # Of its own: look-ups of names that hang fill the loop's threads.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="render")

    def in_thread(self, make: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        """Call a function off the event loop."""
        return asyncio.get_running_loop().run_in_executor(self._threads, make, *arguments)

    async def get(self, key: Hashable, make: Callable[[Page], Awaitable[bytes]]) -> bytes:
        """Return the body for ``key``, made of the page by ``make`` if there is no fresh one."""
        loop = asyncio.get_running_loop()
        while True:
            page, shared = self._page(), self._shared.get(key)
            if shared and shared.page is page and loop.time() < shared.until:
                break
            if shared is None or shared.making.done():
                shared = self._shared[key] = _Shared(page, asyncio.ensure_future(make(page)))
                shared.making.add_done_callback(partial(self._made, key, shared))
                break
            await asyncio.wait([shared.making])  # of an older page: make one for all who came since
        # Whoever hangs up must not take the body away from the others.
        return await asyncio.shield(shared.making)

    def _made(self, key: Hashable, shared: _Shared, making: asyncio.Future[bytes]) -> None:
        loop = making.get_loop()
        shared.until = loop.time() + _FRESH_SECONDS
        loop.call_later(_FRESH_SECONDS, self._drop, key, shared)

    def _drop(self, key: Hashable, shared: _Shared) -> None:
        if self._shared.get(key) is shared:
            del self._shared[key]

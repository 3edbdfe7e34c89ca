"""Work that grows with an answer: in one thread, piece by piece, beside the event loop.

Several threads would compete with the event loop for the GIL. All work shares this thread, so each
piece must be short.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from types import coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREAD = ThreadPoolExecutor(1, thread_name_prefix="work")
_is_aside = ContextVar("is_aside", default=False)


async def work(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in the thread. A cancelled wait ends before the call does."""
    call = partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_THREAD, _undisturbed, call)


def _undisturbed(call: Callable[[], T]) -> T:
    gc.disable()  # collecting among a million new objects stops every thread
    try:
        return call()
    finally:
        gc.enable()


async def aside(
    function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a coroutine function in the thread, piece by piece. It may only await `on_loop`."""
    pieces = function(*args, **kwargs)
    piece: Callable[[], Any] = partial(pieces.send, None)
    try:
        while True:
            awaited, result = await work(_run, piece)
            if awaited is None:
                return result  # type: ignore[no-any-return]
            try:
                piece = partial(pieces.send, await awaited())
            except Exception as error:
                piece = partial(pieces.throw, error)
    finally:
        with suppress(ValueError):  # after a cancelled wait the thread may still run it
            pieces.close()


def _run(piece: Callable[[], Any]) -> tuple[Callable[[], Awaitable[Any]] | None, Any]:
    token = _is_aside.set(True)
    try:
        return piece(), None
    except StopIteration as end:
        return None, end.value
    finally:
        _is_aside.reset(token)


@coroutine
def on_loop(
    function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
) -> Generator[Any, Any, T]:
    """Await a coroutine function on the event loop, even from the thread."""
    if _is_aside.get():
        return (yield partial(function, *args, **kwargs))  # type: ignore[no-any-return]
    return (yield from function(*args, **kwargs).__await__())

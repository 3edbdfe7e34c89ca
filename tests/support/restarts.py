"""Successive processes over one state file, in virtual time."""

from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from zlib import decompress

import httpx
import msgspec

from exporter.demo import SimulatedAccount
from exporter.state.file import StateFile, opened, sealed
from exporter.state.saved import State
from tests.support.faults.fault import Fault
from tests.support.lists import Lists
from tests.support.world import World

T = TypeVar("T")

ABOUT_THE_PROCESS = "github_billing_exporter_"

ALL_FAIL = Fault.server_error()


class AtOnce(Executor):
    """Run in the caller's thread, as virtual time does not wait for others."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except OSError as error:
            future.set_exception(error)
        return future


@asynccontextmanager
async def life(
    path: Path,
    *accounts: SimulatedAccount,
    fault: Fault | None = None,
    lists: Lists | None = None,
    **fields: Any,
) -> AsyncIterator[World]:
    """Run a process that is killed without notice at the end of the block."""
    transport = httpx.MockTransport(lists) if lists else None
    with StateFile(path, AtOnce()) as state_file:
        world = World(*accounts, state_file=state_file, transport=transport, **fields)
        if lists is not None:
            lists.world = world
        if fault is not None:
            world.github.faults.add(fault)
        async with world:
            yield world


async def keep(world: World) -> None:
    assert world.app.keeper is not None
    await world.app.keeper.keep()


def bill(world: World) -> dict[Any, float]:
    return bill_of(world.samples())


def bill_of(page: Mapping[Any, float]) -> dict[Any, float]:
    """Return the samples of the bill, except the remaining days."""
    return {
        key: value
        for key, value in page.items()
        if not key[0].startswith(ABOUT_THE_PROCESS) and "remaining_days" not in key[0]
    }


def state(path: Path) -> State:
    return opened(path.read_bytes())


def rewrite(path: Path, said: State) -> None:
    path.write_bytes(sealed(msgspec.msgpack.encode(said)))


def unpacked(path: Path) -> bytes:
    """Return the decompressed content of a state file."""
    content = path.read_bytes()
    return decompress(content[content.index(b"\n") + 1 + 32 :])

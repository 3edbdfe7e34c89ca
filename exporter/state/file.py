"""State file: the last good readings on disk, so that they survive a restart in an outage."""

import asyncio
import fcntl
import hashlib
import os
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from exporter import files
from exporter.metrics.telemetry import Telemetry
from exporter.polling.discovery import Discovery
from exporter.polling.poller import Poller
from exporter.state.saved import Snapshot, State, restore

_OURS = b"github-billing-exporter state "
_MAGIC = _OURS + b"1\n"  # increment the number with each change of `State`
_DIGEST_BYTES = 32
_MOST_BYTES = 256 << 20
_UNPACKED_BYTES = 64 << 20
_UNPACKED_TIMES = 16  # a real large state grows sevenfold
_LOOK_SECONDS = 5.0
_LAST_SECONDS = 0.5
_LONGEST_REST_SECONDS = 60.0
_RESTS = 100  # times the write time: with many accounts the state changes all the time

log = structlog.get_logger()


class DamagedState(Exception):
    """A file without a trustworthy state."""


def is_foreign(path: Path) -> bool:
    """Return whether another program wrote the file. Any version of the exporter may have."""
    with suppress(OSError), path.open("rb") as file:
        begins = file.read(len(_OURS))
        return bool(begins) and begins != _OURS
    return False


def sealed(state: bytes) -> bytes:
    """Return the content of the file: its format, checksum and packed state."""
    payload = zlib.compress(state, 1)
    return _MAGIC + _digest(payload) + payload


def opened(content: bytes) -> State:
    """Return the state from `sealed` content. Raises `DamagedState` for any other."""
    if not content.startswith(_MAGIC):
        raise DamagedState("not a state of this version of the exporter")
    rest = content[len(_MAGIC) :]
    digest, payload = rest[:_DIGEST_BYTES], rest[_DIGEST_BYTES:]
    if digest != _digest(payload):
        raise DamagedState("wrong checksum: the file was truncated or changed")
    unpacking = zlib.decompressobj()
    try:
        most = max(_UNPACKED_BYTES, _UNPACKED_TIMES * len(payload))
        state = unpacking.decompress(payload, most)
        if not unpacking.eof:
            raise DamagedState("the state is truncated or too large")
        return msgspec.msgpack.decode(state, type=State)
    except (zlib.error, msgspec.MsgspecError, ValueError, RecursionError, MemoryError) as error:
        raise DamagedState("the state is invalid") from error


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST_BYTES).digest()


class StateFile(AbstractContextManager["StateFile"]):
    """The state file of one process, locked until closed. Raises ``BlockingIOError`` if locked.

    ``threads`` run the writes, which may hang with the disk.
    """

    def __init__(self, path: Path, threads: Executor | None = None) -> None:
        self.path = path
        self.threads = threads or ThreadPoolExecutor(1, thread_name_prefix="state")
        self._lock: int | None = None
        try:
            # A separate file, because each write replaces the state file.
            self._lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, files.FOR_OWNER)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise
        except OSError:
            return  # no lock needed: without write access every write fails, too
        files.remove_scratch(path)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read(self) -> State | None:
        """Return the state, or None without one. A damaged file is renamed."""
        try:
            return opened(files.read(self.path, _MOST_BYTES))
        except FileNotFoundError:
            return None
        except MemoryError:
            log.warning("state not read", file=str(self.path), detail="not enough memory")
        except OSError as error:
            log.warning("state not read", file=str(self.path), detail=error.strerror)
        except DamagedState as error:
            aside = self.path.with_name(f"{self.path.name}.damaged")
            with suppress(OSError):
                self.path.replace(aside)
            log.warning("state set aside", file=str(self.path), detail=str(error), aside=str(aside))
        return None

    def write(self, state: bytes) -> None:
        """Write a packed state. Raises ``OSError`` and keeps the old file."""
        files.write_atomically(self.path, sealed(state), files.FOR_OWNER)


@dataclass(slots=True, eq=False)
class StateKeeper:
    """Saves the poller's readings to a state file, off the event loop and not too often.

    ``discoveries`` are those of the time: they may change.
    """

    file: StateFile
    poller: Poller
    discoveries: Sequence[Discovery]
    telemetry: Telemetry
    clock: Callable[[], datetime]
    _kept: Snapshot | None = None
    _fault: str | None = None

    def restore(self) -> None:
        """Restore the state of the previous process, before the first request."""
        state = self.file.read()
        self.telemetry.remembered(state.written if state else None)
        if state is not None:
            counts = restore(state, self.poller.accounts, self.discoveries, self.clock())
            log.info("state restored", file=str(self.file.path), **counts._asdict())
        self._kept = Snapshot.of(self.poller.accounts, self.discoveries)

    async def run(self, stop: asyncio.Event) -> None:
        """Write changes until ``stop``, then once more."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            began = loop.time()
            await self.keep()
            rest = min(_RESTS * (loop.time() - began), _LONGEST_REST_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(rest, _LOOK_SECONDS)):
                    await stop.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self.keep()

    async def keep(self) -> None:
        snapshot = Snapshot.of(self.poller.accounts, self.discoveries)
        if snapshot == self._kept:
            return
        now, loop = self.clock(), asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self.file.threads, lambda: self.file.write(snapshot.packed(now))
            )
        except OSError as error:
            self._log_change(error.strerror or type(error).__name__)
            return
        self._kept = snapshot
        self.telemetry.remembered(now)
        self._log_change(None)

    def _log_change(self, fault: str | None) -> None:
        if fault is not None and fault != self._fault:
            log.warning("state not written", file=str(self.file.path), detail=fault)
        elif fault is None and self._fault is not None:
            log.info("state written again", file=str(self.file.path))
        self._fault = fault

"""The state file: the last good readings on disk, so that a restart in an outage loses nothing."""

import asyncio
import fcntl
import hashlib
import os
import zlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec
import structlog

from exporter import files
from exporter.metrics.telemetry import Telemetry
from exporter.polling.discovery import Discovery
from exporter.polling.poller import Poller
from exporter.state.saved import Snapshot, State, restore

_MAGIC = b"github-billing-exporter state 1\n"
"""What the file begins with; the number grows with each change of what `State` holds."""

_DIGEST_BYTES = 32
_MOST_BYTES = 256 << 20
_UNPACKED_BYTES = 64 << 20
_UNPACKED_TIMES = 16
"""How much a state may grow by unpacking: a true one that is large grows sevenfold."""

_LOOK_SECONDS = 5.0
_LONGEST_REST_SECONDS = 60.0
_RESTS = 100
"""Rests are so many times as long as the writing was: with many accounts something always
changes."""

_LAST_SECONDS = 0.5

log = structlog.get_logger()


class DamagedState(Exception):
    """A file that holds no state that can be trusted; its words say why."""


def sealed(state: bytes) -> bytes:
    """Give what the file holds: what it is, the checksum, and the packed state."""
    payload = zlib.compress(state, 1)
    return _MAGIC + _digest(payload) + payload


def opened(content: bytes) -> State:
    """Read back what was `sealed`. Raises `DamagedState`, whatever else the content may be."""
    if not content.startswith(_MAGIC):
        raise DamagedState("it is no state of this version of the exporter")
    payload = content[len(_MAGIC) + _DIGEST_BYTES :]
    if content[len(_MAGIC) : len(_MAGIC) + _DIGEST_BYTES] != _digest(payload):
        raise DamagedState("its checksum is wrong: it was cut or changed")
    unpacking = zlib.decompressobj()
    try:
        most = max(_UNPACKED_BYTES, _UNPACKED_TIMES * len(payload))
        state = unpacking.decompress(payload, most)
        if not unpacking.eof:
            raise DamagedState("it is cut, or holds more than a state does")
        return msgspec.msgpack.decode(state, type=State)
    except (zlib.error, msgspec.MsgspecError, ValueError, RecursionError, MemoryError) as error:
        raise DamagedState("it does not hold what it should") from error


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST_BYTES).digest()


class StateFile:
    """The file of one process, which it holds until it is closed or ends.

    ``BlockingIOError`` where another process holds it. ``threads`` take the writing, which may
    hang with the disk.
    """

    def __init__(self, path: Path, threads: Executor | None = None) -> None:
        self.path = path
        self.threads = threads or ThreadPoolExecutor(1, thread_name_prefix="state")
        self._lock: int | None = None
        try:
            # Beside it, as each writing puts another file in its place.
            self._lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, files.FOR_OWNER)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise
        except OSError:
            return  # nothing can be spoilt if nothing can be written, which fails later
        files.remove_scratch(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read(self) -> State | None:
        """Read it; ``None`` where there is none. A damaged one is set aside and told, once."""
        try:
            return opened(files.read(self.path, _MOST_BYTES))
        except FileNotFoundError:
            return None
        except MemoryError:
            log.warning("state not read", file=str(self.path), detail="too little memory for it")
        except OSError as error:
            log.warning("state not read", file=str(self.path), detail=error.strerror)
        except DamagedState as error:
            aside = self.path.with_name(f"{self.path.name}.damaged")
            with suppress(OSError):
                self.path.replace(aside)
            log.warning("state set aside", file=str(self.path), detail=str(error), aside=str(aside))
        return None

    def write(self, state: bytes) -> None:
        """Put a packed state on disk. Raises ``OSError``; what stood there then stays."""
        files.write_atomically(self.path, sealed(state), files.FOR_OWNER)


class StateKeeper:
    """Keeps what the poller knows in a state file, off the event loop and not too often."""

    def __init__(
        self,
        file: StateFile,
        poller: Poller,
        discoveries: tuple[Discovery, ...],
        telemetry: Telemetry,
        clock: Callable[[], datetime],
    ) -> None:
        self._file = file
        self._poller = poller
        self._discoveries = discoveries
        self._telemetry = telemetry
        self._clock = clock
        self._kept: Snapshot | None = None
        self._fault: str | None = None

    def restore(self) -> None:
        """Take up what a former process has left, before anything is asked."""
        state = self._file.read()
        self._telemetry.remembered(state.written if state else None)
        if state is not None:
            told = restore(state, self._poller.accounts, self._discoveries, self._clock())
            log.info("state restored", file=str(self._file.path), **told._asdict())
        self._kept = self._snapshot()

    async def run(self, stop: asyncio.Event) -> None:
        """Write what has changed until ``stop``, and then a last time."""
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
        """Write what is known, if it has changed."""
        snapshot = self._snapshot()
        if snapshot == self._kept:
            return
        now = self._clock()
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self._file.threads, lambda: self._file.write(snapshot.packed(now))
            )
        except OSError as error:
            self._tell(error.strerror or type(error).__name__)
            return
        self._kept = snapshot
        self._telemetry.remembered(now)
        self._tell(None)

    def _snapshot(self) -> Snapshot:
        return Snapshot.of(self._poller.accounts, self._discoveries)

    def _tell(self, fault: str | None) -> None:
        """Log a fault when it begins, changes or ends, and not at every writing."""
        if fault == self._fault:
            return
        if fault is not None:
            log.warning("state not written", file=str(self._file.path), detail=fault)
        else:
            log.info("state written again", file=str(self._file.path))
        self._fault = fault

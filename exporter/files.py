"""Files: read within bounds and without a wait, written whole or not at all; and shortages."""

import errno
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

FOR_ALL = 0o644
FOR_OWNER = 0o600

MOST_SECRET = 64 << 10
"""Bytes of a token or a key."""

MOST_TEXT = 4 << 20
"""Bytes of a configuration, or of certificates."""

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 5.0

_SCRATCH = ".new"

SHORTAGE_HINT = (
    "This machine is short of file descriptors or memory, or cannot read its disk: no credential "
    "is at fault, and it goes on by itself when there is enough."
)
"""Of a shortage: no descriptors, no memory, a disk that fails."""

_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EIO}


class NotRegular(OSError):
    """A pipe, a folder or a device, which cannot be read again and again."""


class TooLarge(OSError):
    """More than the bytes that a file of its kind may hold."""


def read(path: Path, most: int) -> bytes:
    """Return the content of a regular file, without a wait for whoever writes it.

    Raises ``OSError``: `NotRegular` for pipes and their like, `TooLarge` above ``most`` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotRegular(errno.EINVAL, "it is a pipe, a folder or a device")
        # Memory by the size; files of /proc have none and hold something.
        room = min(most, max(found.st_size, MOST_SECRET)) + 1
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(room)
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise TooLarge(errno.EFBIG, f"it holds more than {most >> 10} KiB")
    return content


def read_secret(path: Path) -> str:
    """Return the text of a token or a key. Raises ``OSError`` and ``UnicodeDecodeError``."""
    return read(path, MOST_SECRET).decode()


class Watcher(Generic[T]):
    """The last result of ``look``, which is called every second in a thread of its own."""

    def __init__(self, look: Callable[[], T], *, patience: float = PATIENCE_SECONDS) -> None:
        """Wait for the first look, for ``patience`` seconds at most."""
        self._look = look
        self._patience = patience
        self._late = TimeoutError(errno.ETIMEDOUT, f"it is not read within {patience:g} s")
        self._began: float | None = time.monotonic()
        self._looked = Event()
        self._found: T
        self._error: Exception | None = self._late
        # A daemon: a file that hangs must not keep the process from its end.
        Thread(target=self._watch, name="file", daemon=True).start()
        self._looked.wait(patience)

    def __call__(self) -> T:
        """Return the result at once. Raises `fault`."""
        if (fault := self.fault) is not None:
            raise fault.with_traceback(None)  # which would grow with each raise
        return self._found

    @property
    def fault(self) -> Exception | None:
        """The exception of the last look, or ``TimeoutError`` while one takes too long."""
        began = self._began
        late = began is not None and time.monotonic() - began >= self._patience
        return self._late if late else self._error

    def _watch(self) -> None:
        while True:
            try:
                self._found, self._error = self._look(), None
            except Exception as error:
                self._error = error
            self._began = None
            self._looked.set()
            time.sleep(LOOK_SECONDS)
            self._began = time.monotonic()


@contextmanager
def in_memory(content: bytes) -> Iterator[Path]:
    """Yield a path of the content, for OpenSSL, which takes nothing else; no disk holds it."""
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        yield Path(f"/proc/self/fd/{descriptor}")


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Put the content in the file's place at once, with the permissions ``mode``.

    Raises ``OSError`` where the folder cannot be written; what stood there then stays.
    """
    descriptor, scratch = tempfile.mkstemp(_SCRATCH, f".{path.name}.", path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(mode)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def remove_scratch(path: Path) -> None:
    """Remove what a process left that was killed while it wrote the file, if it can be."""
    for scratch in path.parent.glob(f".{escape(path.name)}.*{_SCRATCH}"):
        with suppress(OSError):
            scratch.unlink()


def check_writable(path: Path) -> None:
    """Raise the ``OSError`` that writing would meet, before work is put into the content."""
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def shortage(error: BaseException | None) -> str:
    """Return the shortage that an error comes from, in the system's words, else nothing."""
    if isinstance(error, OSError) and error.errno in _SHORTAGES:
        return error.strerror or ""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(shortage, error.exceptions)), "")
    return shortage(error.__cause__ or error.__context__) if error else ""

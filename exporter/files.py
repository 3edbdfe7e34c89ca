"""Files: bounded reads that never block, atomic writes, and resource shortages."""

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
from typing import BinaryIO, Generic, TypeVar

T = TypeVar("T")

FOR_ALL = 0o644
FOR_OWNER = 0o600

MOST_SECRET = 64 << 10  # bytes of a token or a key
MOST_TEXT = 4 << 20  # bytes of a configuration, or of certificates

SHORTAGE_HINT = (
    "This machine is short of file descriptors or memory, or cannot read its disk. The credential "
    "is not the cause; the exporter recovers by itself when the shortage ends."
)

_LOOK_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0
_SCRATCH = ".new"
_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EIO}


class NotRegular(OSError):
    """A pipe, a directory or a device, which cannot be read repeatedly."""


class TooLarge(OSError):
    """A file that is larger than allowed."""


def read(path: Path, most: int) -> bytes:
    """Return the content of a regular file. Never wait for a writer.

    Raises ``OSError``: `NotRegular` for a pipe, directory or device, `TooLarge` above ``most``
    bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotRegular(errno.EINVAL, "it is a pipe, a directory or a device", str(path))
        # Reserve memory by the size. Files in /proc report 0.
        room = min(most, max(found.st_size, MOST_SECRET)) + 1
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(room)
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise TooLarge(errno.EFBIG, f"it is larger than {most >> 10} KiB", str(path))
    return content


def read_secret(path: Path) -> str:
    """Return the text of a token or a key. Raises ``OSError`` and ``UnicodeDecodeError``."""
    return read(path, MOST_SECRET).decode()


def problem(path: Path, error: OSError, verb: str = "read") -> str:
    """Return the error as ``cannot read /absolute/path: No such file or directory``."""
    reason = error.strerror or type(error).__name__
    return f"cannot {verb} {path.absolute()}: {reason}{unexpanded(path)}"


def unexpanded(path: Path) -> str:
    """Return a hint if a path begins with ``~``, which only a shell expands."""
    with suppress(RuntimeError):  # no such user
        if (home := path.expanduser()) != path:
            return f" (~ is not expanded here: write {home})"
    return ""


class Watcher(Generic[T]):
    """Calls ``look`` in a thread every second. Waits ``patience`` seconds for the first call.

    The thread calls ``changed`` after another result or another kind of error.
    """

    def __init__(self, look: Callable[[], T], *, patience: float = _PATIENCE_SECONDS) -> None:
        self._look = look
        self._patience = patience
        self._late = TimeoutError(errno.ETIMEDOUT, f"it could not be read within {patience:g} s")
        self._began: float | None = time.monotonic()
        self._looked = Event()
        self.changed: Callable[[], None] = lambda: None
        self._found: T
        self._error: Exception | None = self._late
        # A daemon thread: a read that hangs must not keep the process alive.
        Thread(target=self._watch, name="file", daemon=True).start()
        self._looked.wait(patience)

    def __call__(self) -> T:
        """Return the last result without waiting. Raises `fault`."""
        if (fault := self.fault) is not None:
            raise fault.with_traceback(None)  # the traceback would grow with each raise
        return self._found

    @property
    def fault(self) -> Exception | None:
        """The exception of the last call, or ``TimeoutError`` while a call takes too long."""
        began = self._began
        late = began is not None and time.monotonic() - began >= self._patience
        return self._late if late else self._error

    def _watch(self) -> None:
        last: object = None
        while True:
            try:
                self._found, self._error = self._look(), None
                found: object = self._found
            except Exception as error:
                self._error, found = error, type(error)
            self._began = None
            self._looked.set()
            if found != last:
                self.changed()
            last = found
            time.sleep(_LOOK_SECONDS)
            self._began = time.monotonic()


@contextmanager
def in_memory(content: bytes) -> Iterator[Path]:
    """Yield the path of a file in memory with this content. OpenSSL only reads files."""
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        yield Path(f"/proc/self/fd/{descriptor}")


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Replace the file atomically, or raise ``OSError`` and leave it unchanged."""
    with replaced(path, mode) as file:
        file.write(content)


@contextmanager
def replaced(path: Path, mode: int, folder: Path | None = None) -> Iterator[BinaryIO]:
    """Yield a temporary file that replaces ``path`` if the block succeeds.

    ``folder`` is that of the temporary file, on the same disk. Default that of ``path``.
    """
    descriptor, name = tempfile.mkstemp(_SCRATCH, f".{path.name}.", folder or path.parent)
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        scratch.chmod(mode)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def remove_scratch(path: Path) -> None:
    """Remove the temporary files of interrupted writes. Ignore errors."""
    for scratch in path.parent.glob(f".{escape(path.name)}.*{_SCRATCH}"):
        with suppress(OSError):
            scratch.unlink()


def check_writable(path: Path) -> None:
    """Raise the ``OSError`` that writing would raise."""
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def shortage(error: BaseException | None) -> str:
    """Return the system's message if a resource shortage caused the error, else an empty string."""
    if isinstance(error, OSError) and error.errno in _SHORTAGES:
        return error.strerror or ""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(shortage, error.exceptions)), "")
    return shortage(error.__cause__ or error.__context__) if error else ""

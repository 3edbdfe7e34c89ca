"""Files: bounded reads that never wait, atomic writes, and shortages."""

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

MOST_SECRET = 64 << 10  # bytes of a token or a key
MOST_TEXT = 4 << 20  # bytes of a configuration, or of certificates

SHORTAGE_HINT = (
    "This machine is short of file descriptors or memory, or cannot read its disk: no credential "
    "is at fault, and it goes on by itself when there is enough."
)

_LOOK_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0
_SCRATCH = ".new"
_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EIO}


class NotRegular(OSError):
    """A pipe, a folder or a device, which cannot be read repeatedly."""


class TooLarge(OSError):
    """A file above its kind's bound of bytes."""


def read(path: Path, most: int) -> bytes:
    """Return the content of a regular file, without waiting for a writer.

    Raises ``OSError``: `NotRegular` for a pipe or the like, `TooLarge` above ``most`` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotRegular(errno.EINVAL, "it is a pipe, a folder or a device")
        # Reserve memory by the size, which files of /proc do not have.
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
    """Calls ``look`` every second in a thread; the first result has ``patience`` seconds.

    The thread calls ``changed`` after another result or a first error.
    """

    def __init__(self, look: Callable[[], T], *, patience: float = _PATIENCE_SECONDS) -> None:
        self._look = look
        self._patience = patience
        self._late = TimeoutError(errno.ETIMEDOUT, f"it is not read within {patience:g} s")
        self._began: float | None = time.monotonic()
        self._looked = Event()
        self.changed: Callable[[], None] = lambda: None
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
    """Yield a path to the content, which no disk holds: OpenSSL reads nothing but files."""
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        yield Path(f"/proc/self/fd/{descriptor}")


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Replace the file at once, or raise ``OSError`` and leave it as it was."""
    descriptor, name = tempfile.mkstemp(_SCRATCH, f".{path.name}.", path.parent)
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        scratch.chmod(mode)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def remove_scratch(path: Path) -> None:
    """Remove the remains of writes that were killed, as far as possible."""
    for scratch in path.parent.glob(f".{escape(path.name)}.*{_SCRATCH}"):
        with suppress(OSError):
            scratch.unlink()


def check_writable(path: Path) -> None:
    """Raise the ``OSError`` that writing would raise."""
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def shortage(error: BaseException | None) -> str:
    """Return the shortage that caused an error in the system's words, else an empty text."""
    if isinstance(error, OSError) and error.errno in _SHORTAGES:
        return error.strerror or ""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(shortage, error.exceptions)), "")
    return shortage(error.__cause__ or error.__context__) if error else ""

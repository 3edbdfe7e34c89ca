"""Files written for others to read: whole or not at all."""

import os
import tempfile
from contextlib import suppress
from glob import escape
from pathlib import Path

FOR_ALL = 0o644
FOR_OWNER = 0o600

_SCRATCH = ".new"


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

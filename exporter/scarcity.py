"""Errors of this machine itself: no descriptors, no memory, a disk that fails."""

import errno

HINT = (
    "This machine is short of file descriptors or memory, or cannot read its disk: no credential "
    "is at fault, and it goes on by itself when there is enough."
)

_ERRORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EIO}


def shortage(error: BaseException | None) -> str:
    """Return the shortage that an error comes from, in the system's words, else nothing."""
    if isinstance(error, OSError) and error.errno in _ERRORS:
        return error.strerror or ""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(shortage, error.exceptions)), "")
    return shortage(error.__cause__ or error.__context__) if error else ""

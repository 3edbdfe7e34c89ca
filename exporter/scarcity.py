"""What this machine itself is short of, told apart from what others did wrong."""

import errno

HINT = (
    "This machine is short of file descriptors or memory, or cannot read its disk: no credential "
    "is at fault, and it goes on by itself when there is enough."
)

_ERRORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EIO}


def shortage(error: BaseException | None) -> str:
    """Name what was short where an error comes from that; empty where it does not."""
    if isinstance(error, OSError) and error.errno in _ERRORS:
        return error.strerror or ""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(shortage, error.exceptions)), "")
    return shortage(error.__cause__ or error.__context__) if error else ""

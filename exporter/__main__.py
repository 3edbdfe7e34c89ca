"""The console script ``github-billing-exporter``, and ``python -m exporter``."""

import io
import os
import signal
import sys
from typing import Any


class _Stderr(io.FileIO):
    """A file that drops unwritable data: a full disk ends nothing."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def main() -> None:
    """Run the command line. Exit 0 on a signal during its import, too."""
    # Without handlers process 1 of a container ignores signals.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(0))
    # If it is closed, the null device takes its number before a socket does.
    number = sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_WRONLY)
    stderr = io.BufferedWriter(_Stderr(number, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(stderr, errors="backslashreplace", line_buffering=True)
    from exporter import cli  # noqa: PLC0415  (loading it takes most of the start)

    cli.main()


if __name__ == "__main__":
    main()

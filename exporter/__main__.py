"""The console script ``github-billing-exporter``, and ``python -m exporter``."""

import io
import os
import signal
import sys
from typing import Any


class _Stderr(io.FileIO):
    """A file that drops unwritable data, so that a full disk does not end the process."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def main() -> None:
    """Run the CLI. Exit 0 on a signal during import, too."""
    # Process 1 of a container ignores signals without a handler.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(0))
    # If stderr is closed, open the null device before a socket takes its number.
    number = sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_WRONLY)
    stderr = io.BufferedWriter(_Stderr(number, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(stderr, errors="backslashreplace", line_buffering=True)
    from exporter import cli  # noqa: PLC0415  (takes most of the startup time)

    cli.main()


if __name__ == "__main__":
    main()

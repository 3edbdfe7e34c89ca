"""The console script ``github-billing-exporter``, and ``python -m exporter``."""

import signal
import sys


def main() -> None:
    """Run the command line, and end well by a signal that comes while it is loaded.

    As process 1 of a container it would be deaf to that one.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    from exporter import cli  # noqa: PLC0415  (loading it takes most of the start)

    cli.main()


if __name__ == "__main__":
    main()

"""Logging to stderr: one event per line, for people or as JSON, without secrets."""

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog import dev, processors, stdlib
from structlog.typing import EventDict, Processor, WrappedLogger

_SHORTEST_SECRET = 8  # characters; a shorter one may be a word, and no token is that short
_MOST_WAITING = 1_000
_LAST_SECONDS = 1.0
_FIRST = ("timestamp", "level", "event")


def configure(
    level: str,
    form: str | None,
    secrets: Callable[[], list[str]],
    dropped: Callable[[], None] | None = None,
    color: str = "auto",
) -> None:
    """Set up logging of the process and its libraries.

    ``form`` is ``human`` or ``json``; ``None`` is human on a terminal, else JSON. ``secrets`` are
    replaced with stars everywhere, including tracebacks. With ``dropped``, logging never blocks:
    lines that cannot be written are dropped, and ``dropped`` is called for each. ``color`` is
    ``always``, ``never`` or ``auto``: on a terminal, unless ``NO_COLOR`` is set.
    """
    human = form == "human" or (form is None and sys.stderr.isatty())
    shared: list[Processor] = [
        stdlib.add_log_level,
        processors.TimeStamper(fmt="iso", utc=True),
        processors.format_exc_info,
        _stars(secrets),
    ]
    renderer: Processor = processors.JSONRenderer()
    if human:
        renderer = dev.ConsoleRenderer(colors=_is_colored(color))
    handler = _Unhurried(sys.stderr, dropped) if dropped else logging.StreamHandler(sys.stderr)
    last = [stdlib.ProcessorFormatter.remove_processors_meta, _first_things_first, renderer]
    handler.setFormatter(stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers = [handler]
    set_level(level)
    for chatty in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns of every malformed request: anyone could fill the disk.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    structlog.configure(
        [stdlib.filter_by_level, *shared, stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=stdlib.LoggerFactory(),
        wrapper_class=stdlib.BoundLogger,
    )


def set_level(level: str) -> None:
    logging.getLogger().setLevel(level.upper())


class _Unhurried(logging.Handler):
    """Writes lines in a thread. Drops new lines while too many are waiting.

    Unlike `logging.handlers.QueueListener`, the thread holds no lock while it writes: the process
    can end even if a write hangs.
    """

    def __init__(self, stream: TextIO, dropped: Callable[[], None]) -> None:
        super().__init__()
        self._stream = stream
        self._dropped = dropped
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if self._lines.qsize() < _MOST_WAITING:
            self._lines.put(self.format(record))
        else:
            self._dropped()

    def close(self) -> None:
        """Write the waiting lines, for at most one second."""
        self._lines.put(None)
        self._thread.join(_LAST_SECONDS)
        super().close()

    def _write(self) -> None:
        for line in iter(self._lines.get, None):
            rest = f"{line}\n".encode(self._stream.encoding, "backslashreplace")
            try:
                while rest:
                    rest = rest[os.write(self._stream.fileno(), rest) :]
            except OSError:
                self._dropped()


def _is_colored(color: str) -> bool:
    if color != "auto":
        return color == "always"
    unwanted = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"  # no-color.org
    return sys.stderr.isatty() and not unwanted


def _first_things_first(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: event[key] for key in _FIRST if key in event} | dict(event)


def _stars(secrets: Callable[[], list[str]]) -> Processor:
    def star(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        hidden = [secret for secret in secrets() if len(secret) >= _SHORTEST_SECRET]
        for key, value in event.items():
            for secret in hidden if isinstance(value, str) else ():
                event[key] = event[key].replace(secret, "***")
        return event

    return star

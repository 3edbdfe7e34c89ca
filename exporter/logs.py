"""Logs on stderr: one event a line, for people or as JSON, with no secret in it."""

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

_SHORTEST_SECRET = 8  # characters: a shorter one may be a word, and no token is so short
_MOST_WAITING = 1_000
_LAST_SECONDS = 1.0


def configure(
    level: str,
    form: str | None,
    secrets: Callable[[], list[str]],
    dropped: Callable[[], None] | None = None,
) -> None:
    """Set up logging of the process, libraries included.

    ``form`` is ``human`` or ``json``, ``None`` for human on a terminal. ``secrets`` are starred out
    everywhere, in tracebacks too. With ``dropped`` logging never waits for the reader of the lines:
    it is called for each lost line.
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
        renderer = dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = _Unhurried(sys.stderr, dropped) if dropped else logging.StreamHandler(sys.stderr)
    last = [stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    handler.setFormatter(stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns of every malformed request: a stranger could fill a disk.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    structlog.configure(
        [stdlib.filter_by_level, *shared, stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=stdlib.LoggerFactory(),
        wrapper_class=stdlib.BoundLogger,
    )


class _Unhurried(logging.Handler):
    """Writes lines in a thread, and drops those that come while too many wait.

    Unlike `logging.handlers.QueueListener` the thread holds no lock while it writes: if it hangs,
    the process can still end.
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
        """Write the waiting lines, for a second at most."""
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


def _stars(secrets: Callable[[], list[str]]) -> Processor:
    def star(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        hidden = [secret for secret in secrets() if len(secret) >= _SHORTEST_SECRET]
        for key, value in event.items():
            for secret in hidden if isinstance(value, str) else ():
                event[key] = event[key].replace(secret, "***")
        return event

    return star

"""Logs on stderr: one event a line, for people or as JSON, with no secret in it."""

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_STARS = "***"
_SHORTEST_SECRET = 8
"""Characters: starring shorter ones out would hide words, and no token is so short."""

_MOST_WAITING = 1_000
_LAST_SECONDS = 1.0


def configure(
    level: str,
    form: str | None,
    secrets: Callable[[], list[str]],
    dropped: Callable[[], None] | None = None,
) -> None:
    """Set up logging of the process, libraries included.

    ``form`` is ``human`` or ``json``, ``None`` for human on a terminal; ``secrets`` are starred
    out wherever they stand, in tracebacks too. With ``dropped`` nobody waits for whoever reads
    the lines: it is called for each that is lost.
    """
    human = form == "human" or (form is None and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _stars(secrets),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if human
        else structlog.processors.JSONRenderer()
    )
    handler = _Unhurried(sys.stderr, dropped) if dropped else logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns of every request that is none: whoever reaches the port could fill a disk.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class _Unhurried(logging.Handler):
    """Writes lines in a thread, and drops those that come while too many wait.

    The thread holds no lock while it writes, unlike `logging.handlers.QueueListener`: if it
    hangs, the process can still end.
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
        """Write what waits, for a second at most; `logging.shutdown` calls it at the end."""
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
            if isinstance(value, str):
                for secret in hidden:
                    value = value.replace(secret, _STARS)  # noqa: PLW2901  (starred step by step)
                event[key] = value
        return event

    return star

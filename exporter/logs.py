"""Logs on stderr: one event a line, for people or as JSON, with no secret in it."""

import logging
import sys
from collections.abc import Callable

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_STARS = "***"
_SHORTEST_SECRET = 8
"""Characters: starring shorter ones out would hide words, and no token is so short."""


def configure(level: str, form: str | None, secrets: Callable[[], list[str]]) -> None:
    """Set up logging of the process, libraries included.

    ``form`` is ``human`` or ``json``, ``None`` for human on a terminal; ``secrets`` are starred
    out wherever they stand, in tracebacks too.
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
    handler = logging.StreamHandler(sys.stderr)
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

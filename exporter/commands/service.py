"""The service of `run` and `demo`: files, sockets and shutdown."""

import asyncio
import errno
import logging
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from exporter import files
from exporter.app import App
from exporter.commands.shared import FAILED, WRONG_SETTINGS, end, faults_told
from exporter.settings import Settings
from exporter.state.file import StateFile, is_foreign
from exporter.web.server import listen

if TYPE_CHECKING:
    from exporter.web.guard import LiveWebConfig

_LEAVE_SECONDS = 0.9
_LISTEN_HINTS = {
    errno.EADDRINUSE: "stop the other process, or set another address",
    errno.EACCES: "set a port from 1024 on",
}


def state_file(settings: Settings) -> StateFile | None:
    path = settings.state.file
    if path and (problem := state_problem(path)):
        end(WRONG_SETTINGS, f"--state.file: {problem}")
    try:
        return StateFile(path) if path else None
    except BlockingIOError:
        end(FAILED, f"--state.file {path}: another process is using it: set another file")


def state_problem(path: Path) -> str:
    """Return why no process may use this state file, else an empty string."""
    if is_foreign(path):
        return (
            f"{path.absolute()} is not a state file of this program, and is left unchanged: set "
            "another path, or remove it"
        )
    try:
        files.check_writable(path)
    except PermissionError:
        return f"{path.parent.absolute()} is not writable: grant access, or set another path"
    except OSError:
        return ""  # a full or read-only disk, which may recover: the service warns
    return ""


def serve(
    settings: Settings,
    app: App,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Serve until a signal, and run ``beside``."""
    with faults_told():
        web = web_file(settings)
    address = settings.web.listen_address
    try:
        listening = listen(address)
    except OSError as error:
        told = f"--web.listen-address {address}: cannot listen: {error.strerror or error}"
        end(FAILED, f"{told}: {_LISTEN_HINTS.get(error.errno or 0, 'set another address')}")

    try:
        asyncio.run(app.run(listening, web, stopping=_leave_in_time, beside=beside))
    except* Exception:
        structlog.get_logger().exception("stopped by an unexpected error")
        _leave_in_time(FAILED)
        sys.exit(FAILED)


def web_file(settings: Settings) -> "LiveWebConfig | None":
    """Watch the web configuration file, if it is set, and return it. Raises `SettingsError`."""
    if settings.web.config.file is None:
        return None
    from exporter.web.guard import LiveWebConfig  # noqa: PLC0415  (rarely needed)

    web = LiveWebConfig(settings.web.config.file)
    web.watch()
    return web


def _leave_in_time(code: int = 0) -> None:
    # A name lookup may hang in a thread, and the exit would wait for it.
    def go() -> None:
        logging.shutdown()
        os._exit(code)

    leave = threading.Timer(_LEAVE_SECONDS, go)
    leave.daemon = True
    leave.start()

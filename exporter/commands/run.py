"""``run``: the service."""

import asyncio
import logging
import os
import sys
import threading
from typing import Any

import click
import structlog

from exporter.app import App, web_file
from exporter.commands.assembled import assembled
from exporter.commands.shared import FAILED, end, faults_told, load_settings, settings_options
from exporter.settings import Settings
from exporter.state.file import StateFile
from exporter.web.server import listen

_LEAVE_SECONDS = 0.9


@click.command()
@settings_options()
def run(**given: Any) -> None:
    """Poll GitHub on an interval and serve /metrics."""
    settings = load_settings(given)
    serve(settings, assembled(settings, state_file=state_file(settings), service=True))


def state_file(settings: Settings) -> StateFile | None:
    path = settings.state.file
    try:
        return StateFile(path) if path else None
    except BlockingIOError:
        end(FAILED, f"--state.file {path}: another process has it: give each one of its own")


def serve(settings: Settings, app: App) -> None:
    with faults_told():
        web = web_file(settings)
    address = settings.web.listen_address
    try:
        listening = listen(address)
    except OSError as error:
        end(FAILED, f"--web.listen-address {address}: cannot listen: {error.strerror or error}")

    try:
        asyncio.run(app.run(listening, web, stopping=_leave_in_time))
    except* Exception:
        structlog.get_logger().exception("ended by a fault of its own")
        _leave_in_time(FAILED)
        sys.exit(FAILED)


def _leave_in_time(code: int = 0) -> None:
    # A look-up of a name may hang in a thread, which the exit would wait for.
    def go() -> None:
        logging.shutdown()
        os._exit(code)

    leave = threading.Timer(_LEAVE_SECONDS, go)
    leave.daemon = True
    leave.start()

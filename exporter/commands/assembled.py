"""Assembles the application of a command from its settings."""

import os

import httpx
import structlog

from exporter import logs
from exporter.app import App, utc_now
from exporter.commands.shared import WRONG_SETTINGS, end
from exporter.polling.clients import Tap, credentials, untapped
from exporter.settings import LogLevel, Settings, resolved
from exporter.state.file import StateFile


def assembled(
    settings: Settings,
    *,
    process: bool = True,
    level: LogLevel | None = None,
    state_file: StateFile | None = None,
    service: bool = False,
    tap: Tap = untapped,
) -> App:
    secrets = credentials(settings, os.environ, clock=utc_now)
    try:
        app = App.assemble(settings, *secrets, process=process, state_file=state_file, tap=tap)
    except (ValueError, httpx.InvalidURL) as error:  # ValueError: hosts that IDNA forbids
        end(
            WRONG_SETTINGS,
            f"cannot create a client for GitHub ({type(error).__name__}): check --github.api-url",
        )
    configure_logs(settings, app, level, service=service)
    for doubt in resolved.doubts(settings):
        structlog.get_logger().warning("doubtful address", detail=doubt)
    return app


def configure_logs(
    settings: Settings, app: App, level: LogLevel | None = None, *, service: bool = False
) -> None:
    """Set up logging. A service drops lines instead of waiting for them to be read."""
    dropped = app.telemetry.line_dropped if service else None
    log = settings.log
    logs.configure(level or log.level, log.format, app.clients.shown, dropped, log.color)

"""Assembles the application of a command from its settings."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import structlog

from exporter import logs
from exporter.app import App, utc_now
from exporter.commands.shared import faults_told
from exporter.polling.clients import Tap, credentials, untapped
from exporter.settings import LogLevel, Settings, SettingsError, resolved
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
    with faults_told(), clients_told():
        app = App.assemble(settings, *secrets, process=process, state_file=state_file, tap=tap)
    configure_logs(settings, app, level, service=service)
    warn_of_doubts(settings)
    return app


@contextmanager
def clients_told() -> Iterator[None]:
    """Raise `SettingsError` if no client can be created for GitHub."""
    try:
        yield
    except (ValueError, httpx.InvalidURL) as error:  # ValueError: hosts that IDNA forbids
        kind = type(error).__name__
        fault = f"cannot create a client for GitHub ({kind}): check --github.api-url"
        raise SettingsError([fault]) from error


def warn_of_doubts(settings: Settings) -> None:
    for doubt in resolved.doubts(settings):
        structlog.get_logger().warning("doubtful address", detail=doubt)


def configure_logs(
    settings: Settings, app: App, level: LogLevel | None = None, *, service: bool = False
) -> None:
    """Set up logging. A service drops lines instead of waiting for them to be read."""
    dropped = app.telemetry.line_dropped if service else None
    log = settings.log
    logs.configure(level or log.level, log.format, app.clients.shown, dropped, log.color)

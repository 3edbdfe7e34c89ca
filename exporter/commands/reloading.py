"""Reads the settings again on SIGHUP, while the service runs."""

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import reduce
from typing import NamedTuple

import structlog

from exporter import logs
from exporter.app import App
from exporter.commands.assembled import clients_told, warn_of_doubts
from exporter.github.auth import Credential
from exporter.polling.clients import Transports, credentials
from exporter.settings import Settings, SettingsError

_AT_START = (
    "web.listen_address",
    "web.config.file",
    "web.no_amounts",
    "state.file",
    "log.format",
    "log.color",
)
"""Settings that need a restart."""

_PATIENCE_SECONDS = 30.0

log = structlog.get_logger()


class Hangups:
    """Remembers SIGHUP from its creation on, until `next` returns."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        # Not the loop's handler: when the loop ends, it would let the signal end the process.
        signal.signal(signal.SIGHUP, self._happens)

    async def next(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._happened.wait()
        self._happened.clear()

    def ignore(self) -> None:
        """Ignore SIGHUP from now on: an ending Python would let it end the process."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _happens(self, *_: object) -> None:
        if self._loop is None:
            self._happened.set()
        else:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._happened.set)


class _Read(NamedTuple):
    settings: Settings
    secrets: tuple[Credential, ...]
    transports: Transports


class Reloading:
    """Has the application follow the settings at each of the ``hangups``.

    ``started`` are the settings of the start, ``read`` reads them again.
    """

    def __init__(
        self, app: App, started: Settings, read: Callable[[], Settings], hangups: Hangups
    ) -> None:
        self._app = app
        self._started = started
        self._read_settings = read
        self._hangups = hangups
        # A thread of its own: reading hangs with the disk.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="settings")

    async def run(self) -> None:
        self._app.telemetry.reloaded(self._app.clock())
        try:
            while True:
                await self._hangups.next()
                await self._reload()
        finally:
            self._hangups.ignore()

    async def _reload(self) -> None:
        reading = asyncio.get_running_loop().run_in_executor(self._thread, self._read)
        await asyncio.wait({reading}, timeout=_PATIENCE_SECONDS)
        if not reading.done():
            self._failed(f"they could not be read within {_PATIENCE_SECONDS:g} s")
        try:
            read = await reading
        except SettingsError as error:
            self._failed("; ".join(error.faults))
            return
        except Exception:
            # A bug in reading settings must not end the service.
            log.exception("internal error")
            self._failed("a bug in the exporter")
            return
        logs.set_level(read.settings.log.level)
        self._app.update(*read)
        self._app.telemetry.reloaded(self._app.clock())
        warn_of_doubts(read.settings)
        if changed := [each for each in _AT_START if self._changed(each, read.settings)]:
            log.warning("restart needed", settings=", ".join(changed))

    def _read(self) -> _Read:
        settings = self._read_settings()
        with clients_told():
            secrets = credentials(settings, os.environ, clock=self._app.clock)
            try:
                return _Read(settings, secrets, self._app.clients.transports(settings))
            except OSError as error:  # a file of certificates that has changed since
                raise SettingsError([f"ca_file: {error.strerror or error}"]) from error

    def _failed(self, detail: str) -> None:
        self._app.telemetry.reloaded(None)
        log.error("settings not reloaded", detail=detail)

    def _changed(self, name: str, settings: Settings) -> bool:
        started, now = (
            reduce(getattr, name.split("."), each) for each in (self._started, settings)
        )
        return bool(started != now)

"""The application: assembled from the settings, run in one task group until a signal."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import structlog

from exporter import REVISION_VARIABLE, __version__
from exporter.files import shortage
from exporter.github import errors
from exporter.github.auth import Credential
from exporter.github.client import DOWNLOAD, Exchange
from exporter.metrics.page import Build
from exporter.metrics.telemetry import Telemetry
from exporter.polling.clients import Clients, Tap, Transports, untapped
from exporter.polling.discovery import Discovery
from exporter.polling.overlaps import warn_of_overlaps
from exporter.polling.poller import Poller
from exporter.polling.watched import Watched
from exporter.settings import ListenAddress, Settings, resolved
from exporter.state.file import StateFile, StateKeeper
from exporter.web.application import Application
from exporter.web.exposition import Exposition
from exporter.web.server import serve

if TYPE_CHECKING:
    from exporter.web.guard import LiveWebConfig

REASONS = tuple(dict.fromkeys(error.reason for error in errors.ALL))

_SILENT_SECONDS = 60.0
_NOT_RELOADED = (
    "The settings could not be reloaded: former ones are in effect. The log has the error."
)

log = structlog.get_logger()


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class App:
    """The parts of the process.

    ``amounts`` are shown on the landing page. ``seen`` has the last answered exchange of each
    credential.
    """

    poller: Poller
    telemetry: Telemetry
    clients: Clients
    discoveries: list[Discovery]
    clock: Callable[[], datetime]
    keeper: StateKeeper | None = None
    amounts: bool = True
    seen: dict[str, Exchange] = field(default_factory=dict)
    _discovering: dict[Discovery, asyncio.Task[None]] = field(default_factory=dict)
    _updated: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def assemble(
        cls,
        settings: Settings,
        *secrets: Credential,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        process: bool = True,
        notice: str = "",
        state_file: StateFile | None = None,
        tap: Tap = untapped,
    ) -> "App":
        """Assemble the parts.

        ``secrets`` are in the order of the settings' credentials. ``process`` adds ``process_*``
        and ``python_*`` metrics to the page, ``notice`` a sentence. ``state_file`` keeps the
        readings; they are restored before the first poll. ``tap`` wraps the transports.
        """
        telemetry = Telemetry(REASONS, process=process)
        telemetry.sharded(_shard(settings))
        seen: dict[str, Exchange] = {}
        observer = partial(_observe, telemetry, seen)
        clients = Clients(
            settings,
            secrets,
            observer=observer,
            clock=clock,
            sleep=sleep,
            transport=transport,
            tap=tap,
        )
        watched = _configured(settings, clients, clock())
        build = Build(__version__, os.environ.get(REVISION_VARIABLE, ""), notice)
        poller = Poller(watched, build=build, observer=telemetry, clock=clock, monotonic=monotonic)
        discoveries = [
            Discovery(each, settings, clients, poller, clock)
            for each in resolved.credentials(settings)
            if each.discover
        ]
        keeper = None
        if state_file:
            keeper = StateKeeper(state_file, poller, discoveries, telemetry, clock)
        amounts = not settings.web.no_amounts
        return cls(poller, telemetry, clients, discoveries, clock, keeper, amounts, seen)

    def update(
        self, settings: Settings, secrets: tuple[Credential, ...], transports: Transports
    ) -> None:
        """Follow other settings, at once: no page shows a part of them.

        Unchanged accounts, credentials and discoveries continue; changed accounts take over their
        readings, failures and schedule. ``transports`` are those of the clients. An exception is a
        bug and must end the process: some parts follow already, others do not.
        """
        former = {(each.credential.name, each.host): each for each in self.discoveries}
        names = {secret.name for secret in self.clients.secrets}
        self.clients.update(settings, secrets, transports)
        for name in names - {secret.name for secret in secrets}:
            self.telemetry.forget(name)
        self.telemetry.sharded(_shard(settings))
        before = {each.account.key for each in self.poller.accounts}
        accounts = _configured(settings, self.clients, self.clock())
        keys = {each.account.key for each in accounts}
        self.discoveries.clear()
        for each in resolved.credentials(settings):
            if each.discover:
                host = self.clients.own(each.name).host
                discovery = former.get((each.name, host))
                if discovery is None:
                    discovery = Discovery(each, settings, self.clients, self.poller, self.clock)
                    discovery.expect(self.poller.accounts)
                found = discovery.update(each, settings, keys)
                accounts += found
                keys |= {watched.account.key for watched in found}
                self.discoveries.append(discovery)
        for ended in self._discovering.keys() - set(self.discoveries):
            self._discovering.pop(ended).cancel()
        self.poller.update(accounts, [each.credential.name for each in self.discoveries])
        self.clients.release_all_but(
            {job.client for each in self.poller.accounts for job in each.jobs}
        )
        for discovery in self.discoveries:
            discovery.name_owners()
        self._watch_secrets(asyncio.get_running_loop())
        self._updated.set()
        now = {each.account.key for each in self.poller.accounts}
        log.info(
            "settings reloaded",
            accounts=len(now),
            added=len(now - before),
            removed=len(before - now),
        )
        warn_of_overlaps(self.poller.accounts)

    async def poll(self) -> None:
        """Poll and discover until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.poller.run())
            while True:
                self._updated.clear()
                for each in self.discoveries:
                    if each not in self._discovering:
                        self._discovering[each] = tasks.create_task(each.run())
                await self._updated.wait()

    async def once(self) -> None:
        """Discover once, then run every job once."""
        async with self.clients:
            if self.keeper:
                self.keeper.restore()
            for discovery in self.discoveries:
                await discovery.once()
            await self.poller.once()
            if self.keeper:
                await self.keeper.keep()

    def _watch_secrets(self, loop: asyncio.AbstractEventLoop) -> None:
        def changed() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self.wake)

        for secret in self.clients.secrets:
            secret.watch(changed)

    def wake(self) -> None:
        """Check now whether a credential's secret has changed."""
        self.poller.wake()
        for discovery in self.discoveries:
            discovery.wake()

    async def run(
        self,
        listening: Sequence[socket.socket],
        web: "LiveWebConfig | None" = None,
        *,
        stopping: Callable[[], None] = lambda: None,
        beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        """Poll and serve, and run ``beside``, until SIGTERM or SIGINT. Either calls ``stopping``.

        Raises an exception group if polling or serving ends without a signal.
        """
        stop = asyncio.Event()

        def end() -> None:
            stop.set()
            stopping()

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_Complaints())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)
        self._watch_secrets(loop)
        if self.keeper:
            self.keeper.restore()
        exposition = Exposition(self.poller.page, self.telemetry.registry)
        application = Application(self.poller, exposition, self.clock, self.amounts, self._notices)
        context = web.context if web else None
        if web:
            self.telemetry.web_config(lambda: web.taken)
        log.info("starting", version=__version__, accounts=len(self.poller.accounts))
        for each in listening:
            address = ListenAddress(*each.getsockname()[:2])
            url = f"{'https' if context else 'http'}://{address.reached_at}/"
            log.info("listening", url=url)
        warn_of_overlaps(self.poller.accounts)
        async with self.clients, asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self.poll())]
            if beside:
                running.append(tasks.create_task(beside()))
            if self.keeper:
                tasks.create_task(self.keeper.run(stop))
            await serve(web.guard(application) if web else application, listening, stop, context)
            if not stop.is_set():
                raise RuntimeError("the server ended without a signal")
            for task in running:
                task.cancel()
        log.info("stopped")

    def _notices(self) -> Sequence[str]:
        return (_NOT_RELOADED,) if self.telemetry.reload_failed else ()


def _shard(settings: Settings) -> tuple[int, int] | None:
    return (settings.shard.index, settings.shard.count) if settings.shard else None


def _configured(settings: Settings, clients: Clients, now: datetime) -> list[Watched]:
    found = []
    for account in resolved.accounts(settings):
        client = clients.of_account(resolved.credential_of(settings, account), account)
        found.append(Watched.of(account, client, settings, now))
    return found


class _Complaints:
    """Logs the errors of the event loop; those for lack of resources at most once a minute."""

    _silent_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        short = shortage(context.get("exception"))
        if not short:
            loop.default_exception_handler(context)
        elif loop.time() >= self._silent_until:
            self._silent_until = loop.time() + _SILENT_SECONDS
            log.warning("connections waiting", detail=short)


def _observe(telemetry: Telemetry, seen: dict[str, Exchange], exchange: Exchange) -> None:
    telemetry.requested(exchange.endpoint, exchange.status, exchange.seconds)
    if limit := exchange.rate_limit:
        telemetry.limited(exchange.credential, limit.limit, limit.remaining, limit.reset)
    if exchange.status != "error" and exchange.endpoint != DOWNLOAD:
        telemetry.expires(exchange.credential, exchange.expires)
        seen[exchange.credential] = exchange

"""The application: settings made into parts, run in one task group until a signal."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import httpx
import structlog

from exporter import __version__
from exporter.accounts import Account, overlaps
from exporter.collectors import ALL
from exporter.exposition import Exposition
from exporter.github import auth, errors
from exporter.github.client import Client, Exchange
from exporter.jobs import Job
from exporter.metrics.page import Build
from exporter.metrics.telemetry import Telemetry
from exporter.poller import Poller
from exporter.server import Application, serve
from exporter.settings import CredentialSources, Settings
from exporter.watch import Watch

REASONS = (*(error.reason for error in errors.ALL), errors.INTERNAL)
REVISION_VARIABLE = "GITHUB_BILLING_EXPORTER_REVISION"
CREDENTIAL = "default"
"""The name of the one credential."""

log = structlog.get_logger()


def utc_now() -> datetime:
    return datetime.now(UTC)


def build() -> Build:
    """Tell the build: its version, and the revision that an image was built from."""
    return Build(__version__, os.environ.get(REVISION_VARIABLE, ""))


def credential(sources: CredentialSources) -> auth.Credential | None:
    """Make the credential of the settings; ``None`` where they name no token."""
    if sources.token_file is not None:
        return auth.from_file(CREDENTIAL, sources.token_file)
    if sources.token is not None:
        return auth.from_token(CREDENTIAL, sources.token.get_secret_value())
    return None


@dataclass(frozen=True, slots=True)
class App:
    """The parts of the process. ``seen`` is the last answered exchange of each credential."""

    poller: Poller
    telemetry: Telemetry
    http: httpx.AsyncClient
    clock: Callable[[], datetime]
    seen: dict[str, Exchange] = field(default_factory=dict)

    @classmethod
    def assemble(
        cls,
        settings: Settings,
        secret: auth.Credential,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        process: bool = True,
    ) -> "App":
        """Put the parts together. ``process`` adds ``process_*`` and ``python_*`` to the page."""
        telemetry = Telemetry((c.name for c in ALL), REASONS, process=process)
        # Connecting and each read are bounded here, the whole request by the client.
        http = httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(10.0, pool=None))
        seen: dict[str, Exchange] = {}
        client = Client(
            http=http,
            base_url=settings.github.api_url,
            credential=secret,
            observer=partial(_observe, telemetry, seen),
            clock=clock,
            sleep=sleep,
        )
        poller = Poller(
            (_watch(settings, account, client, clock()) for account in settings.accounts()),
            build=build(),
            observer=telemetry,
            clock=clock,
            sleep=sleep,
        )
        return cls(poller, telemetry, http, clock, seen)

    async def run(self, listening: socket.socket) -> None:
        """Poll and serve until SIGTERM or SIGINT.

        Raises an exception group where polling or serving ends by itself.
        """
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        for warning in overlaps(watch.account for watch in self.poller.watches):
            log.warning("accounts overlap", detail=warning)
        exposition = Exposition(self.poller.page, self.telemetry.registry)
        application = Application(self.poller, exposition, self.clock)
        host, port = listening.getsockname()[:2]
        log.info(
            "listening",
            host=host,
            port=port,
            accounts=len(self.poller.watches),
            version=__version__,
        )
        async with self.http, asyncio.TaskGroup() as tasks:
            polling = tasks.create_task(self.poller.run())
            await serve(application, listening, stop)
            if not stop.is_set():
                raise RuntimeError("the server ended by itself")
            polling.cancel()
        log.info("stopped")


def _watch(settings: Settings, account: Account, client: Client, now: datetime) -> Watch:
    collectors = settings.collectors_for(account, ALL)
    return Watch(
        account=account,
        host=httpx.URL(client.base_url).host,
        jobs=[
            Job(
                account=account,
                collector=collector,
                client=client,
                settings_at=partial(settings.job, account, collector),
                due=now,
            )
            for collector in collectors
            if collector.platform is None or account.platform in {None, collector.platform}
        ],
    )


def _observe(telemetry: Telemetry, seen: dict[str, Exchange], exchange: Exchange) -> None:
    telemetry.requested(exchange.endpoint, exchange.status, exchange.seconds)
    limit = exchange.rate_limit
    if limit is not None:
        telemetry.limited(exchange.credential, limit.limit, limit.remaining, limit.reset)
    if exchange.expires is not None:
        telemetry.expires(exchange.credential, exchange.expires)
    if exchange.status != "error":
        seen[exchange.credential] = exchange

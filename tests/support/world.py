"""The exporter and a simulated GitHub in one process, in virtual time.

The clock jumps from wait to wait, so an hour takes only as long as its work. There are no real
sleeps and no patches: the exporter's clock is the event loop's.
"""

import asyncio
import contextlib
import functools
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, TypeVarTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from exporter import files
from exporter.accounts import AccountType
from exporter.app import App
from exporter.collectors import ALL
from exporter.demo import DEMO_TOKEN, SimulatedAccount
from exporter.github.auth import Credential, TokenCredential, from_token
from exporter.polling.job import Job
from exporter.settings import Settings, load
from exporter.state.file import StateFile
from exporter.web.exposition import text
from tests.support.faults.faulty_github import FaultyGitHub

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)

SPINE = (
    "usage",
    "legacy_actions",
    "legacy_packages",
    "legacy_shared_storage",
    "plan",
    "advanced_security",
)
"""The collectors whose requests are counted by tests of polling, platforms and time."""


class _JumpingSelector(selectors.DefaultSelector):
    """Skip the timeout if no file becomes ready within ``moment`` real seconds."""

    passed = 0.0
    skipped = 0

    def __init__(self, moment: float) -> None:
        super().__init__()
        self._moment = moment

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(None if timeout is None else min(timeout, self._moment))
        if not ready and timeout:
            self.passed += timeout
            self.skipped += 1
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self, moment: float = 0.0) -> None:
        self._jumping = _JumpingSelector(moment)
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed

    @property
    def waits(self) -> int:
        """Number of timeouts skipped so far."""
        return self._jumping.skipped

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Call ``func`` at once: threads take no virtual time, and every run is the same."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


def in_virtual_time(
    test: Callable[P, Awaitable[None]], *, moment: float = 0.0
) -> Callable[P, None]:
    """Make a coroutine function a test in virtual time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def scenario() -> None:
            await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=partial(VirtualTimeLoop, moment)) as runner:
            runner.run(scenario())

    return run


def virtual(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine function in virtual time."""
    in_virtual_time(scenario)()


class World:
    """An exporter that polls a simulated GitHub. Create it inside a virtual loop.

    ``collectors`` are those to run of the default ones and of those that are on with another one,
    in addition to those of ``settings``.
    ``further`` are the credentials of the entries in ``settings``, in order.
    """

    def __init__(
        self,
        *accounts: SimulatedAccount,
        start: datetime = START,
        settings: Mapping[str, object] | None = None,
        watched: Sequence[SimulatedAccount] | None = None,
        credential: Credential | None = None,
        further: Sequence[Credential] = (),
        environment: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        collectors: Collection[str] = SPINE,
        state_file: StateFile | None = None,
    ) -> None:
        self._start = start
        self._loop = asyncio.get_running_loop()
        self.step = timedelta(0)
        self.github = FaultyGitHub(accounts, clock=self.clock)
        flags: dict[str, Any] = dict(settings or {})
        usual = [each.name for each in ALL if each.default or each.beside]
        others = (name for name in usual if name not in collectors)
        wanted = flags.get("collectors", [])
        flags["no_collectors"] = [
            *flags.get("no_collectors", []),
            *(name for name in others if name not in wanted),
        ]
        for account in accounts if watched is None else watched:
            flags.setdefault(f"{account.type.value}s", []).append(account.name)
        self._flags, self._environment = flags, environment or {}
        self.settings: Settings = load(flags, self._environment, ALL)
        self._secrets = (credential or from_token("default", DEMO_TOKEN), *further)
        self.app = App.assemble(
            self.settings,
            *self._secrets,
            transport=transport or httpx.ASGITransport(self.github),
            clock=self.clock,
            monotonic=self._loop.time,
            process=False,
            state_file=state_file,
        )
        self.polls = self.app.poller.run
        self._polling: asyncio.Task[None] | None = None

    def clock(self) -> datetime:
        """Return the time; ``step`` is how far a test has set the clock."""
        return self._start + timedelta(seconds=self._loop.time()) + self.step

    async def __aenter__(self) -> "World":
        """Restore the state file, start polling, and let the first attempts end."""
        if self.app.keeper:
            self.app.keeper.restore()
        self._polling = self._loop.create_task(self.polls())
        await self.passes(seconds=1)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._polling is not None
        self._polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._polling
        await self.app.clients.aclose()

    async def passes(self, **time: float) -> None:
        """Let time pass, for example ``minutes=15``."""
        await asyncio.sleep(timedelta(**time).total_seconds())

    async def passes_until(self, moment: datetime) -> None:
        await asyncio.sleep((moment - self.clock()).total_seconds())

    async def new_pages(self, **time: float) -> AsyncIterator[None]:
        """Let time pass, and yield after every second that brings a new page."""
        end = self.clock() + timedelta(**time)
        page = None
        while self.clock() < end:
            await self.passes(seconds=1)
            if self.app.poller.page() is not page:
                page = self.app.poller.page()
                yield

    def reload(self, *secrets: Credential, **flags: object) -> None:
        """Follow the settings of the start, except for these ``flags``.

        ``secrets`` replace those of the start.
        """
        settings = load(self._flags | flags, self._environment, ALL)
        transports = self.app.clients.transports(settings)
        self.app.update(settings, secrets or self._secrets, transports)

    def replace_secret(self, file: Path, secret: str) -> None:
        """Write another secret, and wake the exporter as the watcher of the file would."""
        file.write_text(secret)
        self.app.wake()

    def text(self) -> str:
        return text(self.app.poller.page(), self.app.telemetry.registry).decode()

    def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Read the page as Prometheus would: values by name and labels."""
        found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        for family in text_string_to_metric_families(self.text()):
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in found, f"duplicate series {key}"
                found[key] = sample.value
        return found

    def series(self, name: str, **labels: str) -> dict[frozenset[tuple[str, str]], float]:
        """Return the series of a name whose labels include these."""
        name = name if name.startswith("github_billing_") else f"github_billing_{name}"
        wanted = set(labels.items())
        return {
            found: value
            for (series, found), value in self.samples().items()
            if series == name and wanted <= found
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Return the value of a series, or ``None`` if it is absent."""
        values = list(self.series(name, **labels).values())
        assert len(values) <= 1, f"{len(values)} series match {name} {labels}"
        return values[0] if values else None

    def about(self, what: str, collector: str, account: str | None = None) -> float | None:
        """Return a job's value on the page: ``success``, ``duration_seconds``, ``available``."""
        labels = {"collector": collector} | ({} if account is None else {"account": account})
        return self.value(f"exporter_collector_{what}", **labels)

    def reason(self, collector: str, account: str | None = None) -> str | None:
        """Return why a job's last attempt failed, or ``None``."""
        labels = {"collector": collector} | ({} if account is None else {"account": account})
        reasons = [
            dict(s)["reason"] for s in self.series("exporter_collector_failure_info", **labels)
        ]
        assert len(reasons) <= 1, f"{collector} failed for {reasons}"
        return reasons[0] if reasons else None

    def failures(self, collector: str, reason: str | None = None) -> float:
        """Count the failures of a collector, for one reason or all."""
        labels = {"collector": collector} | ({} if reason is None else {"reason": reason})
        return sum(self.series("exporter_collector_failures_total", **labels).values())

    def platform(self) -> str:
        """Return the platform of the only account on the page."""
        (labels,) = self.series("account_info")
        return dict(labels)["platform"]

    def job(self, collector: str, account: str | None = None) -> Job:
        return next(
            job
            for watched in self.app.poller.accounts
            for job in watched.jobs
            if job.collector.name == collector and account in {None, watched.account.name}
        )

    def asked(self, part: str) -> int:
        """Count the requests whose path contains ``part``."""
        return sum(part in request.path for request in self.github.requests)


def organization(name: str = "acme", **fields: Any) -> SimulatedAccount:
    return SimulatedAccount(AccountType.ORGANIZATION, name, **fields)


def user(name: str = "mona", **fields: Any) -> SimulatedAccount:
    return SimulatedAccount(AccountType.USER, name, **fields)


def enterprise(name: str = "acme-corp", **fields: Any) -> SimulatedAccount:
    return SimulatedAccount(AccountType.ENTERPRISE, name, **fields)


def row(**fields: object) -> dict[str, object]:
    """Return a row of the usage summary: Linux minutes, with numbers of 0 by default."""
    return {
        "product": "Actions",
        "sku": "actions_linux",
        "unitType": "minutes",
        "pricePerUnit": 0.0,
        "grossQuantity": 0.0,
        "discountQuantity": 0.0,
        "netQuantity": 0.0,
        "grossAmount": 0.0,
        "discountAmount": 0.0,
        "netAmount": 0.0,
        **fields,
    }


@contextlib.asynccontextmanager
async def discovering(world: World) -> AsyncIterator[None]:
    """Run a world with its discoveries."""
    world.polls = world.app.poll
    async with world:
        yield


def read_at_each_use(file: Path) -> Callable[[], str]:
    """Read a secret in the caller's thread, as virtual time does not wait for others."""
    return partial(files.read_secret, file)


def from_file(name: str, path: Path) -> Credential:
    return TokenCredential(name, read_at_each_use(path))

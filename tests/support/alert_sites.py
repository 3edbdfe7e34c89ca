"""Exporters in virtual time, scraped as by Prometheus, and bills that are functions of time."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from prometheus_client import CollectorRegistry, generate_latest

from exporter.demo import DEMO_TOKEN, SimulatedAccount
from exporter.github.auth import from_token
from exporter.web.exposition import text
from tests.support.alert_days import alert_rules
from tests.support.blocks import recording_rules
from tests.support.promql import metrics
from tests.support.world import World

_HOUR = timedelta(hours=1)
_COLLECTORS = (
    "usage",
    "usage_previous_cycle",
    "legacy_actions",
    "legacy_packages",
    "legacy_shared_storage",
    "plan",
    "advanced_security",
    "budgets",
    "budget_estimates",
    "copilot_seats",
)

Dollars = Callable[[datetime], float]
"""The dollars of the hour that begins at a time."""


def daily(usd: float) -> Dollars:
    return lambda _: usd / 24


def weekdays(usd: float) -> Dollars:
    return lambda at: usd / 24 if at.weekday() < 5 else usd / 240


def weekly(usd: float) -> Dollars:
    """Return dollars of six hours on Wednesdays."""
    return lambda at: usd / 6 if at.weekday() == 2 and at.hour < 6 else 0.0


def on_the_1st(usd: float) -> Dollars:
    return lambda at: usd if (at.day, at.hour) == (1, 0) else 0.0


def changing(usd: float, *changes: tuple[datetime, float]) -> Dollars:
    """Return dollars a day that change at times."""

    def dollars(at: datetime) -> float:
        return next((new for since, new in reversed(changes) if at >= since), usd) / 24

    return dollars


@dataclass(frozen=True, slots=True)
class Line:
    """A SKU of a bill; ``quota`` is in dollars a month."""

    product: str
    sku: str
    dollars: Dollars
    unit: str = "minutes"
    price: float = 0.006
    quota: float = 0.0

    def row(self, start: datetime, until: datetime) -> Mapping[str, object]:
        gross = _summed(self, start, until.replace(minute=0, second=0, microsecond=0))
        discount = min(gross, self.quota)
        usd = {"gross": gross, "discount": discount, "net": gross - discount}
        return {
            "product": self.product,
            "sku": self.sku,
            "unitType": self.unit,
            "pricePerUnit": self.price,
            **{f"{name}Amount": amount for name, amount in usd.items()},
            **{f"{name}Quantity": amount / self.price for name, amount in usd.items()},
        }


@cache
def _summed(line: Line, start: datetime, until: datetime) -> float:
    hours = (start + hour * _HOUR for hour in range((until - start) // _HOUR))
    return sum(map(line.dollars, hours))


def licenses(sku: str, dollars: Dollars) -> Line:
    return Line("Copilot", sku, dollars, "user-months", 19.0)


def larger_runners(dollars: Dollars) -> Line:
    """Return usage that no quota covers."""
    return Line("Actions", "actions_linux_4_core", dollars, price=0.012)


def billed(account: SimulatedAccount, start: datetime, *lines: Line) -> SimulatedAccount:
    """Return the account with these lines as its bill, in the virtual time since ``start``."""
    loop = asyncio.get_running_loop()

    def rows(year: int, month: int) -> Sequence[Mapping[str, object]]:
        now, began = start + timedelta(seconds=loop.time()), datetime(year, month, 1, tzinfo=UTC)
        ended = (began + timedelta(days=32)).replace(day=1)
        return [line.row(began, min(now, ended)) for line in lines] if now > began else []

    account.usage_items = rows
    return account


@dataclass(slots=True, kw_only=True)
class Site:
    """An exporter with its accounts; ``labels`` are those that Prometheus gives its series."""

    labels: Mapping[str, str]
    start: datetime
    accounts: list[SimulatedAccount]
    world: World | None = None
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def up(self) -> World:
        assert self.world is not None
        return self.world

    async def begin(self) -> None:
        world = World(
            *self.accounts,
            start=self.start,
            credential=from_token("default", DEMO_TOKEN),
            collectors=_COLLECTORS,
        )
        self.world = await self._running.enter_async_context(world)

    async def end(self) -> None:
        self.world = None
        await self._running.aclose()

    def scraped(self, at: datetime) -> Iterator[bytes]:
        """Yield the samples of a scrape that rules read, as lines of OpenMetrics."""
        stamp = b" %d\n" % at.timestamp()
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items()).encode()
        yield b"up{%s} %d%s" % (labels, self.world is not None, stamp)
        for line in self._page().splitlines():
            name, brace, rest = line.partition(b"{")
            name, space, value = (name, b"", b"") if brace else line.partition(b" ")
            if name in _read():
                rest = b"," + rest if brace else b"}" + space + value
                yield b"%s{%s%s%s" % (name, labels, rest, stamp)

    def _page(self) -> bytes:
        if self.world is None:
            return b""
        app, names = self.world.app, [name.decode() for name in _read()]
        # The whole telemetry takes longer than all the rest of the simulation.
        telemetry = generate_latest(app.telemetry.registry.restricted_registry(names))
        return text(app.poller.page(), CollectorRegistry()) + telemetry


@cache
def _read() -> frozenset[bytes]:
    exprs = [rule.expr for rule in recording_rules()] + [rule.expr for rule in alert_rules()]
    return frozenset(name.encode() for name in set[str]().union(*map(metrics, exprs)))

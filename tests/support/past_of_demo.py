"""Months of the demo's enterprise before it was scraped, as `history` loads them into Prometheus.

Usage grew over the months, and two prices changed.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from exporter.accounts import AccountType
from exporter.commands import past_months
from exporter.demo import SimulatedGitHub, demo_accounts
from exporter.history.past_month import PastMonth
from exporter.history.wanted import Wanted
from tests.support.past_months import demo_at

MONTHS = 24
_STEP = timedelta(hours=6)
_SCRAPED = (("instance", "exporter:9877"), ("job", "github-billing"))
_FULL_SIZE = datetime(2026, 9, 1, tzinfo=UTC)
_DEARER = {
    "actions_macos": (datetime(2026, 1, 1, tzinfo=UTC), 0.08 / 0.062),
    "git_lfs_storage": (_FULL_SIZE, 1.25),
}
"""SKUs whose price was this many times today's until a month."""


def past_of_demo(until: datetime) -> Iterator[bytes]:
    """Yield lines of OpenMetrics, only of net dollars and prices."""
    wanted = Wanted(MONTHS, _STEP, until, until=until, labels=_SCRAPED)
    for month in asyncio.run(_read(wanted)):
        for batch in month.batches():
            for labels, samples in batch:
                named = dict(labels)
                name = named.pop("__name__")
                if not name.endswith(("_net_usd", "_price_usd", "_net_usd:sum")):
                    continue
                listed = ",".join(f'{label}="{text}"' for label, text in named.items())
                factor = _factor(name, named.get("sku", ""), month.times.cycle.start)
                for milliseconds, value in samples:
                    at = milliseconds // 1000
                    yield f"{name}{{{listed}}} {value * factor!r} {at}\n".encode()


async def _read(wanted: Wanted) -> list[PastMonth]:
    github, app = demo_at(wanted.now, all_collectors=False)
    found = []
    async with past_months.reading(app, ("enterprise/acme-corp",), wanted) as reader:
        for cycle in wanted.cycles():
            _resize(github, cycle.start)
            found.append(await reader.month(cycle))
    return found


def _resize(github: SimulatedGitHub, month: datetime) -> None:
    age = (_FULL_SIZE - month) / timedelta(days=30)
    season = 0.8 if month.month in {8, 12} else 1.0
    for now in demo_accounts():
        if now.type is AccountType.ENTERPRISE:
            account = github.account(now.type, now.name)
            account.size = now.size * season * 0.965**age
            account.seats = round(now.seats * 0.99**age)
            account.preview = age < 5


def _factor(name: str, sku: str, month: datetime) -> float:
    if "_previous_cycle_" in name:
        month = (month - timedelta(days=1)).replace(day=1)
    until, factor = _DEARER.get(sku, (month, 1.0))
    return factor if name.endswith("_price_usd") and month < until else 1.0

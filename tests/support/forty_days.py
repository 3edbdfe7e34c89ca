"""Forty days of two exporters with events, and what the alerts should say about them.

The exporters poll a simulated GitHub in virtual time, and are scraped every ten minutes.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exporter.accounts import AccountType, Platform
from exporter.demo import SimulatedAccount, SimulatedBudget
from tests.support.alert_days import evaluated, firings
from tests.support.alert_sites import (
    Line,
    Site,
    billed,
    changing,
    daily,
    larger_runners,
    licenses,
    on_the_1st,
    weekdays,
    weekly,
)
from tests.support.alert_verdicts import Expected, Verdict, verdicts
from tests.support.faults.fault import Fault
from tests.support.world import VirtualTimeLoop

START = datetime(2026, 9, 8, tzinfo=UTC)
DAYS = 40
STEP = timedelta(minutes=10)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def _at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


_EDGE = _at(10, 1)
_END = START + DAYS * _DAY
_JUMP = _at(9, 24, 10)
_DOWN, _BACK = _at(9, 18, 3, 22), _at(9, 20, 3, 7)
_EXPIRES, _RENEWED = _at(9, 25, 12), _at(9, 27)
_OUTAGE = _at(10, 3, 16)
_CANCELED = _at(10, 5, 12)
_UNINSTALLED = _at(10, 8, 9)


EXPECTED = (
    Expected(
        alert="ExporterDown", labels={"cluster": "eu"}, cause=_DOWN, over=_BACK, seen=5 * _MINUTE
    ),
    Expected(
        alert="CredentialExpires",
        labels={"cluster": "us"},
        cause=_EXPIRES - 14 * _DAY,
        over=_EXPIRES,
    ),
    *(
        Expected(
            alert="CredentialRejected",
            labels={"cluster": "us", "account": account},
            cause=_EXPIRES,
            over=_RENEWED,
            lasting=75 * _MINUTE,
        )
        for account in ("acme", "globex", "initech")
    ),
    # Twice the usual 60 dollars in the second hour.
    Expected(
        alert="SpendJump",
        labels={"account": "licensed", "product": "actions"},
        cause=_JUMP + 2 * _HOUR,
        over=_JUMP + _DAY,
        lasting=2 * _DAY,
    ),
    # 5 dollars a day of 100.
    Expected(
        alert="BudgetForecastExceeded",
        labels={"account": "capped"},
        cause=_at(9, 11),
        over=_EDGE,
        seen=80 * _MINUTE,
    ),
    Expected(
        alert="BudgetNearlyConsumed",
        labels={"account": "capped"},
        cause=_at(9, 17, 1),
        over=_EDGE,
        seen=80 * _MINUTE,
    ),
    Expected(
        alert="HardBudgetExhausted",
        labels={"account": "capped"},
        cause=_at(9, 21, 1),
        over=_EDGE,
        seen=80 * _MINUTE,
    ),
    # 7 dollars a day of 212, rejected for a day and a half later.
    Expected(
        alert="BudgetNearlyConsumed",
        labels={"cluster": "us", "account": "acme"},
        cause=_at(9, 25, 6),
        over=_EDGE,
        seen=80 * _MINUTE,
    ),
    # A quota of 18 dollars, and 1.50 a day.
    Expected(alert="QuotaWillRunOut", labels={"account": "quota"}, cause=START, over=_at(9, 13, 1)),
    Expected(alert="QuotaSpent", labels={"account": "quota"}, cause=_at(9, 13, 1), over=_EDGE),
    Expected(
        alert="QuotaWillRunOut",
        labels={"account": "quota"},
        cause=_at(10, 7, 1),
        over=_at(10, 13, 1),
    ),
    Expected(alert="QuotaSpent", labels={"account": "quota"}, cause=_at(10, 13, 1), over=_END),
    # True of this simulation.
    Expected(alert="ScrapesTooRare", labels={}, cause=START, over=_END, certain=False),
    # 50 minutes, of which a collector may have missed 15 at either end.
    Expected(
        alert="CollectorFailing",
        labels={},
        cause=_OUTAGE,
        over=_OUTAGE + 50 * _MINUTE,
        certain=False,
    ),
    Expected(
        alert="CollectorDisappeared",
        labels={"account": "secure", "collector": "advanced_security"},
        cause=_CANCELED,
        over=_END,
        seen=65 * _MINUTE,
    ),
    # Within a week; after that, nothing is known of it.
    Expected(
        alert="AccountVanished",
        labels={"cluster": "eu", "account": "uninstalled"},
        cause=_UNINSTALLED,
        over=_UNINSTALLED + 7 * _DAY,
    ),
    # Two fifths of the seats, from the tenth day on.
    Expected(
        alert="SeatsUnused",
        labels={"account": "idle", "product": "copilot"},
        cause=START + 10 * _DAY,
        over=_END,
        seen=6 * _HOUR,
    ),
)
"""All alerts that should fire."""


def _organization(name: str, **given: object) -> SimulatedAccount:
    fields: dict[str, object] = {"copilot": False, "seats": 10, **given}
    return SimulatedAccount(AccountType.ORGANIZATION, name, **fields)  # type: ignore[arg-type]


def _budget(amount: int, name: str, *, hard: bool) -> SimulatedBudget:
    return SimulatedBudget("actions", amount, "organization", entity=name, hard=hard)


def _sites() -> tuple[Site, Site]:
    def organization(name: str, *lines: Line, **given: object) -> SimulatedAccount:
        return billed(_organization(name, **given), START, *lines)

    hobby = SimulatedAccount(AccountType.USER, "hobby", copilot=False)
    giant = SimulatedAccount(AccountType.ENTERPRISE, "giant", copilot=False)
    legacy = _organization("legacy", platform=Platform.LEGACY, size=0.2)
    moving = _organization("moving", platform=Platform.LEGACY, size=0.2)
    codespaces = Line("Codespaces", "codespaces_compute_d2", weekly(4), "hours", 0.18)
    jump = changing(60, (_JUMP, 1296), (_JUMP + 5 * _DAY, 60))
    minutes = Line("Actions", "actions_linux", daily(1.5), quota=18)
    eu = [
        organization(
            "licensed", licenses("copilot_for_business", daily(700)), larger_runners(jump)
        ),
        billed(hobby, START, larger_runners(daily(1)), codespaces),
        billed(
            giant,
            START,
            Line("ghec", "ghec_licenses", on_the_1st(500_000), "user-months", 21.0),
            larger_runners(weekdays(140_000)),
            licenses("copilot_enterprise", daily(20_000)),
        ),
        legacy,
        moving,
        organization(
            "capped",
            larger_runners(changing(5, (_EDGE, 2))),
            budgets=[_budget(100, "capped", hard=True)],
        ),
        organization("quota", minutes),
        organization(
            "secure",
            ghas="bundled",
            repositories=[f"r{n}" for n in range(12)],
            committers=[f"c{n}" for n in range(9)],
        ),
        organization("idle", copilot=True, seats=20),
        organization("weekends", larger_runners(weekdays(90))),
        organization("licenses", licenses("copilot_for_business", on_the_1st(900))),
        organization("uninstalled", larger_runners(daily(12))),
    ]
    us = [
        organization(
            "acme",
            larger_runners(changing(7, (_EDGE, 5))),
            budgets=[_budget(212, "acme", hard=False)],
        ),
        organization("globex", larger_runners(daily(30))),
        organization("initech", larger_runners(weekdays(300))),
    ]
    labels = {"job": "github-billing", "instance": "10.0.0.1:9877"}
    return (
        Site(labels={"cluster": "eu", **labels}, start=START, accounts=eu),
        Site(labels={"cluster": "us", **labels}, start=START, accounts=us),
    )


def _account(site: Site, name: str) -> SimulatedAccount:
    return next(account for account in site.accounts if account.name == name)


def _events(eu: Site, us: Site) -> list[tuple[datetime, Callable[[], Awaitable[None]]]]:
    async def moves() -> None:
        _account(eu, "moving").platform = Platform.USAGE

    async def fails() -> None:
        for site in (eu, us):
            site.up.github.faults.add(Fault.server_error())

    async def recovers() -> None:
        for site in (eu, us):
            site.up.github.faults.clear()

    async def restarts() -> None:
        await us.end()
        await us.begin()

    async def renews() -> None:
        us.up.github.expires = START + 365 * _DAY

    async def cancels() -> None:
        _account(eu, "secure").ghas = "none"

    async def uninstalls() -> None:
        await eu.end()
        eu.accounts.remove(_account(eu, "uninstalled"))
        await eu.begin()

    return [
        (_at(9, 14, 11), moves),
        (_DOWN, eu.end),
        (_BACK, eu.begin),
        (_at(9, 22, 10), fails),
        (_at(9, 22, 10, 20), recovers),
        (_RENEWED, renews),
        (_at(9, 30, 12), restarts),
        (_OUTAGE, fails),
        (_OUTAGE + 50 * _MINUTE, recovers),
        (_CANCELED, cancels),
        (_UNINSTALLED, uninstalls),
    ]


async def _simulated(days: int, write: Callable[[bytes], object]) -> None:
    loop = asyncio.get_running_loop()
    eu, us = sites = _sites()
    for site in sites:
        await site.begin()
    us.up.github.expires = _EXPIRES
    events = _events(eu, us)
    for tick in range(1, days * _DAY // STEP + 1):
        now = START + tick * STEP
        while events and events[0][0] < now:
            at, happen = events.pop(0)
            await asyncio.sleep((at - START).total_seconds() - loop.time())
            await happen()
        await asyncio.sleep((now - START).total_seconds() - loop.time())
        for site in sites:
            write(b"".join(site.scraped(now)))
    for site in sites:
        await site.end()


def judged(days: int) -> list[Verdict]:
    """Return a verdict on each alert of the first ``days``."""
    span = START + STEP, START + timedelta(days=days)
    with tempfile.TemporaryDirectory() as scratch:
        pages = Path(scratch) / "pages"
        with pages.open("wb") as file, asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(_simulated(days, file.write))
        with pages.open("rb") as read, evaluated(read, Path(scratch) / "data", span, STEP) as url:
            return verdicts(firings(url, span, STEP), EXPECTED, span[1])

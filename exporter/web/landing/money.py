"""An account's money as the landing page shows it, from the readings that /metrics shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum
from typing import NamedTuple

from exporter.accounts import Platform
from exporter.billing import forecast
from exporter.collectors.budget_estimates import BUDGET_ESTIMATES
from exporter.collectors.budgets import BUDGETS
from exporter.collectors.collector import Collector
from exporter.collectors.legacy import LEGACY_ACTIONS, LEGACY_SHARED_STORAGE
from exporter.collectors.own_budgets import OWN_BUDGETS
from exporter.collectors.usage import USAGE, USAGE_PREVIOUS_CYCLE
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Triple
from exporter.metrics.page import AccountFacts
from exporter.web.landing.words import span

_DAY_SECONDS = 86_400.0
_LATE = 2 / 3  # of the time until a reading is stale: two intervals by default
_OWN = "own:"

_Values = Mapping[tuple[str, ...], float]


class Figure(NamedTuple):
    """A number, or the reason ``why`` it is absent. ``late`` is its age if it is not renewed."""

    value: float | None = None
    why: str = ""
    late: timedelta | None = None


class Budget(NamedTuple):
    """A budget with a limit above 0; ``consumed`` and ``limit`` are US dollars.

    ``late`` is the age of what is consumed if it is not renewed.
    """

    name: str
    consumed: float
    limit: float
    estimated: bool
    late: timedelta | None

    @property
    def ratio(self) -> float:
        return self.consumed / self.limit


@dataclass(frozen=True, slots=True)
class Money:
    """``products`` are the net dollars of this month, ``budget`` is the fullest.

    ``minutes`` are used and included minutes of Actions, only on the legacy platform.
    """

    spent: Figure
    forecast: Figure
    last_month: Figure
    days_left: Figure
    products: Mapping[str, float]
    budget: Budget | None
    no_budget: str
    minutes: tuple[Figure, float] | None


class _Shown:
    """The readings of an account that are of this month."""

    def __init__(self, account: AccountFacts, now: datetime) -> None:
        self._account = account
        self._jobs = {job.collector: job for job in account.jobs}
        self._now = now

    def reading(self, collector: Collector) -> Reading | None:
        job = self._jobs.get(collector.name)
        reading = job.known.reading if job and not job.standing_by else None
        # At the month's edge, a reading stays for an hour.
        ended = reading and reading.cycle_end and reading.cycle_end <= self._now
        return None if ended else reading

    def values(self, collector: Collector, metric: Metric) -> _Values:
        reading = self.reading(collector)
        return reading.by_metric.get(metric, {}) if reading else {}

    def figure(self, collector: Collector, value: float) -> Figure:
        """Return a value from a collector's reading with its age, or why there is no reading."""
        reading, job = self.reading(collector), self._jobs.get(collector.name)
        if reading is None or job is None:
            return Figure(None, self.why(collector))
        age = self._now - reading.taken
        late = job.failure is not None or age > _LATE * job.stale_after
        return Figure(value, late=age if late else None)

    def why(self, collector: Collector) -> str:
        """Return why there is no reading, in a few words; empty if there can be none."""
        job = self._jobs.get(collector.name)
        if self._account.platform == Platform.LEGACY:
            return "no dollars on the legacy platform" if collector is USAGE else ""
        if job is None:
            offered = self._account.account_type in collector.account_types
            return f"{collector.name} is off" if offered else ""
        if job.state == "works":
            return "not read this month yet"
        if job.state == "stale" and job.known.last_success is not None:
            return f"not read for {span(self._now - job.known.last_success)}"
        return job.failure or job.state


def money(account: AccountFacts, now: datetime) -> Money:
    """Return the money of an account. A number that is not known is absent, never 0."""
    shown = _Shown(account, now)
    net = shown.values(USAGE, catalogue.USAGE_USD.net)
    previous = shown.values(USAGE_PREVIOUS_CYCLE, catalogue.PREVIOUS_CYCLE_USAGE_USD.net)
    products: dict[str, list[float]] = {}
    for (product, _), usd in net.items():
        products.setdefault(product, []).append(usd)
    budgets = [*_budgets(shown, account.account)]
    return Money(
        spent=shown.figure(USAGE, fsum(net.values())),
        forecast=_forecast(shown, now),
        last_month=shown.figure(USAGE_PREVIOUS_CYCLE, fsum(previous.values())),
        days_left=_days_left(shown),
        products={product: fsum(parts) for product, parts in products.items()},
        budget=max(budgets, key=lambda each: each.ratio, default=None),
        no_budget=_no_budget(shown),
        minutes=_minutes(shown),
    )


def _forecast(shown: _Shown, now: datetime) -> Figure:
    start, end = (
        shown.values(USAGE, metric).get(())
        for metric in (catalogue.CYCLE_START, catalogue.CYCLE_END)
    )
    if start is None or end is None:
        return Figure()  # for the reason that the money spent has
    if now.timestamp() - start < _DAY_SECONDS:
        return Figure(None, "from the second day")
    if shown.reading(USAGE_PREVIOUS_CYCLE) is None:
        return Figure(None, shown.why(USAGE_PREVIOUS_CYCLE))  # it is compared with last month
    elapsed = min((now.timestamp() - start) / (end - start), 1.0)
    quantities = shown.values(USAGE, catalogue.USAGE_QUANTITY.gross)
    licenses = {(product, sku) for product, sku, unit in quantities if unit == "user_months"}
    totals = _totals(shown, USAGE, catalogue.USAGE_USD)
    before = _totals(shown, USAGE_PREVIOUS_CYCLE, catalogue.PREVIOUS_CYCLE_USAGE_USD)
    found = []
    for names, (_, discount, net) in totals.items():
        rate = net / elapsed
        _, discount_before, net_before = before.get(names, (0.0, 0.0, 0.0))
        if names in licenses:
            found.append(forecast.first_licenses(net, rate, net_before))
        elif net_before >= forecast.CENT:
            found.append(forecast.covered(rate, discount, discount / elapsed, discount_before))
        else:
            found.append(rate)
    return shown.figure(USAGE, fsum(found))


def _totals(
    shown: _Shown, collector: Collector, metrics: Triple
) -> Mapping[tuple[str, ...], tuple[float, float, float]]:
    gross, discount, net = (shown.values(collector, metric) for metric in metrics)
    return {names: (gross[names], discount[names], net[names]) for names in net}


def _days_left(shown: _Shown) -> Figure:
    for collector in (USAGE, LEGACY_SHARED_STORAGE):
        days = shown.values(collector, catalogue.CYCLE_REMAINING_DAYS).get(())
        if days is not None:
            return Figure(days)
    return Figure()


def _budgets(shown: _Shown, account: str) -> Iterator[Budget]:
    consumed = shown.values(BUDGETS, catalogue.BUDGET_CONSUMED_USD)
    for collector, estimates in (
        (BUDGETS, BUDGET_ESTIMATES),
        (OWN_BUDGETS, OWN_BUDGETS),
    ):
        limits = shown.values(collector, catalogue.BUDGET_LIMIT_USD)
        estimated = shown.values(estimates, catalogue.BUDGET_ESTIMATED_CONSUMED_USD)
        for labels in shown.values(collector, catalogue.BUDGET_INFO):
            budget, _, scope, entity, target, *_ = labels
            limit = limits.get((budget,), 0.0)
            used = consumed.get((budget,), estimated.get((budget,)))
            # The limit of the others is per person, but GitHub's amount may be of all people.
            personal = scope == "user" or scope.startswith("multi_user_")
            if used is not None and limit > 0 and not personal:
                name = f"{entity or account}: {target or 'all usage'}"
                own = budget.removeprefix(_OWN) if budget.startswith(_OWN) else ""
                source = collector if (budget,) in consumed else estimates
                late = shown.figure(source, used).late
                yield Budget(own or name, used, limit, source is estimates, late)


def _no_budget(shown: _Shown) -> str:
    if shown.reading(BUDGETS) or shown.reading(OWN_BUDGETS):
        return "no budget whose used share is known"
    return shown.why(BUDGETS)


def _minutes(shown: _Shown) -> tuple[Figure, float] | None:
    used, included = (
        shown.values(LEGACY_ACTIONS, metric).get(())
        for metric in (catalogue.ACTIONS_USED_MINUTES, catalogue.ACTIONS_INCLUDED_MINUTES)
    )
    if used is None or included is None:
        return None
    return shown.figure(LEGACY_ACTIONS, used), included

"""Series of the recording rules, computed from the curves of their inputs.

The rules are those of deploy/prometheus/recording.yml; a test compares the two. Those that need
weeks at every step (``forecast_slope``, ``spend1d_avg14d``) are not among them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exporter.billing.skus import STANDARD_RUNNERS
from exporter.history.curves import Curve, Line, Lines, sum_of
from exporter.history.times import DAY, Day, Times
from exporter.metrics import catalogue
from exporter.metrics.model import Metric

_DAY_SECONDS = int(DAY.total_seconds())
_RUNNERS = frozenset(f"actions_{runner}" for runner in STANDARD_RUNNERS)


class Recorded(NamedTuple):
    """A recorded series; ``labels`` are those beyond the account's."""

    name: str
    curve: Curve
    labels: Mapping[str, str] = {}


def recorded(lines: Lines, times: Times) -> Iterator[Recorded]:
    """Yield what the recording rules would have recorded of an account's lines."""
    days = lines.days
    spent: Line | None = None
    for metric in catalogue.USAGE_USD:
        products = _by_product(metric, lines)
        for product, line in products.items():
            name = f"account_product:{metric.name}:sum"
            yield Recorded(name, line, {"product": product})
        total = sum_of(products.values(), days)
        yield Recorded(f"account:{metric.name}:sum", total)
        if metric is catalogue.USAGE_USD.net:
            spent = total
            yield Recorded(f"account:{metric.name}:spend1d", Spend(total, total))
            for product, line in products.items():
                name = f"account_product:{metric.name}:spend1d"
                yield Recorded(name, Spend(line, total), {"product": product})
    previous = catalogue.PREVIOUS_CYCLE_USAGE_USD.net
    yield Recorded(f"account:{previous.name}:sum", sum_of(lines.of(previous).values(), days))
    (start,) = lines.of(catalogue.CYCLE_START).values()
    yield Recorded(f"account:{catalogue.CYCLE_START.name}:max", start)
    first, end = times.cycle.start.timestamp(), times.cycle.end.timestamp()
    length = end - first
    yield Recorded("account:github_billing_cycle_elapsed:seconds", OfTime(lambda at: at - first))
    yield Recorded("account:github_billing_cycle_remaining:seconds", OfTime(lambda at: end - at))
    elapsed = OfTime(lambda at: (at - first) / length)
    yield Recorded("account:github_billing_cycle_elapsed:ratio", elapsed)
    if spent is not None:
        name = f"account:{catalogue.USAGE_USD.net.name}:forecast_run_rate"
        yield Recorded(name, RunRate(spent, elapsed))
    yield from _quotas(lines)


def _quotas(lines: Lines) -> Iterator[Recorded]:
    net, days = catalogue.USAGE_USD.net, lines.days
    runner = net.labels.index("sku")
    quotas = {
        "actions_minutes": [
            line for labels, line in lines.of(net).items() if labels[runner] in _RUNNERS
        ],
        "packages_bandwidth": list(lines.of(catalogue.PACKAGES_PAID_BANDWIDTH).values()),
        "shared_storage": list(lines.of(catalogue.SHARED_STORAGE_ESTIMATED_PAID).values()),
    }
    for quota, paid in quotas.items():
        if paid:
            curve = IsPaid(sum_of(paid, days))
            name = "account_quota:github_billing_included:spent"
            yield Recorded(name, curve, {"quota": quota})


def _by_product(metric: Metric, lines: Lines) -> dict[str, Line]:
    place = metric.labels.index("product")
    found: dict[str, list[Line]] = {}
    for labels, line in lines.of(metric).items():
        found.setdefault(labels[place], []).append(line)
    return {product: sum_of(its, lines.days) for product, its in found.items()}


@dataclass(frozen=True, slots=True)
class OfTime:
    """A function of the time, in seconds since 1970."""

    function: Callable[[float], float]

    def values(self, number: int, day: Day) -> Sequence[float]:  # noqa: ARG002  (a `Curve`)
        return [self.function(float(at)) for at in day.times]


@dataclass(frozen=True, slots=True)
class Spend:
    """The spend of the last 24 hours. On the first day, the spend to date.

    ``account`` is the account's sum: a product that is missing from it yesterday counts as 0.
    """

    line: Line
    account: Line

    def values(self, number: int, day: Day) -> Sequence[float]:
        now = self.line.values(number, day)
        if number == 0 or not now:
            return now
        whole = _DAY_SECONDS // day.times.step
        before = self.line.values(number - 1, Day(day.times, whole))
        if not before:
            if not self.account.has(number - 1):
                return ()
            before = [0.0] * len(now)
        return [max(value - then, 0.0) for value, then in zip(now, before, strict=True)]


@dataclass(frozen=True, slots=True)
class RunRate:
    """The month's sum at its average rate, without the first day."""

    line: Line
    elapsed: Curve

    def values(self, number: int, day: Day) -> Sequence[float]:
        if number == 0:
            return ()
        parts = zip(self.line.values(number, day), self.elapsed.values(number, day), strict=False)
        return [value / part for value, part in parts]


@dataclass(frozen=True, slots=True)
class IsPaid:
    """1 while a line is above 0, else 0."""

    line: Line

    def values(self, number: int, day: Day) -> Sequence[float]:
        return [float(value > 0) for value in self.line.values(number, day)]

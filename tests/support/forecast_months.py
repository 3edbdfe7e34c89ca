"""Months of several shapes in a Prometheus, and what the recording rules forecast in them.

Each shape is an organization in August 2026, which begins on a Saturday. GitHub reports usage late.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.support.blocks import Rule, levels, load, recorded, recording_rules
from tests.support.programs import prometheus, query

DAYS = (5, 10, 15, 20)
"""Days that are over when a forecast is made."""

NET = "account:github_billing_usage_net_usd"
FORECAST, RUN_RATE, SLOPE = f"{NET}:forecast", f"{NET}:forecast_run_rate", f"{NET}:forecast_slope"

_EQUAL = 1e-9
_HOUR = timedelta(hours=1)
_LATE = 6 * _HOUR
_LAST_MONTH = datetime(2026, 7, 1, tzinfo=UTC)
_START = datetime(2026, 8, 1, tzinfo=UTC)
_END = datetime(2026, 9, 1, tzinfo=UTC)
MONTH = _START, _END

Dollars = Callable[[datetime], float]
"""The dollars of the hour that begins at a time."""


def _none(_: datetime) -> float:
    return 0.0


def _even(_: datetime) -> float:
    return 1.0


def _growing(at: datetime) -> float:
    return 1.3 if at >= _START else 1.0


def _weekdays(at: datetime) -> float:
    return 1.4 if at.weekday() < 5 else 0.0


def _spike(at: datetime) -> float:
    return 25.0 if (at.month, at.day) == (8, 8) and 6 <= at.hour < 18 else 1.0


def _on_the_1st(at: datetime) -> float:
    return 500.0 if (at.day, at.hour) == (1, 0) else 0.0


def _fewer_on_the_1st(at: datetime) -> float:
    return _on_the_1st(at) * (0.6 if at >= _START else 1.0)


@dataclass(frozen=True, slots=True)
class Sku:
    """A SKU with its usage before discounts; ``free`` is that of public repositories.

    ``quota`` is in dollars a month, ``rebate`` is a share.
    """

    name: str
    usage: Dollars
    quota: float = 0.0
    free: Dollars = _none
    rebate: float = 0.0
    unit: str = "minutes"

    def bill(self, start: datetime, end: datetime) -> "Bill":
        hours = [start + hour * _HOUR for hour in range((end - start) // _HOUR)]
        usage, free = sum(map(self.usage, hours)), sum(map(self.free, hours))
        discount = min(usage, self.quota) + free + self.rebate * usage
        return Bill(usage + free, discount, usage + free - discount)


class Bill(NamedTuple):
    gross: float
    discount: float
    net: float


@dataclass(frozen=True, slots=True)
class Shape:
    """A month; ``goal`` is the largest error on day 10, None if there is none.

    Without ``last`` the month before is unknown.
    """

    title: str
    skus: tuple[Sku, ...]
    goal: float | None
    last: bool = True

    @property
    def usd(self) -> float:
        """The net dollars of the whole month."""
        return sum(sku.bill(_START, _END).net for sku in self.skus)


_MINUTES, _LARGER, _SEATS = "actions_linux", "actions_linux_4_core", "copilot_for_business"
_DAY_12 = 12 * 24.0
_USUAL = Sku(_MINUTES, _even, _DAY_12)


def _licenses(usage: Dollars) -> Sku:
    return Sku(_SEATS, usage, unit="user_months")


SHAPES = (
    Shape("even", (Sku(_MINUTES, _even),), 0.1),
    Shape("quota spent on day 12", (_USUAL,), 0.1),
    Shape("the same, 30% more than last month", (Sku(_MINUTES, _growing, _DAY_12),), 0.1),
    Shape("weekends off", (Sku(_MINUTES, _weekdays),), 0.2),
    Shape("licenses on the 1st", (_licenses(_on_the_1st), Sku(_MINUTES, _even)), 0.1),
    Shape("fewer licenses on the 1st", (_licenses(_fewer_on_the_1st), Sku(_MINUTES, _even)), 0.1),
    Shape("licenses by the day, 30% more", (_licenses(_growing), Sku(_MINUTES, _even)), 0.1),
    Shape(
        "public repositories, 30% more",
        (Sku(_MINUTES, _none, free=_growing), Sku(_LARGER, _even)),
        0.1,
    ),
    Shape("rebate of 20%, 30% more", (Sku(_MINUTES, _growing, rebate=0.2),), 0.1),
    Shape("weekends off, and a quota", (Sku(_MINUTES, _weekdays, _DAY_12),), None),
    Shape("spike on day 8", (Sku(_MINUTES, _spike),), None),
    Shape("spike on day 8, and a quota", (Sku(_MINUTES, _spike, _DAY_12),), None),
    Shape("first month, and a quota", (_USUAL,), None, last=False),
    Shape(
        "quota, and public repositories with 30% more",
        (Sku(_MINUTES, _even, _DAY_12, free=_growing),),
        None,
    ),
)


def samples() -> Iterator[bytes]:
    """Yield the months as lines of OpenMetrics, an hour apart."""
    return (line.encode() for shape in SHAPES for line in _lines(shape))


@contextmanager
def forecast_months(data: Path) -> Iterator[str]:
    """Run a Prometheus with the months and what the rules record of them; yield its base URL.

    Its blocks are created in the folder ``data``.
    """
    load(samples(), data)
    for level in levels(_needed({FORECAST, RUN_RATE, SLOPE})):
        with _running(data) as url:
            lines = [line for rule in level for line in recorded(url, rule, MONTH, _HOUR)]
        load(lines, data)
    with _running(data) as url:
        yield url


def errors(url: str, name: str) -> Mapping[str, Sequence[float]]:
    """Return the relative errors of a forecast on `DAYS`, by the title of the shape."""
    found: dict[str, list[float]] = {shape.title: [] for shape in SHAPES}
    usd = {shape.title: shape.usd for shape in SHAPES}
    for day in DAYS:
        for point in query(url, name, _START + timedelta(days=day)):
            title = point.labels["account"]
            found[title].append(point.value / usd[title] - 1)
    return found


def misses(
    forecast: Mapping[str, Sequence[float]], run_rate: Mapping[str, Sequence[float]]
) -> list[str]:
    """Return what a forecast misses: its goal on day 10, and to be no worse than the run rate."""
    found = []
    for shape in SHAPES:
        if shape.goal is None:
            continue
        for day, *both in zip(DAYS, forecast[shape.title], run_rate[shape.title], strict=True):
            error, plain = map(abs, both)
            if day == 10 and error > shape.goal:
                found.append(f"{shape.title}: {error:.1%} on day {day}, goal {shape.goal:.0%}")
            if error > plain + _EQUAL:
                found.append(f"{shape.title}: {error:.1%} on day {day}, run rate {plain:.1%}")
    return found


@contextmanager
def _running(data: Path) -> Iterator[str]:
    flags = ["--storage.tsdb.retention.time=10y"]
    with prometheus("{}", "newest", data=data, flags=flags) as url:
        yield url


def _needed(names: set[str]) -> Iterable[Rule]:
    rules, count = recording_rules(), 0
    while len(names) > count:
        count = len(names)
        exprs = [rule.expr for rule in rules if rule.record in names]
        names = names | {rule.record for rule in rules if any(rule.record in e for e in exprs)}
    return [rule for rule in rules if rule.record in names]


def _lines(shape: Shape) -> Iterator[str]:
    account = f'account_type="organization",account="{shape.title}"'
    for hour in range((_END - _START) // _HOUR):
        at = _START + hour * _HOUR
        stamp = f"{at.timestamp():.0f}"
        for edge, moment in (("start", _START), ("end", _END)):
            name = f"github_billing_cycle_{edge}_timestamp_seconds"
            yield f"{name}{{{account}}} {moment.timestamp():.0f} {stamp}\n"
        for sku in shape.skus:
            product = sku.name.partition("_")[0]
            labels = f'{account},product="{product}",sku="{sku.name}"'
            bills = {"": sku.bill(_START, at - _LATE)}
            if shape.last:
                bills["previous_cycle_"] = sku.bill(_LAST_MONTH, _START)
            if not bills[""].gross:
                continue
            for cycle, bill in bills.items():
                for part, usd in bill._asdict().items():
                    yield f"github_billing_{cycle}usage_{part}_usd{{{labels}}} {usd!r} {stamp}\n"
            quantity = f'github_billing_usage_gross_quantity{{{labels},unit="{sku.unit}"}}'
            yield f"{quantity} {bills[''].gross!r} {stamp}\n"

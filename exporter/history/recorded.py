"""Series of the recording rules, computed from the curves of their inputs.

The rules are those of deploy/prometheus/recording.yml; a test compares the two.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from exporter.billing.forecast import CENT
from exporter.billing.skus import STANDARD_RUNNERS
from exporter.history.curves import Curve, Line, Lines, sum_of
from exporter.history.derived import Forecast, Hourly, IsPaid, OfTime, RunRate, Share, Spend
from exporter.history.forecasts import Licenses, SumOf, by_sku
from exporter.history.times import Times
from exporter.history.windows import by_hour, means, slopes
from exporter.metrics import catalogue
from exporter.metrics.model import Metric

KEPT_LABELS = ("cluster", "namespace", "job")
"""Labels of Prometheus that the rules keep."""

_RUNNERS = frozenset(f"actions_{runner}" for runner in STANDARD_RUNNERS)


class Recorded(NamedTuple):
    """A recorded series; ``labels`` are those beyond the account's."""

    name: str
    curve: Curve
    labels: Mapping[str, str] = {}


def recorded(
    lines: Lines, times: Times, step: timedelta, before: Sequence[float]
) -> Iterator[Recorded]:
    """Yield what the recording rules would have recorded of an account's lines.

    ``before`` is the `spent` of the month before.
    """
    for metric in catalogue.USAGE_USD:
        products = _by_product(metric, lines)
        for product, line in products.items():
            name = f"account_product:{metric.name}:sum"
            yield Recorded(name, line, {"product": product})
        yield Recorded(f"account:{metric.name}:sum", _whole(metric, lines))
    yield from _spend(lines, times, step, before)
    yield from _forecasts(lines, times)
    yield from _cycle(lines, times)
    yield from _quotas(lines, times)


def spent(lines: Lines, times: Times, step: timedelta) -> list[float]:
    """Return an account's spend of the last 24 hours at each full hour of a month."""
    total = _whole(catalogue.USAGE_USD.net, lines)
    return by_hour(Spend(total, total), times.days(step))


def _spend(
    lines: Lines, times: Times, step: timedelta, before: Sequence[float]
) -> Iterator[Recorded]:
    net = catalogue.USAGE_USD.net
    total = _whole(net, lines)
    for metric in (net, catalogue.USAGE_USD.gross):
        for product, line in _by_product(metric, lines).items():
            name = f"account_product:{metric.name}:spend1d"
            yield Recorded(name, Spend(line, total), {"product": product})
    yield Recorded(f"account:{net.name}:spend1d", Spend(total, total))
    yield Recorded(f"account:{net.name}:forecast_run_rate", RunRate(total, _elapsed(times)))
    first, end = int(times.cycle.start.timestamp()), times.cycle.end.timestamp()
    slope = Hourly(slopes(by_hour(total, times.days(step))), first)
    yield Recorded(f"account:{net.name}:forecast_slope", Forecast(total, slope, end))
    mean = Hourly(means(spent(lines, times, step), before), first)
    yield Recorded(f"account:{net.name}:spend1d_avg14d", mean)


def _forecasts(lines: Lines, times: Times) -> Iterator[Recorded]:
    name = catalogue.USAGE_USD.net.name
    products: dict[str, list[Curve]] = {}
    for (product, sku), (rate, forecast) in by_sku(lines, times, _elapsed(times)).items():
        labels = {"product": product, "sku": sku}
        yield Recorded(f"account_product_sku:{name}:forecast_run_rate", rate, labels)
        if isinstance(forecast, Licenses):
            yield Recorded(f"account_product_sku:{name}:forecast_licenses", forecast, labels)
        yield Recorded(f"account_product_sku:{name}:forecast", forecast, labels)
        products.setdefault(product, []).append(forecast)
    sums = {product: SumOf(forecasts) for product, forecasts in products.items()}
    for product, curve in sums.items():
        yield Recorded(f"account_product:{name}:forecast", curve, {"product": product})
    nothing = RunRate(_nothing(lines), _elapsed(times))
    yield Recorded(f"account:{name}:forecast", SumOf([nothing, *sums.values()]))


def _cycle(lines: Lines, times: Times) -> Iterator[Recorded]:
    days = lines.days
    previous = catalogue.PREVIOUS_CYCLE_USAGE_USD.net
    products = _by_product(previous, lines)
    for product, line in products.items():
        yield Recorded(f"account_product:{previous.name}:sum", line, {"product": product})
    yield Recorded(f"account:{previous.name}:sum", sum_of(products.values(), days))
    (start,) = lines.of(catalogue.CYCLE_START).values()
    yield Recorded(f"account:{catalogue.CYCLE_START.name}:max", start)
    first, end = times.cycle.start.timestamp(), times.cycle.end.timestamp()
    yield Recorded("account:github_billing_cycle_elapsed:seconds", OfTime(lambda at: at - first))
    yield Recorded("account:github_billing_cycle_remaining:seconds", OfTime(lambda at: end - at))
    yield Recorded("account:github_billing_cycle_elapsed:ratio", _elapsed(times))


def _elapsed(times: Times) -> Curve:
    first, end = times.cycle.start.timestamp(), times.cycle.end.timestamp()
    return OfTime(lambda at: (at - first) / (end - first))


def _quotas(lines: Lines, times: Times) -> Iterator[Recorded]:
    days, previous = lines.days, catalogue.PREVIOUS_CYCLE_USAGE_USD
    paid_before = sum_of(_of_runners(previous.net, lines), days)
    if paid_before.has(0) and paid_before.last[0] >= CENT:
        used = RunRate(sum_of(_of_runners(catalogue.USAGE_USD.gross, lines), days), _elapsed(times))
        covered_before = sum_of(_of_runners(previous.discount, lines), days)
        name = "account_quota:github_billing_included:forecast_ratio"
        yield Recorded(name, Share(used, covered_before), {"quota": "actions_minutes"})
    quotas = {
        "actions_minutes": _of_runners(catalogue.USAGE_USD.net, lines),
        "packages_bandwidth": list(lines.of(catalogue.PACKAGES_PAID_BANDWIDTH).values()),
        "shared_storage": list(lines.of(catalogue.SHARED_STORAGE_ESTIMATED_PAID).values()),
    }
    for quota, paid in quotas.items():
        if paid:
            curve = IsPaid(sum_of(paid, days))
            name = "account_quota:github_billing_included:spent"
            yield Recorded(name, curve, {"quota": quota})


def _of_runners(metric: Metric, lines: Lines) -> list[Line]:
    sku = metric.labels.index("sku")
    return [line for labels, line in lines.of(metric).items() if labels[sku] in _RUNNERS]


def _whole(metric: Metric, lines: Lines) -> Line:
    return sum_of([_nothing(lines), *lines.of(metric).values()], lines.days)


def _nothing(lines: Lines) -> Line:
    """Return 0 on each day whose bill is known, with usage or without."""
    (start,) = lines.of(catalogue.CYCLE_START).values()
    found = Line(lines.days)
    for number in filter(start.has, range(lines.days)):
        found.set(number, 0.0, 0.0)
    return found


def _by_product(metric: Metric, lines: Lines) -> dict[str, Line]:
    place = metric.labels.index("product")
    found: dict[str, list[Line]] = {}
    for labels, line in lines.of(metric).items():
        found.setdefault(labels[place], []).append(line)
    return {product: sum_of(its, lines.days) for product, its in found.items()}

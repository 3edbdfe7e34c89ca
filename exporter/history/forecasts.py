"""Forecasts of a month's net dollars by SKU, as by the recording rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from exporter.billing import forecast
from exporter.billing.forecast import CENT
from exporter.history.curves import Curve, Line, Lines
from exporter.history.derived import RunRate
from exporter.history.times import DAY, Day, Times
from exporter.metrics import catalogue

_BEFORE = 3
_DAY_SECONDS = int(DAY.total_seconds())


@dataclass(frozen=True, slots=True)
class Licenses:
    """The forecast of licenses: at their average rate only if three days added more than one.

    Until three days are known, at most last month's.
    """

    net: Line
    rate: RunRate
    previous: Curve
    first: int

    def values(self, number: int, day: Day) -> Sequence[float]:
        now, rates = self.net.values(number, day), self.rate.values(number, day)
        if before := _before(self.net, number, day):
            return [
                forecast.licenses(net, rate, then, _DAY_SECONDS / (at - self.first))
                for at, net, rate, then in zip(day.times, now, rates, before, strict=True)
            ]
        most = self.previous.values(number, day) or now
        return [*map(forecast.first_licenses, now, rates, most)]


@dataclass(frozen=True, slots=True)
class Covered:
    """The forecast of usage of which a plan covers as much as last month."""

    rate: RunRate
    discount: Line
    previous: Curve

    def values(self, number: int, day: Day) -> Sequence[float]:
        paces = RunRate(self.discount, self.rate.elapsed)
        curves = (self.rate, self.discount, paces, self.previous)
        return [*map(forecast.covered, *(curve.values(number, day) for curve in curves))]


@dataclass(frozen=True, slots=True)
class Usage:
    """The forecast of usage: discounted as in the last three days if it cost something before them.

    Else it is ``until_then``.
    """

    net: Line
    gross: Line
    elapsed: Curve
    until_then: Curve

    def values(self, number: int, day: Day) -> Sequence[float]:
        until_then = self.until_then.values(number, day)
        paces = RunRate(self.gross, self.elapsed).values(number, day)
        lines = self.net, self.gross
        now = (line.values(number, day) for line in lines)
        before = [_before(line, number, day) for line in lines]
        if not all(before):
            return until_then
        return [
            forecast.going_on(net, gross, pace, paid, used)
            if paid >= CENT and gross > used
            else other
            for other, pace, net, gross, paid, used in zip(
                until_then, paces, *now, *before, strict=True
            )
        ]


@dataclass(frozen=True, slots=True)
class SumOf:
    """The sum of curves without NaN; those that have no values on a day are left out."""

    curves: Sequence[Curve]

    def values(self, number: int, day: Day) -> Sequence[float]:
        listed = (curve.values(number, day) for curve in self.curves)
        return [fsum(each) for each in zip(*filter(None, listed), strict=True)]


def by_sku(
    lines: Lines, times: Times, elapsed: Curve
) -> Mapping[tuple[str, ...], tuple[RunRate, Curve]]:
    """Return the average rate and the forecast by product and SKU."""
    money, previous = catalogue.USAGE_USD, catalogue.PREVIOUS_CYCLE_USAGE_USD
    gross, discounts = lines.of(money.gross), lines.of(money.discount)
    net_before, discount_before = lines.of(previous.net), lines.of(previous.discount)
    quantities = lines.of(catalogue.USAGE_QUANTITY.gross)
    licenses = {(product, sku) for product, sku, unit in quantities if unit == "user_months"}
    first = int(times.cycle.start.timestamp())
    found: dict[tuple[str, ...], tuple[RunRate, Curve]] = {}
    for names, net in lines.of(money.net).items():
        rate = RunRate(net, elapsed)
        curve: Curve = rate
        if names in licenses:
            curve = Licenses(net, rate, net_before.get(names, net), first)
        else:
            if names in net_before and max(net_before[names].last) >= CENT:
                curve = Covered(rate, discounts[names], discount_before[names])
            curve = Usage(net, gross[names], elapsed, curve)
        found[names] = rate, curve
    return found


def _before(line: Line, number: int, day: Day) -> Sequence[float]:
    if number < _BEFORE:
        return ()
    whole = _DAY_SECONDS // day.times.step
    return line.values(number - _BEFORE, Day(day.times, whole))

"""Forecasts of a month's net dollars by SKU, as by the recording rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from exporter.history.curves import Curve, Line, Lines
from exporter.history.derived import RunRate
from exporter.history.times import DAY, Day
from exporter.metrics import catalogue

_DAYS_OF_GROWTH = 3
_LEAST_GROWTH = 1.05
_CENT = 0.01
_DAY_SECONDS = int(DAY.total_seconds())


@dataclass(frozen=True, slots=True)
class Licenses:
    """The forecast of licenses, at their average rate only while they grow."""

    net: Line
    rate: RunRate
    previous: Curve

    def values(self, number: int, day: Day) -> Sequence[float]:
        now, rates = self.net.values(number, day), self.rate.values(number, day)
        if number >= _DAYS_OF_GROWTH:
            whole = _DAY_SECONDS // day.times.step
            before = self.net.values(number - _DAYS_OF_GROWTH, Day(day.times, whole))
            if before:
                return [
                    rate if value > _LEAST_GROWTH * then else value
                    for value, then, rate in zip(now, before, rates, strict=True)
                ]
        most = self.previous.values(number, day) or now
        return [min(rate, max(each)) for rate, *each in zip(rates, now, most, strict=False)]


@dataclass(frozen=True, slots=True)
class Covered:
    """The forecast of usage that a plan covers as last month."""

    rate: RunRate
    discount: Line
    previous: Curve

    def values(self, number: int, day: Day) -> Sequence[float]:
        rates = self.rate.values(number, day)
        paces = RunRate(self.discount, self.rate.elapsed).values(number, day)
        covered = (curve.values(number, day) for curve in (self.discount, self.previous))
        return [
            rate + max(pace - max(each), 0.0)
            for rate, pace, *each in zip(rates, paces, *covered, strict=False)
        ]


@dataclass(frozen=True, slots=True)
class SumOf:
    """The sum of curves without NaN; those that have no values on a day are left out."""

    curves: Sequence[Curve]

    def values(self, number: int, day: Day) -> Sequence[float]:
        listed = (curve.values(number, day) for curve in self.curves)
        return [fsum(each) for each in zip(*filter(None, listed), strict=True)]


def by_sku(lines: Lines, elapsed: Curve) -> Mapping[tuple[str, str], tuple[RunRate, Curve]]:
    """Return the average rate and the forecast by product and SKU."""
    money, previous = catalogue.USAGE_USD, catalogue.PREVIOUS_CYCLE_USAGE_USD
    discounts = lines.of(money.discount)
    net_before, discount_before = lines.of(previous.net), lines.of(previous.discount)
    licenses = {
        (product, sku)
        for product, sku, unit in lines.of(catalogue.USAGE_QUANTITY.gross)
        if unit == "user_months"
    }
    found: dict[tuple[str, str], tuple[RunRate, Curve]] = {}
    for (product, sku), net in lines.of(money.net).items():
        names = product, sku
        rate = RunRate(net, elapsed)
        forecast: Curve = rate
        if names in licenses:
            forecast = Licenses(net, rate, net_before.get(names, net))
        elif names in net_before and max(net_before[names].last) >= _CENT:
            forecast = Covered(rate, discounts[names], discount_before[names])
        found[names] = rate, forecast
    return found

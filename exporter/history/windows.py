"""Functions of days and weeks, at full hours as in the recording rules."""

from collections.abc import Sequence
from math import fsum, isnan, nan

from exporter.history.curves import Curve
from exporter.history.times import Day

HOUR = 3600
_HOURS_OF_A_DAY = 24
_LOOKBACK_SECONDS = 300
"""Prometheus shows a sample for five minutes."""

HOURS_OF_SLOPE = 2 * _HOURS_OF_A_DAY
_OF_MEAN, _LEAST_OF_MEAN = 14 * _HOURS_OF_A_DAY, 7 * _HOURS_OF_A_DAY


def by_hour(curve: Curve, days: Sequence[Day]) -> list[float]:
    """Return a month's values at full hours, NaN if Prometheus shows none."""
    found = []
    for number, day in enumerate(days):
        values, step = curve.values(number, day), day.times.step
        for second in range(0, _HOURS_OF_A_DAY * HOUR, HOUR):
            place, age = divmod(second, step)
            shown = age < _LOOKBACK_SECONDS and place < len(values)
            found.append(values[place] if shown else nan)
    return found


def slopes(hours: Sequence[float]) -> list[float]:
    """Return the growth per second over the last two days at each hour, NaN if unknown."""
    return [
        _slope(hours[max(0, hour + 1 - HOURS_OF_SLOPE) : hour + 1]) for hour in range(len(hours))
    ]


def means(hours: Sequence[float], before: Sequence[float]) -> list[float]:
    """Return the mean of the 14 days before the last 24 hours at each hour, NaN if unknown.

    ``before`` are the hours of the month before.
    """
    known = [*before, *hours]
    found = []
    for hour in range(len(before), len(known)):
        end = hour + 1 - _HOURS_OF_A_DAY
        values = [v for v in known[max(0, end - _OF_MEAN) : max(0, end)] if not isnan(v)]
        found.append(fsum(values) / len(values) if len(values) >= _LEAST_OF_MEAN else nan)
    return found


def _slope(hours: Sequence[float]) -> float:
    """Return the slope of the simple linear regression, as PromQL's ``deriv``."""
    points = [(at * HOUR, value) for at, value in enumerate(hours) if not isnan(value)]
    if len(points) < 2:
        return nan
    middle = fsum(at for at, _ in points) / len(points)
    mean = fsum(value for _, value in points) / len(points)
    spread = fsum((at - middle) ** 2 for at, _ in points)
    return fsum((at - middle) * (value - mean) for at, value in points) / spread

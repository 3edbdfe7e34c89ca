"""Curves: the values of a series in a month, as few numbers per day."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import isnan, nan
from typing import NamedTuple, Protocol

from exporter.history.times import Day
from exporter.metrics.model import Metric, Sample


class Curve(Protocol):
    """The values of a series."""

    def values(self, number: int, day: Day) -> Sequence[float]:
        """Return the values of day ``number``, empty if it has none, NaN for absent ones."""
        ...


class Line:
    """A curve that is linear within each day.

    It grows from the value before a day's first sample to that of its last sample, both NaN while
    the series has no values.
    """

    __slots__ = ("before", "last")

    def __init__(self, days: int) -> None:
        self.before, self.last = array("d", [nan] * days), array("d", [nan] * days)

    def set(self, number: int, before: float, last: float) -> None:
        self.before[number], self.last[number] = before, last

    def has(self, number: int) -> bool:
        return not isnan(self.last[number])

    def values(self, number: int, day: Day) -> Sequence[float]:
        before, last, count = self.before[number], self.last[number], len(day.times)
        if isnan(last):
            return ()
        if before == last:
            return [last] * count
        growth, full = last - before, day.full
        found = [before + growth * step / full for step in range(1, count + 1)]
        if count == full:
            found[-1] = last  # the sum to the last digit
        return found


class Named(NamedTuple):
    """A curve with the labels of its series, and the time between its samples."""

    name: str
    labels: tuple[tuple[str, str], ...]
    curve: Curve
    step: timedelta


class Lines:
    """The lines of an account's samples, by metric and labels."""

    def __init__(self, days: int) -> None:
        self.days = days
        self.found: dict[Metric, dict[tuple[str, ...], Line]] = {}

    def add(self, number: int, before: Iterable[Sample], last: Iterable[Sample]) -> None:
        """Add the samples before a day's first and those of its last.

        A series that only the last have is constant on that day.
        """
        known = {(metric, labels): value for metric, labels, value in before}
        for metric, labels, value in last:
            of_metric = self.found.setdefault(metric, {})
            line = of_metric.get(labels)
            if line is None:
                line = of_metric[labels] = Line(self.days)
            line.set(number, known.get((metric, labels), value), value)

    def of(self, metric: Metric) -> dict[tuple[str, ...], Line]:
        return self.found.get(metric, {})


def sum_of(lines: Iterable[Line], days: int) -> Line:
    """Return the sum of the lines that have values, day by day."""
    listed = list(lines)
    total = Line(days)
    for number in range(days):
        present = [line for line in listed if line.has(number)]
        if present:
            before = sum(line.before[number] for line in present)
            total.set(number, before, sum(line.last[number] for line in present))
    return total

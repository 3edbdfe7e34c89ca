"""Curves that are computed from others, as by the recording rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from exporter.history.curves import Curve, Line
from exporter.history.times import DAY, Day
from exporter.history.windows import HOUR, HOURS_OF_SLOPE

_DAY_SECONDS = int(DAY.total_seconds())


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
class Share:
    """The quotient of two curves."""

    part: Curve
    whole: Curve

    def values(self, number: int, day: Day) -> Sequence[float]:
        pairs = zip(self.part.values(number, day), self.whole.values(number, day), strict=False)
        return [part / whole for part, whole in pairs]


@dataclass(frozen=True, slots=True)
class IsPaid:
    """1 while a line is above 0, else 0."""

    line: Line

    def values(self, number: int, day: Day) -> Sequence[float]:
        return [float(value > 0) for value in self.line.values(number, day)]


@dataclass(frozen=True, slots=True)
class Hourly:
    """A curve that changes at full hours; ``first`` is the month's first second."""

    hours: Sequence[float]
    first: int

    def values(self, number: int, day: Day) -> Sequence[float]:  # noqa: ARG002  (a `Curve`)
        return [self.hours[(at - self.first) // HOUR] for at in day.times]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A month's sum at its end, at the growth of the last two days if all are of this month."""

    line: Curve
    slope: Hourly
    end: float

    def values(self, number: int, day: Day) -> Sequence[float]:
        first = self.slope.first + HOURS_OF_SLOPE * HOUR + HOUR
        sums, slopes = (each.values(number, day) for each in (self.line, self.slope))
        return [
            value + max(slope, 0.0) * (self.end - at) if at > first else nan
            for at, value, slope in zip(day.times, sums, slopes, strict=False)
        ]

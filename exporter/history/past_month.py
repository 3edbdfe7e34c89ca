"""A past month of all accounts, as curves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import isnan

from exporter.history.curves import Named
from exporter.history.series import Series
from exporter.history.times import Day, Times


@dataclass(frozen=True, slots=True)
class PastMonth:
    """A month as the pages of its days would have said it. ``notes`` say what is left out."""

    times: Times
    curves: Sequence[Named]
    notes: Sequence[str] = field(default=())

    def batches(self) -> Iterator[Iterator[Series]]:
        """Yield the samples of a day after the other, for receivers that want them in order."""
        days = {step: self.times.days(step) for step in {named.step for named in self.curves}}
        for number in range(self.times.number):
            yield self._day(number, {step: its[number] for step, its in days.items()})

    def _day(self, number: int, days: Mapping[timedelta, Day]) -> Iterator[Series]:
        for _, labels, curve, step in self.curves:
            day = days[step]
            pairs = zip(day.times, curve.values(number, day), strict=False)
            samples = [(at * 1000, value) for at, value in pairs if not isnan(value)]
            if samples:
                yield Series(labels, samples)

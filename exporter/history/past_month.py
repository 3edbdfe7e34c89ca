"""A past month of all accounts, as curves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan

from exporter.history.curves import Named
from exporter.history.series import Series
from exporter.history.times import Times


@dataclass(frozen=True, slots=True)
class PastMonth:
    """A month as the pages of its days would have said it. ``notes`` say what is left out."""

    times: Times
    curves: Sequence[Named]
    notes: Sequence[str] = field(default=())

    def batches(self) -> Iterator[list[Series]]:
        """Yield the samples of a day after the other, for receivers that want them in order."""
        days = {step: self.times.days(step) for step in {named.step for named in self.curves}}
        for number in range(self.times.number):
            batch = []
            for _, labels, curve, step in self.curves:
                day = days[step][number]
                pairs = zip(day.times, curve.values(number, day), strict=False)
                samples = [(at * 1000, value) for at, value in pairs if not isnan(value)]
                if samples:
                    batch.append(Series(labels, samples))
            yield batch

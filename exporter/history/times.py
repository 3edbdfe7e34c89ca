"""The times of a month's samples."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.billing.cycle import Cycle

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """The seconds since 1970 of a day's samples, ``step`` apart.

    A sum of the day is reached by sample number ``full``, which is the day's last one unless the
    day is not over.
    """

    times: range
    full: int


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a month's samples before ``until``, requested from GitHub at ``now``."""

    cycle: Cycle
    until: datetime
    now: datetime

    @property
    def number(self) -> int:
        """The number of days that have samples."""
        return -((self.cycle.start - min(self.until, self.cycle.end, self.now)) // DAY)

    def start(self, day: int) -> datetime:
        """Return the first instant of a day, counted from 0."""
        return self.cycle.start + day * DAY

    def days(self, step: timedelta) -> list[Day]:
        """Return all days with samples every ``step``, beginning at 00:00 UTC."""
        return [self._day(self.start(day), step) for day in range(self.number)]

    def edges(self, day: int) -> tuple[datetime, datetime]:
        """Return a day's first instant and the one at which it has its sum."""
        start = self.start(day)
        return start, min(start + DAY - timedelta.resolution, self.now)

    def _day(self, start: datetime, step: timedelta) -> Day:
        def samples_until(end: datetime) -> int:
            return -((start - min(end, start + DAY)) // step)

        first, seconds = int(start.timestamp()), int(step.total_seconds())
        written = samples_until(min(self.until, self.now))
        return Day(range(first, first + written * seconds, seconds), samples_until(self.now))

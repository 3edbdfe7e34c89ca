"""The billing cycle of all metered products: a calendar month in UTC (docs: Billing cycles)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Cycle:
    """A month's first instant, and the next month's. Raises ``ValueError`` unless both are UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if {self.start.utcoffset(), self.end.utcoffset()} != {timedelta(0)}:
            raise ValueError("a cycle must start and end in UTC")

    @classmethod
    def at(cls, now: datetime) -> Self:
        """Return the cycle of ``now``. Raises ``ValueError`` without a time zone."""
        start = _utc(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return cls(start, (start + timedelta(days=31)).replace(day=1))

    def previous(self) -> Self:
        return self.at(self.start - timedelta(days=1))

    @property
    def year(self) -> int:
        return self.start.year

    @property
    def month(self) -> int:
        return self.start.month

    @property
    def hours(self) -> float:
        """Hours of the month, 672 to 744."""
        return (self.end - self.start) / timedelta(hours=1)

    def hours_until(self, now: datetime) -> float:
        """Return the hours from the start to ``now``, at most `hours`."""
        return (min(_utc(now), self.end) - self.start) / timedelta(hours=1)

    def days_begun(self, now: datetime) -> int:
        """Return the number of days that have begun by ``now``: 0 before the month."""
        begun = (_utc(now) - self.start) // timedelta(days=1) + 1
        return min(max(begun, 0), (self.end - self.start).days)

    def remaining_days(self, now: datetime) -> int:
        """Return the number of days after today (docs: Previous billing platform endpoints)."""
        last_day = self.end - timedelta(days=1)
        return max((last_day.date() - _utc(now).date()).days, 0)


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("the time has no time zone")
    return moment.astimezone(UTC)

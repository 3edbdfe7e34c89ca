"""The billing cycle: a calendar month in UTC, whatever day the card is charged.

So it is for all metered products (docs: Billing cycles).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Cycle:
    """A month's first instant, and the first instant after it; ``ValueError`` unless both UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for edge in (self.start, self.end):
            if edge.utcoffset() != timedelta(0):
                raise ValueError("a cycle begins and ends in UTC")

    @classmethod
    def at(cls, now: datetime) -> Self:
        """Find the cycle that ``now`` is in; ``ValueError`` if it has no time zone."""
        midnight = _utc(now).replace(hour=0, minute=0, second=0, microsecond=0)
        start = midnight.replace(day=1)
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
        """Hours of the whole month, 672 to 744."""
        return (self.end - self.start) / timedelta(hours=1)

    def hours_until(self, now: datetime) -> float:
        """Hours from the start to ``now``, at most `hours`; ``ValueError`` without a time zone."""
        return (min(_utc(now), self.end) - self.start) / timedelta(hours=1)

    def remaining_days(self, now: datetime) -> int:
        """Days in the month less the day of the month; ``ValueError`` without a time zone.

        0 on the last day and after it. This is GitHub's own replacement for the legacy
        ``days_left_in_billing_cycle`` (docs: Previous billing platform endpoints).
        """
        last_day = self.end - timedelta(days=1)
        return max((last_day.date() - _utc(now).date()).days, 0)


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone is in no cycle")
    return moment.astimezone(UTC)

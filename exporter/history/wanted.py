"""Which past months are wanted, and how."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.billing.cycle import Cycle
from exporter.ledger import periods

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The ``months`` before ``now`` that are over, and the current one up to ``until``.

    Samples are ``step`` apart; ``labels`` are added to those of the page. ``daily`` if GitHub is
    asked for each day.
    """

    months: int
    step: timedelta
    now: datetime
    until: datetime | None = None
    labels: Labels = ()
    daily: bool = False

    def cycles(self) -> list[Cycle]:
        """Return the months, the oldest first."""
        current = first = Cycle.at(self.now)
        for _ in range(self.months):
            first = first.previous()
        return periods.between(first, current if self.until else current.previous())

    def end_of(self, cycle: Cycle) -> datetime:
        """Return the time before which a month has samples."""
        return min(cycle.end, self.until or self.now)

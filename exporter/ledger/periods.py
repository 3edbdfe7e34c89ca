"""Months as users write them: ``2026-10``."""

import re
from datetime import UTC, datetime, timedelta

from exporter.billing.cycle import Cycle
from exporter.billing.usage import REPORTS_LAG_HOURS

KEPT = 24
"""Closed months that GitHub keeps (OpenAPI 23.0.2)."""

SETTLES = timedelta(hours=REPORTS_LAG_HOURS)
"""After this time a month that is over gets no more usage."""

NOT_SETTLED = "ended less than three days ago: GitHub may still add usage to it"

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def month_of(text: str) -> Cycle:
    """Return the month. Raises ``ValueError``, which says how to write one."""
    if _MONTH.fullmatch(text) is None:
        raise ValueError("must be a month, such as 2026-10")
    try:
        return Cycle.at(datetime(int(text[:4]), int(text[5:]), 1, tzinfo=UTC))
    except (OverflowError, ValueError):
        raise ValueError("is beyond the calendar") from None


def text_of(month: Cycle) -> str:
    return f"{month.start:%Y-%m}"


def between(first: Cycle, last: Cycle) -> list[Cycle]:
    """Return the months from the ``first`` to the ``last``, both included."""
    months = []
    while first.start <= last.start:
        months.append(first)
        first = Cycle.at(first.end)
    return months


def check_kept(month: Cycle, now: datetime) -> None:
    """Raise ``ValueError`` if GitHub has no data of the month: it is in the future, or too old."""
    current = Cycle.at(now)
    if month.start > current.start:
        raise ValueError("is in the future")
    if age(month, now) > KEPT:
        raise ValueError(f"is older than {KEPT} months, which GitHub keeps")


def age(month: Cycle, now: datetime) -> int:
    """Return the number of months since the month: 0 for the current one."""
    current = Cycle.at(now)
    return 12 * (current.year - month.year) + current.month - month.month

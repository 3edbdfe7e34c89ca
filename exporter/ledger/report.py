"""GitHub's usage report: the month by repository, SKU and time, without pages (OpenAPI 23.0.2)."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from exporter.accounts import Account
from exporter.billing.cycle import Cycle
from exporter.github.api import GitHub
from exporter.github.endpoints import USAGE_ROOTS
from exporter.github.stream import Fold

Item = TypeVar("Item")
T = TypeVar("T")

ENDPOINTS = {kind: f"{root}/settings/billing/usage" for kind, root in USAGE_ROOTS.items()}

_DAY = timedelta(days=1)


async def ask(
    github: GitHub,
    account: Account,
    cycle: Cycle,
    item_type: type[Item],
    fold: Callable[[datetime, datetime], Fold[Item, T]],
    *,
    now: datetime,
    **cost_center: str,
) -> AsyncIterator[T]:
    """Request a month, day by day if GitHub is too slow for it, and yield each folded answer.

    ``fold`` is called with the first and the last time that a row may have. Without a month GitHub
    returns the yearly report, whose repository column is arbitrary. For an enterprise: usage
    outside cost centers, or of ``cost_center_id``.
    """

    def of(day: int | None = None) -> Fold[Item, T]:
        start, end = cycle.start, cycle.end
        if day is not None:
            start += timedelta(days=day - 1)
            end = start + _DAY
        # One day of slack: rows may be in any time zone.
        return fold(start - _DAY, end + _DAY)

    async for folded in github.report(
        ENDPOINTS[account.type],
        "usageItems",
        item_type,
        of,
        instead=[{"day": day} for day in range(1, cycle.days_begun(now) + 1)],
        account=account.name,
        year=cycle.year,
        month=cycle.month,
        **cost_center,
    ):
        yield folded

"""GitHub's usage summary: one row per SKU and price for a month (OpenAPI 23.0.2)."""

from typing import Generic, TypeVar

import msgspec

from exporter.accounts import Account
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow
from exporter.github.api import GitHub
from exporter.github.endpoints import USAGE_ROOTS
from exporter.github.errors import InvalidPayload

RowT = TypeVar("RowT")

ENDPOINTS = {kind: f"{root}/settings/billing/usage/summary" for kind, root in USAGE_ROOTS.items()}


class TimePeriod(msgspec.Struct, frozen=True):
    year: int
    month: int | None = None
    day: int | None = None


class Report(msgspec.Struct, Generic[RowT], frozen=True, rename="camel"):
    time_period: TimePeriod
    usage_items: list[RowT]


async def ask(
    github: GitHub, account: Account, cycle: Cycle, **filters: str | int
) -> list[SummaryRow]:
    """Return the rows of a month's summary.

    ``filters`` are ``day``, ``organization``, ``repository`` (``owner/name``) and
    ``cost_center_id`` (``none`` for usage outside cost centers). ``organization`` and
    ``cost_center_id`` are only for enterprises.
    """
    return await ask_or_none(github, account, cycle, absent=(), **filters) or []


async def ask_or_none(
    github: GitHub, account: Account, cycle: Cycle, *, absent: tuple[int, ...], **filters: str | int
) -> list[SummaryRow] | None:
    """Like `ask`, but None on one of the statuses ``absent``."""
    endpoint, report = ENDPOINTS[account.type], Report[SummaryRow]
    return await rows_or_none(github, endpoint, report, account, cycle, absent=absent, **filters)


async def rows_or_none(
    github: GitHub,
    endpoint: str,
    report: type[Report[RowT]],
    account: Account,
    cycle: Cycle,
    *,
    absent: tuple[int, ...],
    **filters: str | int,
) -> list[RowT] | None:
    """Return the rows of a month's report, or None on one of the statuses ``absent``.

    Raises `InvalidPayload` if GitHub answers for another period.
    """
    period = {"year": cycle.year, "month": cycle.month}
    answer = await github.get_or_none(
        endpoint, report, absent=absent, account=account.name, **period, **filters
    )
    if answer is None:
        return None
    if msgspec.structs.asdict(answer.time_period) != {"day": filters.get("day"), **period}:
        raise InvalidPayload(detail="timePeriod is not the requested period", endpoint=endpoint)
    return answer.usage_items

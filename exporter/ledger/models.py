"""AI usage by model: AI credits, or premium requests for accounts that still have them.

AI credits replaced premium requests in June 2026, except for annual plans that stayed (docs:
usage-based billing).
"""

from typing import TypeVar

from exporter.accounts import Account
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow
from exporter.billing.values import Text
from exporter.github.api import GitHub
from exporter.github.endpoints import HIDDEN, USAGE_ROOTS
from exporter.ledger.summary import Report, rows_or_none

RowT = TypeVar("RowT")

AI_CREDITS = {
    kind: f"{root}/settings/billing/ai_credit/usage" for kind, root in USAGE_ROOTS.items()
}
PREMIUM_REQUESTS = {
    kind: f"{root}/settings/billing/premium_request/usage" for kind, root in USAGE_ROOTS.items()
}


class ModelRow(SummaryRow, frozen=True, rename="camel", kw_only=True):
    model: Text | None = None


async def ask(
    github: GitHub, account: Account, cycle: Cycle, report: type[Report[RowT]], **filters: str
) -> list[RowT]:
    """Return the month's rows of exactly one endpoint: both may report the same usage."""
    rows: list[RowT] | None = []
    for endpoints in (AI_CREDITS, PREMIUM_REQUESTS):
        absent = HIDDEN if rows is not None else ()
        rows = await rows_or_none(
            github, endpoints[account.type], report, account, cycle, absent=absent, **filters
        )
        if rows:
            break
    return rows or []

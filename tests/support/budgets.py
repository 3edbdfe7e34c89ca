"""Budgets of the demo's accounts, and the collectors that request them."""

from collections.abc import Mapping

from tests.support.collect import COLLECTORS
from tests.support.paths import ACME_BILL

BUDGETS = COLLECTORS["budgets"]
ESTIMATES = COLLECTORS["budget_estimates"]
PATH = f"{ACME_BILL}/budgets"
BOTH = ["usage", "budgets", "budget_estimates"]


def listed(*budgets: Mapping[str, object], **fields: object) -> dict[str, object]:
    return {"budgets": budgets, "has_next_page": False, "total_count": len(budgets), **fields}

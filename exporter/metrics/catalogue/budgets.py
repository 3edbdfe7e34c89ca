"""Budgets, GitHub's and our estimate."""

from exporter.metrics.catalogue.declare import POLLED, bill

_BUDGETS = f"GitHub's budgets. {POLLED}"
BUDGET_LIMIT_USD = bill(
    "budget_limit_usd", "US dollars a month that the budget allows.", "budget", source=_BUDGETS
)
BUDGET_LIMIT_SEATS = bill(
    "budget_limit_seats",
    "Licences that the budget allows, where its SKU is billed by licence.",
    "budget",
    source=_BUDGETS,
)
BUDGET_CONSUMED_USD = bill(
    "budget_consumed_usd",
    "US dollars of this month consumed from the budget, where GitHub says it.",
    "budget",
    source=_BUDGETS,
)
BUDGET_ESTIMATED_CONSUMED_USD = bill(
    "budget_estimated_consumed_usd",
    "US dollars of this month that the budget covers, by our sum of net usage, not GitHub's "
    "figure: it cannot know when in the month the budget was made, what AI pools cover, nor "
    "which cost centers are excluded.",
    "budget",
)
BUDGET_INFO = bill(
    "budget_info",
    "A budget: its scope, the entity it is for (empty where that is a person), the products or "
    "SKUs it covers, whether it stops usage and whether it alerts. Always 1.",
    "budget",
    "scope",
    "entity",
    "target",
    "hard",
    "alerting",
    source=_BUDGETS,
)

"""Budgets: limits, consumption from GitHub, and the exporter's estimate."""

from exporter.metrics.catalogue.declare import bill

BUDGET_LIMIT_USD = bill(
    "budget_limit_usd",
    "Monthly limit in US dollars. Per person for the scopes user, multi_user_customer and "
    "multi_user_cost_center.",
    "budget",
)
BUDGET_LIMIT_SEATS = bill(
    "budget_limit_seats", "Limit in licenses, for a SKU billed by license.", "budget"
)
BUDGET_CONSUMED_USD = bill(
    "budget_consumed_usd",
    "US dollars consumed this month, as reported by GitHub. Scope user: one person; "
    "multi_user_customer and multi_user_cost_center: all people together.",
    "budget",
)
BUDGET_ESTIMATED_CONSUMED_USD = bill(
    "budget_estimated_consumed_usd",
    "US dollars consumed this month, estimated by the exporter from net usage. Absent for budgets "
    "with a limit per person, and if usage cannot be filtered by the budget's entity.",
    "budget",
)
_INFO = ("budget", "type", "scope", "entity", "target", "hard", "alerting")
BUDGET_INFO = bill(
    "budget_info",
    "Budget with its type, scope, entity (empty for a person) and target products or SKUs, and "
    "whether it is hard (stops usage) and alerting.",
    *_INFO,
)
BUDGET_PEOPLE = bill(
    "budget_people", "People under a universal budget, each with a limit of their own.", "budget"
)
BUDGET_PEOPLE_AT_LIMIT = bill(
    "budget_people_at_limit",
    "People who have reached their limit under a universal budget this month.",
    "budget",
)

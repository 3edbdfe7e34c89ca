"""Budgets, GitHub's and our estimate."""

from functools import partial

from exporter.metrics.catalogue.declare import POLLED, bill

_budgets = partial(bill, source=f"GitHub's budgets. {POLLED}")
_PERSONAL = (
    "Of the scopes user, multi_user_customer and multi_user_cost_center it is each person's, and "
    "no sum of usage can be held against it."
)
BUDGET_LIMIT_USD = _budgets(
    "budget_limit_usd", f"US dollars a month that the budget allows. {_PERSONAL}", "budget"
)
BUDGET_LIMIT_SEATS = _budgets(
    "budget_limit_seats",
    "Licences that the budget allows, where its SKU is billed by licence.",
    "budget",
)
BUDGET_CONSUMED_USD = _budgets(
    "budget_consumed_usd",
    "US dollars of this month consumed from the budget, where GitHub says it: of one person for "
    "the scope user, of all people for multi_user_customer and multi_user_cost_center.",
    "budget",
)
BUDGET_ESTIMATED_CONSUMED_USD = bill(
    "budget_estimated_consumed_usd",
    "US dollars of this month that the budget covers, by our sum of net usage, not GitHub's "
    "figure: it cannot know when in the month the budget was made, what AI pools cover, nor "
    "which cost centers are excluded. Absent for budgets that each person has, and where usage "
    "cannot be narrowed to what the budget is for: the page / says why.",
    "budget",
)
_INFO = ("budget", "type", "scope", "entity", "target", "hard", "alerting")
BUDGET_INFO = _budgets(
    "budget_info",
    "A budget: its type, its scope, the entity it is for (empty where that is a person), the "
    "products or SKUs it covers, whether it stops usage and whether it alerts. Always 1.",
    *_INFO,
)
_people = partial(bill, source=f"GitHub's user states of budgets that each person has. {POLLED}")
BUDGET_PEOPLE = _people(
    "budget_people", "People whom a universal budget limits, each by its own limit.", "budget"
)
BUDGET_PEOPLE_AT_LIMIT = _people(
    "budget_people_at_limit",
    "People who have consumed all that a universal budget allows each of them this month.",
    "budget",
)

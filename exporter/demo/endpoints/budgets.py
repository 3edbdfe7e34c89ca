"""Budgets in pages; GitHub reports consumption only for budgets of people."""

from collections.abc import Mapping, Sequence
from math import fsum

from exporter.accounts import AccountType
from exporter.demo.accounts import SimulatedBudget
from exporter.demo.answer import NOT_FOUND, Answer, ok
from exporter.demo.consumption import Use
from exporter.demo.endpoints import cost_centers
from exporter.demo.meters import AI_SKUS, SEAT_SKUS
from exporter.demo.question import Page, Question

_USUAL_PAGE = 10
_STATES_A_PAGE = 30


def listed(question: Question) -> Answer:
    """Answer ``/budgets``, filtered by ``scope`` and ``user``."""
    scope, user = question.query.get("scope"), question.query.get("user")
    found = [
        budget
        for budget in question.account.budgets
        if scope in {None, budget.scope} and user in {None, budget.user}
    ]
    page = Page.asked(question.query, _USUAL_PAGE)
    return ok(
        {
            "budgets": [_described(question, budget) for budget in page.of(found)],
            **({"user": user} if user else {}),
            "has_next_page": page.number < page.last(found),
            "total_count": len(found),
        }
    )


def one(question: Question) -> Answer:
    """Answer ``/budgets/{id}``."""
    for budget in question.account.budgets:
        if budget.id == question.item:
            return ok(_described(question, budget))
    return NOT_FOUND


def user_states(question: Question) -> Answer:
    """Answer ``/budgets/{id}/user-states`` of a per-person budget (GHEC)."""
    for budget in question.account.budgets:
        if budget.id == question.item and budget.scope.startswith("multi_user_"):
            break
    else:
        return NOT_FOUND
    page = Page.asked(question.query, _STATES_A_PAGE)
    people, consumed = question.account.people, _by_a_person(question)
    return ok(
        {
            "user_states": [
                {
                    "user": login,
                    "consumed_amount": consumed,
                    "target_amount": _amount(question, budget),
                    "override_budget_id": None,
                }
                for login in page.of(people)
            ],
            "has_next_page": page.number < page.last(people),
            "total_count": len(people),
        }
    )


def _described(question: Question, budget: SimulatedBudget) -> Mapping[str, object]:
    target: Mapping[str, object] = (
        {"budget_product_skus": [budget.target]}
        if budget.listed
        else {"budget_product_sku": budget.target}
    )
    of_a_person: Mapping[str, object] = {}
    if budget.scope == "user":
        of_a_person = {"user": budget.user, "consumed_amount": _by_a_person(question)}
    return {
        "id": budget.id,
        "budget_type": budget.type,
        **target,
        "budget_scope": budget.scope,
        **({"budget_entity_name": budget.entity} if budget.entity else {}),
        **of_a_person,
        "budget_amount": _amount(question, budget),
        "prevent_further_usage": budget.hard,
        "budget_alerting": {
            "will_alert": bool(budget.recipients),
            "alert_recipients": budget.recipients,
        },
    }


def _amount(question: Question, budget: SimulatedBudget) -> int:
    if budget.amount is not None:
        return budget.amount
    begun = question.uses(question.month, until=question.activity.made)
    covered = [use for use in _in_scope(question, budget, begun) if _covers(budget, use)]
    return int(fsum(use.gross - use.discount for use in covered)) + 1


def _in_scope(question: Question, budget: SimulatedBudget, found: Sequence[Use]) -> Sequence[Use]:
    entity = budget.entity.casefold()
    match budget.scope:
        case "organization" if question.of_enterprise:
            return [use for use in found if use.organization.casefold() == entity]
        case "repository":
            return [
                use for use in found if f"{use.organization}/{use.repository}".casefold() == entity
            ]
        case "cost_center":
            named = [each for each in question.account.cost_centers if each.name == budget.entity]
            return [use for each in named for use in cost_centers.of(question, each.id, found)]
    return found


def _covers(budget: SimulatedBudget, use: Use) -> bool:
    product = use.meter.product.lower().replace(" ", "_")
    match budget.type:
        case "ProductPricing":
            return budget.target == product
        case "SkuPricing":
            return budget.target == use.meter.sku and use.meter.sku not in SEAT_SKUS
        case "BundlePricing":
            return use.meter.sku in AI_SKUS


def _by_a_person(question: Question) -> float:
    # US dollars of AI from the first credit on, the same for everyone.
    account = question.account
    people = 1 if account.type is AccountType.USER else sum(m.seats for m in question.members)
    found = question.uses(question.month)
    return fsum(use.gross for use in found if use.meter.sku in AI_SKUS) / max(1, people)

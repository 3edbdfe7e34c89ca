"""Cost centers of an enterprise, and the usage that each pays for."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import fsum

from exporter.demo.accounts import SimulatedCostCenter
from exporter.demo.answer import NOT_FOUND, Answer, Refused, ok
from exporter.demo.consumption import Use
from exporter.demo.meters import AI_SKUS
from exporter.demo.question import Page, Question

REST = "none"
"""GitHub's id for usage outside all cost centers."""


def find(question: Question, center_id: str) -> SimulatedCostCenter:
    """Return a cost center by id, including deleted ones. Raises `Refused`."""
    for center in question.account.cost_centers:
        if center.id == center_id:
            return center
    raise Refused(NOT_FOUND)


def of(question: Question, center_id: str, found: Sequence[Use]) -> Sequence[Use]:
    """Return the usage of a cost center, or for `REST` outside all cost centers."""
    payer = payers(question, center_id)
    return [use for use in found if payer(use.organization, use.repository) == center_id]


def payers(question: Question, center_id: str) -> Callable[[str, str], str]:
    """Return a function from organization and repository to the paying cost center.

    Raises `Refused` for an unknown ``center_id``.
    """
    if center_id != REST:
        find(question, center_id)
    owners = {
        (kind, name.casefold()): center.id
        for center in question.account.cost_centers
        for kind, name in center.resources
    }

    @cache
    def payer(organization: str, repository: str) -> str:
        owner = organization.casefold()
        of_repository = owners.get(("Repo", f"{owner}/{repository.casefold()}"))
        return of_repository or owners.get(("Org", owner)) or REST

    return payer


def listed(question: Question) -> Answer:
    """Answer ``/cost-centers``, optionally filtered by ``state``; there are no pages."""
    state = question.query.get("state")
    return ok(
        {
            "costCenters": [
                _described(question, center)
                for center in question.account.cost_centers
                if state in {None, center.state}
            ]
        }
    )


def one(question: Question) -> Answer:
    """Answer ``/cost-centers/{id}``, with its resources in pages (OpenAPI 23.0.2)."""
    center = find(question, question.item)
    page = Page.asked(question.query, 100)
    shown = {"resources": _resources(page.of(center.resources))}
    more = page.number < page.last(center.resources)
    return ok({**_described(question, center), **shown, "has_next_page": more})


def _described(question: Question, center: SimulatedCostCenter) -> Mapping[str, object]:
    pooled = center.pool is not None
    return {
        "id": center.id,
        "name": center.name,
        "state": center.state,
        "azure_subscription": None,
        "resources": _resources(center.resources),
        "ai_credit_pool_enabled": pooled,
        **({"ai_credit_pool_state": _pool(question, center)} if pooled else {}),
    }


def _pool(question: Question, center: SimulatedCostCenter) -> Mapping[str, float | None]:
    # In AI credits; null until some are used.
    found = of(question, center.id, question.uses(question.month))
    used = fsum(use.quantity for use in found if use.meter.sku in AI_SKUS)
    return {
        "target_amount": center.pool if used else None,
        "current_amount": used or None,
    }


def _resources(pairs: Sequence[tuple[str, str]]) -> list[Mapping[str, str]]:
    return [{"type": kind, "name": name} for kind, name in pairs]

"""Our estimate of what is consumed of each budget, as GitHub says it of few (OpenAPI 23.0.2)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from exporter.accounts import Account, AccountType
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow
from exporter.collectors import cost_centers, usage
from exporter.collectors.budgets import BUDGETS, Budget, listed
from exporter.collectors.collector import HOURLY, MANY_PAGES, Collector, left_out
from exporter.github.api import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_REFUSED = (400, 403, 404, 422)
_FILTERS = 100
"""Budgets for single organizations, repositories and cost centers take a request each."""

_ID = re.compile(r"\d+|[A-Z]+_[\w-]+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHOWN_IDS = 3

_Filters = tuple[tuple[str, str], ...]


class _NotEstimated:
    def __init__(self) -> None:
        self._ids: dict[str, list[str]] = {}

    def add(self, reason: str, budgets: Iterable[Budget]) -> None:
        self._ids.setdefault(reason, []).extend(budget.id for budget in budgets)

    def notes(self) -> tuple[str, ...]:
        return tuple(
            f"No estimate of {len(ids)} budgets, {reason}: {', '.join(ids[:_SHOWN_IDS])}"
            f"{', …' if len(ids) > _SHOWN_IDS else '.'}"
            for reason, ids in self._ids.items()
            if ids
        )


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    """Sum the net usage that each budget in dollars covers; a request for each distinct scope.

    A budget whose limit is each person's has none: usage does not say whose it is.
    """
    cycle = Cycle.at(now)
    found = await listed(github, account)
    budgets = [each for each in found.budgets if not each.target.by_seat and not each.personal]
    centers = await _cost_centers(github, account, budgets)
    without = _NotEstimated()
    by_filters: dict[_Filters, list[Budget]] = {}
    for budget in budgets:
        filters = _filters(budget, account, centers)
        if not budget.target.known:
            without.add("as GitHub does not publish what they cover", [budget])
        elif filters is None:
            without.add("as usage cannot be narrowed to what they are for", [budget])
        else:
            by_filters.setdefault(filters, []).append(budget)
    samples: list[Sample] = []
    # The whole account's budgets first: they take one request, and matter most.
    scopes = sorted(by_filters.items(), key=lambda each: len(each[0]))
    for filters, covered in scopes[:_FILTERS]:
        rows = await _rows(github, account, cycle, dict(filters))
        if rows is None:
            without.add("as GitHub refuses the usage of what they are for", covered)
        elif not rows and _by_id(covered[0]):
            without.add("as GitHub knows no usage by the id of what they are for", covered)
        else:
            samples += (
                catalogue.BUDGET_ESTIMATED_CONSUMED_USD(each.target.net_usd(rows), budget=each.id)
                for each in covered
            )
    for _, covered in scopes[_FILTERS:]:
        without.add(f"as the usage of {_FILTERS} others is asked for", covered)
    return Reading(
        taken=now,
        samples=tuple(samples),
        cycle_end=cycle.end,
        notes=(*left_out(found.others, "budgets"), *without.notes()),
    )


async def _rows(
    github: GitHub, account: Account, cycle: Cycle, narrowing: dict[str, str]
) -> list[SummaryRow] | None:
    """Ask for the usage that a budget covers; None if a narrower scope is refused."""
    if not narrowing:
        return await usage.ask(github, account, cycle)
    return await usage.ask_or_none(github, account, cycle, absent=_REFUSED, **narrowing)


async def _cost_centers(
    github: GitHub, account: Account, budgets: list[Budget]
) -> Mapping[str, str]:
    """Find the ids of cost centers by the name or the id, as GitHub stores either in a budget.

    Deleted ones are asked for only if a budget names none of the active ones.
    """
    wanted = {each.budget_entity_name for each in budgets if each.budget_scope == "cost_center"}
    ids: dict[str, str] = {}
    if account.type is AccountType.ENTERPRISE:
        for state in ("active", "deleted"):
            if wanted <= ids.keys():
                break
            for center in await cost_centers.listed(github, account, state, absent=_REFUSED):
                ids.setdefault(center.id, center.id)
                if center.name is not None:
                    ids.setdefault(center.name, center.id)
    return ids


def _filters(budget: Budget, account: Account, centers: Mapping[str, str]) -> _Filters | None:
    """Return what narrows the usage summary to the budget's scope; None if nothing can."""
    entity = budget.budget_entity_name or ""
    match budget.budget_scope:
        case scope if scope == account.type.value:
            return ()
        case "organization" if account.type is AccountType.ENTERPRISE and entity:
            return (("organization", entity),)
        case "repository" if "/" in entity:
            return (("repository", entity),)
        case "repository" if account.type is AccountType.ORGANIZATION and entity:
            return (("repository", f"{account.name}/{entity}"),)
        case "cost_center" if entity in centers:
            return (("cost_center_id", centers[entity]),)
    return None


def _by_id(budget: Budget) -> bool:
    """Whether what it is for may be named by an id, which usage is not filtered by."""
    _, _, name = budget.entity.rpartition("/")
    return budget.budget_scope != "cost_center" and _ID.fullmatch(name) is not None


BUDGET_ESTIMATES = Collector(
    name="budget_estimates",
    summary="Our estimate of what is consumed of each budget in US dollars",
    endpoints=(*BUDGETS.endpoints, *usage.USAGE.endpoints),
    permissions=BUDGETS.permissions,
    metrics=(catalogue.BUDGET_ESTIMATED_CONSUMED_USD,),
    collect=collect,
    interval=HOURLY,
    timeout=MANY_PAGES,
)

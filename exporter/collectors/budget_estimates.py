"""Estimated use of each budget: GitHub reports the use of few (OpenAPI 23.0.2)."""

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from exporter.accounts import Account, AccountType
from exporter.billing.cycle import Cycle
from exporter.collectors import cost_centers, usage
from exporter.collectors.budgets import BUDGETS, Budget, listed
from exporter.collectors.collector import HOURLY, MANY_PAGES, REFUSED, Collector, left_out
from exporter.github.api import GitHub
from exporter.ledger import summary
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_FILTERS = 100
"""Maximum requests for usage, one per distinct scope of a budget."""

_ID = re.compile(r"\d+|[A-Z]+_[\w-]+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHOWN_IDS = 3

_Filters = tuple[tuple[str, str], ...]


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    """Sum the net usage covered by each budget in dollars, with one request per distinct scope.

    A budget that limits each person has no estimate: usage names no person.
    """
    cycle = Cycle.at(now)
    found = await listed(github, account)
    budgets = [each for each in found.budgets if not each.target.by_seat and not each.personal]
    centers = await _cost_centers(github, account, budgets)
    without: defaultdict[str, list[Budget]] = defaultdict(list)
    by_filters: dict[_Filters, list[Budget]] = {}
    for budget in budgets:
        filters = _filters(budget, account, centers)
        if not budget.target.known:
            without["because GitHub does not publish their coverage"].append(budget)
        elif filters is None:
            without["because usage cannot be filtered by their scope"].append(budget)
        else:
            by_filters.setdefault(filters, []).append(budget)
    samples: list[Sample] = []
    # The whole account's budgets first: they take one request, and matter most.
    scopes = sorted(by_filters.items(), key=lambda each: len(each[0]))
    for filters, covered in scopes[:_FILTERS]:
        absent = REFUSED if filters else ()
        rows = await summary.ask_or_none(github, account, cycle, absent=absent, **dict(filters))
        if rows is None:
            without["because GitHub refuses access to usage in their scope"] += covered
        elif not rows and _may_be_id(covered[0]):
            without["because GitHub returns no usage for their entity's ID"] += covered
        else:
            samples += (
                catalogue.BUDGET_ESTIMATED_CONSUMED_USD(each.target.net_usd(rows), budget=each.id)
                for each in covered
            )
    for _, covered in scopes[_FILTERS:]:
        without[f"because of the limit of {_FILTERS} requests"] += covered
    notes = [*left_out(found.others, "budgets")]
    for reason, those in without.items():
        ids = ", ".join(each.id for each in those[:_SHOWN_IDS])
        end = ", …" if len(those) > _SHOWN_IDS else "."
        notes.append(f"No estimate for {len(those)} of the budgets, {reason}: {ids}{end}")
    return Reading(now, tuple(samples), cycle_end=cycle.end, notes=tuple(notes))


async def _cost_centers(
    github: GitHub, account: Account, budgets: list[Budget]
) -> Mapping[str, str]:
    # A budget names its cost center by name or id, and may name a deleted one.
    wanted = {each.budget_entity_name for each in budgets if each.budget_scope == "cost_center"}
    ids: dict[str, str] = {}
    if account.type is AccountType.ENTERPRISE:
        for state in ("active", "deleted"):
            if wanted <= ids.keys():
                break
            for center in await cost_centers.listed(github, account, state, absent=REFUSED):
                ids.setdefault(center.id, center.id)
                if center.name is not None:
                    ids.setdefault(center.name, center.id)
    return ids


def _filters(budget: Budget, account: Account, centers: Mapping[str, str]) -> _Filters | None:
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


def _may_be_id(budget: Budget) -> bool:
    _, _, name = budget.entity.rpartition("/")
    return budget.budget_scope != "cost_center" and _ID.fullmatch(name) is not None


BUDGET_ESTIMATES = Collector(
    name="budget_estimates",
    summary="Estimated consumption of each budget in US dollars",
    endpoints=(*BUDGETS.endpoints, *usage.USAGE.endpoints),
    permissions=BUDGETS.permissions,
    metrics=(catalogue.BUDGET_ESTIMATED_CONSUMED_USD,),
    collect=collect,
    interval=HOURLY,
    timeout=MANY_PAGES,
)

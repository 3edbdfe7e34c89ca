"""Budgets: what GitHub says of them, and our estimate of what is consumed (OpenAPI 23.0.2)."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from exporter.accounts import USAGE_ROOTS, Account, AccountType
from exporter.billing import budgets
from exporter.billing.cycle import Cycle
from exporter.billing.owners import PERSON, organization_of
from exporter.collectors import cost_centers, usage
from exporter.collectors.collector import MANY_PAGES, Collector, hourly
from exporter.collectors.usage import Item
from exporter.github.body import Number
from exporter.github.errors import InvalidPayload
from exporter.github.questions import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_REFUSED = (400, 403, 404, 422)
_FILTERS = 100
"""Budgets for single organizations, repositories and cost centers take a request each."""


class Alerting(msgspec.Struct, frozen=True):
    """Whom it alerts is not read."""

    will_alert: bool


class Budget(msgspec.Struct, frozen=True):
    """A budget. GitHub sends its target as one SKU or as a list, whatever the description says.

    ``budget_amount`` is in whole US dollars, or in licences where the SKU is billed by licence.
    ``consumed_amount`` comes with budgets for a person alone, whose name is not published.
    """

    id: str
    budget_type: str
    budget_scope: str
    budget_amount: Number
    prevent_further_usage: bool
    budget_product_sku: str | None = None
    budget_product_skus: tuple[str, ...] = ()
    budget_entity_name: str = ""
    consumed_amount: Number | None = None
    budget_alerting: Alerting | None = None

    @property
    def target(self) -> budgets.Target:
        one = (self.budget_product_sku,) if self.budget_product_sku is not None else ()
        return budgets.target(self.budget_type, (*one, *self.budget_product_skus))

    @property
    def entity(self) -> str:
        """What it is for, unless that is a person or a person's."""
        if self.budget_scope not in _ENTITY_SCOPES:
            return ""
        owner, _, _ = self.budget_entity_name.rpartition("/")
        return "" if organization_of(owner) == PERSON else self.budget_entity_name


_ENTITY_SCOPES = frozenset({"organization", "repository", "cost_center"})


class Page(msgspec.Struct, frozen=True):
    budgets: list[Budget]
    has_next_page: bool = False
    total_count: int | None = None


def _endpoint(account_type: AccountType) -> str:
    return f"{USAGE_ROOTS[account_type]}/settings/billing/budgets"


async def _listed(github: GitHub, account: Account) -> list[Budget]:
    endpoint = _endpoint(account.type)
    found: dict[str, Budget] = {}
    total = 0
    async for page in github.pages(
        endpoint, Page, lambda page: page.has_next_page, account=account.name, per_page=100
    ):
        found |= {budget.id: budget for budget in page.budgets}
        total = max(total, page.total_count or 0)  # whichever page is right, none is missing
    if len(found) < total:
        raise InvalidPayload(
            detail="its pages hold fewer budgets than total_count says", endpoint=endpoint
        )
    return list(found.values())


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    samples: list[Sample] = []
    for budget in await _listed(github, account):
        limit = (
            catalogue.BUDGET_LIMIT_SEATS if budget.target.by_seat else catalogue.BUDGET_LIMIT_USD
        )
        alerting = budget.budget_alerting is not None and budget.budget_alerting.will_alert
        samples += (
            limit(budget.budget_amount, budget=budget.id),
            catalogue.BUDGET_INFO(
                1,
                budget=budget.id,
                scope=budget.budget_scope,
                entity=budget.entity,
                target=str(budget.target),
                hard=_word(budget.prevent_further_usage),
                alerting=_word(alerting),
            ),
        )
        if budget.consumed_amount is not None and not budget.target.by_seat:
            samples.append(catalogue.BUDGET_CONSUMED_USD(budget.consumed_amount, budget=budget.id))
    return Reading(taken=now, samples=tuple(samples), cycle_end=Cycle.at(now).end)


def _word(value: bool) -> str:
    return "true" if value else "false"


async def collect_estimates(github: GitHub, account: Account, now: datetime) -> Reading:
    """Sum the net usage that each budget in dollars covers; a request for each distinct scope."""
    cycle = Cycle.at(now)
    listed = [budget for budget in await _listed(github, account) if not budget.target.by_seat]
    centers = await _cost_center_ids(github, account, listed)
    by_filter: dict[tuple[tuple[str, str], ...], list[Budget]] = {}
    for budget in listed:
        filters = _filters(budget, account, centers)
        if filters is not None and budget.target.names:
            by_filter.setdefault(tuple(filters.items()), []).append(budget)
    samples: list[Sample] = []
    # The whole account's budgets first: they take one request, and matter most.
    for narrowing, covered in sorted(by_filter.items(), key=lambda each: len(each[0]))[:_FILTERS]:
        rows = await _rows(github, account, cycle, dict(narrowing))
        if rows is None:
            continue
        samples += (
            catalogue.BUDGET_ESTIMATED_CONSUMED_USD(budget.target.net_usd(rows), budget=budget.id)
            for budget in covered
        )
    return Reading(taken=now, samples=tuple(samples), cycle_end=cycle.end)


async def _rows(
    github: GitHub, account: Account, cycle: Cycle, narrowing: dict[str, str]
) -> list[Item] | None:
    """Ask for what a budget covers; ``None`` where a narrower scope is refused, as one deleted."""
    if not narrowing:
        return await usage.ask(github, account, cycle)
    return await usage.ask_or_none(github, account, cycle, none=_REFUSED, **narrowing)


async def _cost_center_ids(
    github: GitHub, account: Account, listed: list[Budget]
) -> Mapping[str, str]:
    """Find the ids of cost centers by name, which is what budgets name them by."""
    if account.type is not AccountType.ENTERPRISE or not any(
        budget.budget_scope == "cost_center" for budget in listed
    ):
        return {}
    active = await cost_centers.listed_or_none(github, account, "active", none=_REFUSED)
    return {center.name: center.id for center in active or ()}


def _filters(budget: Budget, account: Account, centers: Mapping[str, str]) -> dict[str, str] | None:
    """Say what narrows the usage summary to the budget's scope; ``None`` where nothing can."""
    entity = budget.budget_entity_name
    if budget.budget_scope == account.type.value:
        return {}
    if budget.budget_scope == "organization" and account.type is AccountType.ENTERPRISE and entity:
        return {"organization": entity}
    if budget.budget_scope == "repository" and "/" in entity:
        return {"repository": entity}
    if budget.budget_scope == "repository" and entity and account.type is AccountType.ORGANIZATION:
        return {"repository": f"{account.name}/{entity}"}
    if budget.budget_scope == "cost_center" and entity in centers:
        return {"cost_center_id": centers[entity]}
    return None


_PERMISSIONS = {
    AccountType.ORGANIZATION: "owner or billing manager; classic token with admin:org, or "
    "fine-grained token or App with Administration: read",
    AccountType.ENTERPRISE: "owner or billing manager; classic token with "
    "manage_billing:enterprise, or App with enterprise billing: read",
}
_ENDPOINTS = tuple(_endpoint(kind) for kind in _PERMISSIONS)

BUDGETS = Collector(
    name="budgets",
    summary="Budgets: limits, whether they stop usage, and what GitHub says is consumed",
    endpoints=_ENDPOINTS,
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.BUDGET_LIMIT_USD,
        catalogue.BUDGET_LIMIT_SEATS,
        catalogue.BUDGET_CONSUMED_USD,
        catalogue.BUDGET_INFO,
    ),
    collect=collect,
    interval=hourly,
    timeout=MANY_PAGES,
)
BUDGET_ESTIMATES = Collector(
    name="budget_estimates",
    summary="Our estimate of what is consumed of each budget in US dollars",
    endpoints=(*_ENDPOINTS, *usage.USAGE.endpoints),
    permissions=_PERMISSIONS,
    metrics=(catalogue.BUDGET_ESTIMATED_CONSUMED_USD,),
    collect=collect_estimates,
    interval=hourly,
    timeout=MANY_PAGES,
)

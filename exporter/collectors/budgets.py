"""Budgets as GitHub returns them (OpenAPI 23.0.2)."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing import budgets
from exporter.billing.cycle import Cycle
from exporter.billing.owners import PERSON, organization_of
from exporter.billing.skus import normal_form
from exporter.billing.values import Number, fits_label
from exporter.collectors.collector import HOURLY, MANY_PAGES, Collector, check_total, left_out
from exporter.collectors.usage import USAGE
from exporter.github.api import PER_PAGE, GitHub
from exporter.github.body import LIMIT, Understood
from exporter.github.endpoints import USAGE_ROOTS
from exporter.github.errors import InvalidPayload
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample, present

_ENTITY_SCOPES = frozenset({"organization", "repository", "cost_center"})
ENDPOINTS = {kind: f"{root}/settings/billing/budgets" for kind, root in USAGE_ROOTS.items()}
UNIVERSAL_SCOPES = frozenset({"multi_user_customer", "multi_user_cost_center"})


class Alerting(msgspec.Struct, frozen=True):
    will_alert: bool | None = None


class Budget(msgspec.Struct, frozen=True):
    """A budget. GitHub sends its target as one SKU or as a list, whatever the API description says.

    ``budget_amount`` is in whole US dollars, or in licenses if the SKU is billed by license.
    ``consumed_amount`` is sent only for a person's budget; the person's name is not published.
    """

    id: str
    budget_type: str
    budget_scope: str
    budget_amount: Number
    prevent_further_usage: bool
    budget_product_sku: str | None = None
    budget_product_skus: tuple[str, ...] | None = None
    budget_entity_name: str | None = None
    consumed_amount: Number | None = None
    budget_alerting: Alerting | None = None

    @property
    def target(self) -> budgets.Target:
        one = (self.budget_product_sku,) if self.budget_product_sku is not None else ()
        return budgets.target(self.budget_type, (*one, *(self.budget_product_skus or ())))

    @property
    def entity(self) -> str:
        """The name or id of its entity; empty for the account, people and their repositories."""
        name = self.budget_entity_name or ""
        owner, _, _ = name.rpartition("/")
        shown = self.budget_scope in _ENTITY_SCOPES and organization_of(owner) != PERSON
        return name if shown else ""

    @property
    def personal(self) -> bool:
        """Whether its limit applies to each person (docs: budgets for usage-based billing)."""
        return self.budget_scope == "user" or self.budget_scope in UNIVERSAL_SCOPES


class Page(msgspec.Struct, frozen=True):
    budgets: list[msgspec.Raw]
    has_next_page: bool | None = None
    total_count: int | None = None


class Listed(NamedTuple):
    """The valid budgets of an account, and the number of ``others``."""

    budgets: list[Budget]
    others: int


async def listed(github: GitHub, account: Account) -> Listed:
    """Read all pages. Raises `InvalidPayload` if they list fewer than a ``total_count``."""
    endpoint = ENDPOINTS[account.type]
    elements: dict[bytes, None] = {}
    total = 0
    async for page in github.pages(
        endpoint,
        Page,
        lambda page: bool(page.has_next_page),
        account=account.name,
        per_page=PER_PAGE,
    ):
        elements |= dict.fromkeys(map(bytes, page.budgets))
        if sum(map(len, elements)) > LIMIT:
            raise InvalidPayload(
                detail=f"the budgets are larger than {LIMIT // 1024**2} MiB", endpoint=endpoint
            )
        total = max(total, page.total_count or 0)  # pages may differ: the highest must be reached
    listing = Understood(Budget, endpoint, fits_label)
    by_id = {budget.id: budget for budget in listing.add(elements)}
    listing.check()
    check_total(len(by_id) + listing.others, total, "budgets", endpoint)
    return Listed(list(by_id.values()), listing.others)


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    found = await listed(github, account)
    samples: list[Sample] = []
    for budget in found.budgets:
        by_seat = budget.target.by_seat
        limit = catalogue.BUDGET_LIMIT_SEATS if by_seat else catalogue.BUDGET_LIMIT_USD
        alerting = budget.budget_alerting or Alerting()
        samples += (
            limit(budget.budget_amount, budget=budget.id),
            catalogue.BUDGET_INFO(
                1,
                budget=budget.id,
                type=normal_form(budget.budget_type),
                scope=budget.budget_scope,
                entity=budget.entity,
                target=str(budget.target),
                hard=str(budget.prevent_further_usage).lower(),
                alerting=str(bool(alerting.will_alert)).lower(),
            ),
        )
        if not by_seat:
            consumed = budget.consumed_amount
            samples += present((catalogue.BUDGET_CONSUMED_USD, consumed), budget=budget.id)
    notes = left_out(found.others, "budgets")
    return Reading(now, tuple(samples), cycle_end=Cycle.at(now).end, notes=notes)


PERMISSIONS = {
    AccountType.ORGANIZATION: replace(
        USAGE.permissions[AccountType.ORGANIZATION], classic="admin:org"
    ),
    AccountType.ENTERPRISE: USAGE.permissions[AccountType.ENTERPRISE],
}

BUDGETS = Collector(
    name="budgets",
    summary="Budgets: limits, whether they stop usage, and consumption as GitHub reports it",
    endpoints=tuple(ENDPOINTS[kind] for kind in PERMISSIONS),
    permissions=PERMISSIONS,
    metrics=(
        catalogue.BUDGET_LIMIT_USD,
        catalogue.BUDGET_LIMIT_SEATS,
        catalogue.BUDGET_CONSUMED_USD,
        catalogue.BUDGET_INFO,
    ),
    collect=collect,
    interval=HOURLY,
    timeout=MANY_PAGES,
)

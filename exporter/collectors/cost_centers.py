"""An enterprise's cost centers, and its usage divided by them (OpenAPI 23.0.2, GHEC)."""

from datetime import datetime, timedelta
from math import fsum

import msgspec

from exporter.accounts import USAGE_ROOTS, Account, AccountType
from exporter.billing import usage
from exporter.billing.cycle import Cycle
from exporter.collectors.collector import Collector, hourly, six_hourly
from exporter.collectors.usage import USAGE as SUMMARY
from exporter.collectors.usage import Item, ask
from exporter.github.body import Number
from exporter.github.questions import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_ENDPOINT = f"{USAGE_ROOTS[AccountType.ENTERPRISE]}/settings/billing/cost-centers"
_REST = "none"
_CENT = 0.01


class Pool(msgspec.Struct, frozen=True):
    """AI credits of the current month; ``None`` until GitHub has made the pool."""

    target_amount: Number | None = None
    current_amount: Number | None = None


class CostCenter(msgspec.Struct, frozen=True):
    """Its resources, which may name people, are not read."""

    id: str
    name: str
    state: str
    ai_credit_pool_state: Pool | None = None


class CostCenters(msgspec.Struct, frozen=True, rename="camel"):
    cost_centers: list[CostCenter]


async def listed(github: GitHub, account: Account, state: str) -> list[CostCenter]:
    """List the cost centers that are ``active`` or ``deleted``."""
    answer = await github.get(_ENDPOINT, CostCenters, account=account.name, state=state)
    return answer.cost_centers


async def listed_or_none(
    github: GitHub, account: Account, state: str, *, none: tuple[int, ...]
) -> list[CostCenter] | None:
    """List them where one of the statuses ``none`` is itself information."""
    answer = await github.get_or_none(
        _ENDPOINT, CostCenters, none=none, account=account.name, state=state
    )
    return None if answer is None else answer.cost_centers


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    centers = {
        center.id: center
        for state in ("deleted", "active")
        for center in await listed(github, account, state)
    }
    samples: list[Sample] = []
    for center in centers.values():
        samples.append(
            catalogue.COST_CENTER_INFO(
                1, cost_center=center.id, name=center.name, state=center.state.lower()
            )
        )
        pool = center.ai_credit_pool_state or Pool()
        for metric, value in (
            (catalogue.COST_CENTER_AI_POOL_TARGET, pool.target_amount),
            (catalogue.COST_CENTER_AI_POOL_USED, pool.current_amount),
        ):
            if value is not None:
                samples.append(metric(value, cost_center=center.id))
    return Reading(taken=now, samples=tuple(samples), cycle_end=Cycle.at(now).end)


async def collect_usage(github: GitHub, account: Account, now: datetime) -> Reading:
    """Divide the month by cost center, so that the parts sum to the account.

    What a cost center used before it was deleted stays with it (docs: cost center allocation).
    GitHub does not say when one was deleted, so they are asked only where the others leave
    dollars of the whole unexplained.
    """
    cycle = Cycle.at(now)
    whole = await ask(github, account, cycle)
    parts = {_REST: await ask(github, account, cycle, cost_center_id=_REST)}
    for state in ("active", "deleted"):
        if state == "active" or _gross(whole) - sum(map(_gross, parts.values())) > _CENT:
            for center in await listed(github, account, state):
                parts[center.id] = await ask(github, account, cycle, cost_center_id=center.id)
    samples: list[Sample] = []
    for center_id, rows in parts.items():
        samples += _samples(center_id, rows)
    return Reading(taken=now, samples=tuple(samples), cycle_end=cycle.end)


def _gross(rows: list[Item]) -> float:
    return fsum(row.gross_amount for row in rows)


def _samples(center: str, rows: list[Item]) -> list[Sample]:
    samples = [
        catalogue.COST_CENTER_USAGE_GROSS_QUANTITY(
            totals.gross, cost_center=center, product=product, sku=sku, unit=unit
        )
        for (product, sku, unit), totals in usage.quantities(rows).items()
    ]
    for (product, sku), totals in usage.money(rows).items():
        samples += (
            metric(value, cost_center=center, product=product, sku=sku)
            for metric, value in zip(_MONEY, totals, strict=True)
        )
    return samples


_MONEY = (
    catalogue.COST_CENTER_USAGE_GROSS_USD,
    catalogue.COST_CENTER_USAGE_DISCOUNT_USD,
    catalogue.COST_CENTER_USAGE_NET_USD,
)
_PERMISSIONS = {AccountType.ENTERPRISE: SUMMARY.permissions[AccountType.ENTERPRISE]}

COST_CENTERS = Collector(
    name="cost_centers",
    summary="Names and states of cost centers, and their pools of AI credits",
    endpoints=(_ENDPOINT,),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.COST_CENTER_INFO,
        catalogue.COST_CENTER_AI_POOL_TARGET,
        catalogue.COST_CENTER_AI_POOL_USED,
    ),
    collect=collect,
    interval=hourly,
)
USAGE_COST_CENTERS = Collector(
    name="usage_cost_centers",
    summary="Quantities and US dollars by cost center and SKU of the current month",
    endpoints=(*SUMMARY.endpoints[-1:], _ENDPOINT),
    permissions=_PERMISSIONS,
    metrics=(catalogue.COST_CENTER_USAGE_GROSS_QUANTITY, *_MONEY),
    collect=collect_usage,
    interval=six_hourly,
    timeout=timedelta(minutes=10),
    why_off="a request and a set of series for each cost center",
)

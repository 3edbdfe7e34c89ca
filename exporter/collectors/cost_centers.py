"""An enterprise's cost centers, and its usage by cost center (OpenAPI 23.0.2, GHEC)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, starmap

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing import sums, usage
from exporter.billing.cycle import Cycle
from exporter.billing.sums import Sums
from exporter.billing.values import Number, fits_label
from exporter.collectors.collector import HOURLY, MANY_PAGES, SIX_HOURLY, Collector, left_out
from exporter.collectors.usage import USAGE as SUMMARY
from exporter.github.api import GitHub
from exporter.github.body import Understood
from exporter.ledger import summary
from exporter.ledger.cost_centers import ENDPOINT, REST, Identity, listed_or_none
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample, present

_BySku = Mapping[tuple[str, str, str], Sums]


class Pool(msgspec.Struct, frozen=True):
    """AI credits of the current month; None until GitHub has created the pool."""

    target_amount: Number | None = None
    current_amount: Number | None = None


class CostCenter(Identity, frozen=True):
    state: str | None = None
    ai_credit_pool_state: Pool | None = None


class CostCenters(msgspec.Struct, frozen=True, rename="camel"):
    cost_centers: list[msgspec.Raw] | None = None


async def listed(
    github: GitHub, account: Account, state: str, *, absent: tuple[int, ...]
) -> list[CostCenter]:
    """Return the valid cost centers, empty on one of the statuses ``absent``."""
    answer = await github.get_or_none(
        ENDPOINT, CostCenters, absent=absent, account=account.name, state=state
    )
    centers = answer.cost_centers if answer else None
    return Understood(CostCenter, ENDPOINT, fits_label).add(centers)


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    listing = Understood(CostCenter, ENDPOINT, fits_label)
    for state in ("deleted", "active"):
        answer = await github.get(ENDPOINT, CostCenters, account=account.name, state=state)
        listing.add(answer.cost_centers)
    listing.check()
    samples: list[Sample] = []
    for center in {center.id: center for center in listing.found}.values():
        name, state = center.name or "", (center.state or "").lower()
        pool = center.ai_credit_pool_state or Pool()
        target, used = pool.target_amount, pool.current_amount
        spent = None if target is None or used is None else used >= target > 0
        samples += (
            catalogue.COST_CENTER_INFO(1, cost_center=center.id, name=name, state=state),
            *present(
                (catalogue.COST_CENTER_AI_POOL_TARGET, target),
                (catalogue.COST_CENTER_AI_POOL_USED, used),
                (catalogue.COST_CENTER_AI_POOL_SPENT, spent),
                cost_center=center.id,
            ),
        )
    notes = left_out(listing.others, "cost centers")
    return Reading(now, tuple(samples), cycle_end=Cycle.at(now).end, notes=notes)


async def collect_usage(github: GitHub, account: Account, now: datetime) -> Reading:
    """Split the month by cost center, so that the parts sum to the account.

    A deleted cost center keeps its usage (docs: cost center allocation): deleted ones are requested
    only if the others leave a rest. The final rest counts as outside cost centers, and is negative
    if usage grew between the requests.
    """
    cycle = Cycle.at(now)
    whole = usage.sums(await summary.ask(github, account, cycle))
    parts = {REST: usage.sums(await summary.ask(github, account, cycle, cost_center_id=REST))}
    for state in ("active", "deleted"):
        if state == "active" or sums.rest(whole, parts.values()):
            for center in await listed_or_none(github, account, state, absent=()) or ():
                if center.id not in parts:
                    rows = await summary.ask(github, account, cycle, cost_center_id=center.id)
                    parts[center.id] = usage.sums(rows)
    return Reading(now, usage_samples(whole, parts), cycle_end=cycle.end)


def usage_samples(whole: _BySku, parts: Mapping[str, _BySku]) -> tuple[Sample, ...]:
    """Return the samples of the month so far by cost center: of all parts and the rest."""
    outside = sums.added([parts[REST], sums.rest(whole, parts.values())])
    by_center = {**parts, REST: outside}
    return tuple(chain.from_iterable(starmap(_of_center, by_center.items())))


def _of_center(center: str, by_sku: _BySku) -> Iterator[Sample]:
    for (product, sku, unit), of_unit in by_sku.items():
        yield catalogue.COST_CENTER_USAGE_GROSS_QUANTITY(
            of_unit.quantity, cost_center=center, product=product, sku=sku, unit=unit
        )
    money = sums.sum_up((names[:2], of_unit) for names, of_unit in by_sku.items())
    for (product, sku), (_, *dollars) in money.items():
        yield from catalogue.COST_CENTER_USAGE_USD(
            dollars, cost_center=center, product=product, sku=sku
        )


_PERMISSIONS = {AccountType.ENTERPRISE: SUMMARY.permissions[AccountType.ENTERPRISE]}

COST_CENTERS = Collector(
    name="cost_centers",
    summary="Names and states of cost centers, and their AI credit pools",
    endpoints=(ENDPOINT,),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.COST_CENTER_INFO,
        catalogue.COST_CENTER_AI_POOL_TARGET,
        catalogue.COST_CENTER_AI_POOL_USED,
        catalogue.COST_CENTER_AI_POOL_SPENT,
    ),
    collect=collect,
    interval=HOURLY,
)
USAGE_COST_CENTERS = Collector(
    name="usage_cost_centers",
    summary="This month's quantities and US dollars by cost center and SKU",
    endpoints=(*SUMMARY.endpoints[-1:], ENDPOINT),
    permissions=_PERMISSIONS,
    metrics=(catalogue.COST_CENTER_USAGE_GROSS_QUANTITY, *catalogue.COST_CENTER_USAGE_USD),
    collect=collect_usage,
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="one request and a set of series per cost center",
)

"""GitHub's usage summary: one row per SKU for a month (OpenAPI 23.0.2)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from exporter.accounts import Account, AccountType, Platform
from exporter.billing import own_prices, skus, usage
from exporter.billing.cycle import Cycle
from exporter.billing.reports import Names
from exporter.billing.usage import SummaryRow
from exporter.collectors.collector import SIX_HOURLY, Collector, Noted
from exporter.github.api import GitHub
from exporter.github.permissions import Permission
from exporter.ledger import summary
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample, Triple, present


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    rows = await summary.ask(github, account, cycle)
    unknown = usage.unknown_skus(rows)
    own = own_samples(rows, own_prices.prices_of(account.own.prices, cycle.start))
    return Reading(
        now,
        (*samples(rows, now), *own.samples),
        cycle_end=cycle.end,
        unknown_skus=unknown,
        notes=own.notes,
    )


def samples(rows: Sequence[SummaryRow], now: datetime) -> tuple[Sample, ...]:
    """Return the samples at ``now`` of the month's summary so far."""
    cycle = Cycle.at(now)
    return (
        catalogue.CYCLE_REMAINING_DAYS(cycle.remaining_days(now)),
        catalogue.CYCLE_START(cycle.start.timestamp()),
        catalogue.CYCLE_END(cycle.end.timestamp()),
        *_legacy_figures(rows, cycle, now),
        *_skus(rows, catalogue.USAGE_QUANTITY, catalogue.USAGE_USD, catalogue.USAGE_PRICE_USD),
    )


def own_samples(rows: Sequence[SummaryRow], prices: Mapping[str, float]) -> Noted:
    """Return the samples at own prices of the month's summary so far."""
    parts = ((Names("", "", *names), sums) for names, sums in usage.sums(rows).items())
    billed = {skus.sku_name(row.sku) for row in rows if row.price_per_unit > 0}
    return Noted.estimated(catalogue.OWN_ESTIMATED_USD, parts, prices, billed=billed)


def _legacy_figures(rows: Sequence[SummaryRow], cycle: Cycle, now: datetime) -> tuple[Sample, ...]:
    minutes = usage.actions_minutes(rows)
    bandwidth = usage.packages_bandwidth_gigabytes(rows)
    storage = usage.shared_storage_gigabytes(rows, cycle, now)
    return (
        catalogue.ACTIONS_USED_MINUTES(minutes.used),
        catalogue.ACTIONS_PAID_MINUTES(minutes.paid),
        *(
            catalogue.ACTIONS_RUNNER_USED_MINUTES(gross, os=os, runner=runner)
            for (os, runner), gross in usage.runner_minutes(rows).items()
        ),
        catalogue.PACKAGES_USED_BANDWIDTH(bandwidth.used),
        catalogue.PACKAGES_PAID_BANDWIDTH(bandwidth.paid),
        *present((catalogue.SHARED_STORAGE_ESTIMATED, storage)),
        catalogue.SHARED_STORAGE_ESTIMATED_PAID(usage.shared_storage_paid_gigabytes(rows)),
    )


def _skus(
    rows: Sequence[SummaryRow], quantity: Triple, usd: Triple, price_usd: Metric
) -> Iterator[Sample]:
    for (product, sku, unit), quantities in usage.quantities(rows).items():
        yield from quantity(quantities, product=product, sku=sku, unit=unit)
    for (product, sku), money in usage.money(rows).items():
        yield from usd(money, product=product, sku=sku)
    for (product, sku, unit), price in usage.prices(rows).items():
        yield price_usd(price, product=product, sku=sku, unit=unit)


async def collect_previous(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    rows = await summary.ask(github, account, cycle.previous())
    # The reading expires with the current cycle: then another month is the previous one.
    return Reading(now, previous_samples(rows), cycle_end=cycle.end)


def previous_samples(rows: Sequence[SummaryRow]) -> tuple[Sample, ...]:
    """Return the samples of last month's summary."""
    return tuple(
        _skus(
            rows,
            catalogue.PREVIOUS_CYCLE_USAGE_QUANTITY,
            catalogue.PREVIOUS_CYCLE_USAGE_USD,
            catalogue.PREVIOUS_CYCLE_USAGE_PRICE_USD,
        )
    )


PERMISSIONS = {
    AccountType.ORGANIZATION: Permission(
        "an owner or billing manager",
        classic="repo or admin:org",
        fine_grained="Administration: read",
        app="Administration: read",
    ),
    AccountType.USER: Permission("the user itself", classic="user", fine_grained="Plan: read"),
    AccountType.ENTERPRISE: Permission(
        "an owner or billing manager",
        classic="manage_billing:enterprise",
        app="Enterprise billing: read",
    ),
}

USAGE = Collector(
    name="usage",
    summary="This month's quantities and US dollars by SKU, Actions minutes by runner, Packages "
    "bandwidth, shared storage and the billing cycle",
    endpoints=tuple(summary.ENDPOINTS.values()),
    permissions=PERMISSIONS,
    metrics=(
        catalogue.CYCLE_REMAINING_DAYS,
        catalogue.CYCLE_START,
        catalogue.CYCLE_END,
        catalogue.ACTIONS_USED_MINUTES,
        catalogue.ACTIONS_PAID_MINUTES,
        catalogue.ACTIONS_RUNNER_USED_MINUTES,
        catalogue.PACKAGES_USED_BANDWIDTH,
        catalogue.PACKAGES_PAID_BANDWIDTH,
        catalogue.SHARED_STORAGE_ESTIMATED,
        catalogue.SHARED_STORAGE_ESTIMATED_PAID,
        *catalogue.USAGE_QUANTITY,
        *catalogue.USAGE_USD,
        catalogue.USAGE_PRICE_USD,
        catalogue.OWN_ESTIMATED_USD,
    ),
    collect=collect,
    platform=Platform.USAGE,
    required=True,
    decides=True,
    instead_of=("legacy_actions", "legacy_packages", "legacy_shared_storage"),
)
USAGE_PREVIOUS_CYCLE = Collector(
    name="usage_previous_cycle",
    summary="Last month's quantities and US dollars by SKU",
    endpoints=tuple(summary.ENDPOINTS.values()),
    permissions=PERMISSIONS,
    metrics=(
        *catalogue.PREVIOUS_CYCLE_USAGE_QUANTITY,
        *catalogue.PREVIOUS_CYCLE_USAGE_USD,
        catalogue.PREVIOUS_CYCLE_USAGE_PRICE_USD,
    ),
    collect=collect_previous,
    follows=USAGE.name,
    interval=SIX_HOURLY,
)

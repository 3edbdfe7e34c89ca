"""GitHub's usage summary: one row a SKU for a month (OpenAPI 23.0.2)."""

from datetime import datetime

import msgspec

from exporter.accounts import USAGE_ROOTS, Account, AccountType, Platform
from exporter.billing import usage
from exporter.billing.cycle import Cycle
from exporter.collectors.collector import Collector
from exporter.github.body import Number
from exporter.github.errors import InvalidPayload
from exporter.github.questions import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample, present


class TimePeriod(msgspec.Struct, frozen=True):
    """The period that GitHub says it answered for."""

    year: int
    month: int | None = None
    day: int | None = None


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """A SKU's month at one price: quantities in ``unit_type``, amounts in US dollars."""

    product: str
    sku: str
    unit_type: str
    price_per_unit: Number
    gross_quantity: Number
    discount_quantity: Number
    net_quantity: Number
    gross_amount: Number
    discount_amount: Number
    net_amount: Number


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    time_period: TimePeriod
    usage_items: list[Item]


def _endpoint(account_type: AccountType) -> str:
    return f"{USAGE_ROOTS[account_type]}/settings/billing/usage/summary"


async def ask(github: GitHub, account: Account, cycle: Cycle) -> list[Item]:
    """Ask for a month's summary; `InvalidPayload` where GitHub answers for another period."""
    endpoint = _endpoint(account.type)
    summary = await github.get(
        endpoint, Summary, account=account.name, year=cycle.year, month=cycle.month
    )
    if summary.time_period != TimePeriod(cycle.year, cycle.month):
        raise InvalidPayload(detail="timePeriod is not the month asked for", endpoint=endpoint)
    return summary.usage_items


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    rows = await ask(github, account, cycle)
    return Reading(
        taken=now,
        samples=(*_cycle(cycle, now), *_account(rows, cycle, now), *_skus(rows)),
        cycle_end=cycle.end,
        unknown_skus=usage.unknown_skus(rows),
    )


def _cycle(cycle: Cycle, now: datetime) -> tuple[Sample, ...]:
    return (
        catalogue.CYCLE_REMAINING_DAYS(cycle.remaining_days(now)),
        catalogue.CYCLE_START(cycle.start.timestamp()),
        catalogue.CYCLE_END(cycle.end.timestamp()),
    )


def _account(rows: list[Item], cycle: Cycle, now: datetime) -> tuple[Sample, ...]:
    """Say what the legacy endpoints said, by GitHub's own rules for the move."""
    minutes = usage.actions_minutes(rows)
    bandwidth = usage.packages_bandwidth_gigabytes(rows)
    return (
        catalogue.ACTIONS_USED_MINUTES(minutes.gross),
        catalogue.ACTIONS_PAID_MINUTES(minutes.net),
        *(
            catalogue.ACTIONS_RUNNER_USED_MINUTES(gross, os=os, runner=runner)
            for (os, runner), gross in usage.runner_minutes(rows).items()
        ),
        catalogue.PACKAGES_USED_BANDWIDTH(bandwidth.gross),
        catalogue.PACKAGES_PAID_BANDWIDTH(bandwidth.net),
        *present(
            [
                (
                    catalogue.SHARED_STORAGE_ESTIMATED,
                    usage.shared_storage_gigabytes(rows, cycle, now),
                )
            ]
        ),
        catalogue.SHARED_STORAGE_ESTIMATED_PAID(usage.shared_storage_paid_gigabytes(rows, cycle)),
    )


_QUANTITIES: tuple[Metric, Metric, Metric] = (
    catalogue.USAGE_GROSS_QUANTITY,
    catalogue.USAGE_DISCOUNT_QUANTITY,
    catalogue.USAGE_NET_QUANTITY,
)
_MONEY: tuple[Metric, Metric, Metric] = (
    catalogue.USAGE_GROSS_USD,
    catalogue.USAGE_DISCOUNT_USD,
    catalogue.USAGE_NET_USD,
)


def _skus(rows: list[Item]) -> tuple[Sample, ...]:
    samples: list[Sample] = []
    for (product, sku, unit), totals in usage.quantities(rows).items():
        for metric, value in zip(_QUANTITIES, totals, strict=True):
            samples.append(metric(value, product=product, sku=sku, unit=unit))
    for (product, sku), totals in usage.money(rows).items():
        for metric, value in zip(_MONEY, totals, strict=True):
            samples.append(metric(value, product=product, sku=sku))
    for (product, sku, unit), price in usage.prices(rows).items():
        samples.append(catalogue.USAGE_PRICE_USD(price, product=product, sku=sku, unit=unit))
    return tuple(samples)


USAGE = Collector(
    name="usage",
    summary="Quantities and US dollars by SKU of the current month, Actions minutes by runner, "
    "Packages bandwidth, shared storage and the billing cycle",
    endpoints=tuple(_endpoint(kind) for kind in AccountType),
    permissions={
        AccountType.ORGANIZATION: "owner or billing manager; classic token with repo or "
        "admin:org, or fine-grained token or App with Administration: read",
        AccountType.USER: "the user's own classic token with user, or fine-grained token with "
        "Plan: read",
        AccountType.ENTERPRISE: "owner or billing manager; classic token with "
        "manage_billing:enterprise, or App with enterprise billing: read",
    },
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
        *_QUANTITIES,
        *_MONEY,
        catalogue.USAGE_PRICE_USD,
    ),
    collect=collect,
    platform=Platform.USAGE,
    instead_of=("legacy_actions", "legacy_packages", "legacy_shared_storage"),
)

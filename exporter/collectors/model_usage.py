"""AI credits by model, or premium requests where an account still has those (OpenAPI 23.0.2)."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from exporter.accounts import USAGE_ROOTS, Account, AccountType
from exporter.billing import usage
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow
from exporter.billing.values import Text
from exporter.collectors.collector import Collector
from exporter.collectors.usage import PERMISSIONS, TimePeriod, check_period
from exporter.github.api import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_AI_CREDITS = "ai_credit"
_PREMIUM_REQUESTS = "premium_request"
_NOT_HERE = (403, 404)


class ModelRow(SummaryRow, frozen=True, rename="camel", kw_only=True):
    model: Text | None = None


class Report(msgspec.Struct, frozen=True, rename="camel"):
    time_period: TimePeriod
    usage_items: list[ModelRow]


def _endpoint(account_type: AccountType, family: str) -> str:
    return f"{USAGE_ROOTS[account_type]}/settings/billing/{family}/usage"


async def _rows(github: GitHub, account: Account, cycle: Cycle) -> list[ModelRow]:
    """Give the rows of exactly one endpoint: the same usage may be told by both.

    Credits replaced premium requests in June 2026, but for annual plans that stayed (docs:
    usage-based billing). Where neither answers, the refusal of the older one is raised.
    """
    period: dict[str, str | int] = {
        "account": account.name,
        "year": cycle.year,
        "month": cycle.month,
    }
    credits_endpoint = _endpoint(account.type, _AI_CREDITS)
    report = await github.get_or_none(credits_endpoint, Report, absent=_NOT_HERE, **period)
    if report is not None:
        check_period(report.time_period, cycle, credits_endpoint)
        if report.usage_items:
            return report.usage_items
    endpoint = _endpoint(account.type, _PREMIUM_REQUESTS)
    absent = () if report is None else _NOT_HERE
    older = await github.get_or_none(endpoint, Report, absent=absent, **period)
    if older is None:
        return []
    check_period(older.time_period, cycle, endpoint)
    return older.usage_items


def _by_model(rows: Iterable[ModelRow]) -> dict[str, list[ModelRow]]:
    """Group rows by model as GitHub names it, trimmed; empty for rows that name none."""
    groups: dict[str, list[ModelRow]] = {}
    for row in rows:
        groups.setdefault((row.model or "").strip(), []).append(row)
    return groups


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    rows = await _rows(github, account, cycle)
    samples: list[Sample] = []
    for model, of_model in _by_model(rows).items():
        for (product, sku, unit), quantities in usage.quantities(of_model).items():
            samples += catalogue.MODEL_USAGE_QUANTITY(
                quantities, product=product, sku=sku, model=model, unit=unit
            )
        for (product, sku), money in usage.money(of_model).items():
            samples += catalogue.MODEL_USAGE_USD(money, product=product, sku=sku, model=model)
    return Reading(
        taken=now,
        samples=tuple(samples),
        cycle_end=cycle.end,
        unknown_skus=usage.unknown_skus(rows),
    )


MODEL_USAGE = Collector(
    name="model_usage",
    summary="AI credits by model, or premium requests where an account still has those",
    endpoints=tuple(
        _endpoint(kind, family)
        for family in (_AI_CREDITS, _PREMIUM_REQUESTS)
        for kind in AccountType
    ),
    permissions=PERMISSIONS,
    metrics=(*catalogue.MODEL_USAGE_QUANTITY, *catalogue.MODEL_USAGE_USD),
    collect=collect,
)

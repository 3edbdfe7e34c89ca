"""AI credits by model, or premium requests for accounts that still have them (OpenAPI 23.0.2).

AI credits replaced premium requests in June 2026, except for annual plans that stayed (docs:
usage-based billing).
"""

from datetime import datetime

from exporter.accounts import Account
from exporter.billing import usage
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow
from exporter.billing.values import Text
from exporter.collectors.collector import HIDDEN, Collector
from exporter.collectors.usage import PERMISSIONS, Report, rows_or_none
from exporter.github.api import GitHub
from exporter.github.endpoints import USAGE_ROOTS
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_AI_CREDITS = {
    kind: f"{root}/settings/billing/ai_credit/usage" for kind, root in USAGE_ROOTS.items()
}
_PREMIUM_REQUESTS = {
    kind: f"{root}/settings/billing/premium_request/usage" for kind, root in USAGE_ROOTS.items()
}


class ModelRow(SummaryRow, frozen=True, rename="camel", kw_only=True):
    model: Text | None = None


async def _rows(github: GitHub, account: Account, cycle: Cycle) -> list[ModelRow]:
    # Only one endpoint's rows: both may report the same usage.
    rows: list[ModelRow] | None = []
    for endpoints in (_AI_CREDITS, _PREMIUM_REQUESTS):
        absent = HIDDEN if rows is not None else ()
        rows = await rows_or_none(
            github, endpoints[account.type], Report[ModelRow], account, cycle, absent=absent
        )
        if rows:
            break
    return rows or []


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    rows = await _rows(github, account, cycle)
    by_model: dict[str, list[ModelRow]] = {}
    for row in rows:
        by_model.setdefault((row.model or "").strip(), []).append(row)
    samples: list[Sample] = []
    for model, of_model in by_model.items():
        for (product, sku, unit), quantities in usage.quantities(of_model).items():
            samples += catalogue.MODEL_USAGE_QUANTITY(
                quantities, product=product, sku=sku, model=model, unit=unit
            )
        for (product, sku), money in usage.money(of_model).items():
            samples += catalogue.MODEL_USAGE_USD(money, product=product, sku=sku, model=model)
    unknown = usage.unknown_skus(rows)
    return Reading(now, tuple(samples), cycle_end=cycle.end, unknown_skus=unknown)


MODEL_USAGE = Collector(
    name="model_usage",
    summary="AI credits by model, or premium requests for accounts that still have them",
    endpoints=(*_AI_CREDITS.values(), *_PREMIUM_REQUESTS.values()),
    permissions=PERMISSIONS,
    metrics=(*catalogue.MODEL_USAGE_QUANTITY, *catalogue.MODEL_USAGE_USD),
    collect=collect,
)

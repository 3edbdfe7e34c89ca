"""AI credits by model, or premium requests for accounts that still have them (OpenAPI 23.0.2).

AI credits replaced premium requests in June 2026, except for annual plans that stayed (docs:
usage-based billing).
"""

from collections.abc import Sequence
from datetime import datetime

from exporter.accounts import Account
from exporter.billing import usage
from exporter.billing.cycle import Cycle
from exporter.collectors.collector import Collector
from exporter.collectors.usage import PERMISSIONS
from exporter.github.api import GitHub
from exporter.ledger import models
from exporter.ledger.models import ModelRow
from exporter.ledger.summary import Report
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    rows = await models.ask(github, account, cycle, Report[ModelRow])
    unknown = usage.unknown_skus(rows)
    return Reading(now, samples(rows), cycle_end=cycle.end, unknown_skus=unknown)


def samples(rows: Sequence[ModelRow]) -> tuple[Sample, ...]:
    """Return the samples of the month's AI usage so far."""
    by_model: dict[str, list[ModelRow]] = {}
    for row in rows:
        by_model.setdefault((row.model or "").strip(), []).append(row)
    found: list[Sample] = []
    for model, of_model in by_model.items():
        for (product, sku, unit), quantities in usage.quantities(of_model).items():
            found += catalogue.MODEL_USAGE_QUANTITY(
                quantities, product=product, sku=sku, model=model, unit=unit
            )
        for (product, sku), money in usage.money(of_model).items():
            found += catalogue.MODEL_USAGE_USD(money, product=product, sku=sku, model=model)
    return tuple(found)


MODEL_USAGE = Collector(
    name="model_usage",
    summary="AI credits by model, or premium requests for accounts that still have them",
    endpoints=(*models.AI_CREDITS.values(), *models.PREMIUM_REQUESTS.values()),
    permissions=PERMISSIONS,
    metrics=(*catalogue.MODEL_USAGE_QUANTITY, *catalogue.MODEL_USAGE_USD),
    collect=collect,
)

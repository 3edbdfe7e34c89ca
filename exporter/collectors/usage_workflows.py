"""This month by workflow, from a report export that GitHub makes (OpenAPI 23.0.2, GHEC)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from exporter.accounts import Account, AccountType
from exporter.billing import reports, skus
from exporter.billing.cycle import Cycle
from exporter.collectors.collector import DAILY, Collector
from exporter.collectors.usage import PERMISSIONS
from exporter.github.api import GitHub
from exporter.ledger import exports, summary
from exporter.ledger.row import Dimension, Row, plus
from exporter.ledger.totals import Totals
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample

_BY = (Dimension.ORGANIZATION, Dimension.REPOSITORY, Dimension.WORKFLOW, Dimension.SKU)
_Values = dict[tuple[Metric, tuple[str, ...]], Decimal | None]


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    cycle = Cycle.at(now)
    exported = await exports.ask(
        github,
        account,
        cycle,
        now,
        _BY,
        totals=partial(Totals, _BY, split=True, most=reports.NAMES),
        wanted=lambda row: bool(row.workflow),
    )
    unknown = skus.unknown(exported.skus)
    return Reading(now, _samples(exported.totals.rows()), cycle_end=cycle.end, unknown_skus=unknown)


def _samples(rows: Iterable[Row]) -> tuple[Sample, ...]:
    values: _Values = {}
    for row in rows:
        labels = (row.organization, row.repository, row.workflow, row.sku)
        _add(values, (catalogue.WORKFLOW_USAGE_GROSS_USD, labels), row.gross)
        _add(values, (catalogue.WORKFLOW_USAGE_NET_USD, labels), row.net)
        if row.unit:
            quantity = catalogue.WORKFLOW_USAGE_GROSS_QUANTITY
            _add(values, (quantity, (*labels, row.unit)), row.quantity)
    return tuple(
        Sample(metric, labels, float(value))
        for (metric, labels), value in values.items()
        if value is not None
    )


def _add(values: _Values, key: tuple[Metric, tuple[str, ...]], value: Decimal | None) -> None:
    # Rows of several prices; a sum with a value that is missing is missing.
    before = values.setdefault(key, Decimal(0))
    values[key] = None if before is None or value is None else plus(before, value)


USAGE_WORKFLOWS = Collector(
    name="usage_workflows",
    summary="This month's quantities and US dollars by workflow and SKU, from a report that GitHub "
    "makes once a day",
    endpoints=(
        exports.ENDPOINT,
        f"POST {exports.ENDPOINT}",
        exports.ONE,
        summary.ENDPOINTS[AccountType.ENTERPRISE],
    ),
    permissions={AccountType.ENTERPRISE: PERMISSIONS[AccountType.ENTERPRISE]},
    metrics=(
        catalogue.WORKFLOW_USAGE_GROSS_QUANTITY,
        catalogue.WORKFLOW_USAGE_GROSS_USD,
        catalogue.WORKFLOW_USAGE_NET_USD,
    ),
    collect=collect,
    interval=DAILY,
    timeout=timedelta(minutes=20),
    why_off="GitHub makes a report export for it",
    makes="a report export of the enterprise, unless one was made today; GitHub sends no e-mail, "
    "and the file is downloaded from a host that is not GitHub's",
)

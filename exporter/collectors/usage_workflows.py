"""This month by workflow, from a report export that GitHub makes (OpenAPI 23.0.2, GHEC)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from operator import attrgetter

from exporter.accounts import Account, AccountType
from exporter.billing import own_prices, reports, skus
from exporter.billing.cycle import Cycle
from exporter.billing.sums import Sums
from exporter.collectors.collector import DAILY, Collector, Noted
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
    rows = list(exported.totals.rows())
    own = own_samples(rows, own_prices.prices_of(account.own.prices, cycle.start))
    return Reading(
        now,
        (*_samples(rows), *own.samples),
        cycle_end=cycle.end,
        unknown_skus=skus.unknown(exported.skus),
        notes=own.notes,
    )


def own_samples(rows: Sequence[Row], prices: Mapping[str, float]) -> Noted:
    """Return the samples at own prices of the month so far by workflow."""
    metric = catalogue.WORKFLOW_OWN_ESTIMATED_USD
    labels = attrgetter(*metric.labels)
    incomplete = {labels(row) for row in rows if row.quantity is None}
    parts = ((row, _sums(row)) for row in rows if labels(row) not in incomplete)
    return Noted.estimated(metric, parts, prices)


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


def _sums(row: Row) -> Sums:
    return Sums(*(float(value or 0) for value in (row.quantity, row.gross, row.discount, row.net)))


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
        catalogue.WORKFLOW_OWN_ESTIMATED_USD,
    ),
    collect=collect,
    interval=DAILY,
    timeout=timedelta(minutes=20),
    why_off="GitHub makes a report export for it",
    makes="a report export of the enterprise, unless one was made today; GitHub sends no e-mail, "
    "and the file is downloaded from a host that is not GitHub's",
)

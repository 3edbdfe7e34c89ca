"""The month by repository and by organization, from GitHub's usage report (OpenAPI 23.0.2)."""

from collections.abc import Iterable, Mapping
from itertools import repeat
from operator import attrgetter
from typing import TypeVar

from exporter.accounts import Account, AccountType
from exporter.billing import own_prices, reports
from exporter.billing.reports import Names
from exporter.billing.sums import Sums
from exporter.collectors.collector import MANY_PAGES, SIX_HOURLY, Collector, FromReport, Noted
from exporter.collectors.usage import PERMISSIONS
from exporter.github.api import GitHub
from exporter.ledger import whole_report
from exporter.ledger.whole_report import WholeReport
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample, Triple, present

_Named = TypeVar("_Named")


async def collect_repositories(_github: GitHub, account: Account, report: WholeReport) -> Reading:
    newest = report.latest.timestamp() if report.latest else None
    own = own_samples(report, own_prices.prices_of(account.own.prices, report.cycle.start))
    teams = (report.teams or {}) if account.own.team_info else {}
    shown = (
        *repository_samples(report),
        *present((catalogue.USAGE_LATEST_ITEM, newest)),
        *own.samples,
        *(Sample(catalogue.REPOSITORY_TEAM_INFO, (*of, team), 1) for of, team in teams.items()),
    )
    return _reading(report, shown, own.notes)


async def collect_organizations(_github: GitHub, _account: Account, report: WholeReport) -> Reading:
    return _reading(report, organization_samples(report))


def repository_samples(parts: Iterable[tuple[Names, Sums]]) -> tuple[Sample, ...]:
    """Return the samples of the month so far by repository."""
    quantity, money = catalogue.REPOSITORY_USAGE_GROSS_QUANTITY, catalogue.REPOSITORY_USAGE_USD
    return samples(parts, quantity, money)


def own_samples(parts: Iterable[tuple[Names, Sums]], prices: Mapping[str, float]) -> Noted:
    """Return the samples at own prices of the month so far by repository."""
    return Noted.estimated(catalogue.REPOSITORY_OWN_ESTIMATED_USD, parts, prices)


def organization_samples(parts: Iterable[tuple[Names, Sums]]) -> tuple[Sample, ...]:
    """Return the samples of the month so far by organization."""
    quantity, money = catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, catalogue.ORGANIZATION_USAGE_USD
    return samples(parts, quantity, money)


def samples(
    parts: Iterable[tuple[_Named, Sums]], quantity: Metric, money: Triple
) -> tuple[Sample, ...]:
    """Return quantities and US dollars by the labels of their metrics, each in one pass."""
    found = [
        Sample(quantity, labels, sums.quantity)
        for labels, sums in reports.sum_by(parts, attrgetter(*quantity.labels)).items()
    ]
    for labels, (_, *dollars) in reports.sum_by(parts, attrgetter(*money.gross.labels)).items():
        found += map(Sample, money, repeat(labels), dollars)
    return tuple(found)


def _reading(
    report: WholeReport, samples: tuple[Sample, ...], notes: tuple[str, ...] = ()
) -> Reading:
    unknown = reports.unknown_skus(report)
    end = report.cycle.end
    return Reading(report.now, samples, cycle_end=end, unknown_skus=unknown, notes=notes)


USAGE_REPOSITORIES = Collector(
    name="usage_repositories",
    summary="This month's quantities and US dollars by repository and SKU, and the time of the "
    "newest item in GitHub's usage report",
    endpoints=whole_report.endpoints(PERMISSIONS),
    permissions=PERMISSIONS,
    metrics=(
        catalogue.REPOSITORY_USAGE_GROSS_QUANTITY,
        *catalogue.REPOSITORY_USAGE_USD,
        catalogue.USAGE_LATEST_ITEM,
        catalogue.REPOSITORY_OWN_ESTIMATED_USD,
        catalogue.REPOSITORY_TEAM_INFO,
    ),
    collect=FromReport(collect_repositories),
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="several series per repository",
)
USAGE_ORGANIZATIONS = Collector(
    name="usage_organizations",
    summary="This month's quantities and US dollars by organization and SKU",
    endpoints=whole_report.endpoints({AccountType.ENTERPRISE}),
    permissions={AccountType.ENTERPRISE: PERMISSIONS[AccountType.ENTERPRISE]},
    metrics=(catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, *catalogue.ORGANIZATION_USAGE_USD),
    collect=FromReport(collect_organizations, repositories=False),
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="a long report per cost center",
)

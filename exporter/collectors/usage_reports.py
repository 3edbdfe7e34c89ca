"""GitHub's usage report: the month by repository, SKU and time (OpenAPI 23.0.2)."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from itertools import repeat
from operator import attrgetter

from exporter.accounts import Account, AccountType
from exporter.billing import reports, usage
from exporter.billing.cycle import Cycle
from exporter.billing.reports import Names, Report, ReportFold, ReportRow, Total
from exporter.billing.sums import Sums, rest
from exporter.collectors.collector import MANY_PAGES, SIX_HOURLY, Collector
from exporter.collectors.usage import PERMISSIONS
from exporter.github.api import GitHub
from exporter.github.endpoints import HIDDEN
from exporter.github.errors import InvalidPayload
from exporter.ledger import cost_centers, report, summary
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample, Triple, present

_SKU = attrgetter("product", "sku", "unit")


async def ask(
    github: GitHub,
    account: Account,
    now: datetime,
    total: Total,
    *,
    repositories: bool,
    **cost_center: str,
) -> None:
    """Add the month so far to ``total``. Raises `InvalidPayload` for too many names."""
    # Rows without an owner belong to the organization or user.
    owner = "" if account.type is AccountType.ENTERPRISE else account.name
    fold = partial(ReportFold, owner, repositories=repositories)
    async for found in report.ask(
        github, account, Cycle.at(now), ReportRow, fold, now=now, **cost_center
    ):
        total.add(found)
        if len(total.sums) > reports.NAMES:
            endpoint = report.ENDPOINTS[account.type]
            raise InvalidPayload(detail=reports.TOO_MANY_NAMES, endpoint=endpoint)


async def ask_all(github: GitHub, account: Account, now: datetime, *, repositories: bool) -> Total:
    """Return an account's whole month, including cost centers.

    A deleted cost center keeps its usage (docs: cost center allocation): deleted ones are requested
    if the others differ from the summary, in either direction. Reports and summaries also lag
    behind each other, which only costs those requests.
    """
    total = Total()
    ask_part = partial(ask, github, account, now, total, repositories=repositories)
    await ask_part()
    has_centers = account.type is AccountType.ENTERPRISE
    active: list[str] | None = []
    if has_centers:
        active = await cost_centers.ids_or_none(github, account, "active", absent=HIDDEN)
    for center in dict.fromkeys(active or ()):
        await ask_part(cost_center_id=center)
    cycle = Cycle.at(now)
    absent = () if has_centers else HIDDEN
    rows = await summary.ask_or_none(github, account, cycle, absent=absent)
    if rows is None:
        return total
    whole = usage.sums(rows)
    left = rest(whole, [reports.sum_by(total, _SKU)])
    if left and active is None:
        # GitHub refuses to list cost centers: raise that only if one has usage.
        rows = await summary.ask(github, account, cycle, cost_center_id=cost_centers.REST)
        if github.refusal is not None and rest(whole, [usage.sums(rows)]):
            raise github.refusal
    elif left and has_centers:
        deleted = await cost_centers.ids(github, account, "deleted")
        for center in dict.fromkeys(each for each in deleted if each not in (active or ())):
            await ask_part(cost_center_id=center)
        left = rest(whole, [reports.sum_by(total, _SKU)])
    # The summary may have a missing SKU under another name.
    total.add(_unassigned({sku: sums for sku, sums in left.items() if sku in whole}))
    return total


def _unassigned(left: Mapping[tuple[str, str, str], Sums]) -> Report:
    # A larger quantity in the summary is not reported yet: keep negative differences only.
    reported: dict[Names, Sums] = {}
    for sku, sums in left.items():
        known = Sums(*(min(value, 0.0) for value in sums)) if sums.quantity > 0 else sums
        if any(known):
            reported[Names(cost_centers.REST, "", *sku)] = known
    return Report(reported, None)


async def collect_repositories(github: GitHub, account: Account, now: datetime) -> Reading:
    total = await ask_all(github, account, now, repositories=True)
    latest = total.latest.timestamp() if total.latest else None
    newest = present((catalogue.USAGE_LATEST_ITEM, latest))
    return _reading(total, now, (*repository_samples(total), *newest))


async def collect_organizations(github: GitHub, account: Account, now: datetime) -> Reading:
    total = await ask_all(github, account, now, repositories=False)
    return _reading(total, now, organization_samples(total))


def repository_samples(total: Total) -> tuple[Sample, ...]:
    """Return the samples of the month so far by repository."""
    quantity, money = catalogue.REPOSITORY_USAGE_GROSS_QUANTITY, catalogue.REPOSITORY_USAGE_USD
    return _samples(total, quantity, money)


def organization_samples(total: Total) -> tuple[Sample, ...]:
    """Return the samples of the month so far by organization."""
    quantity, money = catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, catalogue.ORGANIZATION_USAGE_USD
    return _samples(total, quantity, money)


def _samples(total: Total, quantity: Metric, money: Triple) -> tuple[Sample, ...]:
    samples = [
        Sample(quantity, labels, sums.quantity)
        for labels, sums in reports.sum_by(total, attrgetter(*quantity.labels)).items()
    ]
    for labels, (_, *dollars) in reports.sum_by(total, attrgetter(*money.gross.labels)).items():
        samples += map(Sample, money, repeat(labels), dollars)
    return tuple(samples)


def _reading(total: Total, now: datetime, samples: tuple[Sample, ...]) -> Reading:
    end, unknown = Cycle.at(now).end, reports.unknown_skus(total)
    return Reading(now, samples, cycle_end=end, unknown_skus=unknown)


USAGE_REPOSITORIES = Collector(
    name="usage_repositories",
    summary="This month's quantities and US dollars by repository and SKU, and the time of the "
    "newest item in GitHub's usage report",
    endpoints=(*report.ENDPOINTS.values(), cost_centers.ENDPOINT, *summary.ENDPOINTS.values()),
    permissions=PERMISSIONS,
    metrics=(
        catalogue.REPOSITORY_USAGE_GROSS_QUANTITY,
        *catalogue.REPOSITORY_USAGE_USD,
        catalogue.USAGE_LATEST_ITEM,
    ),
    collect=collect_repositories,
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="several series per repository",
)
USAGE_ORGANIZATIONS = Collector(
    name="usage_organizations",
    summary="This month's quantities and US dollars by organization and SKU",
    endpoints=(
        report.ENDPOINTS[AccountType.ENTERPRISE],
        cost_centers.ENDPOINT,
        summary.ENDPOINTS[AccountType.ENTERPRISE],
    ),
    permissions={AccountType.ENTERPRISE: PERMISSIONS[AccountType.ENTERPRISE]},
    metrics=(catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, *catalogue.ORGANIZATION_USAGE_USD),
    collect=collect_organizations,
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="a long report per cost center",
)

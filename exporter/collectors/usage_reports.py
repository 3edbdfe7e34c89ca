"""GitHub's usage report: the month by repository, SKU and time (OpenAPI 23.0.2)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat
from operator import attrgetter

from exporter.accounts import Account, AccountType
from exporter.billing import reports, usage
from exporter.billing.cycle import Cycle
from exporter.billing.reports import Names, Report, ReportFold, ReportRow, Total
from exporter.billing.sums import Sums, rest
from exporter.collectors import cost_centers
from exporter.collectors import usage as summary
from exporter.collectors.collector import HIDDEN, MANY_PAGES, SIX_HOURLY, Collector
from exporter.github.api import GitHub
from exporter.github.endpoints import USAGE_ROOTS
from exporter.github.errors import InvalidPayload
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample, Triple, present

_NONE = "none"
_SKU = attrgetter("product", "sku", "unit")
_DAY = timedelta(days=1)


_ENDPOINTS = {kind: f"{root}/settings/billing/usage" for kind, root in USAGE_ROOTS.items()}


async def ask(
    github: GitHub,
    account: Account,
    now: datetime,
    total: Total,
    *,
    repositories: bool,
    **cost_center: str,
) -> None:
    """Add the month so far to ``total``, day by day if GitHub is too slow for the whole month.

    Without a month GitHub returns the yearly report, whose repository column is arbitrary. For an
    enterprise: usage outside cost centers, or of ``cost_center_id``. Raises `InvalidPayload` for a
    row of another month, and for too many names.
    """
    cycle = Cycle.at(now)
    endpoint = _ENDPOINTS[account.type]
    # Rows without an owner belong to the organization or user.
    owner = "" if account.type is AccountType.ENTERPRISE else account.name
    async for report in github.report(
        endpoint,
        "usageItems",
        ReportRow,
        partial(_fold, owner, cycle, repositories=repositories),
        instead=[{"day": day} for day in range(1, now.astimezone(UTC).day + 1)],
        account=account.name,
        year=cycle.year,
        month=cycle.month,
        **cost_center,
    ):
        total.add(report)
        if len(total.sums) > reports.NAMES:
            raise InvalidPayload(detail=reports.TOO_MANY_NAMES, endpoint=endpoint)


def _fold(owner: str, cycle: Cycle, day: int | None = None, *, repositories: bool) -> ReportFold:
    start, end = cycle.start, cycle.end
    if day is not None:
        start += timedelta(days=day - 1)
        end = start + _DAY
    # One day of slack: rows may be in any time zone.
    return ReportFold(owner, start - _DAY, end + _DAY, repositories=repositories)


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
        outside = usage.sums(await summary.ask(github, account, cycle, cost_center_id=_NONE))
        if github.refusal is not None and rest(whole, [outside]):
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
            reported[Names(_NONE, "", *sku)] = known
    return Report(reported, None)


async def collect_repositories(github: GitHub, account: Account, now: datetime) -> Reading:
    total = await ask_all(github, account, now, repositories=True)
    latest = total.latest.timestamp() if total.latest else None
    return _reading(
        total,
        now,
        catalogue.REPOSITORY_USAGE_GROSS_QUANTITY,
        catalogue.REPOSITORY_USAGE_USD,
        *present((catalogue.USAGE_LATEST_ITEM, latest)),
    )


async def collect_organizations(github: GitHub, account: Account, now: datetime) -> Reading:
    total = await ask_all(github, account, now, repositories=False)
    quantity, money = catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, catalogue.ORGANIZATION_USAGE_USD
    return _reading(total, now, quantity, money)


def _reading(
    total: Total, now: datetime, quantity: Metric, money: Triple, *others: Sample
) -> Reading:
    samples = [
        Sample(quantity, labels, sums.quantity)
        for labels, sums in reports.sum_by(total, attrgetter(*quantity.labels)).items()
    ]
    for labels, (_, *dollars) in reports.sum_by(total, attrgetter(*money.gross.labels)).items():
        samples += map(Sample, money, repeat(labels), dollars)
    end, unknown = Cycle.at(now).end, reports.unknown_skus(total)
    return Reading(now, (*samples, *others), cycle_end=end, unknown_skus=unknown)


USAGE_REPOSITORIES = Collector(
    name="usage_repositories",
    summary="Quantities and US dollars by repository and SKU of the current month, and the "
    "time of GitHub's latest report row",
    endpoints=(*_ENDPOINTS.values(), cost_centers.ENDPOINT, *summary.ENDPOINTS.values()),
    permissions=summary.PERMISSIONS,
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
    summary="Quantities and US dollars by organization and SKU of the current month",
    endpoints=(
        _ENDPOINTS[AccountType.ENTERPRISE],
        cost_centers.ENDPOINT,
        summary.ENDPOINTS[AccountType.ENTERPRISE],
    ),
    permissions={AccountType.ENTERPRISE: summary.PERMISSIONS[AccountType.ENTERPRISE]},
    metrics=(catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, *catalogue.ORGANIZATION_USAGE_USD),
    collect=collect_organizations,
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="a long report per cost center",
)

"""GitHub's usage report: the month by repository, SKU and time, in one body (OpenAPI 23.0.2)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat
from operator import attrgetter

from exporter.accounts import USAGE_ROOTS, Account, AccountType
from exporter.billing import reports, usage
from exporter.billing.cycle import Cycle
from exporter.billing.reports import Names, Report, ReportFold, ReportRow, Total
from exporter.billing.sums import Sums, rest
from exporter.collectors import cost_centers
from exporter.collectors.collector import MANY_PAGES, SIX_HOURLY, Collector
from exporter.collectors.cost_centers import COST_CENTERS
from exporter.collectors.usage import USAGE as SUMMARY
from exporter.collectors.usage import ask as ask_summary
from exporter.collectors.usage import ask_or_none as ask_summary_or_none
from exporter.github.api import GitHub
from exporter.github.errors import InvalidPayload
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample, Triple, present

_NOT_HERE = (403, 404)
_NOBODY = "none"
_SKU = attrgetter("product", "sku", "unit")
_DAY = timedelta(days=1)


def _endpoint(account_type: AccountType) -> str:
    return f"{USAGE_ROOTS[account_type]}/settings/billing/usage"


async def ask(
    github: GitHub,
    account: Account,
    now: datetime,
    total: Total,
    *,
    repositories: bool,
    **cost_center: str,
) -> None:
    """Add the month so far to a total, whole or, where that takes GitHub too long, day by day.

    The month is always named: without it GitHub answers with another report, of the year, whose
    rows name any one repository. An enterprise's holds what no cost center pays for, or what
    the one named by ``cost_center_id`` does. Raises `InvalidPayload` where a row is of another
    month, and for more names than memory is meant for.
    """
    cycle = Cycle.at(now)
    endpoint = _endpoint(account.type)
    # What an organization or a user pays for is its own where the row does not say whose it is.
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
    """Fold a report of the month, or of a day of it; rows may be a day off, in any time zone."""
    start, end = cycle.start, cycle.end
    if day is not None:
        start += timedelta(days=day - 1)
        end = start + _DAY
    return ReportFold(owner, start - _DAY, end + _DAY, repositories=repositories)


async def ask_all(github: GitHub, account: Account, now: datetime, *, repositories: bool) -> Total:
    """Ask for the whole of an account's month, cost centers included.

    A deleted cost center keeps its usage (docs: cost center allocation), and GitHub does not say
    when one was deleted: they are asked if the rest differs from the summary, in whichever
    direction. Reports and summaries lag behind each other too, which only costs those requests.
    """
    total = Total()
    ask_part = partial(ask, github, account, now, total, repositories=repositories)
    await ask_part()
    active: list[str] | None = []
    if account.type is AccountType.ENTERPRISE:
        active = await cost_centers.ids_or_none(github, account, "active", absent=_NOT_HERE)
    for center in dict.fromkeys(active or ()):
        await ask_part(cost_center_id=center)
    absent = () if account.type is AccountType.ENTERPRISE else _NOT_HERE
    rows = await ask_summary_or_none(github, account, Cycle.at(now), absent=absent)
    if rows is None:
        return total
    whole = usage.sums(rows)
    left = rest(whole, [reports.sum_by(total, _SKU)])
    if left and active is None:
        await _check_for_hidden_cost_centers(github, account, now, whole)
    elif left and account.type is AccountType.ENTERPRISE:
        deleted = await cost_centers.ids(github, account, "deleted")
        for center in dict.fromkeys(each for each in deleted if each not in (active or ())):
            await ask_part(cost_center_id=center)
        left = rest(whole, [reports.sum_by(total, _SKU)])
    total.add(_of_nobody({sku: sums for sku, sums in left.items() if sku in whole}))
    return total


def _of_nobody(left: Mapping[tuple[str, str, str], Sums]) -> Report:
    """Make a report of what the reports exceed the summary by, or say of its dollars otherwise.

    With it they sum to the summary, but for what GitHub has not reported yet: what is left of a
    SKU while its quantity lags. A SKU that the summary does not know it may know by another name.
    """
    reported = {
        sku: Sums(*(min(value, 0.0) for value in sums)) if sums.quantity > 0 else sums
        for sku, sums in left.items()
    }
    return Report(
        {Names(_NOBODY, "", *sku): sums for sku, sums in reported.items() if any(sums)}, None
    )


async def _check_for_hidden_cost_centers(
    github: GitHub, account: Account, now: datetime, whole: Mapping[tuple[str, str, str], Sums]
) -> None:
    """Raise GitHub's refusal to list cost centers, unless all usage is outside of them."""
    rows = await ask_summary(github, account, Cycle.at(now), cost_center_id=_NOBODY)
    outside = usage.sums(rows)
    if github.refusal is not None and rest(whole, [outside]):
        raise github.refusal


async def collect_repositories(github: GitHub, account: Account, now: datetime) -> Reading:
    total = await ask_all(github, account, now, repositories=True)
    latest = total.latest.timestamp() if total.latest else None
    return Reading(
        taken=now,
        samples=(
            *_samples(
                total, catalogue.REPOSITORY_USAGE_GROSS_QUANTITY, catalogue.REPOSITORY_USAGE_USD
            ),
            *present([(catalogue.USAGE_LATEST_ITEM, latest)]),
        ),
        cycle_end=Cycle.at(now).end,
        unknown_skus=reports.unknown_skus(total),
    )


async def collect_organizations(github: GitHub, account: Account, now: datetime) -> Reading:
    total = await ask_all(github, account, now, repositories=False)
    return Reading(
        taken=now,
        samples=tuple(
            _samples(
                total, catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, catalogue.ORGANIZATION_USAGE_USD
            )
        ),
        cycle_end=Cycle.at(now).end,
        unknown_skus=reports.unknown_skus(total),
    )


def _samples(total: Total, quantity: Metric, money: Triple) -> Iterator[Sample]:
    """Sum by the names that are the labels of the metrics."""
    for labels, sums in reports.sum_by(total, attrgetter(*quantity.labels)).items():
        yield Sample(quantity, labels, sums.quantity)
    for labels, (_, *dollars) in reports.sum_by(total, attrgetter(*money.gross.labels)).items():
        yield from map(Sample, money, repeat(labels), dollars)


USAGE_REPOSITORIES = Collector(
    name="usage_repositories",
    summary="Quantities and US dollars by repository and SKU of the current month, and how far "
    "GitHub's reports reach",
    endpoints=(*map(_endpoint, AccountType), *COST_CENTERS.endpoints, *SUMMARY.endpoints),
    permissions=SUMMARY.permissions,
    metrics=(
        catalogue.REPOSITORY_USAGE_GROSS_QUANTITY,
        *catalogue.REPOSITORY_USAGE_USD,
        catalogue.USAGE_LATEST_ITEM,
    ),
    collect=collect_repositories,
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="several series for each repository",
)
USAGE_ORGANIZATIONS = Collector(
    name="usage_organizations",
    summary="Quantities and US dollars by organization and SKU of the current month",
    endpoints=(
        _endpoint(AccountType.ENTERPRISE),
        *COST_CENTERS.endpoints,
        *SUMMARY.endpoints[-1:],
    ),
    permissions={AccountType.ENTERPRISE: SUMMARY.permissions[AccountType.ENTERPRISE]},
    metrics=(catalogue.ORGANIZATION_USAGE_GROSS_QUANTITY, *catalogue.ORGANIZATION_USAGE_USD),
    collect=collect_organizations,
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="a long report for each cost center",
)

"""GitHub's usage report of a whole month, cost centers included: several collectors read it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import attrgetter

from exporter.accounts import Account, AccountType
from exporter.billing import reports, usage
from exporter.billing.cycle import Cycle
from exporter.billing.reports import Names, Report, ReportFold, ReportRow, Total
from exporter.billing.sums import Sums, rest
from exporter.github.api import GitHub
from exporter.github.endpoints import HIDDEN
from exporter.github.errors import InvalidPayload
from exporter.ledger import cost_centers, report, summary


def endpoints(types: Collection[AccountType]) -> tuple[str, ...]:
    """Return the endpoints of the report for accounts of these types."""
    centers = (cost_centers.ENDPOINT,) if AccountType.ENTERPRISE in types else ()
    return (
        *(endpoint for kind, endpoint in report.ENDPOINTS.items() if kind in types),
        *centers,
        *(endpoint for kind, endpoint in summary.ENDPOINTS.items() if kind in types),
    )


_SKU = attrgetter("product", "sku", "unit")


@dataclass(slots=True)
class WholeReport:
    """The sums of a month's usage report, read at ``now``.

    ``parts`` are by the id of the cost center, `cost_centers.REST` outside them; ``centers`` are
    the names by id. Iterating yields every part's sums with their names: add those with equal
    names. ``teams`` are those of repositories, by organization and name, once `usage_teams` has
    allocated them.
    """

    cycle: Cycle
    now: datetime
    parts: dict[str, Total] = field(default_factory=dict)
    centers: dict[str, str] = field(default_factory=dict)
    teams: Mapping[tuple[str, str], str] | None = None

    def __iter__(self) -> Iterator[tuple[Names, Sums]]:
        for part in self.parts.values():
            yield from part

    def add(self, center: str, found: Report) -> None:
        """Add a part. Raises `InvalidPayload` for too many names."""
        self.parts.setdefault(center, Total()).add(found)
        if sum(len(part.sums) for part in self.parts.values()) > reports.NAMES:
            raise InvalidPayload(detail=reports.TOO_MANY_NAMES)

    @property
    def latest(self) -> datetime | None:
        """The time of the newest row, None without rows."""
        return max((part.latest for part in self.parts.values() if part.latest), default=None)


async def ask(
    github: GitHub,
    account: Account,
    whole: WholeReport,
    *,
    repositories: bool,
    center: str = cost_centers.REST,
) -> None:
    """Add the usage of a cost center, or outside cost centers, to ``whole``."""
    # Rows without an owner belong to the organization or user.
    owner = "" if account.type is AccountType.ENTERPRISE else account.name
    fold = partial(ReportFold, owner, repositories=repositories)
    filters = {} if center == cost_centers.REST else {"cost_center_id": center}
    async for found in report.ask(
        github, account, whole.cycle, ReportRow, fold, now=whole.now, **filters
    ):
        try:
            whole.add(center, found)
        except InvalidPayload as error:
            error.endpoint = report.ENDPOINTS[account.type]
            raise


async def ask_all(
    github: GitHub, account: Account, cycle: Cycle, now: datetime, *, repositories: bool
) -> WholeReport:
    """Return an account's whole month, including cost centers.

    A deleted cost center keeps its usage (docs: cost center allocation): deleted ones are requested
    if the others differ from the summary, in either direction. Reports and summaries also lag
    behind each other, which only costs those requests.
    """
    whole = WholeReport(cycle, now)
    ask_part = partial(ask, github, account, whole, repositories=repositories)
    await ask_part()
    has_centers = account.type is AccountType.ENTERPRISE
    listed = partial(cost_centers.listed_or_none, github, account)
    active = await listed("active", absent=HIDDEN) if has_centers else []
    for center in _by_id(active or ()):
        await ask_part(center=center.id)
        whole.centers[center.id] = center.name or center.id
    absent = () if has_centers else HIDDEN
    rows = await summary.ask_or_none(github, account, cycle, absent=absent)
    if rows is None:
        return whole
    of_summary = usage.sums(rows)
    left = rest(of_summary, [reports.sum_by(whole, _SKU)])
    if left and active is None:
        # GitHub refuses to list cost centers: raise that only if one has usage.
        rows = await summary.ask(github, account, cycle, cost_center_id=cost_centers.REST)
        if github.refusal is not None and rest(of_summary, [usage.sums(rows)]):
            raise github.refusal
    elif left and has_centers:
        for center in _by_id(await listed("deleted", absent=()) or ()):
            if center.id not in whole.centers:
                await ask_part(center=center.id)
                whole.centers[center.id] = center.name or center.id
        left = rest(of_summary, [reports.sum_by(whole, _SKU)])
    # The summary may have a missing SKU under another name.
    whole.add(
        cost_centers.REST, _unassigned({s: its for s, its in left.items() if s in of_summary})
    )
    return whole


def _by_id(listed: Iterable[cost_centers.Identity]) -> list[cost_centers.Identity]:
    return list({center.id: center for center in listed}.values())


def _unassigned(left: Mapping[tuple[str, str, str], Sums]) -> Report:
    # A larger quantity in the summary is not reported yet: keep negative differences only.
    reported: dict[Names, Sums] = {}
    for sku, sums in left.items():
        known = Sums(*(min(value, 0.0) for value in sums)) if sums.quantity > 0 else sums
        if any(known):
            reported[Names(cost_centers.REST, "", *sku)] = known
    return Report(reported, None)

"""What GitHub is asked for an account's past month."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from exporter.accounts import AccountType
from exporter.billing import skus, sums, usage
from exporter.billing.sums import Sums
from exporter.billing.usage import SummaryRow
from exporter.collectors import legacy
from exporter.collectors.cost_centers import USAGE_COST_CENTERS
from exporter.collectors.model_usage import MODEL_USAGE
from exporter.collectors.usage_reports import USAGE_ORGANIZATIONS, USAGE_REPOSITORIES
from exporter.github.errors import GitHubError, NotOffered, Rejected
from exporter.history.shape import Shape, Used
from exporter.ledger import cost_centers, models, summary
from exporter.ledger.asked import Month
from exporter.ledger.models import ModelRow
from exporter.ledger.row import BY_SKU, Dimension, Row
from exporter.ledger.summary import Report
from exporter.ledger.totals import Totals

NO_REPORT = "the usage report cannot be read: each SKU grows evenly over a month"
NO_CENTERS = "cost centers cannot be read: each SKU grows as outside of them"
NO_MODELS = "AI usage by model cannot be read: it is left out"

_IN_PARTS = {USAGE_COST_CENTERS.name, USAGE_ORGANIZATIONS.name, USAGE_REPOSITORIES.name}
COLLECTORS = {MODEL_USAGE.name, *_IN_PARTS}
"""Collectors whose metrics are written only for accounts that have them."""


@dataclass(frozen=True, slots=True)
class Center:
    """The usage of a cost center."""

    rows: Sequence[SummaryRow]
    shape: Shape


@dataclass(frozen=True, slots=True)
class Answers:
    """GitHub's answers about a month.

    ``report`` are sums by day, in the order of days, if the usage by repository or organization is
    wanted. ``centers`` are the cost centers by id, if those are wanted.
    """

    rows: Sequence[SummaryRow]
    models: Sequence[ModelRow]
    centers: Mapping[str, Center]
    shape: Shape
    report: Totals | None
    notes: tuple[str, ...]


async def ask(month: Month, collectors: Collection[str], *, daily: bool) -> Answers:
    """Ask for the summary, and for what the ``collectors`` would have shown.

    Its shape is that of the usage report, or of the summaries of all days if ``daily``.
    """
    github, account, cycle = month.github, month.account, month.cycle
    rows = await summary.ask(github, account, cycle)
    notes: list[str] = []
    by = _dimensions(collectors)
    days = cycle.days_begun(month.now)
    reported = _Reported(Shape(days), Totals((Dimension.DAY, *by, *BY_SKU), split=True))
    if by or not daily:
        try:
            await _read_report(month, collectors, rows, reported)
        except (NotOffered, Rejected):
            if by:
                raise
            notes.append(NO_CENTERS if reported.by_center else NO_REPORT)
    return Answers(
        rows,
        await _models(month, notes) if MODEL_USAGE.name in collectors else (),
        await _centers(month, reported) if USAGE_COST_CENTERS.name in collectors else {},
        await _daily_shape(month, days) if daily else reported.shape,
        reported.totals if by else None,
        tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Reported:
    """The rows of a month's report, with the shape of the month and of its cost centers."""

    shape: Shape
    totals: Totals
    by_center: dict[str, Shape] = field(default_factory=dict)

    def add(self, center: str, rows: Iterable[Row]) -> None:
        of_center = self.by_center.setdefault(center, Shape(self.shape.days))
        for row in rows:
            used = _used(row, self.shape.days)
            of_center.add(used)
            self.shape.add(used)
            self.totals.add(row)

    def covers(self, rows: Sequence[SummaryRow]) -> bool:
        """Return whether all quantities of a summary are in the report."""
        quantities = (
            ((row.product, row.sku, row.unit or ""), Sums(float(row.quantity or 0), 0.0, 0.0, 0.0))
            for row in self.totals.rows()
        )
        left = sums.rest(usage.sums(rows), [sums.sum_up(quantities)])
        return not any(each.quantity for each in left.values())


async def is_legacy(month: Month) -> bool:
    """Return whether an account answers on the legacy platform, which has no past months."""
    try:
        await legacy.collect_actions(month.github, month.account, month.now)
    except GitHubError:
        return False
    return True


def day_of(row: Row, days: int) -> int:
    """Return the day of a row of the report, counted from 0."""
    return min(int(row.date[8:]), days) - 1  # a row may be dated tomorrow in another time zone


def _used(row: Row, days: int) -> Used:
    numbers = (row.price, row.quantity, row.gross, row.discount, row.net)
    price, *amounts = (float(number or 0) for number in numbers)
    names = row.product, row.sku, row.unit or ""
    return Used(day_of(row, days), *names, price, *amounts)


def _dimensions(collectors: Collection[str]) -> tuple[Dimension, ...]:
    if USAGE_REPOSITORIES.name in collectors:
        return Dimension.ORGANIZATION, Dimension.REPOSITORY
    return (Dimension.ORGANIZATION,) if USAGE_ORGANIZATIONS.name in collectors else ()


async def _read_report(
    month: Month, collectors: Collection[str], rows: Sequence[SummaryRow], reported: _Reported
) -> None:
    """Read the report, and those of cost centers if they are wanted or have some of the usage."""
    by = (Dimension.DAY, *_dimensions(collectors), *BY_SKU)
    async for part in month.report(by, split=True):
        reported.add(cost_centers.REST, part.rows())
    of_parts = _IN_PARTS & set(collectors)
    if month.account.type is AccountType.ENTERPRISE and (of_parts or not reported.covers(rows)):
        for center in await month.centers():
            async for part in month.report(by, split=True, cost_center_id=center):
                reported.add(center, part.rows())


async def _daily_shape(month: Month, days: int) -> Shape:
    shape = Shape(days)
    for day in range(days):
        for row in await summary.ask(month.github, month.account, month.cycle, day=day + 1):
            shape.add(
                Used(
                    day,
                    skus.product_name(row.product),
                    skus.sku_name(row.sku),
                    skus.unit_name(row.unit_type),
                    row.price_per_unit,
                    row.gross_quantity,
                    row.gross_amount,
                    row.discount_amount,
                    row.net_amount,
                )
            )
    return shape


async def _models(month: Month, notes: list[str]) -> Sequence[ModelRow]:
    try:
        return await models.ask(month.github, month.account, month.cycle, Report[ModelRow])
    except (NotOffered, Rejected):
        notes.append(NO_MODELS)
        return ()


async def _centers(month: Month, reported: _Reported) -> dict[str, Center]:
    github, account, cycle = month.github, month.account, month.cycle
    return {
        center: Center(
            await summary.ask(github, account, cycle, cost_center_id=center),
            reported.by_center.get(center, reported.shape),
        )
        for center in (cost_centers.REST, *await month.centers())
    }

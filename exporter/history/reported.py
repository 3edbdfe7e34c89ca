"""Usage by repository and organization as the report has it, whose sums are not the summary's."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby

from exporter.billing.reports import Names, Report, Total
from exporter.billing.sums import Sums
from exporter.collectors.usage_reports import (
    USAGE_ORGANIZATIONS,
    USAGE_REPOSITORIES,
    organization_samples,
    own_samples,
    repository_samples,
)
from exporter.history.asked import day_of
from exporter.history.curves import Lines
from exporter.history.subject import Subject
from exporter.ledger.row import Row
from exporter.ledger.totals import Totals
from exporter.metrics.model import Reading, Sample
from exporter.metrics.series_limit import limited

_SameMonth = datetime.max.replace(tzinfo=UTC)

_Said = Callable[[Total], Sequence[Sample]]


def add(
    lines: Lines, subject: Subject, report: Totals, days: int, prices: Mapping[str, float]
) -> None:
    """Add the lines of a month that has ``days`` in the report, and these own ``prices``."""
    if USAGE_REPOSITORIES.name in subject.collectors:
        _add(lines, report, days, _folded(report, subject.series_limit, prices))
    if USAGE_ORGANIZATIONS.name in subject.collectors:
        _add(lines, report, days, organization_samples)


def _folded(report: Totals, limit: int, prices: Mapping[str, float]) -> _Said:
    """Return the samples of repositories for a page that folds as it did at the month's end."""

    def said(total: Total) -> tuple[Sample, ...]:
        return (*repository_samples(total), *own_samples(total, prices).samples)

    def reading(total: Total) -> Reading:
        return Reading(_SameMonth, said(total), cycle_end=_SameMonth)

    whole = Total()
    for row in report.rows():
        _add_row(whole, row)
    at_end = limited(reading(whole), None, limit)
    if not at_end.folded:
        return said
    return lambda total: limited(reading(total), at_end, limit).samples


def _add(lines: Lines, report: Totals, days: int, said: _Said) -> None:
    total = Total()
    by_day = groupby(report.rows(), partial(day_of, days=days))
    day, rows = next(by_day, (-1, iter(())))
    for number in range(lines.days):
        today = Total()
        if day == number:
            for row in rows:
                _add_row(today, row)
            day, rows = next(by_day, (-1, iter(())))
        nothing = Sums(0.0, 0.0, 0.0, 0.0)
        total.add(Report(dict.fromkeys(today.sums, nothing), None))
        before = said(total)
        total.add(Report(today.sums, None))
        lines.add(number, before, said(total))


def _add_row(total: Total, row: Row) -> None:
    names = Names(row.organization, row.repository, row.product, row.sku, row.unit or "")
    amounts = (row.quantity, row.gross, row.discount, row.net)
    total.add(Report({names: Sums(*(float(each or 0) for each in amounts))}, None))

"""Usage as in report exports: by day, organization, repository, person and workflow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from exporter.demo import workflows
from exporter.demo.bulk import BulkRow
from exporter.demo.consumption import Month, Use
from exporter.demo.endpoints import models, reports
from exporter.demo.meters import AI_SKUS
from exporter.demo.question import Question

_WITHOUT_PERSON = frozenset({"gigabyte-hours", "gigabytes"})


@dataclass(frozen=True, slots=True)
class Used:
    """A row in the spelling of the usage summary. Without ``workflow``, it is to be split."""

    day: date
    product: str
    sku: str
    unit: str
    price: float
    quantity: float
    gross: float
    discount: float
    organization: str = ""
    repository: str = ""
    workflow: str | None = None
    username: str = ""
    model: str = ""

    def times(self, share: float) -> "Used":
        return replace(
            self,
            quantity=self.quantity * share,
            gross=self.gross * share,
            discount=self.discount * share,
        )


def used(question: Question, first: date, last: date) -> Iterator[Used]:
    """Yield the usage of the window, both days included, a row per repository and SKU."""
    number, end = _number(first), _number(last)
    while number <= end:
        month = Month(number // 12, number % 12 + 1)
        yield from (row for row in _of_month(question, month) if first <= row.day <= last)
        number += 1


def detailed(question: Question, first: date, last: date) -> Iterator[Used]:
    """Yield the usage of the window, minutes split by workflow and person."""
    people = question.account.people
    for row in used(question, first, last):
        ordinal = row.day.toordinal()
        if row.workflow is not None:
            yield row
        elif row.unit == "minutes":
            for part in workflows.parts(row.repository, people, ordinal):
                yield replace(row.times(part.share), workflow=part.path, username=part.username)
        elif row.unit in _WITHOUT_PERSON:
            yield row
        else:
            yield replace(row, username=workflows.person(people, ordinal, row.sku))


def by_model(question: Question, first: date, last: date, *, unit: str) -> Iterator[Used]:
    """Yield the usage of AI that is billed in the unit, split by model and person."""
    people = question.account.people
    for row in used(question, first, last):
        if row.sku in AI_SKUS and row.unit == unit:
            for model, share in models.SHARES.items():
                username = workflows.person(people, row.day.toordinal(), model)
                yield replace(row.times(share), model=model, username=username)


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _of_month(question: Question, month: Month) -> Iterator[Used]:
    if month.start > question.now or not month.kept(question.now):
        return
    if bulk := question.account.bulk:
        days = reports.days_begun(month, question.now)
        yield from map(_of_bulk, bulk.rows_of(month.start.date(), days))
    elif (given := reports.given_rows(question, month)) is not None:
        yield from (_of_item(row, month.start.date()) for row in given)
    else:
        yield from map(_of_use, question.uses(month))


def _of_use(use: Use) -> Used:
    return Used(
        use.at.date(),
        use.meter.product,
        use.meter.sku,
        use.meter.unit,
        use.meter.price,
        use.quantity,
        use.gross,
        use.discount,
        use.organization,
        use.repository,
    )


def _of_bulk(row: BulkRow) -> Used:
    product, sku, unit = row.kind
    by_workflow = unit == "minutes"
    return Used(
        row.day,
        product,
        sku,
        unit,
        row.price,
        row.totals.quantity,
        row.totals.gross,
        row.totals.discount,
        row.organization,
        row.repository,
        f".github/workflows/{row.number % 5}.yml" if by_workflow else "",
        f"person-{row.number % 97}" if by_workflow else "",
    )


def _of_item(row: Mapping[str, object], day: date) -> Used:
    path = row.get("workflowPath")
    return Used(
        day,
        str(row["product"]),
        str(row["sku"]),
        str(row["unitType"]),
        float(str(row["pricePerUnit"])),
        float(str(row["grossQuantity"])),
        float(str(row["grossAmount"])),
        float(str(row["discountAmount"])),
        str(row.get("organizationName", "")),
        str(row.get("repositoryName", "")),
        None if path is None else str(path),
        str(row.get("username", "")),
    )

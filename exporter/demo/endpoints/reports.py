"""The usage report and the usage summary: the same usage in two spellings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum

from exporter.accounts import AccountType
from exporter.demo.accounts import Rows, SimulatedAccount
from exporter.demo.answer import CUT_OFF, JSON_TYPE, Answer, ok
from exporter.demo.bulk import Bulk
from exporter.demo.consumption import Month, Use
from exporter.demo.endpoints import cost_centers
from exporter.demo.meters import DISPLAY_NAMES
from exporter.demo.question import Question

_UNITS = {"ai-units": "AICredits"}
_ORGANIZATION, _REPOSITORY = "organizationName", "repositoryName"
_NAMES = frozenset({_ORGANIZATION, _REPOSITORY, "workflowPath", "username"})


@dataclass
class Narrowed:
    """Filtered rows of the summary for a period; the answer repeats the filters in ``echo``."""

    rows: Rows
    period: Mapping[str, int]
    echo: dict[str, object]

    def keep(self, field_name: str, wanted: str, shown: str) -> None:
        """Keep the rows whose field is ``wanted``, ignoring case."""
        self.rows = [row for row in self.rows if _same(str(row.get(field_name)), wanted)]
        self.echo[field_name] = shown

    def answer(self, account: SimulatedAccount) -> Answer:
        return ok(
            {
                "timePeriod": self.period,
                account.type.value: account.name,
                **self.echo,
                "usageItems": self.rows,
            }
        )


def narrowed(question: Question) -> Narrowed:
    """Return the usage of a period by SKU, filtered by organization, repository and cost center."""
    month, day = question.period()
    query = question.query
    echo: dict[str, object] = {}
    replaced = given_rows(question, month)
    found = _of_day(question.uses(month), day) if replaced is None else []
    if question.of_enterprise and (organization := query.get("organization")):
        found = [use for use in found if _same(use.organization, organization)]
        replaced = _kept(replaced, lambda owner, _: _same(owner, organization))
        echo["organization"] = organization
    if repository := query.get("repository"):
        found = [use for use in found if _same(f"{use.organization}/{use.repository}", repository)]
        replaced = _kept(replaced, lambda owner, name: _same(f"{owner}/{name}", repository))
        echo["repository"] = repository
    center_id = query.get("cost_center_id") if question.of_enterprise else None
    if center_id is not None:
        found = cost_centers.of(question, center_id, found)
        replaced = _paid(question, center_id, replaced)
        if center_id != cost_centers.REST:
            center = cost_centers.find(question, center_id)
            echo["costCenter"] = {"id": center.id, "name": center.name}
    rows = [_row(use) for use in _merged(found)] if replaced is None else _unnamed(replaced)
    period = {"year": month.year, "month": month.month} | ({"day": day} if day else {})
    return Narrowed(rows, period, echo)


def summary(question: Question) -> Answer:
    """Answer ``/usage/summary``: a row per SKU, by default for the current month."""
    result = narrowed(question)
    if product := question.query.get("product"):
        result.keep("product", product, product.title())
    if sku := question.query.get("sku"):
        result.keep("sku", sku, sku)
    return result.answer(question.account)


def report(question: Question) -> Answer:
    """Answer ``/usage``: itemized for a month or a day, else a row per month and SKU of a year.

    Rows of the yearly report name an arbitrary repository, as on GitHub. An enterprise's report
    is of one cost center, or of usage outside cost centers.
    """
    account, query = question.account, question.query
    month, day = question.period()
    if account.day_reports_only and "day" not in query:
        return CUT_OFF
    itemised = "month" in query or "day" in query
    if itemised and account.bulk and _center(question) == cost_centers.REST:
        return _streamed(account.bulk, question, month, day)
    months = [month] if itemised else [Month(month.year, number) for number in range(1, 13)]
    items = []
    for each in months:
        rows = given_rows(question, each)
        if rows is not None:
            if question.of_enterprise:
                rows = _paid(question, _center(question), rows)
            first = next(iter(account.owned_repositories), ("", ""))
            items += [
                _item(account, each.start, row, *(_named(row) or first))
                for row in rows or ()
                if each.start <= question.now
            ]
            continue
        found = question.uses(each)
        if question.of_enterprise:
            found = cost_centers.of(question, _center(question), found)
        found = _of_day(found, day) if itemised else _merged(found)
        items += [
            _item(
                account,
                use.at if itemised else each.start,
                _row(use),
                use.organization,
                use.repository,
            )
            for use in found
        ]
    return ok({"usageItems": items})


def _center(question: Question) -> str:
    # Only an enterprise has cost centers.
    named = question.query.get("cost_center_id") if question.of_enterprise else None
    return named or cost_centers.REST


def _streamed(bulk: Bulk, question: Question, month: Month, day: int | None) -> Answer:
    days = days_begun(month, question.now)
    body = bulk.report(month.start.date(), days, day)
    etag = f'W/"{bulk.rows}-{month.year}-{month.month}-{days}-{day}"'
    return Answer(200, body, {"content-type": JSON_TYPE, "etag": etag})


def days_begun(month: Month, now: datetime) -> int:
    """Return the number of days with data, 0 for a future month or one no longer kept."""
    if now < month.start or not month.kept(now):
        return 0
    return min(month.length, (now - month.start) // timedelta(days=1) + 1)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _of_day(found: Sequence[Use], day: int | None) -> Sequence[Use]:
    return [use for use in found if day is None or use.at.day == day]


def given_rows(question: Question, month: Month) -> Rows | None:
    """Return the rows that replace the generated usage of a month, None to generate it."""
    account = question.account
    if account.bulk:
        return account.bulk.summary() if days_begun(month, question.now) else []
    if callable(account.usage_items):
        return account.usage_items(month.year, month.month)
    return account.usage_items


def _named(row: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the organization and repository of a replaced row, None if it has neither."""
    found = row.get(_ORGANIZATION), row.get(_REPOSITORY)
    return None if found == (None, None) else (str(found[0] or ""), str(found[1] or ""))


def _kept(rows: Rows | None, keeps: Callable[[str, str], bool]) -> Rows | None:
    """Return the replaced rows that match; rows without names match always."""
    if rows is None:
        return None
    return [row for row in rows if (named := _named(row)) is None or keeps(*named)]


def _paid(question: Question, center_id: str, rows: Rows | None) -> Rows | None:
    """Return the rows that a cost center pays for; rows without names belong to no cost center."""
    if rows is None:
        return None
    payer = cost_centers.payers(question, center_id)
    rest = cost_centers.REST
    return [row for row in rows if (payer(*n) if (n := _named(row)) else rest) == center_id]


def _unnamed(rows: Rows) -> Rows:
    return [{key: row[key] for key in row if key not in _NAMES} for row in rows]


def _merged(found: Sequence[Use]) -> Sequence[Use]:
    by_sku: dict[str, list[Use]] = {}
    for use in found:
        by_sku.setdefault(use.meter.sku, []).append(use)
    return [
        same[0]._replace(
            quantity=fsum(use.quantity for use in same),
            covered=fsum(use.covered for use in same),
        )
        for same in by_sku.values()
    ]


def _row(use: Use) -> Mapping[str, object]:
    return {
        "product": use.meter.product,
        "sku": use.meter.sku,
        "unitType": use.meter.unit,
        "pricePerUnit": use.meter.price,
        "grossQuantity": use.quantity,
        "grossAmount": use.gross,
        "discountQuantity": use.covered,
        "discountAmount": use.discount,
        "netQuantity": use.quantity - use.covered,
        "netAmount": use.gross - use.discount,
    }


def _item(
    account: SimulatedAccount,
    at: datetime,
    row: Mapping[str, object],
    organization: str,
    repository: str,
) -> Mapping[str, object]:
    """Return a row of the summary in the report's spelling of product, SKU and unit."""
    sku, unit = str(row["sku"]), str(row["unitType"])
    owner = {} if account.type is AccountType.USER else {"organizationName": organization}
    return {
        "date": at.isoformat().replace("+00:00", "Z"),
        "product": str(row["product"]).lower().replace(" ", "_"),
        "sku": DISPLAY_NAMES.get(sku, sku.replace("_", " ").title()),
        "quantity": row["grossQuantity"],
        "unitType": _UNITS.get(unit, unit.title().replace("-", "")),
        "pricePerUnit": row["pricePerUnit"],
        "grossAmount": row["grossAmount"],
        "discountAmount": row["discountAmount"],
        "netAmount": row["netAmount"],
        **owner,
        "repositoryName": repository,
    }

"""The usage report and the usage summary: the same use in two spellings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import fsum

from exporter.accounts import AccountType
from exporter.demo.accounts import Rows, SimulatedAccount
from exporter.demo.answer import BAD_REQUEST, NOT_FOUND, Answer, ok
from exporter.demo.consumption import Activity, Month, Use, uses
from exporter.demo.meters import DISPLAY_NAMES

Query = Mapping[str, str]
Members = Sequence[SimulatedAccount]

_UNITS = {"ai-units": "AICredits"}


def summary(members: Members, query: Query, now: datetime, activity: Activity) -> Answer:
    """Answer ``/usage/summary``: one row a SKU, for the current month unless told otherwise."""
    account = members[0]
    enterprise = account.type is AccountType.ENTERPRISE
    try:
        month, day = _period(query, now)
    except ValueError:
        return BAD_REQUEST
    if enterprise and query.get("cost_center_id", "none") != "none":
        return NOT_FOUND  # no simulated enterprise has cost centers
    found = _of_day(uses(members, month, now, activity), day)
    echo: dict[str, str] = {}
    if enterprise and (organization := query.get("organization")):
        found = [use for use in found if _same(use.organization, organization)]
        echo["organization"] = organization
    if repository := query.get("repository"):
        found = [use for use in found if _same(f"{use.organization}/{use.repository}", repository)]
        echo["repository"] = repository
    rows = _replaced(account, month)
    if rows is None:
        rows = [_row(use) for use in _merged(found)]
    if product := query.get("product"):
        rows = [row for row in rows if _same(str(row.get("product")), product)]
        echo["product"] = product.title()
    if sku := query.get("sku"):
        rows = [row for row in rows if _same(str(row.get("sku")), sku)]
        echo["sku"] = sku
    period = {"year": month.year, "month": month.month} | ({"day": day} if day else {})
    return ok({"timePeriod": period, account.type.value: account.name, **echo, "usageItems": rows})


def report(members: Members, query: Query, now: datetime, activity: Activity) -> Answer:
    """Answer ``/usage``: itemised for a month or a day, else one row a month and SKU of a year.

    The yearly form names one arbitrary repository a row, as GitHub does.
    """
    account = members[0]
    try:
        month, day = _period(query, now)
    except ValueError:
        return BAD_REQUEST
    if account.type is AccountType.ENTERPRISE and "cost_center_id" in query:
        return NOT_FOUND
    itemised = "month" in query or "day" in query
    months = [month] if itemised else [Month(month.year, number) for number in range(1, 13)]
    items = []
    for each in months:
        rows = _replaced(account, each)
        if rows is not None:
            owner, name = next(iter(account.owned_repositories), ("", ""))
            items += [
                _item(account, each.start, row, owner, name) for row in rows if each.start <= now
            ]
        elif itemised:
            found = _of_day(uses(members, each, now, activity), day)
            items += [
                _item(account, use.at, _row(use), use.organization, use.repository) for use in found
            ]
        else:
            found = _merged(uses(members, each, now, activity))
            items += [
                _item(account, each.start, _row(use), use.organization, use.repository)
                for use in found
            ]
    return ok({"usageItems": items})


def _period(query: Query, now: datetime) -> tuple[Month, int | None]:
    """Read year, month and day, today's by default; raise ``ValueError`` for no such date."""
    year = int(query.get("year", now.year))
    month = int(query.get("month", now.month))
    day = int(query["day"]) if "day" in query else None
    if not 2000 <= year <= 2999:
        raise ValueError(f"no bill is of the year {year}")
    datetime(year, month, 1 if day is None else day, tzinfo=now.tzinfo)
    return Month(year, month), day


def _same(one: object, other: str) -> bool:
    return str(one).casefold() == other.casefold()


def _of_day(found: list[Use], day: int | None) -> list[Use]:
    return [use for use in found if day is None or use.at.day == day]


def _replaced(account: SimulatedAccount, month: Month) -> Rows | None:
    if callable(account.usage_items):
        return account.usage_items(month.year, month.month)
    return account.usage_items


def _merged(found: list[Use]) -> list[Use]:
    """Make one use of each SKU."""
    by_sku: dict[str, list[Use]] = {}
    for use in found:
        by_sku.setdefault(use.meter.sku, []).append(use)
    return [
        replace(
            same[0],
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
    """Spell a row of the summary as the report does: another product, SKU and unit name."""
    sku, unit = str(row["sku"]), str(row["unitType"])
    owner = {} if account.type is AccountType.USER else {"organizationName": organization}
    return {
        "date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
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

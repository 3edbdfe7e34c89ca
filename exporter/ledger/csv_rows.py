"""Rows of a line of GitHub's usage reports, in every version since the legacy billing platform.

Columns are found by name, as their order and number differ by type and month. Columns of people,
and those that repeat others in AI credits (``aic_*``), are never read.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from exporter.billing import skus
from exporter.billing.owners import organization_of
from exporter.ledger.row import NO_CENTER, ZERO, Dimension, Row, checked, times

_TEXT = 1024
"""Maximum characters of a name; GitHub's have at most some two hundred."""

_COMPUTE = re.compile(r"Compute - (\w+)")
_OLD_UNITS = {"minute": "minutes", "gb": "gigabytes"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([Ee][+-]?\d{1,3})?")


class WrongFile(ValueError):
    """The message says which file is wrong, where and why, without a person's name."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of report: its mandatory columns, and the column of each field of a row."""

    name: str
    needs: frozenset[str]
    columns: Mapping[str, str]


_AMOUNTS = {
    "product": "product",
    "sku": "sku",
    "quantity": "quantity",
    "unit": "unit_type",
    "price": "applied_cost_per_quantity",
    "gross": "gross_amount",
    "discount": "discount_amount",
    "net": "net_amount",
}
_USAGE = {
    "date": "date",
    **_AMOUNTS,
    "organization": "organization",
    "repository": "repository",
    "cost_center": "cost_center_name",
}
_OF_AI = {**_USAGE, "model": "model"}
_METERED = {**_USAGE, "date": "usage_at", "workflow": "workflow_name"}
_OLD = {
    "date": "Date",
    "product": "Product",
    "sku": "SKU",
    "quantity": "Quantity",
    "unit": "Unit Type",
    "price": "Price Per Unit ($)",
    "organization": "Owner",
    "repository": "Repository Slug",
    "workflow": "Actions Workflow",
}
_OLD_PREMIUM = {"date": "Timestamp", "model": "Model", "quantity": "Requests Used"}

_needed = frozenset(_AMOUNTS.values())
_KINDS = (
    Kind("premium request", _needed | {"date", "model", "exceeds_quota"}, _OF_AI),
    Kind("AI credit", _needed | {"date", "model"}, _OF_AI),
    Kind("metered", _needed | {"usage_at"}, _METERED),
    Kind("detailed", _needed | {"date", "workflow_path"}, _USAGE | {"workflow": "workflow_path"}),
    Kind("summarized", _needed | {"date"}, _USAGE),
    Kind("legacy platform", frozenset(_OLD.values()), _OLD),
    Kind("old premium request", frozenset(_OLD_PREMIUM.values()), _OLD_PREMIUM),
)
_HELD = frozenset(
    {
        Dimension.ORGANIZATION,
        Dimension.REPOSITORY,
        Dimension.COST_CENTER,
        Dimension.MODEL,
        Dimension.WORKFLOW,
    }
)
_COMMITTERS = {"User login", "Organization / repository"}


def kind_of(source: str, header: Sequence[str] | None, by: Set[Dimension]) -> Kind:
    """Return the type of a report by its header. Raises `WrongFile` that names the ``source``."""
    if header is None:
        raise WrongFile(f"{source} is empty: download the report again")
    names = set(header)
    for kind in _KINDS:
        if kind.needs <= names:
            for dimension in sorted(_HELD & by):
                if kind.columns.get(dimension.value) not in names:
                    raise WrongFile(f"{source}: a {kind.name} report has no {dimension}")
            return kind
    if names >= _COMMITTERS:
        raise WrongFile(f"{source} lists committers, not usage: read a usage report")
    nearest = min(_KINDS, key=lambda kind: len(kind.needs - names))
    lacking = sorted(nearest.needs - names)
    if 2 * len(lacking) < len(nearest.needs):
        raise WrongFile(f"{source}: its first line lacks {', '.join(lacking)}")
    raise WrongFile(
        f"{source} is not a usage report of GitHub: its first line has none of the known sets of "
        "columns, such as date, product, sku, quantity, unit_type, gross_amount"
    )


class Columns:
    """Columns of one file, which make a row of a line's cells."""

    def __init__(self, kind: Kind, header: Sequence[str], account_type: str, account: str) -> None:
        place = {name: number for number, name in enumerate(header)}
        self._width = len(header)
        self._columns = kind.columns
        self._place = {
            name: place[column] for name, column in kind.columns.items() if column in place
        }
        self._account_type, self._account = account_type, account
        self._owner = account.casefold() if account_type == "organization" else ""
        self._make = {"legacy platform": self._old, "old premium request": self._old_premium}.get(
            kind.name, self._usage
        )

    def row(self, cells: Sequence[str]) -> Row:
        """Return the row. Raises ``ValueError`` that names an invalid column, never a value."""
        if len(cells) != self._width:
            raise ValueError("the line has another number of columns: is the file cut?")
        return self._make(cells)

    def _usage(self, cells: Sequence[str]) -> Row:
        return Row(
            account_type=self._account_type,
            account=self._account,
            date=self._date(cells),
            organization=self._organization(cells),
            repository=self._text(cells, "repository").rpartition("/")[2],
            cost_center=self._center(cells),
            product=skus.product_name(self._text(cells, "product")),
            sku=skus.sku_name(self._text(cells, "sku")),
            unit=skus.unit_name(self._text(cells, "unit")),
            model=self._text(cells, "model").strip(),
            workflow=self._text(cells, "workflow"),
            price=self._number(cells, "price"),
            quantity=self._number(cells, "quantity"),
            gross=self._number(cells, "gross"),
            discount=self._number(cells, "discount"),
            net=self._number(cells, "net"),
        )

    def _old(self, cells: Sequence[str]) -> Row:
        product, sku = self._text(cells, "product"), self._text(cells, "sku")
        compute = _COMPUTE.fullmatch(sku)
        runner = skus.runner_of_legacy_key(compute[1]) if compute else None
        unit = skus.unit_name(self._text(cells, "unit"))
        quantity, price = self._number(cells, "quantity"), self._number(cells, "price")
        # The price already contains the multiplier of the operating system.
        gross = None if quantity is None or price is None else times(quantity, price)
        return Row(
            account_type=self._account_type,
            account=self._account,
            date=self._date(cells),
            organization=self._organization(cells),
            repository=self._text(cells, "repository").rpartition("/")[2],
            product=skus.product_name(product),
            sku=f"actions_{runner}" if runner else skus.sku_name(sku),
            unit=_OLD_UNITS.get(unit, unit),
            workflow=self._text(cells, "workflow"),
            price=price,
            quantity=quantity,
            gross=gross,
            discount=ZERO if gross is not None else None,
            net=gross,
        )

    def _old_premium(self, cells: Sequence[str]) -> Row:
        return Row(
            account_type=self._account_type,
            account=self._account,
            date=self._date(cells),
            product="copilot",
            sku="copilot_premium_request",
            unit="requests",
            model=self._text(cells, "model").strip(),
            quantity=self._number(cells, "quantity"),
        )

    def _date(self, cells: Sequence[str]) -> str:
        text = cells[self._place["date"]]
        try:
            if len(text) > len("2026-10-31"):
                at = datetime.fromisoformat(text)
                text = f"{at.astimezone(UTC) if at.tzinfo else at:%Y-%m-%d}"
            return date.fromisoformat(text).isoformat()
        except (OverflowError, ValueError):
            raise ValueError(f"{self._columns['date']} is not a date") from None

    def _organization(self, cells: Sequence[str]) -> str:
        name = self._text(cells, "organization")
        if self._owner and name and name.casefold() != self._owner:
            raise ValueError(
                f"{self._columns['organization']} is not the organization of --account: is the "
                "file another account's?"
            )
        return organization_of(name)

    def _center(self, cells: Sequence[str]) -> str:
        name = self._text(cells, "cost_center")
        return name or (NO_CENTER if "cost_center" in self._place else "")

    def _text(self, cells: Sequence[str], name: str) -> str:
        place = self._place.get(name)
        text = "" if place is None else cells[place]
        if len(text) > _TEXT:
            raise ValueError(f"{self._columns[name]} is longer than {_TEXT:,} characters")
        return text

    def _number(self, cells: Sequence[str], name: str) -> Decimal | None:
        text = cells[self._place[name]]
        if not text:
            return None
        column = self._columns[name]
        if _NUMBER.fullmatch(text) is None:
            raise ValueError(f"{column} is not a number")
        return checked(column, Decimal(text))

"""A row of the bill, and the dimensions by which rows are summed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Context, Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Final

import msgspec

LIMIT: Final = Decimal(10) ** 15
"""No bill exceeds it (see `exporter.billing.values.Number`)."""

_SMALLEST: Final = Decimal("1e-30")
_EXPONENT: Final = -30
_EXACT = Context(prec=60)

ZERO = Decimal(0)
plus = _EXACT.add
minus = _EXACT.subtract
times = _EXACT.multiply


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Usage of a SKU, or the sum of several rows.

    ``date`` is a day in UTC (``2026-10-31``) or a month (``2026-10``), and empty in a sum over
    months. ``quantity`` is in ``unit``, before discounts; the others are US dollars. What is
    unknown, or was not equal in all rows of a sum, is None. No field can name a person.
    """

    account_type: str
    account: str
    date: str = ""
    organization: str = ""
    repository: str = ""
    cost_center: str = ""
    product: str = ""
    sku: str = ""
    model: str = ""
    workflow: str = ""
    unit: str | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    gross: Decimal | None = None
    discount: Decimal | None = None
    net: Decimal | None = None

    @property
    def month(self) -> str:
        return self.date[:7]


class Dimension(StrEnum):
    """What rows are summed by, as ``bill --by`` names it."""

    PRODUCT = "product"
    SKU = "sku"
    DAY = "day"
    MONTH = "month"
    ORGANIZATION = "organization"
    REPOSITORY = "repository"
    COST_CENTER = "cost_center"
    MODEL = "model"
    WORKFLOW = "workflow"


IN_REPORT_ONLY = frozenset({Dimension.DAY, Dimension.ORGANIZATION, Dimension.REPOSITORY})
"""Dimensions that only GitHub's usage report has, not its usage summary."""

VALUE: Mapping[Dimension, Callable[[Row], str]] = {
    dimension: attrgetter(
        {Dimension.DAY: "date", Dimension.MONTH: "month"}.get(dimension, dimension.value)
    )
    for dimension in Dimension
}
"""The value of a row in each dimension."""


def complete(by: Sequence[Dimension]) -> tuple[Dimension, ...]:
    """Return dimensions with those that identify them: a repository needs its organization."""
    whole: list[Dimension] = []
    for dimension in by:
        if dimension in {Dimension.REPOSITORY, Dimension.WORKFLOW}:
            whole.append(Dimension.ORGANIZATION)
        if dimension is Dimension.WORKFLOW:
            whole.append(Dimension.REPOSITORY)
        whole.append(dimension)
    return tuple(dict.fromkeys(whole))


def checked(field: str, value: Decimal) -> Decimal:
    """Return a number from GitHub. Raises ``ValueError`` if no bill could have it."""
    if not value.is_finite() or abs(value) > LIMIT:
        raise ValueError(f"{field} is not a number that a bill could have")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < _EXPONENT:
        return value.quantize(_SMALLEST, context=_EXACT)
    return value


def sum_of(values: Iterable[Decimal | None]) -> Decimal:
    """Return the exact sum of the values that are known."""
    total = ZERO
    for value in values:
        if value is not None:
            total = plus(total, value)
    return total


def plain(value: Decimal) -> str:
    """Return a number without exponent and without trailing zeros: ``9.40E-05`` → ``0.000094``."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

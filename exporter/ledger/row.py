"""A row of the bill, and the dimensions by which rows are summed."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

import msgspec

LIMIT: Final = Decimal(10) ** 15
"""No bill exceeds it (see `exporter.billing.values.Number`)."""

_SHARED: Final = Decimal("1e-12")
_SMALLEST: Final = Decimal("1e-30")
_DIGITS: Final = 30
_EXACT = Context(prec=60)

ZERO = Decimal(0)
NO_CENTER: Final = "none"
"""The name of usage outside cost centers."""

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


BY_SKU = (Dimension.PRODUCT, Dimension.SKU)
IN_REPORT_ONLY = frozenset({Dimension.DAY, Dimension.ORGANIZATION, Dimension.REPOSITORY})
"""Dimensions that only GitHub's usage report has, not its usage summary."""

FIELD: Mapping[Dimension, str] = {
    **{dimension: dimension.value for dimension in Dimension},
    Dimension.DAY: "date",
}
"""The attribute of a row with its value in each dimension."""


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
    try:
        if -LIMIT <= value <= LIMIT:
            return value
    except InvalidOperation:  # not a number
        pass
    raise ValueError(f"{field} is not a number that a bill could have")


def sum_of(values: Iterable[Decimal | None]) -> Decimal:
    """Return the exact sum of the values that are known."""
    total = ZERO
    for value in values:
        if value is not None:
            total = plus(total, value)
    return total


def share(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return ``value * part / whole`` to twelve places, rounded towards zero."""
    exact = _EXACT.divide(times(value, part), whole)
    return exact.quantize(_SHARED, ROUND_DOWN, _EXACT)


def plain(value: Decimal) -> str:
    """Return a number without exponent and without trailing zeros: ``9.40E-05`` → ``0.000094``.

    Decimals beyond the thirtieth are rounded.
    """
    if value.adjusted() < _SMALLEST.adjusted() or len(value.as_tuple().digits) > _DIGITS:
        value = value.quantize(_SMALLEST, context=_EXACT)
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

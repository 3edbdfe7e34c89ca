"""The shape of a month: how much of each SKU's sums its days had passed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple, TypeVar

import msgspec

from exporter.billing import skus
from exporter.billing.usage import SummaryRow

RowT = TypeVar("RowT", bound=SummaryRow)

_Key = tuple[str, ...]


class Used(NamedTuple):
    """What a day used of a SKU, at one price."""

    day: int
    product: str
    sku: str
    unit: str
    price: float
    quantity: float
    gross: float
    discount: float
    net: float


_MEASURES = Used._fields[5:]
_FIELDS = {
    "quantity": ("gross_quantity",),
    "gross": ("gross_amount",),
    "discount": ("discount_quantity", "discount_amount"),
    "net": ("net_quantity", "net_amount"),
}


@dataclass(slots=True)
class _Sums:
    """Sums by day and measure; ``first`` is the first day with usage."""

    by_day: list[list[float]]
    first: int


@dataclass(frozen=True, slots=True)
class Shares:
    """Parts of a row's sums that were reached before each day, and at the end of the last.

    ``first`` is the day with which the row begins.
    """

    first: int
    by_measure: Mapping[str, Sequence[float]]

    def part(self, row: RowT, day: int) -> RowT:
        """Return the row as it was before a day."""
        return msgspec.structs.replace(
            row,
            **{
                name: getattr(row, name) * parts[day]
                for measure, parts in self.by_measure.items()
                for name in _FIELDS[measure]
            },
        )


@dataclass(slots=True)
class Shape:
    """The usage of a month by day and SKU.

    A row of a SKU that has no usage by day, for example because the report cannot be read, grows
    evenly from the month's first day to its last.
    """

    days: int
    _sums: dict[_Key, _Sums] = field(default_factory=dict)
    _shares: dict[_Key, Shares] = field(default_factory=dict)

    def add(self, used: Used) -> None:
        """Add usage, in any order of days."""
        day, product, sku, unit, price, *measures = used
        for key in _keys(product, sku, unit, price):
            found = self._sums.get(key)
            if found is None:
                empty = [[0.0] * self.days for _ in _MEASURES]
                found = self._sums[key] = _Sums(empty, day)
            found.first = min(found.first, day)
            for by_day, value in zip(found.by_day, measures, strict=True):
                by_day[day] += value

    def shares(self, row: SummaryRow) -> Shares:
        """Return the shares of a row: of its SKU and price, else of its SKU in any product."""
        names = skus.product_name(row.product), skus.sku_name(row.sku)
        keys = _keys(*names, skus.unit_name(row.unit_type), row.price_per_unit)
        key = next((key for key in keys if key in self._sums), ())
        if key not in self._shares:
            self._shares[key] = self._shares_of(self._sums.get(key))
        return self._shares[key]

    def _shares_of(self, sums: _Sums | None) -> Shares:
        even = [day / self.days for day in range(self.days + 1)]
        if sums is None:
            return Shares(0, dict.fromkeys(_MEASURES, even))
        parts = [_parts(by_day) for by_day in sums.by_day]
        by_quantity = parts[0] or even
        shares = {name: part or by_quantity for name, part in zip(_MEASURES, parts, strict=True)}
        return Shares(sums.first, shares)

    def at(self, rows: Iterable[RowT], day: int) -> tuple[list[RowT], list[RowT]]:
        """Return the rows that had begun by a day, as they were before it and at its end."""
        begun = [(row, shares) for row in rows if (shares := self.shares(row)).first <= day]
        before, last = ([shares.part(row, at) for row, shares in begun] for at in (day, day + 1))
        return before, last


def _keys(product: str, sku: str, unit: str, price: float) -> tuple[_Key, ...]:
    return (product, sku, unit, str(price)), (product, sku), (sku,)


def _parts(by_day: Sequence[float]) -> list[float]:
    """Return the parts of the whole before each day and at the end, empty if the whole is 0."""
    reached = list(accumulate(by_day, initial=0.0))
    whole = reached[-1]
    return [value / whole for value in reached] if whole else []

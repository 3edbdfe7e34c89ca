"""Rows of the usage summary, summed by SKU and into the figures of the legacy endpoints.

Rows with equal normalized names are summed, never dropped, and negative values keep their sign. The
rules for the legacy figures are GitHub's (docs: Previous billing platform endpoints).

All functions except `unknown_skus` raise ``ValueError``, beginning with the field's name, for a sum
or price that is not finite.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from math import fsum, isfinite, nan
from typing import NamedTuple, TypeVar

import msgspec

from exporter.billing import skus
from exporter.billing.cycle import Cycle
from exporter.billing.sums import Sums
from exporter.billing.values import Number, Text

_Key = TypeVar("_Key", bound=Hashable)

REPORTS_LAG_HOURS = 72
"""Reports lag by up to three days (docs: billing reports)."""

_SHARED_STORAGE = frozenset({"actions_storage", "packages_storage"})
_HOURS_OF_A_PRICED_MONTH = 744
"""Gigabyte-hours at the price of a gigabyte-month, in any month."""


class SummaryRow(msgspec.Struct, frozen=True, rename="camel"):
    """A SKU at one price for a period, in the usage summary (OpenAPI 23.0.2).

    Names are as GitHub spells them, quantities in ``unit_type``, price and amounts in US dollars.
    """

    product: Text
    sku: Text
    unit_type: Text
    price_per_unit: Number
    gross_quantity: Number
    discount_quantity: Number
    net_quantity: Number
    gross_amount: Number
    discount_amount: Number
    net_amount: Number


class Totals(NamedTuple):
    """A quantity or US dollars; ``discount`` is covered by a quota, a discount or free use."""

    gross: float
    discount: float
    net: float


class Used(NamedTuple):
    """A quantity, and the paid part of it: net, at a price above 0."""

    used: float
    paid: float


def quantities(rows: Iterable[SummaryRow]) -> dict[tuple[str, str, str], Totals]:
    """Sum quantities by product, SKU and unit, in that unit."""
    return {names: _totals("quantity", same) for names, same in _grouped(rows, _names).items()}


def money(rows: Iterable[SummaryRow]) -> dict[tuple[str, str], Totals]:
    """Sum US dollars by product and SKU."""
    groups = _grouped(rows, lambda row: _names(row)[:2])
    return {names: _totals("amount", same) for names, same in groups.items()}


def prices(rows: Iterable[SummaryRow]) -> dict[tuple[str, str, str], float]:
    """Return US dollars per unit by product, SKU and unit, only for those with a single price."""
    found = {
        names: {_finite("price_per_unit", row.price_per_unit) for row in same}
        for names, same in _grouped(rows, _names).items()
    }
    return {names: price for names, (price, *others) in found.items() if not others}


def unknown_skus(rows: Iterable[SummaryRow]) -> frozenset[tuple[str, str]]:
    """Return the pairs of product and SKU that GitHub does not publish."""
    return skus.unknown(_names(row)[:2] for row in rows)


def sums(rows: Iterable[SummaryRow]) -> dict[tuple[str, str, str], Sums]:
    """Sum gross quantities and US dollars by product, SKU and unit."""
    return {
        names: Sums(_sum("gross_quantity", same), *_totals("amount", same))
        for names, same in _grouped(rows, _names).items()
    }


def actions_minutes(rows: Iterable[SummaryRow]) -> Used:
    """Sum minutes of Actions, including public repositories and all runners."""
    return _used(_billed(rows, "actions", "minutes"))


def runner_minutes(rows: Iterable[SummaryRow]) -> dict[tuple[str, str], float]:
    """Split the gross of `actions_minutes` by operating system and runner."""
    by_runner = _grouped(
        _billed(rows, "actions", "minutes"), lambda row: skus.runner_of_sku(row.sku)
    )
    return {
        (skus.operating_system(runner), runner): _sum("gross_quantity", same)
        for runner, same in by_runner.items()
    }


def packages_bandwidth_gigabytes(rows: Iterable[SummaryRow]) -> Used:
    """Sum gigabytes transferred out of Packages; Git LFS is a separate product."""
    return _used(_billed(rows, "packages", "gigabytes"))


def shared_storage_gigabytes(
    rows: Iterable[SummaryRow], cycle: Cycle, now: datetime
) -> float | None:
    """Return the average gigabytes of Actions and Packages storage in the cycle until ``now``.

    ``None`` in the first 72 hours, as hours missing from GitHub's reports would halve it.
    """
    hours = cycle.hours_until(now)
    return None if hours < REPORTS_LAG_HOURS else _shared_storage(rows).used / hours


def shared_storage_paid_gigabytes(rows: Iterable[SummaryRow]) -> float:
    """Return the billed gigabyte-months of Actions and Packages storage, of 744 hours each."""
    return _shared_storage(rows).paid / _HOURS_OF_A_PRICED_MONTH


def _names(row: SummaryRow) -> tuple[str, str, str]:
    return skus.product_name(row.product), skus.sku_name(row.sku), skus.unit_name(row.unit_type)


def _grouped(
    rows: Iterable[SummaryRow], key: Callable[[SummaryRow], _Key]
) -> dict[_Key, list[SummaryRow]]:
    groups: dict[_Key, list[SummaryRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _billed(rows: Iterable[SummaryRow], product: str, unit: str) -> list[SummaryRow]:
    return [row for row in rows if _names(row)[::2] == (product, unit)]


def _shared_storage(rows: Iterable[SummaryRow]) -> Used:
    # Of any product: GitHub has used ``sharedStorage``, too.
    keys = {(sku, "gigabyte_hours") for sku in _SHARED_STORAGE}
    return _used([row for row in rows if _names(row)[1:] in keys])


def _used(rows: list[SummaryRow]) -> Used:
    # GitHub reports free usage, such as self-hosted minutes, as net.
    priced = [row for row in rows if row.price_per_unit > 0]
    return Used(_sum("gross_quantity", rows), _sum("net_quantity", priced))


def _totals(kind: str, rows: list[SummaryRow]) -> Totals:
    return Totals(*(_sum(f"{part}_{kind}", rows) for part in Totals._fields))


def _sum(field: str, rows: list[SummaryRow]) -> float:
    try:
        total = fsum(getattr(row, field) for row in rows)
    except (OverflowError, ValueError):  # too large to add, or infinities of both signs
        total = nan
    return _finite(field, total)


def _finite(field: str, value: float) -> float:
    if not isfinite(value):
        raise ValueError(f"{field} is not a finite number")
    return value

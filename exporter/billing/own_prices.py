"""Usage that GitHub does not bill, at one's own prices: never a part of GitHub's dollars."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from math import fsum
from operator import attrgetter
from typing import Generic, NamedTuple, Protocol, TypeVar

from exporter.billing.sums import Sums
from exporter.own import Price

_Key = TypeVar("_Key", bound=Hashable)

_UNIT = "minutes"


class Metered(Protocol):
    """Names of usage, normalized."""

    @property
    def sku(self) -> str: ...
    @property
    def unit(self) -> str | None: ...


_Names = TypeVar("_Names", bound=Metered)


class Estimates(NamedTuple, Generic[_Key]):
    """US dollars by key. ``notes`` are sentences about the SKUs that are left out."""

    usd: Mapping[_Key, float]
    notes: tuple[str, ...] = ()


def prices_of(prices: Iterable[Price], month: datetime) -> dict[str, float]:
    """Return the price of each SKU in the month that begins at ``month``: the latest so far."""
    begun = (price for price in prices if price.start <= month.date())
    return {price.sku: price.usd for price in sorted(begun, key=attrgetter("start"))}


def estimated(
    parts: Iterable[tuple[_Names, Sums]],
    key: Callable[[_Names], _Key],
    prices: Mapping[str, float],
    *,
    billed: AbstractSet[str] = frozenset(),
) -> Estimates[_Key]:
    """Return the parts' quantities at these prices by ``key``, only of SKUs that have one.

    A SKU is left out if GitHub bills it: it is ``billed``, or has a gross cost.
    """
    if not prices:
        return Estimates({})
    priced = [(names, sums) for names, sums in parts if names.sku in prices]
    charged = {names.sku for names, sums in priced if sums.gross or names.sku in billed}
    strange = {names.sku for names, _ in priced if names.unit != _UNIT} - charged
    found: dict[_Key, list[float]] = {}
    for names, sums in priced:
        if names.sku not in charged | strange:
            dollars = sums.quantity * prices[names.sku]
            found.setdefault(key(names), []).append(dollars)
    return Estimates(
        {each: fsum(dollars) for each, dollars in found.items()},
        (
            *(f"No estimate for {sku}: GitHub bills it." for sku in sorted(charged)),
            *(f"No estimate for {sku}: its unit is not minutes." for sku in sorted(strange)),
        ),
    )

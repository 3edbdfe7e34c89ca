"""Sums of a bill and of its parts, and the difference between them."""

from collections.abc import Hashable, Iterable, Mapping
from math import fsum
from operator import neg
from typing import NamedTuple, TypeVar

_Key = TypeVar("_Key", bound=Hashable)

_ROUNDING = 1e-6


class Sums(NamedTuple):
    """A quantity before discounts, and US dollars."""

    quantity: float
    gross: float
    discount: float
    net: float


_NOTHING = Sums(0.0, 0.0, 0.0, 0.0)


def added(parts: Iterable[Mapping[_Key, Sums]]) -> dict[_Key, Sums]:
    """Sum parts of a bill by key."""
    return sum_up(pair for part in parts for pair in part.items())


def sum_up(pairs: Iterable[tuple[_Key, Sums]]) -> dict[_Key, Sums]:
    """Sum by key, without a list for a key that occurs once."""
    found: dict[_Key, Sums] = {}
    several: dict[_Key, list[Sums]] = {}
    for key, sums in pairs:
        if key in found:
            several.setdefault(key, [found[key]]).append(sums)
        else:
            found[key] = sums
    return found | {key: Sums(*map(fsum, zip(*same, strict=True))) for key, same in several.items()}


def rest(whole: Mapping[_Key, Sums], parts: Iterable[Mapping[_Key, Sums]]) -> dict[_Key, Sums]:
    """Return the whole minus its parts by key, negative if they exceed it.

    A difference below a millionth is rounding, as GitHub rounds amounts to eight decimals: it
    counts as 0. Keys with only zeros are left out.
    """
    negative = ({key: Sums(*map(neg, sums)) for key, sums in part.items()} for part in parts)
    left = {
        key: Sums(*map(_rounded, sums, whole.get(key, _NOTHING)))
        for key, sums in added([whole, *negative]).items()
    }
    return {key: sums for key, sums in left.items() if any(sums)}


def _rounded(difference: float, of_whole: float) -> float:
    return difference if abs(difference) > _ROUNDING * max(1.0, abs(of_whole)) else 0.0

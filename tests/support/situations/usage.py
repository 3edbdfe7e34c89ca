"""Usage whose dollars a situation chooses: rows of the report that grow with the clock."""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from tests.support.situations.situation import Clock

_MINUTE = timedelta(minutes=1)

Rows = Sequence[Mapping[str, object]]


class Use(NamedTuple):
    """A SKU's usage of a whole month in its unit; a ``quota`` covers the first of it."""

    sku: str
    unit: str
    price: float
    monthly: float
    quota: float = 0.0
    organization: str = ""
    repository: str = ""


def growing(uses: Sequence[Use], clock: Clock) -> Callable[[int, int], Rows]:
    """Return the rows of a month at even pace: all of a closed month, until now of this one."""

    def rows(year: int, month: int) -> Rows:
        start = datetime(year, month, 1, tzinfo=UTC)
        length = timedelta(days=monthrange(year, month)[1])
        passed = (clock() - start) // _MINUTE * _MINUTE
        return used(min(max(passed / length, 0.0), 1.0))

    @lru_cache(maxsize=4)
    def used(share: float) -> Rows:
        return [_row(use, use.monthly * share) for use in uses]

    return rows


def _row(use: Use, quantity: float) -> Mapping[str, object]:
    covered = min(quantity, use.quota)
    named = {"organizationName": use.organization, "repositoryName": use.repository}
    return {
        "product": use.sku.partition("_")[0].title(),
        "sku": use.sku,
        "unitType": use.unit,
        "pricePerUnit": use.price,
        "grossQuantity": quantity,
        "discountQuantity": covered,
        "netQuantity": quantity - covered,
        "grossAmount": quantity * use.price,
        "discountAmount": covered * use.price,
        "netAmount": (quantity - covered) * use.price,
        **{key: name for key, name in named.items() if name},
    }

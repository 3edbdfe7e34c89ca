"""Rows of the usage report, summed by repository, organization and SKU.

A report has up to millions of rows and few distinct names: rows are grouped by GitHub's spelling,
and each spelling is normalized once, at the end. Sums are exact in any order of rows.
"""

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, zip_longest
from math import fsum
from operator import add as plus
from sys import intern
from typing import NamedTuple, TypeAlias, TypeVar

import msgspec

from exporter.billing import skus
from exporter.billing.owners import organization_of
from exporter.billing.sums import Sums, sum_up
from exporter.billing.values import Number, Text

NAMES = 100_000
"""Maximum distinct names: each takes some 1.5 KB until the series limit folds the reading."""

TOO_MANY_NAMES = (
    f"more than {NAMES:,} distinct names of repositories and SKUs: for an enterprise, watch its "
    "organizations one by one"
)

_Key = TypeVar("_Key", bound=Hashable)
_Named = TypeVar("_Named")

_Table: TypeAlias = "array[float]"
"""Rows of four columns, one after the other."""

_Spelt: TypeAlias = tuple[str | None, str | None, str, str, str]
"""Organization, repository, product, SKU and unit as GitHub spells them."""

_COLUMNS = len(Sums._fields)
_ROWS = 1 << 20  # of 32 bytes
_TEXT = 1 << 25  # characters of all distinct names
_LENGTH_OF_UTC = len("2026-10-01T05:20:13Z")


class ReportRow(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A repository's use of a SKU at one time (OpenAPI 23.0.2).

    Names are as GitHub spells them, the quantity in ``unit_type``, amounts in US dollars.
    ``repository_name`` is bare or ``owner/name``. Without ``gc`` a million rows are read faster.
    """

    date: str
    product: Text
    sku: Text
    quantity: Number
    unit_type: Text
    gross_amount: Number
    discount_amount: Number
    net_amount: Number
    organization_name: Text | None = None
    repository_name: Text | None = None


class Names(NamedTuple):
    """Owner and bare repository (empty for seats) as GitHub spells them; the rest normalized."""

    organization: str
    repository: str
    product: str
    sku: str
    unit: str


@dataclass(frozen=True, slots=True)
class Report:
    """The sums of a report, and the time of its ``latest`` row."""

    sums: Mapping[Names, Sums]
    latest: datetime | None


@dataclass(slots=True)
class Total:
    """The sums of several reports, for example of days or cost centers."""

    sums: dict[Names, Sums] = field(default_factory=dict)
    latest: datetime | None = None

    def __iter__(self) -> Iterator[tuple[Names, Sums]]:
        return iter(self.sums.items())

    def add(self, report: Report) -> None:
        for names, sums in report.sums.items():
            before = self.sums.get(names)
            self.sums[names] = sums if before is None else Sums(*map(plus, before, sums))
        self.latest = max(filter(None, (self.latest, report.latest)), default=None)


class ReportFold:
    """Sums rows as they arrive, in memory that grows only with the distinct names.

    ``owner`` is the owner of rows without one. Rows must be dated from ``first`` to ``last`` and
    have at most ``names`` distinct names. Without ``repositories``, names of repositories are
    ignored. Up to ``rows`` rows are kept before they are condensed.
    """

    def __init__(
        self,
        owner: str,
        first: datetime,
        last: datetime,
        *,
        repositories: bool = True,
        rows: int = _ROWS,
        names: int = NAMES,
    ) -> None:
        self._owner = owner
        self._first, self._last = first, last
        self._repositories = repositories
        self._latest: datetime | None = None
        self._names, self._text = names, 0
        self._rows = 0
        self._least = self._most = rows
        self._values: dict[_Spelt, _Table] = {}

    def add(self, rows: Sequence[ReportRow]) -> None:
        """Add rows. Raises ``ValueError`` for an invalid date, and for too many names."""
        self._rows += len(rows)
        if self._rows > self._most:
            self._condense()
        found, repositories = self._values, self._repositories
        # This runs a million times: benchmarks/usage_report.py measures it.
        for row in rows:
            key: _Spelt = (
                row.organization_name,
                # Without an organization the repository names the owner.
                row.repository_name if repositories or not row.organization_name else None,
                row.product,
                row.sku,
                row.unit_type,
            )
            try:
                values = found[key]
            except KeyError:
                self._text += sum(map(len, filter(None, key)))
                if len(found) == self._names or self._text > _TEXT:
                    raise ValueError(TOO_MANY_NAMES) from None
                values = found[_interned(key)] = array("d")
            values.fromlist([row.quantity, row.gross_amount, row.discount_amount, row.net_amount])
        if rows:
            oldest, newest = _ends([row.date for row in rows])
            if oldest < self._first or newest > self._last:
                raise ValueError("date is not in the requested period")
            self._latest = newest if self._latest is None else max(newest, self._latest)

    def _condense(self) -> None:
        for values in self._values.values():
            values[:] = _condensed(values)
        self._rows = sum(map(len, self._values.values())) // _COLUMNS
        # With many distinct names, condensing more often gains nothing.
        self._most = max(self._least, 2 * self._rows)

    def result(self) -> Report:
        """Return the sums of all rows. Call it only once."""
        merged: dict[Names, _Table] = {}
        for (organization, repository, product, sku, unit), values in self._values.items():
            owner, _, name = (repository or "").rpartition("/")
            known = organization or owner
            is_own = known.casefold() in {"", self._owner.casefold()}
            names = Names(
                self._owner if is_own else organization_of(known),
                name if self._repositories else "",
                skus.product_name(product),
                skus.sku_name(sku),
                skus.unit_name(unit),
            )
            same = merged.setdefault(names, values)
            if same is not values:
                same.extend(values)
        sums = {
            names: Sums(*(fsum(values[column::_COLUMNS]) for column in range(_COLUMNS)))
            for names, values in merged.items()
        }
        return Report(sums, self._latest)


def sum_by(parts: Iterable[tuple[_Named, Sums]], key: Callable[[_Named], _Key]) -> dict[_Key, Sums]:
    """Sum the parts of a bill by ``key`` of their names."""
    return sum_up((key(names), sums) for names, sums in parts)


def unknown_skus(parts: Iterable[tuple[Names, Sums]]) -> frozenset[tuple[str, str]]:
    """Return the pairs of product and SKU that GitHub does not publish."""
    return skus.unknown({(names.product, names.sku) for names, _ in parts})


def _interned(key: _Spelt) -> _Spelt:
    # Rows share names: one copy of each stays in the processor's cache.
    organization, repository, *names = key
    product, sku, unit = map(intern, names)
    return (
        organization and intern(organization),
        repository and intern(repository),
        product,
        sku,
        unit,
    )


def _condensed(values: _Table) -> _Table:
    columns = (_parts(values[column::_COLUMNS]) for column in range(_COLUMNS))
    return array("d", chain.from_iterable(zip_longest(*columns, fillvalue=0.0)))


def _parts(values: _Table) -> list[float]:
    # A few floats with the same exact sum as the finite ``values``.
    parts = []
    while part := fsum(values):
        parts.append(part)
        values.append(-part)
    return parts


def _ends(dates: list[str]) -> tuple[datetime, datetime]:
    # Times in UTC, to the second, sort like their text.
    alike = all(length == _LENGTH_OF_UTC for length in set(map(len, dates)))
    order = None if alike else _instant
    return _instant(min(dates, key=order)), _instant(max(dates, key=order))


def _instant(date: str) -> datetime:
    try:
        instant = datetime.fromisoformat(date)
    except ValueError:
        raise ValueError("date is not a date") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

"""A usage report too large for memory, with its exact sums."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

_PRICE = 1 / 128
"""US dollars. With quantities in eighths, sums are exact in any order."""

_KINDS = (
    ("actions", "Actions Linux", "Minutes", "Actions", "actions_linux", "minutes"),
    ("actions", "Actions Windows", "Minutes", "Actions", "actions_windows", "minutes"),
    ("actions", "Actions storage", "GigabyteHours", "Actions", "actions_storage", "gigabyte-hours"),
    (
        "packages",
        "Packages data transfer",
        "Gigabytes",
        "Packages",
        "packages_bandwidth",
        "gigabytes",
    ),
)
"""Product, SKU and unit in the spelling of the report, then of the summary."""

_PERIOD = 16
_ROWS_A_CHUNK = 256


class Totals(NamedTuple):
    """Sums: a quantity in the SKU's unit, and US dollars."""

    quantity: float = 0.0
    gross: float = 0.0
    discount: float = 0.0
    net: float = 0.0

    def plus(self, other: "Totals") -> "Totals":
        return Totals(*(one + another for one, another in zip(self, other, strict=True)))

    def times(self, count: int) -> "Totals":
        return Totals(*(one * count for one in self))


class BulkRow(NamedTuple):
    """A row; ``kind`` is the product, SKU and unit in the spelling of the summary."""

    number: int
    day: date
    kind: tuple[str, str, str]
    totals: Totals
    organization: str
    repository: str

    @property
    def price(self) -> float:
        return _PRICE


@dataclass(frozen=True, slots=True)
class Bulk:
    """A report of ``rows`` rows that cycle through four SKUs and the repositories.

    ``repositories`` are pairs of owner and name. The owner is the organization, which a user's
    report (``of_user``) leaves out.
    """

    rows: int
    repositories: Sequence[tuple[str, str]]
    of_user: bool = False

    @property
    def by_sku(self) -> Mapping[str, Totals]:
        """Exact sums of a month by SKU, in the spelling of the summary."""
        sums = {kind[4]: Totals() for kind in _KINDS}
        for turn in range(_PERIOD):
            count = len(range(turn, self.rows, _PERIOD))
            sku = _kind(turn)[4]
            sums[sku] = sums[sku].plus(_totals(turn).times(count))
        return sums

    @property
    def total(self) -> Totals:
        """Exact sums of a month; the quantity mixes units, so only compare it."""
        whole = Totals()
        for each in self.by_sku.values():
            whole = whole.plus(each)
        return whole

    def summary(self) -> list[Mapping[str, object]]:
        """Return the rows of the usage summary."""
        return [
            _summary_row(kind, self.by_sku[kind[4]])
            for kind in _KINDS
            if self.by_sku[kind[4]].gross
        ]

    def report(self, first: date, days: int, day: int | None = None) -> Iterator[bytes]:
        """Yield the body of the month's report in chunks.

        Rows cycle through the ``days`` from ``first`` on; with ``day`` only its rows are included.
        """
        pieces = self._pieces(first, days, day)
        yield b'{"usageItems":['
        if begun := b",".join(islice(pieces, _ROWS_A_CHUNK)):
            yield begun
        while more := b",".join(islice(pieces, _ROWS_A_CHUNK)):
            yield b"," + more
        yield b"]}"

    def rows_of(self, first: date, days: int) -> Iterator[BulkRow]:
        """Yield the rows of the month's report, which cycle through the days as there."""
        repositories = self.repositories or [("", "")]
        for number in range(self.rows) if days else ():
            owner, name = repositories[number // _PERIOD % len(repositories)]
            product, sku, unit = _kind(number)[3:]
            day = first + timedelta(days=number % days)
            totals = _totals(number % _PERIOD)
            yield BulkRow(number, day, (product, sku, unit), totals, owner, name)

    def _pieces(self, first: date, days: int, day: int | None) -> Iterator[bytes]:
        dates = [f"{first + timedelta(days=ago)}T00:00:00Z".encode() for ago in range(days)]
        repositories = [
            (json.dumps(owner).encode(), json.dumps(name).encode())
            for owner, name in self.repositories or [("", "")]
        ]
        templates = [_template(turn, of_user=self.of_user) for turn in range(_PERIOD)]
        begin, step = (0, 1) if day is None else (day - 1, days)
        for number in range(begin, self.rows, step) if (day or 1) <= days else ():
            owner, name = repositories[number // _PERIOD % len(repositories)]
            names = (name,) if self.of_user else (owner, name)
            yield templates[number % _PERIOD] % (dates[number % days], *names)


def _kind(turn: int) -> tuple[str, str, str, str, str, str]:
    return _KINDS[turn % len(_KINDS)]


def _totals(turn: int) -> Totals:
    # Quantities from 1/8 to 2; every third row is fully discounted.
    quantity = (turn + 1) / 8
    gross = quantity * _PRICE
    discount = gross if turn % 3 == 0 else 0.0
    return Totals(quantity, gross, discount, gross - discount)


def _template(turn: int, *, of_user: bool) -> bytes:
    product, sku, unit, *_ = _kind(turn)
    quantity, gross, discount, net = _totals(turn)
    row = {
        "date": "%s",
        "product": product,
        "sku": sku,
        "quantity": quantity,
        "unitType": unit,
        "pricePerUnit": _PRICE,
        "grossAmount": gross,
        "discountAmount": discount,
        "netAmount": net,
    }
    owner = b"" if of_user else b',"organizationName":%s'
    text = json.dumps(row, separators=(",", ":")).encode()
    return text[:-1] + owner + b',"repositoryName":%s}'


def _summary_row(kind: Sequence[str], totals: Totals) -> Mapping[str, object]:
    *_, product, sku, unit = kind
    covered = totals.discount / _PRICE
    return {
        "product": product,
        "sku": sku,
        "unitType": unit,
        "pricePerUnit": _PRICE,
        "grossQuantity": totals.quantity,
        "grossAmount": totals.gross,
        "discountQuantity": covered,
        "discountAmount": totals.discount,
        "netQuantity": totals.quantity - covered,
        "netAmount": totals.net,
    }

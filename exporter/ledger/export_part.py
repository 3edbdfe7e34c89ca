"""A part of a report export: a CSV file, summed while it is downloaded."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from exporter.accounts import Account
from exporter.billing.owners import PERSON
from exporter.github import body, stream
from exporter.github.client import DOWNLOAD
from exporter.github.errors import InvalidPayload
from exporter.ledger.csv_stream import CsvStream
from exporter.ledger.row import ZERO, Dimension, Row, plus
from exporter.ledger.totals import Totals

_PIECE = 64 << 10
"""Bytes per step: some 4 ms."""

_NAMES = 10_000
_SOURCE = "the export"


class Window(NamedTuple):
    """The days of an export, both included."""

    first: date
    last: date


class Part(body.Decoder["Part"]):
    """Sums the rows that are ``wanted`` into new ``totals``.

    Raises `InvalidPayload` for a file of another type, or with a day outside the window.
    ``organizations`` are the gross US dollars of all rows, ``skus`` their products and SKUs,
    ``openings`` identify the first lines.
    """

    unhurried = True

    def __init__(
        self,
        account: Account,
        window: Window,
        by: Sequence[Dimension],
        totals: Callable[[], Totals],
        wanted: Callable[[Row], bool],
    ) -> None:
        self.totals = totals()
        self.organizations: dict[str, Decimal] = {}
        self.skus: set[tuple[str, str]] = set()
        self.openings: set[bytes] = set()
        self._stream = CsvStream(
            _SOURCE, account.type.value, account.name, {*by, Dimension.WORKFLOW}
        )
        self._first, self._last = (day.isoformat() for day in window)
        self._wanted = wanted
        self._buffer = bytearray()
        self._received = 0

    def update(self, other: "Part") -> None:
        """Add another part of the same export.

        Raises `InvalidPayload` for one that it has, and for more sums than one part may have.
        """
        if self.openings & other.openings:
            raise _invalid("two parts begin with the same row")
        self.openings |= other.openings
        try:
            self.totals.update(other.totals.rows())
        except ValueError as error:
            raise _invalid(str(error)) from None
        self.skus |= other.skus
        for name, gross in other.organizations.items():
            self.organizations[name] = plus(self.organizations.get(name, ZERO), gross)

    def feed(self, chunk: bytes) -> None:
        if not self._received:
            self._check_start(chunk)
        self._received += len(chunk)
        if self._received > stream.LIMIT:
            raise _invalid(f"{_SOURCE} is larger than {stream.LIMIT // 1024**2} MiB")
        self._buffer += chunk

    def due(self) -> Callable[[], None] | None:
        return self._take if len(self._buffer) >= _PIECE else None

    def close(self) -> "Part":
        self._take()
        self._add(self._stream.close())
        self.openings = {self._stream.opening} - {b""}
        return self

    def _take(self) -> None:
        piece = bytes(self._buffer[:_PIECE])
        del self._buffer[:_PIECE]
        self._add(self._stream.feed(piece))
        if len(self.organizations) + len(self.skus) > _NAMES:
            raise _invalid(f"{_SOURCE} has more than {_NAMES:,} organizations and SKUs")

    def _add(self, rows: Iterator[Row]) -> None:
        try:
            for row in rows:
                self._check_date(row)
                self.skus.add((row.product, row.sku))
                if (name := row.organization) not in {"", PERSON}:
                    gross = self.organizations.get(name, ZERO)
                    self.organizations[name] = plus(gross, row.gross or ZERO)
                if self._wanted(row):
                    self.totals.add(row)
        except ValueError as error:
            raise _invalid(str(error)) from None

    def _check_date(self, row: Row) -> None:
        if not self._first <= row.date <= self._last:
            raise ValueError(f"{_SOURCE}: date is not in the requested period")

    def _check_start(self, chunk: bytes) -> None:
        start = chunk.lstrip()[:1]
        if body.is_html(chunk) or start in {b"{", b"["}:
            what = "JSON" if start in {b"{", b"["} else "HTML or XML"
            raise _invalid(f"{_SOURCE} is {what} instead of CSV")


def _invalid(detail: str) -> InvalidPayload:
    return InvalidPayload(detail=detail, endpoint=DOWNLOAD)

"""Rows summed by dimensions, in memory up to a limit and on disk above it."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter

import msgspec

from exporter.ledger.row import FIELD, Dimension, Row, plus

IN_MEMORY = 10_000
"""Sums that are kept in memory, some 2 KB each."""

_CACHE_KIBIBYTES = 16 << 10

_Key = tuple[str, ...]


class Totals:
    """Sums of rows by dimensions, and by unit and price if ``split``.

    ::

        totals = Totals((Dimension.PRODUCT, Dimension.SKU))
        for row in rows:
            totals.add(row)
        for total in totals.rows():  # sorted by product, then by SKU
            ...

    A sum has the account of its rows and no other field than its dimensions. Raises
    ``sqlite3.Error`` if the disk is full, or ``ValueError`` for more sums than ``most``, which are
    all kept in memory.
    """

    def __init__(
        self,
        by: Sequence[Dimension],
        *,
        split: bool = False,
        in_memory: int = IN_MEMORY,
        most: int | None = None,
    ) -> None:
        self._by = tuple(by)
        self._key: Callable[[Row], _Key] = attrgetter(
            "account_type", "account", *(FIELD[each] for each in by)
        )
        self._split = split
        self._in_memory = most or in_memory
        self._most = most
        self._sums: dict[_Key, _Sum] = {}
        self._disk: sqlite3.Connection | None = None
        self._decoder = msgspec.msgpack.Decoder(Row)

    def add(self, row: Row) -> None:
        key = self._key(row)
        if self._split:
            key += (row.unit or "", "" if row.price is None else str(row.price.normalize()))
        found = self._sums.get(key)
        if found is not None:
            found.add(row)
            return
        if len(self._sums) >= self._in_memory:
            if self._most is not None:
                raise ValueError(f"more than {self._most:,} sums")
            self._spill()
        self._sums[key] = _Sum(row)

    def update(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.add(row)

    def rows(self) -> Iterator[Row]:
        """Yield the sums, sorted by account and dimensions. Add no row after the first call."""
        if self._disk is None:
            for key in sorted(self._sums):
                yield self._row(key, self._sums[key])
            return
        self._spill()
        yield from self._merged(self._disk)

    def _spill(self) -> None:
        names = [f"k{number}" for number in range(len(self._by) + 2 + 2 * self._split)]
        if self._disk is None:
            # An empty name is a temporary database on disk, which ends with its connection. One
            # thread at a time uses it: rows are added beside the event loop.
            self._disk = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._disk.execute("PRAGMA journal_mode = OFF")
            self._disk.execute("PRAGMA temp_store = FILE")
            self._disk.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
            self._disk.execute(f"CREATE TABLE sums ({', '.join(names)}, sum BLOB)")
        places = ", ".join("?" * (len(names) + 1))
        encode = msgspec.msgpack.encode
        self._disk.execute("BEGIN")
        self._disk.executemany(
            f"INSERT INTO sums VALUES ({places})",  # noqa: S608  (only question marks)
            ((*key, encode(self._row(key, found))) for key, found in self._sums.items()),
        )
        self._disk.execute("COMMIT")
        self._sums = {}

    def _merged(self, disk: sqlite3.Connection) -> Iterator[Row]:
        width = len(self._by) + 2 + 2 * self._split
        order = ", ".join(f"k{number}" for number in range(width))
        last: _Key | None = None
        found: _Sum | None = None
        query = f"SELECT * FROM sums ORDER BY {order}"  # noqa: S608  (only numbered columns)
        for *key, blob in disk.execute(query):
            row = self._decoder.decode(blob)
            if found is not None and tuple(key) == last:
                found.add(row)
                continue
            if found is not None and last is not None:
                yield self._row(last, found)
            last, found = tuple(key), _Sum(row)
        if found is not None and last is not None:
            yield self._row(last, found)

    def _row(self, key: _Key, found: "_Sum") -> Row:
        kind, account, *values = key
        by = dict(zip(self._by, values, strict=False))  # the rest are unit and price
        date = by.pop(Dimension.DAY, "") or by.get(Dimension.MONTH, "")
        by.pop(Dimension.MONTH, None)
        return found.row(kind, account, date, {each.value: value for each, value in by.items()})


_MEASURES = ("quantity", "gross", "discount", "net")
_measures = attrgetter(*_MEASURES)


class _Sum:
    """A sum of rows that grows."""

    __slots__ = ("price", "unit", "values")

    def __init__(self, row: Row) -> None:
        self.unit, self.price = row.unit, row.price
        self.values = list(_measures(row))

    def add(self, row: Row) -> None:
        if row.unit != self.unit:
            # Minutes and gigabytes have no sum.
            self.unit = self.price = self.values[0] = None
        if row.price != self.price:
            self.price = None
        self.values = [
            None if one is None or other is None else plus(one, other)
            for one, other in zip(self.values, _measures(row), strict=True)
        ]

    def row(self, kind: str, account: str, date: str, names: dict[str, str]) -> Row:
        quantity, gross, discount, net = self.values
        return Row(
            account_type=kind,
            account=account,
            date=date,
            unit=self.unit,
            price=self.price,
            quantity=quantity,
            gross=gross,
            discount=discount,
            net=net,
            **names,
        )

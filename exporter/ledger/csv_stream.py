"""A CSV report of GitHub, read from its bytes as they arrive."""

import codecs
import csv
import hashlib
from collections.abc import Iterator, Sequence, Set

from exporter.ledger.csv_rows import Columns, WrongFile, kind_of
from exporter.ledger.row import Dimension, Row

_LINE = 1 << 20
"""Maximum characters of a line, or of lines in quotes; GitHub's have some two hundred."""


class CsvStream:
    """Rows of one report, which must have the dimensions ``by``.

    ::

        stream = CsvStream("usageReport.csv")
        for chunk in chunks:
            for row in stream.feed(chunk):
                ...
        for row in stream.close():
            ...

    ``source`` names the report in errors: both methods raise `WrongFile`. ``account_type`` and
    ``account`` are those of the rows. From the first row on, ``kind`` is the type of the report,
    and ``opening`` identifies the first line.
    """

    def __init__(
        self,
        source: str,
        account_type: str = "",
        account: str = "",
        by: Set[Dimension] = frozenset(),
    ) -> None:
        self.kind = ""
        self.opening = b""
        self._source = source
        self._account = account_type, account
        self._by = by
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._lines = _Lines()
        self._reader = csv.reader(self._lines, strict=True)
        self._columns: Columns | None = None

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Yield the rows that end in this chunk or before it."""
        self._lines.add(self._decoded(chunk))
        yield from self._rows()

    def close(self) -> Iterator[Row]:
        """Yield the rows after the last chunk. Raises `WrongFile` if the report is cut."""
        self._lines.add(self._decoded(b"", final=True))
        self._lines.end()
        yield from self._rows()
        if self._columns is None:
            kind_of(self._source, None, self._by)

    def _rows(self) -> Iterator[Row]:
        try:
            for cells in self._reader:
                self._lines.keep_from_here()
                if self._columns is None:
                    self._columns = self._of_header(cells)
                elif cells:
                    if not self.opening:
                        content = "\0".join((self.kind, *cells))
                        self.opening = hashlib.sha256(content.encode()).digest()
                    yield self._columns.row(cells)
        except _Incomplete:
            self._lines.rewind()
        except csv.Error:
            raise WrongFile(f"{self._place}: invalid CSV: is the file cut?") from None
        except WrongFile:
            raise
        except ValueError as error:
            raise WrongFile(f"{self._place}: {error}") from None

    def _of_header(self, header: Sequence[str]) -> Columns:
        kind = kind_of(self._source, header, self._by)
        self.kind = kind.name
        return Columns(kind, header, *self._account)

    def _decoded(self, chunk: bytes, *, final: bool = False) -> str:
        try:
            return self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            raise WrongFile(f"{self._source} is not UTF-8 text") from None

    @property
    def _place(self) -> str:
        return f"{self._source}, line {self._lines.number}"


class _Incomplete(Exception):
    """The lines so far end within a record."""


class _Lines(Iterator[str]):
    """The lines so far, for `csv.reader`.

    It forgets a record whose lines end too early, so they are kept until the record is whole.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._rest = ""
        self._next = self._kept = self._dropped = 0
        self._ended = False

    @property
    def number(self) -> int:
        """The number of the current line, from 1."""
        return self._dropped + self._next

    def add(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        del self._lines[: self._kept]
        self._dropped += self._kept
        self._next -= self._kept
        self._kept = 0
        self._lines += [f"{line}\n" for line in lines]

    def end(self) -> None:
        self._ended = True
        if self._rest:
            self._lines.append(self._rest)

    def keep_from_here(self) -> None:
        """Forget the lines so far: their record is whole."""
        self._kept = self._next

    def rewind(self) -> None:
        """Repeat the lines of a record that is not whole."""
        self._next = self._kept

    def __next__(self) -> str:
        if self._next < len(self._lines):
            line = self._lines[self._next]
            self._next += 1
            self._check(len(line))
            return line
        if self._ended:
            raise StopIteration
        self._next += 1
        self._check(len(self._rest) + sum(map(len, self._lines[self._kept :])))
        raise _Incomplete

    def _check(self, length: int) -> None:
        if length >= _LINE:
            raise ValueError(f"the line is longer than {_LINE:,} characters")

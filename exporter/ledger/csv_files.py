"""GitHub's usage reports as CSV files on disk."""

import gzip
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from exporter import files
from exporter.ledger.csv_rows import WrongFile
from exporter.ledger.csv_stream import CsvStream
from exporter.ledger.row import Dimension, Row

_CHUNK = 64 << 10


@dataclass(slots=True)
class Files:
    """The CSV files of one account's bill.

    ``account_type`` and ``account`` name the account, empty if unknown. ``months`` are those to
    read, all if it is empty. Each file must have the dimensions ``by``. ``kinds`` are the types
    found, by month and SKU.
    """

    paths: Sequence[Path]
    account_type: str = ""
    account: str = ""
    months: frozenset[str] = frozenset()
    by: frozenset[Dimension] = frozenset()
    kinds: dict[tuple[str, str], tuple[str, Path]] = field(default_factory=dict)
    _firsts: dict[bytes, Path] = field(default_factory=dict)

    def rows(self, progress: Callable[[str], None] = lambda _: None) -> Iterator[Row]:
        """Yield the rows of all files.

        Raises `WrongFile`, for equal or overlapping files too. ``progress`` is called with a line
        per file.
        """
        for path in self.paths:
            _check_regular(path)
        for path in self.paths:
            progress(f"{path} …")
            try:
                with _opened(path) as file:
                    yield from self._of_file(path, file)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise WrongFile(f"{path} is cut short, or not compressed by gzip") from None
            except OSError as error:
                raise WrongFile(files.problem(path, error)) from None

    def _of_file(self, path: Path, file: BinaryIO) -> Iterator[Row]:
        stream = CsvStream(str(path), self.account_type, self.account, self.by)
        known = False
        for row in _rows(stream, file):
            if not known:
                self._check_opening(path, stream.opening)
                known = True
            if not self.months or row.month in self.months:
                self._check_overlap(row, stream.kind, path)
                yield row

    def _check_opening(self, path: Path, opening: bytes) -> None:
        # Reports of overlapping periods, and copies, begin with the same row.
        if (other := self._firsts.get(opening)) is not None:
            raise WrongFile(f"{path} begins with the same row as {other}: name each report once")
        self._firsts[opening] = path

    def _check_overlap(self, row: Row, kind: str, path: Path) -> None:
        found, first = self.kinds.setdefault((row.month, row.sku), (kind, path))
        if found != kind:
            raise WrongFile(
                f"{path} ({kind} report) and {first} ({found} report) both have {row.sku} of "
                f"{row.month}: read one type of report per month"
            )


def _check_regular(path: Path) -> None:
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise WrongFile(files.problem(path, error)) from None
    if not regular:
        raise WrongFile(f"{path} is not a regular file: save the report first")


def _rows(stream: CsvStream, file: BinaryIO) -> Iterator[Row]:
    while chunk := file.read(_CHUNK):
        yield from stream.feed(chunk)
    yield from stream.close()


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path) if path.suffix == ".gz" else path.open("rb"))

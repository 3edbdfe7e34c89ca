"""Rows as text: CSV, JSON lines, or a table for people."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain

import msgspec

from exporter.ledger.row import FIELD, ZERO, Dimension, Row, plain, plus
from exporter.ledger.totals import Totals

MEASURES = ("unit", "quantity", "price_usd", "gross_usd", "discount_usd", "net_usd")

_SUM = "sum"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLACES_OF_QUANTITY = 3
_PLACES_OF_PRICE = 8
_NULL = msgspec.Raw(b"null")


def spreadsheet_text(text: str) -> str:
    """Return a text cell that no spreadsheet runs as a formula: an apostrophe precedes it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def columns(by: Sequence[Dimension]) -> tuple[str, ...]:
    """Return the columns of rows summed ``by`` dimensions, the same in CSV and JSON."""
    return ("account_type", "account", *by, *MEASURES)


def as_csv(by: Sequence[Dimension], rows: Iterable[Row]) -> Iterator[str]:
    """Yield a header, and a line per row with exact amounts. An unknown value is empty."""
    yield from csv_lines(columns(by), (_cells(by, row) for row in rows))


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for cells in chain([header], rows):
        writer.writerow(cells)
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def as_json(by: Sequence[Dimension], rows: Iterable[Row]) -> Iterator[str]:
    """Yield a line per row, a JSON object with exact amounts. An unknown value is null."""
    names = columns(by)
    for row in rows:
        numbers = (
            _NULL if value is None else msgspec.Raw(plain(value).encode())
            for value in _numbers(row)
        )
        values = (row.account_type, row.account, *_names(by, row), row.unit, *numbers)
        yield msgspec.json.encode(dict(zip(names, values, strict=True))).decode() + "\n"


def as_table(by: Sequence[Dimension], totals: Totals) -> Iterator[str]:
    """Yield the lines of an account's table with its sum, amounts rounded to the cent.

    The sum of amounts of which one is unknown is empty. Unprintable characters, such as an escape
    in a name, become question marks.
    """
    heads = [name.replace("_", " ").upper() for name in (*by, *MEASURES)]
    widths = [max(len(head), len(_SUM)) for head in heads]
    for row in totals.rows():
        widths = [
            max(width, len(cell)) for width, cell in zip(widths, _shown(by, row), strict=True)
        ]
    whole: list[Decimal | None] = [ZERO] * 3
    for row in totals.rows():
        amounts = (row.gross, row.discount, row.net)
        whole = [
            None if one is None or other is None else plus(one, other)
            for one, other in zip(whole, amounts, strict=True)
        ]
    cells = [_SUM, *[""] * (len(by) + 2), *map(_money, whole)]
    widths = [max(width, len(cell)) for width, cell in zip(widths, cells, strict=True)]
    for line in chain([heads], (_shown(by, row) for row in totals.rows()), [cells]):
        yield _line(line, widths, len(by))


def _names(by: Sequence[Dimension], row: Row) -> Iterator[str]:
    return (getattr(row, FIELD[dimension]) for dimension in by)


def _numbers(row: Row) -> tuple[Decimal | None, ...]:
    return row.quantity, row.price, row.gross, row.discount, row.net


def _cells(by: Sequence[Dimension], row: Row) -> list[str]:
    names = map(spreadsheet_text, (row.account_type, row.account, *_names(by, row), row.unit or ""))
    return [*names, *("" if value is None else plain(value) for value in _numbers(row))]


def _shown(by: Sequence[Dimension], row: Row) -> list[str]:
    names = map(_printable, (*_names(by, row), row.unit or ""))
    quantity = "" if row.quantity is None else plain(round(row.quantity, _PLACES_OF_QUANTITY))
    price = "" if row.price is None else plain(round(row.price, _PLACES_OF_PRICE))
    return [*names, quantity, price, *map(_money, (row.gross, row.discount, row.net))]


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _line(cells: Sequence[str], widths: Sequence[int], names: int) -> str:
    # Names and the unit are aligned to the left, numbers to the right.
    padded = (
        cell.ljust(width) if place <= names else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip() + "\n"

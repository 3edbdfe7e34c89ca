"""The files of report exports: CSV with a byte order mark, every value quoted."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from io import StringIO
from itertools import islice

from exporter.demo.endpoints import cost_centers, export_rows
from exporter.demo.endpoints.export_rows import Used
from exporter.demo.exports import SimulatedExport
from exporter.demo.question import Question

_PRICED = (
    *("quantity", "unit_type", "applied_cost_per_quantity"),
    *("gross_amount", "discount_amount", "net_amount"),
)
_CREDITS = ("aic_quantity", "aic_gross_amount")
_TOKENS = ("input", "output", "cache_read", "cache_write")
_TOKENS_SINCE = date(2026, 8, 12)
_SUMMARIZED = ("date", "product", "sku", *_PRICED, "organization", "repository", "cost_center_name")
_DETAILED = (
    *("date", "product", "sku", *_PRICED),
    *("username", "organization", "repository", "workflow_path", "cost_center_name"),
)
_PREMIUM_REQUESTS = (
    *("date", "username", "product", "sku", "model", *_PRICED),
    *("exceeds_quota", "total_monthly_quota", "organization", "cost_center_name", *_CREDITS),
)
_AI_CREDITS = (
    *("date", "username", "product", "sku", "model", *_PRICED),
    *("total_monthly_quota", "organization", "repository", "cost_center_name", *_CREDITS),
)

_ROWS_A_CHUNK = 256


def part(question: Question, export: SimulatedExport, number: int) -> Iterator[bytes]:
    """Yield a part of the export in chunks, from 1 on; each has a byte order mark and a header."""
    columns = _columns(export)
    cells_of = {**_CELLS, "cost_center_name": _centers(question)}
    takes = [cells_of.get(name, _zero) for name in columns]
    rows = islice(_rows(question, export), number - 1, None, export.parts)
    yield b"\xef\xbb\xbf" + _written([columns])
    cells = ([take(row) for take in takes] for row in rows)
    while chunk := list(islice(cells, _ROWS_A_CHUNK)):
        yield _written(chunk)


def is_empty(question: Question, export: SimulatedExport) -> bool:
    """Return whether the window has no rows."""
    return next(_rows(question, export), None) is None


def _columns(export: SimulatedExport) -> Sequence[str]:
    match export.type:
        case "detailed":
            return _DETAILED
        case "summarized":
            return _SUMMARIZED
        case "premium_request":
            return _PREMIUM_REQUESTS
        case "ai_credit":
            return _AI_CREDITS + (_TOKENS if export.end >= _TOKENS_SINCE else ())


def _rows(question: Question, export: SimulatedExport) -> Iterator[Used]:
    match export.type:
        case "detailed":
            return export_rows.detailed(question, export.start, export.end)
        case "summarized":
            return export_rows.used(question, export.start, export.end)
        case "premium_request":
            return export_rows.by_model(question, export.start, export.end, unit="requests")
        case "ai_credit":
            return export_rows.by_model(question, export.start, export.end, unit="ai-units")


def _centers(question: Question) -> Callable[[Used], str]:
    """Return a function from a row to the name of the cost center that pays, or empty."""
    payer = cost_centers.payers(question, cost_centers.REST)
    names = {center.id: center.name for center in question.account.cost_centers}
    return lambda row: names.get(payer(row.organization, row.repository), "")


def _number(value: float) -> str:
    # Such as 3, 0.018000000000000002 and 9.4086E-05, as in real files.
    return repr(value).removesuffix(".0").upper()


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _zero(_: Used) -> str:
    return "0"


_CELLS: Mapping[str, Callable[[Used], str]] = {
    "date": lambda row: f"{row.day}",
    "product": lambda row: row.product.lower().replace(" ", "_"),
    "sku": lambda row: row.sku,
    "quantity": lambda row: _number(row.quantity),
    "unit_type": lambda row: row.unit,
    "applied_cost_per_quantity": lambda row: _number(row.price),
    "gross_amount": lambda row: _number(row.gross),
    "discount_amount": lambda row: _number(row.discount),
    "net_amount": lambda row: _number(row.gross - row.discount),
    "username": lambda row: row.username,
    "organization": lambda row: row.organization,
    "repository": lambda row: row.repository,
    "workflow_path": lambda row: row.workflow or "",
    "model": lambda row: row.model,
    "exceeds_quota": lambda row: str(row.discount < row.gross),
    "total_monthly_quota": lambda row: "300" if row.unit == "requests" else "1900",
    "input": lambda row: _number(row.quantity * 40),
    "output": lambda row: _number(row.quantity * 20),
    "cache_read": lambda row: _number(row.quantity * 400),
}
"""Cells by column; the others are 0, and that of the cost center depends on the enterprise."""

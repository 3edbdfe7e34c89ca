"""Tables of text for a terminal."""

from collections.abc import Iterable, Iterator


def lines(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Pad the cells of each column to one width; all rows have as many cells as the first."""
    listed = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*listed, strict=True)]
    for row in listed:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()

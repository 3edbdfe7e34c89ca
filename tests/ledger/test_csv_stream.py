"""A report read as it arrives is the report read whole, wherever its chunks end."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.ledger.csv_rows import WrongFile
from exporter.ledger.csv_stream import CsvStream
from exporter.ledger.row import Row
from tests.support.collect import CANARY
from tests.support.scripted_exports import HEADER, file, line

PATH = 'a "b", c\n\nd é.yml'
PLAIN, AWKWARD = line(net=0), line(PATH)


def rows(chunks: Sequence[bytes]) -> list[Row]:
    stream = CsvStream("the report")
    found = [row for chunk in chunks for row in stream.feed(chunk)]
    return [*found, *stream.close()]


def outcome(chunks: Sequence[bytes]) -> list[Row] | str:
    try:
        return rows(chunks)
    except WrongFile as error:
        return str(error)


def cut(content: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({0, len(content), *(place % (len(content) + 1) for place in places)})
    return [content[start:end] for start, end in pairwise(ends)]


class TestChunks:
    @given(st.lists(st.integers(0, 2000)), st.sampled_from(["\n", "\r\n"]))
    def test_may_end_anywhere(self, places: list[int], end: str) -> None:
        content = file(AWKWARD, PLAIN, AWKWARD, end=end)
        found = rows(cut(content, places))
        assert found == rows([content])
        assert [row.workflow for row in found][::2] == [PATH] * 2

    def test_may_be_single_bytes(self) -> None:
        content = file(AWKWARD, PLAIN)
        assert rows([bytes([byte]) for byte in content]) == rows([content])

    @given(st.text('",\n\rab1é', max_size=80), st.lists(st.integers(0, 400)))
    def test_make_no_other_rows_nor_errors(self, text: str, places: list[int]) -> None:
        content = file(PLAIN) + text.encode()
        assert outcome(cut(content, places)) == outcome([content])

    def test_hold_back_only_the_row_that_is_not_whole(self) -> None:
        stream = CsvStream("the report")
        content = file(PLAIN, AWKWARD)
        middle = content.index(b'""b')
        assert [row.net for row in stream.feed(content[:middle])] == [Decimal(0)]
        assert len(list(stream.feed(content[middle:]))) == 1
        assert list(stream.close()) == []


class TestAReport:
    def test_without_an_end_of_line_is_whole(self) -> None:
        assert len(rows([file(PLAIN).rstrip()])) == 1

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "the report is empty"),
            (file(AWKWARD)[:-8], "the report, line 4: invalid CSV: is the file cut?"),
            (file(AWKWARD, "1,2"), "the report, line 5: the line has another number"),
            (b'"' + b"a\n" * 99_000, "invalid CSV"),
            (b"a" * (1 << 20), "the report, line 1: the line is longer than 1,048,576"),
            (
                b'"' + (b"a" * 99_000 + b'\n","') * 20,
                "the line is longer than 1,048,576 characters",
            ),
            (HEADER.encode() + b"\n\xff", "the report is not UTF-8 text"),
            (HEADER.encode() + b"\n\xc3", "the report is not UTF-8 text"),
        ],
    )
    def test_that_is_wrong_says_where(self, content: bytes, message: str) -> None:
        with pytest.raises(WrongFile, match=message.replace("?", r"\?")) as raised:
            rows(cut(content, range(0, len(content), 60_000)))
        assert CANARY not in str(raised.value)

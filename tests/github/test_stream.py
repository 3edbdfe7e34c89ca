"""A long array decoded slice by slice equals the array decoded at once, for any chunks."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.github import body
from exporter.github.errors import InvalidPayload
from exporter.github.nesting import DEPTH
from exporter.github.stream import ITEM, SLICE, SLICES, Streamed

ENDPOINT = "/usage"


class Gathered:
    """A fold that keeps all items."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.longest = 0

    def add(self, items: Sequence[Any]) -> None:
        self.items += items
        self.longest = max(self.longest, len(items))

    def result(self) -> list[Any]:
        return self.items


class Row(msgspec.Struct):
    name: str
    amount: float


class Whole(msgspec.Struct, rename="camel"):
    usage_items: list[Row]


def streamed(
    text: bytes, item_type: type[Any] = object, *, chunk: int = 7, slice_size: int = 16
) -> list[Any]:
    decoder = Streamed(ENDPOINT, "usageItems", item_type, Gathered(), slice_size=slice_size)
    for start in range(0, len(text), chunk):
        feed(decoder, text[start : start + chunk])
    return decoder.close()


def complaint(text: bytes, item_type: type[Any] = object, **cuts: int) -> str:
    with pytest.raises(InvalidPayload) as raised:
        streamed(text, item_type, **cuts)
    assert raised.value.endpoint == ENDPOINT
    return raised.value.detail


def feed(decoder: Streamed[Any, Any], chunk: bytes, times: int = 1) -> None:
    for _ in range(times):
        decoder.feed(chunk)
        while (piece := decoder.due()) is not None:
            piece()


nasty = st.one_of(
    st.text(max_size=8),
    st.text('{}[],:"\\ é漢🙂', max_size=8),
    st.sampled_from(['},{"a":1', '"}],"usageItems":[{', "\\", '\\"},', "]}", "usageItems"]),
)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | nasty,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(nasty, values, max_size=4)
arrays = st.lists(objects, max_size=8) | st.lists(values, max_size=8)
others = st.dictionaries(nasty.filter(lambda name: name != "usageItems"), values, max_size=3)
styles = st.sampled_from(
    [
        {"separators": (",", ":")},
        {"separators": (" ,\n", "\t: ")},
        {"indent": 2},
        {"ensure_ascii": False},
    ]
)
cuts = st.integers(1, 40)


class TestAnArrayInSlices:
    @given(arrays, others, others, styles, cuts, cuts)
    @example([{"a": "}"}, {"a": "},"}], {}, {}, {"indent": None}, 1, 1)
    @example([], {"x": {"usageItems": [1]}}, {"y": [[]]}, {"indent": 1}, 3, 1)
    def test_holds_what_the_body_holds(  # noqa: PLR0917  (hypothesis gives them)
        self,
        items: list[Any],
        before: dict[str, Any],
        after: dict[str, Any],
        style: dict[str, Any],
        chunk: int,
        slice_size: int,
    ) -> None:
        text = json.dumps({**before, "usageItems": items, **after}, **style).encode()
        found = streamed(text, chunk=chunk, slice_size=slice_size)
        assert found == json.loads(text)["usageItems"]

    @given(arrays, others, styles, cuts, st.data())
    def test_is_invalid_wherever_the_body_is_cut(
        self,
        items: list[Any],
        after: dict[str, Any],
        style: dict[str, Any],
        chunk: int,
        data: st.DataObject,
    ) -> None:
        text = json.dumps({"usageItems": items, **after}, **style).encode()
        end = data.draw(st.integers(0, len(text) - 1))
        assert complaint(text[:end], chunk=chunk)

    @given(st.binary(max_size=60) | nasty.map(lambda text: text.encode()), cuts)
    def test_of_no_json_is_invalid(self, text: bytes, chunk: int) -> None:
        assert complaint(text, chunk=chunk)

    @given(
        st.integers(0, 20),
        st.integers(0, 20),
        st.sampled_from(['{"name":"}","amount":"much"}', '{"name":"},{"}', "17", "null"]),
        cuts,
    )
    def test_names_the_field_as_the_whole_body_would(
        self, before: int, after: int, bad: str, chunk: int
    ) -> None:
        good = '{"name":"{","amount":1}'
        items = ",".join([good] * before + [bad] + [good] * after)
        text = f'{{"usageItems":[{items}]}}'.encode()
        with pytest.raises(InvalidPayload) as raised:
            body.decode(text, Whole, ENDPOINT)
        assert f"$.usageItems[{before}]" in raised.value.detail
        assert complaint(text, Row, chunk=chunk) == raised.value.detail

    def test_is_folded_in_portions_of_a_slice(self) -> None:
        row = '{"name":"x","amount":1}'
        text = f'{{"usageItems":[{",".join([row] * 1000)}]}}'.encode()
        gathered = Gathered()
        decoder = Streamed(ENDPOINT, "usageItems", Row, gathered, slice_size=10 * len(row))
        feed(decoder, text)
        assert len(decoder.close()) == 1000
        assert gathered.longest == 9

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"items":[]}', "missing required field `usageItems`"),
            ('{"x":{"usageItems":[]}}', "missing required field `usageItems`"),
            ('{"usageItems":null}', "Expected `array`, got `null` - at `$.usageItems`"),
            ('["usageItems"]', "Expected `object`, got `array`"),
            ("", "truncated"),
            ('{"usageItems":[{}],"usageItems":[{}]}', "twice"),
            ('{"usageItems":[{}],"usageItems":[]}', "twice"),
            ('{"usageItems":[],"usageItems":[]}', "twice"),
            ('{"usageItems":[],"usageItems":[{}]}', "twice"),
            ('{"usageItems":[{}],"usageItems":[{}],"usageItems":[]}', "twice"),
            (r'{"usageItems":[{}],"usageItem\u0073":[]}', "twice"),
            ('{"usageItems":[{}],"usageItems":null}', "Expected `array`, got `null`"),
            ('{"usageItems":null,"usageItems":[{}]}', "Expected `array`, got `null`"),
            ('{"usageItems":[{},]}', "comma"),
            ('{"usageItems":[,{}]}', "malformed"),
            ('{"usageItems":[{},,{}]}', ""),
            ('{"usageItems":[{}}', "malformed"),
            ('{"usageItems":[{}]', "truncated"),
            ('{"usageItems":[{}]}}', "malformed"),
            ('{"usageItems":[{}]} trailing', "malformed"),
        ],
    )
    @pytest.mark.parametrize("chunk", [1, 1000])
    def test_is_invalid_where_the_body_is_not_of_its_shape(
        self, text: str, said: str, chunk: int
    ) -> None:
        assert said in complaint(text.encode(), chunk=chunk, slice_size=1)
        assert said in complaint(text.encode(), chunk=chunk, slice_size=1000)

    def test_is_invalid_where_the_bytes_are_no_text(self) -> None:
        assert complaint(b'{"usageItems":[{"a":"\xff"},{"a":1}]}', slice_size=1)

    def test_counts_the_last_of_a_key_that_an_item_says_twice(self) -> None:
        item = b'{"name":"a","amount":1,"amount":2}'
        assert streamed(b'{"x":1,"x":2,"usageItems":[%b]}' % item, Row) == [Row("a", 2)]

    def test_is_found_by_a_name_with_escapes(self) -> None:
        assert streamed(rb'{"\u0075sageItems":[1]}') == [1]

    def test_is_invalid_where_the_fold_can_make_nothing_of_it(self) -> None:
        class Refusing(Gathered):
            def add(self, items: Sequence[Any]) -> None:
                raise ValueError("date is not a date")

        decoder = Streamed(ENDPOINT, "usageItems", object, Refusing())
        feed(decoder, b'{"usageItems":[{}]}')
        with pytest.raises(InvalidPayload, match="date is not a date"):
            decoder.close()


OPENING = b'{"usageItems":['
ITEM_START = OPENING + b'{"name":"a","amount":1,"x":'


class TestABodyWithoutEnd:
    @pytest.mark.parametrize(
        ("start", "token"),
        [
            (b'{"x":"', b" "),
            (OPENING, b" "),
            (OPENING + b'{"a":"', b" "),
            (b"", b"["),
            (b"", b'{"a":'),
            (b"", b'"\\"",'),
            (b"", b"{}"),
            (b'{"x":[', b'"\\"",'),
            (b'{"x":[', b"[],"),
            (b"{", b'"\\"":1,'),
            (OPENING, b"["),
            (OPENING, b'"\\"",'),
            (ITEM_START + b"[", b"[],"),
            (ITEM_START + b"[", b'"\\"",'),
            (OPENING + b"]", b',"x":1'),
        ],
    )
    def test_is_refused_before_it_is_kept(self, start: bytes, token: bytes) -> None:
        decoder = Streamed(ENDPOINT, "usageItems", Row, Gathered())
        feed(decoder, start)
        chunk = token * (64 * 1024 // len(token))
        with pytest.raises(InvalidPayload, match=r"larger than 1 MiB|more than 64 deep|\$\.usage"):
            feed(decoder, chunk, 2 * (ITEM + SLICES * SLICE) // len(chunk))

    def test_is_refused_in_the_end_however_small_its_items(self) -> None:
        decoder = Streamed(ENDPOINT, "usageItems", object, Gathered(), limit=4 * 1024**2)
        feed(decoder, OPENING)
        with pytest.raises(InvalidPayload, match="larger than 4 MiB"):
            feed(decoder, b'{"a":1},' * 1024, 5 * 128)


class TestAnItem:
    @pytest.mark.parametrize("slice_size", [SLICE, 16 * SLICE])
    def test_may_be_as_large_as_no_item_is(self, slice_size: int) -> None:
        def text(size: int) -> bytes:
            item = json.dumps({"name": "x" * size, "amount": 1})
            return f'{{"usageItems":[{item},{item} , {item}]}}'.encode()

        good = text(ITEM - 100)
        assert len(streamed(good, Row, chunk=SLICE, slice_size=slice_size)) == 3
        assert "1 MiB" in complaint(text(ITEM), Row, chunk=SLICE, slice_size=slice_size)

    @pytest.mark.parametrize("behind", ["},", "} ,", "}"])
    @pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"}":', "}")])
    def test_may_be_as_deep_as_no_item_is(self, opening: str, closing: str, behind: str) -> None:
        def text(depth: int) -> bytes:
            nested = opening * depth + "0" + closing * depth
            item = f'{{"name":"[","amount":1,"x":{nested}}}'
            separator = behind.removeprefix("}") or ","
            return f'{{"usageItems":[{separator.join([item] * 4)}]}}'.encode()

        assert len(streamed(text(DEPTH - 3), Row, chunk=50)) == 4
        assert "64 deep" in complaint(text(DEPTH - 2), Row, chunk=50)

"""Bounds of an answer: bytes, nesting, values and texts, read in small pieces."""

import asyncio
import gzip
import json

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.billing.values import LABEL, Text, fits_label
from exporter.github import body
from exporter.github.api import attempt
from exporter.github.body import PIECE, VALUES, Understood
from exporter.github.errors import InvalidPayload
from exporter.github.nesting import DEPTH
from tests.support.scripted_github import Bill, Conversation, Pieces, says
from tests.support.world import in_virtual_time

MIB = 1024**2
ENDPOINT = "/bill"


class Named(msgspec.Struct, frozen=True):
    name: str
    parts: tuple[str, ...] = ()


class Anything(msgspec.Struct, frozen=True):
    rows: list[msgspec.Raw]


def answered(*reads: bytes) -> Conversation:
    return Conversation(says(200, Pieces(reads), {"content-encoding": "gzip"}))


async def pieces(*reads: bytes) -> list[int]:
    """Return the sizes of the pieces of a gzip body."""
    response = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces(reads))
    return [len(piece) async for piece in body.chunks(response, ENDPOINT)]


class TestDecompression:
    @in_virtual_time
    async def test_never_runs_ahead_of_whoever_reads(self) -> None:
        sizes = await pieces(gzip.compress(bytes(64 * MIB)))
        assert sum(sizes) == 64 * MIB
        assert max(sizes) <= PIECE

    @in_virtual_time
    async def test_lets_others_have_their_turn(self) -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(others())
        sizes = await pieces(gzip.compress(bytes(16 * MIB)), gzip.compress(b"") * 3000)
        task.cancel()
        assert turns >= len(sizes)

    @given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.integers(1, 40))
    @in_virtual_time
    async def test_takes_several_members_for_one_body(self, parts: list[bytes], cut: int) -> None:
        text = b'{"total":3,"name":' + json.dumps(b"".join(parts).hex()).encode() + b"}"
        members = b"".join(gzip.compress(text[at : at + 20]) for at in range(0, len(text), 20))
        reads = [members[at : at + cut] for at in range(0, len(members), cut)]
        assert (await answered(*reads).ask(Bill)).name == b"".join(parts).hex()

    @pytest.mark.parametrize(
        "behind",
        [
            b"\0",
            b"\0" * 512,
            b'{"total":4}',
            b"\x1f",
            b"\x1f\x8b",
            gzip.compress(b" ", mtime=0)[:-1],
        ],
    )
    @in_virtual_time
    async def test_takes_nothing_else_behind_a_member(self, behind: bytes) -> None:
        member = gzip.compress(b'{"total":3}')
        assert await answered(member).total() == 3
        for reads in ((member + behind,), (member, behind)):
            failure = await answered(*reads).failure()
            assert isinstance(failure, InvalidPayload)
            assert "not compressed as requested" in str(failure)


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    """Return a value nested ``depth`` deep, with strings that contain brackets."""
    return f"{opening}" * depth + '"]}[{\\"]"' + closing * depth


class TestNesting:
    @pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"]":', "}"), ("[ 1 , ", " ]")])
    @in_virtual_time
    async def test_is_bounded_in_an_answer(self, opening: str, closing: str) -> None:
        def bill(depth: int) -> bytes:
            return f'{{"total":3,"x":{nested(depth, opening, closing)}}}'.encode()

        assert await Conversation(says(200, bill(DEPTH - 1))).total() == 3
        failure = await Conversation(says(200, bill(DEPTH))).failure()
        assert isinstance(failure, InvalidPayload)
        assert f"more than {DEPTH} deep" in str(failure)

    @in_virtual_time
    async def test_side_by_side_is_none(self) -> None:
        wide = b'{"total":3,"x":[' + b'{"a":[{}]},' * 1000 + b"[[]]]}"
        assert await Conversation(says(200, wide)).total() == 3


def rows(count: int, row: bytes) -> bytes:
    return b'{"rows":[' + b",".join([row] * count) + b"]}"


class TestValues:
    @pytest.mark.parametrize("row", [b"0", b"[]", b"{}", b'""'])
    @in_virtual_time
    async def test_are_counted_before_they_take_memory(self, row: bytes) -> None:
        failure = await Conversation(says(200, rows(VALUES + 1, row))).failure()
        assert isinstance(failure, InvalidPayload)
        assert f"more than {VALUES:,} values" in str(failure)

    @in_virtual_time
    async def test_may_be_many(self) -> None:
        found = await Conversation(says(200, rows(VALUES - 2, b"0"))).ask(Anything)
        assert len(found.rows) == VALUES - 2


class TestAPage:
    @pytest.mark.parametrize("model", [Anything, list[int]])
    @in_virtual_time
    async def test_is_not_far_longer_than_asked_for(self, model: type[object]) -> None:
        def page(count: int) -> list[int] | dict[str, list[int]]:
            numbers = list(range(count))
            return {"rows": numbers} if model is Anything else numbers

        async def read(count: int) -> int:
            conversation = Conversation(says(200, page(count)))
            async with attempt(conversation.client, {}, 30) as github:
                return len([_ async for _ in github.pages(ENDPOINT, model, lambda _: False)])

        assert await read(1000) == 1
        with pytest.raises(InvalidPayload, match="more than 1,000 elements"):
            await read(1001)


class TestTheMessageOfARefusal:
    @pytest.mark.parametrize(
        ("padding", "reason"), [(b"x" * 60_000, "rate_limited"), (b"x" * 70_000, "forbidden")]
    )
    @in_virtual_time
    async def test_is_looked_for_in_a_short_one(self, padding: bytes, reason: str) -> None:
        said = b'{"message":"API rate limit exceeded","x":"' + padding + b'"}'
        assert (await Conversation(says(403, said)).failure()).reason == reason


class TestATextForALabel:
    @pytest.mark.parametrize(("text", "fits"), [("x" * LABEL, True), ("x" * (LABEL + 1), False)])
    def test_is_bounded_where_a_sum_would_lie_without_it(self, text: str, fits: bool) -> None:
        class Row(msgspec.Struct):
            name: Text

        said = json.dumps({"name": text}).encode()
        if fits:
            assert body.decode(said, Row, ENDPOINT).name == text
        else:
            with pytest.raises(InvalidPayload, match=r"\$\.name"):
                body.decode(said, Row, ENDPOINT)

    @pytest.mark.parametrize(
        "longer",
        [
            {"name": "x" * (LABEL + 1)},
            {"name": "é" * (LABEL // 2 + 1)},
            {"name": "a", "parts": ["x" * 200] * 6},
        ],
    )
    def test_costs_its_element_of_a_list(self, longer: dict[str, object]) -> None:
        listing = Understood(Named, ENDPOINT, fits_label)
        fitting = {"name": "é" * (LABEL // 2), "parts": ["x" * 200] * 5}
        listing.add([json.dumps(each).encode() for each in (fitting, longer, {"name": "b"})])
        assert [each.name for each in listing.found] == [fitting["name"], "b"]
        assert listing.others == 1

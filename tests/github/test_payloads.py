"""Any body is a correct value or an invalid payload, in bounded memory."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import repeat

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.billing.values import Number
from exporter.github.body import LIMIT
from exporter.github.errors import GitHubError, InvalidPayload
from tests.support.scripted_github import Bill, Conversation, Pieces, says
from tests.support.world import in_virtual_time

MIB = 1024**2


class Row(msgspec.Struct, frozen=True):
    sku: str
    amount: Number
    day: int | None = None


class Statement(msgspec.Struct, frozen=True):
    year: int
    rows: list[Row]
    by_runner: dict[str, Number] = {}


STATEMENT: dict[str, object] = {
    "year": 2026,
    "rows": [{"sku": "actions_linux", "amount": 1.25, "day": 3}, {"sku": "x", "amount": -2}],
    "by_runner": {"UBUNTU": 7, "total": 7.0},
}


def deep(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def bomb(layers: int = 1) -> Iterator[bytes]:
    """Yield endless gzip of zeros, in pieces as from a socket."""
    compressor = zlib.compressobj(9, wbits=31)
    while True:
        piece = b""
        while len(piece) < 64 * 1024:
            piece += compressor.compress(bytes(MIB))
        for _ in range(layers - 1):
            piece = gzip.compress(piece, 9)
        yield piece


def compressed(body: bytes, headers: str = "gzip") -> Conversation:
    return Conversation(says(200, body, {"content-encoding": headers}))


class TestRightValues:
    @pytest.mark.parametrize(
        ("body", "total"),
        [
            (b'{"total":4}', 4),
            (b'{"total":4.5}', 4.5),
            (b'{"total":5054.0}', 5054),
            (b'{"total":-0.25}', -0.25),
            (b'{"total":1e3}', 1000),
            (b'{"total":0}', 0),
            (b'{"total":"much","total":2}', None),
            (b'{"total":1,"budget":null,"rows":[{"sku":[1,{"x":2}]}]}', 1),
            (b'{"total":1,"huge":1e999}', 1),
            (b'{"total":1,"huge":' + b"9" * 10_000 + b"}", 1),
            (b' \r\n\t{"total" : 1 }\n', 1),
            (b'{"total":1,"name":"\\ud83d\\ude00 \\u0000"}', 1),
            (b'{"total":0.1000000000000000055511151231257827}', 0.1),
            (b'{"total":1,"total":2}', 2),
            (b'{"total":1,"tot\\u0061l":2}', 2),
            (b'{"total":1,"unknown":{"\\u0061":1,"a":2}}', 1),
        ],
    )
    @in_virtual_time
    async def test_are_what_was_sent(self, body: bytes, total: float | None) -> None:
        conversation = Conversation(says(200, body))
        if total is None:
            assert isinstance(await conversation.failure(), InvalidPayload)
        else:
            assert await conversation.total() == total

    @in_virtual_time
    async def test_are_the_last_ones_where_an_object_says_them_twice(self) -> None:
        row = b'{"sku":"x","amount":1,"amount":2}'
        body = b'{"year":2025,"year":2026,"rows":[],"rows":[' + row + b"]}"
        found = await Conversation(says(200, body)).ask(Statement)
        assert found == Statement(2026, [Row("x", 2)])

    @in_virtual_time
    async def test_may_be_large(self) -> None:
        body = b'{"total":3,"padding":"' + b"x" * (LIMIT - 100) + b'"}'
        assert await Conversation(says(200, body)).total() == 3

    @pytest.mark.parametrize("encoding", ["gzip", "GZIP", "identity"])
    @in_virtual_time
    async def test_may_be_compressed_as_asked_for(self, encoding: str) -> None:
        plain = json.dumps({"total": 3}).encode()
        body = plain if encoding == "identity" else gzip.compress(plain)
        assert await compressed(body, encoding).total() == 3


class TestInvalidPayloads:
    @pytest.mark.parametrize(
        ("body", "named"),
        [
            (b"", "truncated"),
            (b"null", "object"),
            (b"[]", "object"),
            (b"1", "object"),
            (b'"total"', "object"),
            (b"<html><body>Sign in</body></html>", "HTML"),
            (b'{"total":1', "truncated"),
            (b'{"total":1}}', "malformed"),
            (b'\xef\xbb\xbf{"total":1}', "malformed"),
            (b"{}", "total"),
            (b'{"name":"acme"}', "total"),
            (b'{"total":"1"}', "$.total"),
            (b'{"total":null}', "$.total"),
            (b'{"total":true}', "$.total"),
            (b'{"total":[1]}', "$.total"),
            (b'{"total":1,"name":2}', "$.name"),
            (b'{"total":NaN}', "malformed"),
            (b'{"total":Infinity}', "malformed"),
            (b'{"total":-Infinity}', "malformed"),
            (b'{"total":1e999}', "$.total"),
            (b'{"total":1e308}', "$.total"),
            (b'{"total":-1e308}', "$.total"),
            (b'{"total":' + b"9" * 400 + b"}", "$.total"),
            (b'{"total":1,"name":"\xff"}', "JSON"),
            (b'{"total":1,"name":"\xed\xa0\x80"}', "JSON"),
            (b'{"total":1,"name":"\\ud800"}', ""),
            (b'{"total":1,"name":"\\udc00\\ud800"}', ""),
            (deep(100_000), ""),
            (b'{"total":' + deep(100_000) + b"}", "$.total"),
            (b'{"total":1,"unknown":' + deep(100_000) + b"}", "JSON"),
            (b'{"a":' * 100_000, ""),
        ],
    )
    @in_virtual_time
    async def test_name_the_field_where_there_is_one(self, body: bytes, named: str) -> None:
        conversation = Conversation(says(200, body))
        failure = await conversation.failure()
        assert isinstance(failure, InvalidPayload)
        assert named in failure.detail
        assert len(conversation.requests) == 1

    @pytest.mark.parametrize(
        ("key", "value"), [("amount", "SECRET"), ("day", "SECRET"), ("sku", ["SECRET"])]
    )
    @in_virtual_time
    async def test_name_no_value(self, key: str, value: object) -> None:
        row: dict[str, object] = {"sku": "x", "amount": 1}
        conversation = Conversation(says(200, {"year": 1, "rows": [row | {key: value}]}))
        with pytest.raises(InvalidPayload) as caught:
            await conversation.ask(Statement)
        assert f"$.rows[0].{key}" in str(caught.value)
        assert "SECRET" not in repr(caught.value)

    @in_virtual_time
    async def test_are_not_asked_for_again(self) -> None:
        conversation = Conversation(says(200, b"<html>"), says(200, {"total": 1}))
        assert isinstance(await conversation.failure(), InvalidPayload)
        assert len(conversation.requests) == 1


class TestCompression:
    BODY = gzip.compress(json.dumps({"total": 3, "rows": list(range(1000))}).encode(), mtime=0)

    @pytest.mark.parametrize(
        "body",
        [
            BODY[:-200],
            BODY[: len(BODY) // 2],
            BODY[:5],
            b"",
            b"not gzip at all",
            BODY[:20] + b"\xff" * 40 + BODY[60:],
            BODY[:-8] + b"\0" * 8,
            b"\x1f\x8b" + b"\0" * 100,
            b'{"total":3}',
        ],
    )
    @in_virtual_time
    async def test_that_is_broken_is_an_invalid_payload(self, body: bytes) -> None:
        assert isinstance(await compressed(body).failure(), InvalidPayload)

    @pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate", "gzip, br"])
    @in_virtual_time
    async def test_that_nobody_asked_for_is_an_invalid_payload(self, encoding: str) -> None:
        failure = await compressed(self.BODY, encoding).failure()
        assert isinstance(failure, InvalidPayload)
        assert "not compressed as requested" in str(failure)

    @pytest.mark.parametrize("status", [401, 404])
    @in_virtual_time
    async def test_that_is_broken_leaves_a_refusal_what_it_is(self, status: int) -> None:
        conversation = Conversation(says(status, b"no gzip", {"content-encoding": "gzip"}))
        failure = await conversation.failure()
        assert (failure.status, failure.reason) == (
            status,
            {401: "unauthorized", 404: "not_found"}[status],
        )


class TestSize:
    @in_virtual_time
    async def test_beyond_the_limit_is_an_invalid_payload(self) -> None:
        pieces = Pieces(repeat(b" " * 64 * 1024))
        failure = await Conversation(says(200, pieces)).failure()
        assert isinstance(failure, InvalidPayload)
        assert "32 MiB" in str(failure)
        assert pieces.taken == LIMIT // (64 * 1024) + 1

    @in_virtual_time
    async def test_of_valid_json_beyond_the_limit_is_one_too(self) -> None:
        body = b'{"total":3,"padding":"' + b"x" * 50 * MIB + b'"}'
        assert isinstance(await Conversation(says(200, body)).failure(), InvalidPayload)

    @pytest.mark.parametrize(("encoding", "layers"), [("gzip", 1), ("gzip, gzip", 2)])
    @in_virtual_time
    async def test_of_a_bomb_is_seen_early_and_in_bounded_memory(
        self, encoding: str, layers: int
    ) -> None:
        pieces = Pieces(bomb(layers))
        conversation = Conversation(says(200, pieces, {"content-encoding": encoding}))
        tracemalloc.start()
        try:
            failure = await conversation.failure()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert isinstance(failure, InvalidPayload)
        assert pieces.taken <= 2
        assert peak < 2 * LIMIT

    @pytest.mark.parametrize(("status", "reason"), [(401, "unauthorized"), (502, "unreachable")])
    @in_virtual_time
    async def test_of_a_refusal_leaves_it_what_it_is(self, status: int, reason: str) -> None:
        conversation = Conversation(says(status, Pieces([bytes(MIB)] * 40)))
        assert (await conversation.failure()).reason == reason


HEADERS = (
    "content-encoding",
    "content-type",
    "date",
    "etag",
    "github-authentication-token-expiration",
    "link",
    "location",
    "x-accepted-github-permissions",
    "x-github-request-id",
    "x-github-sso",
    "x-oauth-scopes",
)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Replace parts of a valid payload with other bytes."""
    body = bytearray(json.dumps(STATEMENT).encode())
    fragments = st.one_of(
        st.binary(max_size=4),
        st.sampled_from([b"null", b"NaN", b"1e999", b'"', b"{", b"}", b"[", b"-", b"\\u", b","]),
    )
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        body[start : start + draw(st.integers(0, 6))] = draw(fragments)
    return bytes(body)


async def statement(body: bytes) -> Statement | None:
    """Return the decoded statement, or ``None`` if the payload is invalid."""
    try:
        return await Conversation(says(200, body)).ask(Statement)
    except InvalidPayload:
        return None


class TestAnything:
    @given(st.binary(max_size=200))
    @in_virtual_time
    async def test_is_an_invalid_payload_at_worst(self, body: bytes) -> None:
        assert await statement(body) is None

    @given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists))
    @in_virtual_time
    async def test_that_is_json_is_no_statement(self, payload: object) -> None:
        assert await statement(json.dumps(payload).encode()) is None

    @given(mutations())
    @in_virtual_time
    async def test_mutated_decodes_to_what_json_says_or_not_at_all(self, body: bytes) -> None:
        found = await statement(body)
        if found is not None:
            said = json.loads(body.decode(errors="replace"), strict=False)
            assert found.year == said["year"]
            assert len(found.rows) == len(said["rows"])
            for row, item in zip(found.rows, said["rows"], strict=True):
                assert row.amount == item["amount"]
                assert abs(row.amount) <= 1e15
            assert found.by_runner == said.get("by_runner", {})

    @given(st.binary(max_size=100), st.sampled_from(["gzip", "deflate", "br", "identity", "x"]))
    @in_virtual_time
    async def test_compressed_is_a_failure_of_ours(self, body: bytes, encoding: str) -> None:
        assert isinstance(await compressed(body, encoding).failure(), InvalidPayload)

    @given(
        st.integers(200, 599),
        st.binary(max_size=40),
        st.dictionaries(
            st.sampled_from(HEADERS),
            st.binary(max_size=20) | st.sampled_from([b"https://[", b"//xn--a", b"\xff"]),
        ),
    )
    @in_virtual_time
    async def test_with_any_status_and_headers_is_a_failure_of_ours(
        self, status: int, body: bytes, headers: dict[str, bytes]
    ) -> None:
        conversation = Conversation(says(status, body, headers))
        with pytest.raises(GitHubError):
            await conversation.ask(Bill)
        assert {request.url.host for request in conversation.requests} == {"api.github.com"}

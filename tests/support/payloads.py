"""Corrupted payloads: other JSON than GitHub's, or not JSON at all."""

import json
import math
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

JSON = Any
Spoil = Callable[[bytes], bytes]

SCALARS: st.SearchStrategy[JSON] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, 2**64, 10**400, -1, 0])
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=20)
    | st.sampled_from(["", "\x00", "\ud800", "2026-13-45T99:00:00Z", "minutes", "a" * 70_000])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(value: JSON, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of all values in a JSON value, itself first."""
    found = [path]
    rows = dict(enumerate(value[:5])) if isinstance(value, list) else value  # rows are alike
    if isinstance(rows, dict):
        for key, each in rows.items():
            found += places(each, (*path, key))
    return found


def replaced(value: JSON, path: tuple[str | int, ...], new: JSON) -> JSON:
    """Return a copy with another value at the path."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def removed(value: JSON, path: tuple[str | int, ...]) -> JSON:
    """Return a copy without the value at the path."""
    copy = value.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = removed(value[path[0]], path[1:])
    return copy


@st.composite
def spoils(draw: st.DrawFn) -> Spoil:
    """Draw a corruption of a body: a value replaced or removed, or other bytes."""
    kind = draw(st.sampled_from(["replace", "remove", "cut", "flip", "repeat", "anything"]))
    new, at, more = draw(VALUES), draw(st.integers(0, 10**6)), draw(st.binary(max_size=8))

    def spoil(body: bytes) -> bytes:
        if kind in {"replace", "remove"} and body:
            value = json.loads(body)
            paths = places(value)
            path = paths[at % len(paths)]
            spoilt = (
                removed(value, path) if kind == "remove" and path else replaced(value, path, new)
            )
            return json.dumps(spoilt).encode("utf-8", "surrogatepass")
        at_byte = at % (len(body) + 1)
        match kind:
            case "cut":
                return body[:at_byte]
            case "flip":
                return body[:at_byte] + more + body[at_byte + len(more) :]
            case "repeat":
                return body + body
        return more

    return spoil


class SpoilingTransport(httpx.AsyncBaseTransport):
    """Corrupt the body of the ``number``-th answer with status 200, or of all if it is -1."""

    def __init__(self, github: httpx.AsyncBaseTransport, number: int, spoil: Spoil) -> None:
        self._github = github
        self._number = number
        self._answered = -1
        self._spoil = spoil
        self.spoilt: bytes | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._github.handle_async_request(request)
        if response.status_code != 200:
            return response
        self._answered += 1
        if self._number not in {self._answered, -1}:
            return response
        headers = httpx.Headers(response.headers)
        for name in ("content-length", "content-encoding", "etag"):
            headers.pop(name, None)
        body = b"".join([piece async for piece in response.aiter_bytes()])
        self.spoilt = self._spoil(body)
        return httpx.Response(200, headers=headers, content=self.spoilt)


def assert_honest(page: str) -> None:
    """Fail on an internal error of the exporter, or a bill that is not finite."""
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            ours = sample.name.startswith("github_billing_exporter_")
            assert ours or math.isfinite(sample.value), sample
            if sample.name == "github_billing_exporter_collector_failures_total":
                assert sample.labels["reason"] != "internal" or not sample.value, sample

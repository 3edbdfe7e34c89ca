"""Bodies that are one long array in an object, decoded slice by slice as they arrive."""

import math
import re
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Generic, Protocol, TypeVar

import msgspec

from exporter.github import body, errors, nesting

LIMIT = 1024 * 1024 * 1024
"""Maximum bytes of a body, decompressed: some four million rows of a usage report."""

SLICE = 64 * 1024
"""Bytes decoded per step: a slice that fits the processor's cache is fastest."""

ITEM = 1024 * 1024
"""Maximum bytes of an item, and of the rest of a body; GitHub's items have some 300."""

SLICES = 16
"""Slices per call of ``due``: each call has a cost."""

_TURN_SECONDS = 0.01
_AROUND = 2  # brackets around an item

Item_contra = TypeVar("Item_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)
Item = TypeVar("Item")
Result = TypeVar("Result")

_STRING_OR_BRACKET = re.compile(rb'[^"\[\]{}]*+("(?:[^"\\]++|\\.)*+"|[\[\]{}])', re.DOTALL)
_ARRAY = re.compile(rb"\s*:\s*\[")
_INDEX = re.compile(r"\$\[(\d+)\]")
_QUOTE = ord('"')


class Fold(Protocol[Item_contra, Result_co]):
    """Sums items up without keeping them."""

    def add(self, items: Sequence[Item_contra], /) -> None:
        """Add the next items. Raises ``ValueError`` that names an invalid field."""

    def result(self) -> Result_co: ...


class Streamed(Generic[Item, Result]):
    """`body.Decoder` that folds the items of a body's array ``field`` and ignores other fields.

    Holds at most a slice, one item and the other fields. Raises `InvalidPayload` with the field's
    path in the whole body, or if ``field`` occurs twice: its first items are folded by then.
    ``slice_size`` and ``limit`` are in bytes.
    """

    unhurried = True

    def __init__(
        self,
        endpoint: str,
        field: str,
        item_type: type[Item],
        fold: Fold[Item, Result],
        *,
        slice_size: int = SLICE,
        limit: int = LIMIT,
    ) -> None:
        items = list[item_type]  # type: ignore[valid-type]  # known at run time only
        self._endpoint = endpoint
        self._field = field
        self._fold = fold
        self._decoder: msgspec.json.Decoder[list[Item]] = msgspec.json.Decoder(items)
        self._envelope_type = msgspec.defstruct("Envelope", [(field, items)])
        second = (field, items | msgspec.UnsetType, msgspec.UNSET)
        self._second_type = msgspec.defstruct("Envelope", [second])
        self._envelope = bytearray()
        self._buffer = bytearray()
        self._slice_size = self._wanted = slice_size
        self._turn = SLICES * slice_size
        self._limit = limit
        self._received = self._items = 0
        self._step = self._before

    def feed(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._received > self._limit:
            raise self._invalid(f"the body is larger than {self._limit // 1024**2} MiB")
        self._buffer += chunk

    def due(self) -> Callable[[], None] | None:
        enough = len(self._buffer) >= max(self._wanted, self._turn)
        return self._take_slices if enough else None

    def close(self) -> Result:
        self._take_slices(math.inf)
        while self._advance(len(self._buffer)):
            pass
        rest = bytes(self._envelope + self._buffer)
        envelope = body.decode(rest, self._envelope_type, self._endpoint)
        if getattr(envelope, self._field) is not msgspec.UNSET:
            raise self._invalid(f"{self._field} occurs twice")
        return self._fold.result()

    def _take_slices(self, seconds: float = _TURN_SECONDS) -> None:
        until = perf_counter() + seconds  # dense slices take 100 times as long as GitHub's
        while len(self._buffer) >= self._wanted and perf_counter() < until:
            if not self._advance(self._wanted):
                self._wanted *= 4  # grow fast, so that few steps are repeated
            if self._wanted > ITEM:
                what = f"an item of {self._field}, or the data around it,"
                raise self._invalid(f"{what} is larger than {ITEM // 1024**2} MiB")

    def _advance(self, size: int) -> bool:
        try:
            return self._step(size)
        except nesting.TooDeep as error:
            raise self._invalid(str(error)) from None

    def _before(self, size: int) -> bool:
        text = bytes(self._buffer[:size])
        depth = position = 0
        while found := (_STRING_OR_BRACKET if depth == 1 else nesting.BRACKET).match(
            text, position
        ):
            position, token = found.end(), found[1]
            if token[0] != _QUOTE:
                depth = nesting.deeper(depth, token)
            elif (opening := _ARRAY.match(text, position)) and _is_string(token, self._field):
                # Rename this array in the envelope: only a second one has the field's name.
                self._envelope += text[: found.start(1)] + b'"":['
                self._envelope_type = self._second_type
                self._spend(opening.end())
                self._step = self._within
                return True
        return False

    def _within(self, size: int) -> bool:
        # A wrong cut never leaves a valid array, so try a likely one first.
        likely = self._buffer.rfind(b"},", 0, size) + 1
        if likely:
            try:
                items = self._decode(likely)
            except msgspec.ValidationError as error:
                raise self._unreadable(error) from None
            except body.UNREADABLE:
                pass
            else:
                self._take(items, likely + 1)
                return True
        end, closed = nesting.last_boundary(bytes(self._buffer[:size]), _AROUND)
        if end is None:
            return False
        try:
            items = self._decoder.decode(self._array(end))
        except body.UNREADABLE as error:
            raise self._unreadable(error) from None
        if not items and not (closed and self._items == 0):
            raise self._invalid(f"JSON is malformed: a comma without an item in {self._field}")
        self._take(items, end if closed else end + 1)
        if closed:
            self._step = self._after
        return True

    def _after(self, size: int) -> bool:  # noqa: ARG002  (same signature as the other steps)
        return False

    def _array(self, end: int) -> bytes:
        return b"".join((b"[", memoryview(self._buffer)[:end], b"]"))

    def _decode(self, end: int) -> list[Item]:
        text = self._array(end)
        items = self._decoder.decode(text)
        # The fastest way to count few brackets.
        opened = len(text) - len(text.replace(b"{", b""))
        if text.find(b"[", 1) >= 0 or opened > len(items) + nesting.DEPTH:
            nesting.check(text, _AROUND - 1)
        return items

    def _take(self, items: list[Item], length: int) -> None:
        try:
            self._fold.add(items)
        except ValueError as error:
            raise self._invalid(str(error)) from None
        self._items += len(items)
        self._spend(length)

    def _spend(self, length: int) -> None:
        del self._buffer[:length]
        self._wanted = self._slice_size

    def _unreadable(self, error: Exception) -> errors.InvalidPayload:
        if not isinstance(error, msgspec.DecodeError):
            return self._invalid("invalid JSON")
        before, field = self._items, self._field
        return self._invalid(
            _INDEX.sub(lambda found: f"$.{field}[{before + int(found[1])}]", str(error))
        )

    def _invalid(self, detail: str) -> errors.InvalidPayload:
        return errors.InvalidPayload(detail=detail, endpoint=self._endpoint, status=200)


def _is_string(token: bytes, text: str) -> bool:
    try:
        return bool(msgspec.json.decode(token) == text)
    except body.UNREADABLE:
        return False

"""A body that is one long array in an object, decoded slice by slice as it comes."""

import re
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Generic, Protocol, TypeVar

import msgspec

from exporter.github import body, errors, nesting

LIMIT = 1024 * 1024 * 1024
"""Bytes after decompression: some four million rows of a usage report."""

SLICE = 64 * 1024
"""Bytes decoded at once: what fits a processor's cache goes fastest, and memory follows it."""

ITEM = 1024 * 1024
"""Bytes of an item, and of all that is no item, at most; an item of GitHub's has some 300."""

SLICES = 16
"""So many slices are due together, as to begin takes time too."""

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
    """What items are folded into, so that none has to be kept."""

    def add(self, items: Sequence[Item_contra], /) -> None:
        """Take the next items; ``ValueError`` names a field that no metric can be made of."""

    def result(self) -> Result_co:
        """Give what all items came to."""


class Streamed(Generic[Item, Result]):
    """Folds the items of the array ``field`` of a body's object, however the body is cut up.

    It is a `body.Decoder`. Other fields are ignored, wherever they stand. Not more than a slice,
    one item and the other fields are held at a time. Raises `InvalidPayload` with the field's path
    in the whole body, and if ``field`` stands there twice: its first items are folded by then.
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
        items = list[item_type]  # type: ignore[valid-type]  # known at run time alone
        self._endpoint = endpoint
        self._field = field
        self._fold = fold
        self._decoder: msgspec.json.Decoder[list[Item]] = msgspec.json.Decoder(items)
        self._envelope_type = msgspec.defstruct("Envelope", [(field, items)])
        self._second_type = msgspec.defstruct(
            "Envelope", [(field, items | msgspec.UnsetType, msgspec.UNSET)]
        )
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
            raise self._invalid(f"a body of more than {self._limit // 1024**2} MiB")
        self._buffer += chunk

    def due(self) -> Callable[[], None] | None:
        enough = len(self._buffer) >= max(self._wanted, self._turn)
        return self._take_slices if enough else None

    def close(self) -> Result:
        while len(self._buffer) >= self._wanted:
            self._take_slice()
        while self._looked(len(self._buffer)):
            pass
        rest = body.decode(
            bytes(self._envelope + self._buffer), self._envelope_type, self._endpoint
        )
        if getattr(rest, self._field) is not msgspec.UNSET:
            raise self._invalid(f"{self._field} stands there twice")
        return self._fold.result()

    def _take_slices(self) -> None:
        """Take them for a while: dense ones take a hundred times as long as GitHub's."""
        until = perf_counter() + _TURN_SECONDS
        while len(self._buffer) >= self._wanted and perf_counter() < until:
            self._take_slice()

    def _take_slice(self) -> None:
        if not self._looked(self._wanted):
            # Far more, so that looking again and again stays cheap.
            self._wanted *= 4
        if self._wanted > ITEM:
            raise self._invalid(
                f"an item of {self._field}, or what is no item, of more than {ITEM // 1024**2} MiB"
            )

    def _looked(self, size: int) -> bool:
        """Go one step on in so many bytes, if they are enough for it."""
        try:
            return self._step(size)
        except nesting.TooDeep as error:
            raise self._invalid(str(error)) from None

    def _before(self, size: int) -> bool:
        """Find where the array begins."""
        text = bytes(self._buffer[:size])
        depth = position = 0
        while found := (_STRING_OR_BRACKET if depth == 1 else nesting.BRACKET).match(
            text, position
        ):
            position, token = found.end(), found[1]
            if token[0] != _QUOTE:
                depth = nesting.deeper(depth, token)
            elif (opening := _ARRAY.match(text, position)) and _says(token, self._field):
                # The array goes by another name, so that only a second one has the field's.
                self._envelope += text[: found.start(1)] + b'"":['
                self._envelope_type = self._second_type
                self._spend(opening.end())
                self._step = self._within
                return True
        return False

    def _within(self, size: int) -> bool:
        """Fold a slice of items.

        A cut is right if what stands before it makes an array: after a cut within a string or an
        item it never does. So the likeliest cut is tried first, and only where that was wrong are
        strings and brackets followed one by one.
        """
        likely = self._buffer.rfind(b"},", 0, size) + 1
        if likely:
            try:
                items = self._decode(likely)
            except body.UNREADABLE as error:
                if isinstance(error, msgspec.ValidationError):
                    raise self._unreadable(error) from None
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

    def _after(self, size: int) -> bool:  # noqa: ARG002  (a step like the others)
        """Keep all that follows the array."""
        return False

    def _array(self, end: int) -> bytes:
        return b"".join((b"[", memoryview(self._buffer)[:end], b"]"))

    def _decode(self, end: int) -> list[Item]:
        """Decode items, which are seldom nested."""
        text = self._array(end)
        items = self._decoder.decode(text)
        # To count few brackets this is the fastest way.
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
        """Word an error as of the whole body: the item by its place in the whole array."""
        if not isinstance(error, msgspec.DecodeError):
            return self._invalid("no readable JSON")
        return self._invalid(
            _INDEX.sub(lambda m: f"$.{self._field}[{self._items + int(m[1])}]", str(error))
        )

    def _invalid(self, detail: str) -> errors.InvalidPayload:
        return errors.InvalidPayload(detail=detail, endpoint=self._endpoint, status=200)


def _says(token: bytes, text: str) -> bool:
    try:
        return bool(msgspec.json.decode(token) == text)
    except body.UNREADABLE:
        return False

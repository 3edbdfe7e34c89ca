"""The body of an answer: read up to a limit, decoded, or searched for its message."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

import httpx
import msgspec

from exporter.github import errors, nesting

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Element = TypeVar("Element", bound=msgspec.Struct)

LIMIT = 32 * 1024 * 1024
"""Bytes after decompression; no answer that is decoded whole comes near it."""

VALUES = 500_000
"""Values of an answer that is decoded whole, by their commas and brackets."""

PIECE = 256 * 1024
"""Bytes that are decompressed at once."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_PLAIN_TEXT = 1024
"""Bytes looked at where a refusal is no JSON, as that of a request without a User-Agent."""

_MESSAGE = 64 * 1024
"""Bytes of a refusal that may hold a message."""

_NO_JSON = "no readable JSON"
_GZIP = zlib.MAX_WBITS | 16
_TAKEN = 16 * 1024  # compressed bytes at once, as each piece copies what it leaves of them


class Decoder(Protocol[T_co]):
    """Makes a payload of a body that comes in chunks; all of it may raise `InvalidPayload`.

    To ``feed`` it is cheap. What is ``due`` before the next chunk, piece by piece, may take long,
    as may ``close``. ``unhurried`` bodies may take as long as they like, but for the gaps.
    """

    @property
    def unhurried(self) -> bool: ...
    def feed(self, chunk: bytes) -> None: ...
    def due(self) -> Callable[[], None] | None: ...
    def close(self) -> T_co: ...


class Whole(Generic[T]):
    """Keeps a body of at most `LIMIT` bytes and decodes it in the end: a `Decoder`."""

    unhurried = False

    def __init__(self, model: type[T], endpoint: str) -> None:
        self._model = model
        self._endpoint = endpoint
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        _append(self._body, chunk, self._endpoint, 200)

    def due(self) -> None:
        return None

    def close(self) -> T:
        return decode(bytes(self._body), self._model, self._endpoint)


async def chunks(response: httpx.Response, endpoint: str) -> AsyncIterator[bytes]:
    """Yield a body in decompressed pieces, or raise `InvalidPayload` if it is compressed otherwise.

    httpx would decompress all of a read at once, which may be a thousand times its size.
    """
    encoding = response.headers.get("content-encoding", "identity").lower()
    miscompressed = _invalid(
        "the body is not compressed as asked for", endpoint, status=response.status_code
    )
    if encoding not in {"gzip", "identity"}:
        raise miscompressed
    packed = _Gzip() if encoding == "gzip" else None
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101  (for the types)
    try:
        async for read in response.stream:
            if packed is None:
                yield read
                continue
            for piece in packed.pieces(read):
                yield piece
                await asyncio.sleep(0)  # between two pieces others have their turn
    except zlib.error:
        raise miscompressed from None
    if packed and not packed.ended:
        raise miscompressed


class _Gzip:
    """Decompresses one or several members in pieces of at most `PIECE` bytes (RFC 1952)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)

    @property
    def ended(self) -> bool:
        return self._member.eof

    def pieces(self, read: bytes) -> Iterator[bytes]:
        """Decompress more of it, or raise ``zlib.error``."""
        for start in range(0, len(read), _TAKEN):
            left = read[start : start + _TAKEN]
            while left:
                if self._member.eof:
                    self._member = zlib.decompressobj(_GZIP)
                yield self._member.decompress(left, PIECE)
                left = self._member.unused_data or self._member.unconsumed_tail


async def read_refusal(response: httpx.Response, endpoint: str) -> bytes:
    """Read the body of an answer that is no 200; empty if it is too long or wrongly compressed."""
    content = bytearray()
    try:
        async for chunk in chunks(response, endpoint):
            _append(content, chunk, endpoint, response.status_code)
    except errors.InvalidPayload:
        return b""
    return bytes(content)


def _append(body: bytearray, chunk: bytes, endpoint: str, status: int) -> None:
    body += chunk
    if len(body) > LIMIT:
        raise _invalid(f"a body of more than {LIMIT // 1024**2} MiB", endpoint, status=status)


def decode(body: bytes, model: type[T], endpoint: str) -> T:
    """Decode a body, or raise `InvalidPayload` with the field and its type, never a value.

    NaN and infinities are invalid. If an object has a key twice, the last one counts.
    """
    opened = nesting.opened(body)
    if opened + body.count(b",") > VALUES:
        raise _invalid(f"more than {VALUES:,} values", endpoint)
    decoded = _decoded(body, model, endpoint)
    if opened > nesting.DEPTH:
        try:
            nesting.check(body)
        except nesting.TooDeep as error:
            raise _invalid(str(error), endpoint) from None
    return decoded


def _decoded(body: bytes, model: type[T], endpoint: str) -> T:
    try:
        return msgspec.json.decode(body, type=model)
    except UNREADABLE as error:
        detail, hint = str(error) if isinstance(error, msgspec.DecodeError) else _NO_JSON, ""
        if is_html(body):
            detail, hint = "a page of HTML, not JSON", errors.WRONG_ADDRESS
        raise _invalid(detail, endpoint, hint=hint) from None


def _invalid(
    detail: str, endpoint: str, *, hint: str = "", status: int = 200
) -> errors.InvalidPayload:
    return errors.InvalidPayload(detail=detail, hint=hint, endpoint=endpoint, status=status)


def longest_list(payload: object) -> int:
    """Count the elements of a payload that is a list, or of the longest that it has."""
    if isinstance(payload, list):
        return len(payload)
    fields = msgspec.structs.astuple(payload) if isinstance(payload, msgspec.Struct) else ()
    return max((len(field) for field in fields if isinstance(field, list)), default=0)


def is_html(body: bytes) -> bool:
    """Whether a body looks like a page for people; JSON never begins so."""
    return body[:_PLAIN_TEXT].lstrip().startswith(b"<")


class Understood(Generic[Element]):
    """Decodes the elements of a list one by one, from as many pages as it has.

    It is for lists whose elements stand for themselves: a sum without one of its parts would lie.
    ``found`` are those that are a ``model`` of texts that ``fits`` accepts, ``others`` counts the
    rest.
    """

    def __init__(
        self, model: type[Element], endpoint: str, fits: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._model = model
        self._endpoint = endpoint
        self._fits = fits
        self._fault: errors.InvalidPayload | None = None
        self.found: list[Element] = []
        self.others = 0

    def add(self, elements: Iterable[msgspec.Raw | bytes] | None) -> list[Element]:
        """Decode the elements of a page, and return those that could be decoded."""
        before = len(self.found)
        for element in elements or ():
            try:
                decoded = _decoded(bytes(element), self._model, self._endpoint)
                self._check_texts(decoded)
                self.found.append(decoded)
            except errors.InvalidPayload as error:
                self._fault = self._fault or error
                self.others += 1
        return self.found[before:]

    def check(self) -> None:
        """Raise `InvalidPayload` if none of the elements could be decoded."""
        if self._fault is not None and not self.found:
            raise self._fault

    def _check_texts(self, element: Element) -> None:
        for value in msgspec.structs.astuple(element):
            text = ",".join(value) if isinstance(value, tuple) else value
            if isinstance(text, str) and not self._fits(text):
                raise _invalid("a text that is too long", self._endpoint)


def message(body: bytes) -> str:
    """Find the ``message`` of an error's body, or its plain text; empty where it is HTML."""
    if len(body) > _MESSAGE:
        return ""
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        text = body[:_PLAIN_TEXT].decode(errors="replace")
        return "" if "<" in text else text
    found = content.get("message") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""

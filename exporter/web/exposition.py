"""The bytes of /metrics: the page rendered once for each format, its own part once a second."""

import asyncio
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from exporter.metrics.page import Page
from exporter.web.bodies import Bodies
from exporter.web.negotiation import TEXT, chosen_format

Encode = Callable[[Collector], bytes]

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_OPENMETRICS_END = b"# EOF\n"
_LEVEL = 6
_SLICE = 500
"""How many samples are text at once: others wait for the interpreter as long as one copy takes."""


class Rendered(NamedTuple):
    """A part of a body: deflated but not ended, with the length and checksum of what it was.

    A page of many accounts is a twentieth of its size so.
    """

    deflated: bytes
    length: int
    checksum: int


class Exposition:
    """Answers scrapes. The process's own part is up to a second old.

    ``bodies`` are shared with whatever else is made of the page.
    """

    def __init__(self, page: Callable[[], Page], telemetry: CollectorRegistry) -> None:
        self.bodies = Bodies(page)
        self._telemetry = telemetry
        self._rendered_page: Page | None = None
        self._renderings: dict[Encode, asyncio.Future[Rendered]] = {}

    async def body(self, accept: str, *, gzip: bool) -> tuple[bytes, str]:
        """Return the body and its content type, as ``Accept`` asks for them."""
        form = chosen_format(accept)
        make = partial(self._make, form.encode, gzip)
        return await self.bodies.get((form.encode, gzip), make), form.content_type

    async def _make(self, encode: Encode, gzip: bool, page: Page) -> bytes:
        rendered = await self._of_page(encode, page)
        live = await self.bodies.in_thread(encode, self._telemetry)
        return await self.bodies.in_thread(_gzipped if gzip else _plain, rendered, live)

    async def _of_page(self, encode: Encode, page: Page) -> Rendered:
        if page is not self._rendered_page:
            self._rendered_page, self._renderings = page, {}
        rendering = self._renderings.get(encode)
        if rendering is None:
            rendering = self.bodies.in_thread(_render, encode, page)
            self._renderings[encode] = rendering
        return await asyncio.shield(rendering)


def text(page: Page, telemetry: CollectorRegistry) -> bytes:
    """Render both parts in the plain text format, for a file."""
    return TEXT.encode(page) + TEXT.encode(telemetry)


class _Alone(Collector):
    """One family, to be rendered before the next one is made."""

    def __init__(self, family: GaugeMetricFamily) -> None:
        self._family = family

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield self._family


def _render(encode: Encode, page: Page) -> Rendered:
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts, length, checksum = [], 0, 0
    for plain in _slices(encode, page):
        parts.append(deflate.compress(plain))
        length, checksum = length + len(plain), zlib.crc32(plain, checksum)
    parts.append(deflate.flush(zlib.Z_SYNC_FLUSH))
    return Rendered(b"".join(parts), length, checksum)


def _slices(encode: Encode, page: Page) -> Iterator[bytes]:
    """Give the text of a page a slice at a time, with each family's heading before its first."""

    def text_of(family: GaugeMetricFamily) -> bytes:
        return encode(_Alone(family)).removesuffix(_OPENMETRICS_END)

    heading = b""
    for family in page.slices(_SLICE):
        yield text_of(family).removeprefix(heading)
        heading = text_of(GaugeMetricFamily(family.name, family.documentation))


def _plain(page: Rendered, live: bytes) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(page.deflated) + live


def _gzipped(page: Rendered, live: bytes) -> bytes:
    """Join both parts to one gzip member, so that any decoder reads them as one."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    end = deflate.compress(live) + deflate.flush()
    checksum = zlib.crc32(live, page.checksum)
    length = (page.length + len(live)) & 0xFFFFFFFF
    return _GZIP_HEADER + page.deflated + end + struct.pack("<II", checksum, length)

"""The bytes of /metrics: the page rendered once for each format, its own part once a second."""

import asyncio
import math
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from exporter.metrics.page import Page

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_OPENMETRICS_END = b"# EOF\n"
_LEVEL = 6
_THREADS = 2
_SLICE = 500
"""How many samples are text at once: others wait for the interpreter as long as one copy takes."""

_FRESH_SECONDS = 1.0
_KNOWN_VERSIONS = frozenset({"0.0.4", "1.0.0"})


class Rendered(NamedTuple):
    """A part of a body: deflated but not ended, with the length and checksum of what it was.

    A page of many accounts is a twentieth of its size so.
    """

    deflated: bytes
    length: int
    checksum: int


@dataclass(slots=True)
class Shared:
    """A body that is being made or was made just now, for all who ask for the same."""

    page: Page
    making: asyncio.Future[bytes]
    until: float = math.inf


class Exposition:
    """Answers scrapes. Rendering runs in a thread, once for all who wait for the same."""

    def __init__(self, page: Callable[[], Page], telemetry: CollectorRegistry) -> None:
        self._page = page
        self._telemetry = telemetry
        self._rendered_page: Page | None = None
        self._renderings: dict[str, asyncio.Future[Rendered]] = {}
        self._bodies: dict[tuple[str, bool], Shared] = {}
        # Of its own: look-ups of names that hang fill the loop's threads.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="render")

    async def body(self, accept: str, *, gzip: bool) -> tuple[bytes, str]:
        """Give the body and its content type, as ``Accept`` asks for them.

        The process's own part is up to a second old, so that a thousand scrapers at once cost
        what one does.
        """
        encode, content_type = choose_encoder(_known_versions(accept))
        key, page, loop = (content_type, gzip), self._page(), asyncio.get_running_loop()
        shared = self._bodies.get(key)
        if shared is None or shared.page is not page or loop.time() >= shared.until:
            making = loop.create_task(self._make(encode, content_type, gzip=gzip))
            shared = self._bodies[key] = Shared(page, making)
            making.add_done_callback(partial(self._made, key, shared))
        # A scraper that hangs up must not take the body away from the others.
        return await asyncio.shield(shared.making), content_type

    def _made(self, key: tuple[str, bool], shared: Shared, making: asyncio.Future[bytes]) -> None:
        shared.until = making.get_loop().time() + _FRESH_SECONDS
        making.get_loop().call_later(_FRESH_SECONDS, self._drop, key, shared)

    def _drop(self, key: tuple[str, bool], shared: Shared) -> None:
        if self._bodies.get(key) is shared:
            del self._bodies[key]

    async def _make(
        self, encode: Callable[[Collector], bytes], content_type: str, *, gzip: bool
    ) -> bytes:
        page = await self._of_page(encode, content_type)
        in_thread = partial(asyncio.get_running_loop().run_in_executor, self._threads)
        live = await in_thread(encode, self._telemetry)
        return await in_thread(_gzipped if gzip else _plain, page, live)

    async def _of_page(self, encode: Callable[[Collector], bytes], content_type: str) -> Rendered:
        page = self._page()
        if page is not self._rendered_page:
            self._rendered_page, self._renderings = page, {}
        rendering = self._renderings.get(content_type)
        if rendering is None:
            loop = asyncio.get_running_loop()
            rendering = loop.run_in_executor(self._threads, _render, encode, page)
            self._renderings[content_type] = rendering
        return await asyncio.shield(rendering)


def _known_versions(accept: str) -> str:
    """Take any other version for 1.0.0: a scraper must not choose how much is kept."""
    return re.sub(
        r"version=([^;,]*)",
        lambda found: found[0] if found[1].strip() in _KNOWN_VERSIONS else "version=1.0.0",
        accept,
    )


def text(page: Page, telemetry: CollectorRegistry) -> bytes:
    """Render both parts in the plain text format, for a file."""
    encode, _ = choose_encoder("")
    return encode(page) + encode(telemetry)


class _Alone(Collector):
    """One family, to be rendered before the next one is made."""

    def __init__(self, family: GaugeMetricFamily) -> None:
        self._family = family

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield self._family


def _render(encode: Callable[[Collector], bytes], page: Page) -> Rendered:
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts, length, checksum = [], 0, 0
    for plain in _slices(encode, page):
        parts.append(deflate.compress(plain))
        length, checksum = length + len(plain), zlib.crc32(plain, checksum)
    parts.append(deflate.flush(zlib.Z_SYNC_FLUSH))
    return Rendered(b"".join(parts), length, checksum)


def _slices(encode: Callable[[Collector], bytes], page: Page) -> Iterator[bytes]:
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

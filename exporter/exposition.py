"""The bytes of /metrics: the page rendered once for each format, the process's own part live."""

import asyncio
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
_KNOWN_VERSIONS = frozenset({"0.0.4", "1.0.0"})


class Rendered(NamedTuple):
    """A part of a body: deflated but not ended, with the length and checksum of what it was.

    A page of many accounts is a twentieth of its size so.
    """

    deflated: bytes
    length: int
    checksum: int


class Exposition:
    """Answers scrapes. Rendering runs in a thread, once for all who wait for the same."""

    def __init__(self, page: Callable[[], Page], telemetry: CollectorRegistry) -> None:
        self._page = page
        self._telemetry = telemetry
        self._rendered_page: Page | None = None
        self._renderings: dict[str, asyncio.Future[Rendered]] = {}
        # Of its own: look-ups of names that hang fill the loop's threads.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="render")

    async def body(self, accept: str, *, gzip: bool) -> tuple[bytes, str]:
        """Give the body and its content type, as ``Accept`` asks for them."""
        encode, content_type = choose_encoder(_known_versions(accept))
        page = await self._of_page(encode, content_type)
        in_thread = partial(asyncio.get_running_loop().run_in_executor, self._threads)
        live = await in_thread(encode, self._telemetry)
        return await in_thread(_gzipped if gzip else _plain, page, live), content_type

    async def _of_page(self, encode: Callable[[Collector], bytes], content_type: str) -> Rendered:
        page = self._page()
        if page is not self._rendered_page:
            self._rendered_page, self._renderings = page, {}
        rendering = self._renderings.get(content_type)
        if rendering is None:
            loop = asyncio.get_running_loop()
            rendering = loop.run_in_executor(self._threads, _render, encode, page)
            self._renderings[content_type] = rendering
        # A scraper that hangs up must not take the page away from the others.
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
    for family in page.collect():
        plain = encode(_Alone(family)).removesuffix(_OPENMETRICS_END)
        parts.append(deflate.compress(plain))
        length, checksum = length + len(plain), zlib.crc32(plain, checksum)
    parts.append(deflate.flush(zlib.Z_SYNC_FLUSH))
    return Rendered(b"".join(parts), length, checksum)


def _plain(page: Rendered, live: bytes) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(page.deflated) + live


def _gzipped(page: Rendered, live: bytes) -> bytes:
    """Join both parts to one gzip member, so that any decoder reads them as one."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    end = deflate.compress(live) + deflate.flush()
    checksum = zlib.crc32(live, page.checksum)
    length = (page.length + len(live)) & 0xFFFFFFFF
    return _GZIP_HEADER + page.deflated + end + struct.pack("<II", checksum, length)

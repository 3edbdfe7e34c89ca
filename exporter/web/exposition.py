"""The bytes of /metrics: the page rendered once for each format, its own part once a second."""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from exporter.metrics.page import Page
from exporter.web.bodies import Bodies
from exporter.web.negotiation import TEXT, chosen_format

Encode = Callable[[Collector], bytes]

_GZIP = zlib.MAX_WBITS | 16  # zlib's sign for gzip
_OPENMETRICS_END = b"# EOF\n"
_SLICE = 500  # samples a step, for which other threads wait for the interpreter


class Exposition:
    """Answers scrapes. ``bodies`` are shared with other views of the page."""

    def __init__(self, page: Callable[[], Page], telemetry: CollectorRegistry) -> None:
        self.bodies = Bodies(page)
        self._telemetry = telemetry
        self._rendered_page: Page | None = None
        self._renderings: dict[Encode, asyncio.Future[_Rendered]] = {}

    async def body(self, accept: str, *, gzip: bool) -> tuple[bytes, str]:
        """Return the body and its content type, as ``Accept`` asks for them."""
        form = chosen_format(accept)
        make = partial(self._make, form.encode, gzip)
        return await self.bodies.get((form.encode, gzip), make), form.content_type

    async def _make(self, encode: Encode, gzip: bool, page: Page) -> bytes:
        if page is not self._rendered_page:
            self._rendered_page, self._renderings = page, {}
        if encode not in self._renderings:
            self._renderings[encode] = self.bodies.in_thread(_Rendered, encode, page)
        rendered = await asyncio.shield(self._renderings[encode])
        live = await self.bodies.in_thread(encode, self._telemetry)
        return await self.bodies.in_thread(rendered.packed if gzip else rendered.plain, live)


def text(page: Page, telemetry: CollectorRegistry) -> bytes:
    """Render both parts in the plain text format, for a file."""
    return TEXT.encode(page) + TEXT.encode(telemetry)


class _Rendered:
    """The page's part of a body, packed but not ended: a twentieth of its size."""

    def __init__(self, encode: Encode, page: Page) -> None:
        self._packer = zlib.compressobj(wbits=_GZIP)
        pieces = [self._packer.compress(piece) for piece in _slices(encode, page)]
        self._packed = b"".join(pieces) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def plain(self, live: bytes) -> bytes:
        return zlib.decompressobj(_GZIP).decompress(self._packed) + live

    def packed(self, live: bytes) -> bytes:
        """Return both parts as one gzip member: some decoders read no second one."""
        packer = self._packer.copy()
        return self._packed + packer.compress(live) + packer.flush()


@dataclass
class _Alone(Collector):
    family: GaugeMetricFamily

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield self.family


def _slices(encode: Encode, page: Page) -> Iterator[bytes]:
    """Yield the page's text slice by slice, with each family's heading before its first."""

    def text_of(family: GaugeMetricFamily) -> bytes:
        return encode(_Alone(family)).removesuffix(_OPENMETRICS_END)

    heading = b""
    for family in page.slices(_SLICE):
        yield text_of(family).removeprefix(heading)
        heading = text_of(GaugeMetricFamily(family.name, family.documentation))

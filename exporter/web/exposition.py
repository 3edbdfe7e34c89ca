"""The body of /metrics: pieces of the page under their headings, compressed once a second."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from exporter.metrics.model import Metric
from exporter.metrics.page import Page
from exporter.web.bodies import Bodies
from exporter.web.negotiation import TEXT, Encode, chosen_format

_GZIP = zlib.MAX_WBITS | 16  # zlib's sign for gzip
_LEVEL = 1  # a fifth larger than by the default level, in half the time


class Exposition:
    """Answers scrapes. ``bodies`` are shared with other views of the page."""

    def __init__(self, page: Callable[[], Page], telemetry: CollectorRegistry) -> None:
        self.bodies = Bodies()
        self._page = page
        self._telemetry = telemetry

    async def body(self, accept: str, *, gzip: bool) -> tuple[bytes, str]:
        """Return the body and its content type, chosen by ``Accept``."""
        form = chosen_format(accept)
        make = partial(self._make, form.encode, packed if gzip else b"".join)
        return await self.bodies.get((form.encode, gzip), make), form.content_type

    async def _make(self, encode: Encode, join: Callable[[Iterable[bytes]], bytes]) -> bytes:
        pieces = _pieces(self._page(), self._telemetry, encode)
        return await self.bodies.in_thread(join, pieces)


def text(page: Page, telemetry: CollectorRegistry) -> bytes:
    """Render the page and the telemetry in the plain text format, for a file."""
    return b"".join(_pieces(page, telemetry, TEXT.encode))


def _pieces(page: Page, telemetry: CollectorRegistry, encode: Encode) -> Iterator[bytes]:
    for metric, lines in page.families():
        yield _heading(metric, encode)
        yield from lines  # not joined: a copy of megabytes would hold the GIL
    yield encode(telemetry)


def packed(pieces: Iterable[bytes]) -> bytes:
    """Compress pieces by gzip."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    return b"".join(map(packer.compress, pieces)) + packer.flush()


@dataclass(frozen=True)
class _Empty(Collector):
    """A metric's family without samples."""

    metric: Metric

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(self.metric.name, self.metric.help)


@cache
def _heading(metric: Metric, encode: Encode) -> bytes:
    return encode(_Empty(metric)).removesuffix(b"# EOF\n")

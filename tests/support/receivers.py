"""Receivers of remote write: real ones, and the samples that they answer to a query."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import msgspec

from exporter.app import utc_now
from exporter.history.remote_write import RemoteWrite
from exporter.history.series import Series
from tests.support.programs import (
    Version,
    fetch,
    free_port,
    program,
    prometheus,
    serving,
)
from tests.support.scripted_github import NO_HEADERS

Labels = tuple[tuple[str, str], ...]


class Receiver(NamedTuple):
    """``url`` is its API's, ``write_url`` the URL of remote write."""

    url: str

    @property
    def write_url(self) -> str:
        return f"{self.url}/api/v1/write"

    def samples(self, selector: str) -> dict[Labels, list[tuple[int, float]]]:
        """Return the samples of 3 years by labels, as they are stored."""
        answer = fetch(f"{self.url}/api/v1/query", params={"query": f"{selector}[3y]"})
        assert answer.status_code == 200, answer.text
        return {
            tuple(sorted(series.metric.items())): [
                (round(at * 1000), float(value)) for at, value in series.values
            ]
            for series in msgspec.json.decode(answer.content, type=_Answer).data.result
        }


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Matrix(msgspec.Struct):
    result: list[_Series]


class _Answer(msgspec.Struct):
    data: _Matrix


@contextmanager
def receiving_prometheus(version: Version, window: str | None) -> Iterator[Receiver]:
    """Run a Prometheus that accepts remote write, and samples of the past within ``window``."""
    config = {"storage": {"tsdb": {"out_of_order_time_window": window}}} if window else {}
    flags = ("--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=3y")
    with prometheus(json.dumps(config), version, flags=flags) as url:
        yield Receiver(url)


@contextmanager
def victoria_metrics(*flags: str) -> Iterator[Receiver]:
    """Run a VictoriaMetrics that drops equal samples of the same time."""
    with TemporaryDirectory() as data:
        address = f"127.0.0.1:{free_port()}"
        command = [
            str(program("victoria-metrics", "newest")),
            f"-storageDataPath={data}",
            f"-httpListenAddr={address}",
            "-dedup.minScrapeInterval=1ms",
            *flags,
        ]
        with serving(command, f"http://{address}/health"):
            yield _FlushedFirst(f"http://{address}")


class _FlushedFirst(Receiver):
    # New samples are invisible to queries for some seconds.
    def samples(self, selector: str) -> dict[Labels, list[tuple[int, float]]]:
        fetch(f"{self.url}/internal/force_flush")
        return super().samples(selector)


def send(
    receiver: Receiver,
    *batches: Iterable[Series],
    headers: Mapping[str, str] = NO_HEADERS,
    sent: Callable[[int], None] = lambda _: None,
) -> None:
    """Send batches to a receiver, the first after a check."""

    async def sending() -> None:
        async with httpx.AsyncHTTPTransport(trust_env=False) as transport:
            remote = RemoteWrite(
                receiver.write_url,
                headers,
                transport=transport,
                clock=utc_now,
                waiting=lambda _: None,
            )
            await remote.check()
            for batch in batches:
                await remote.send(batch, sent)

    asyncio.run(sending())


def stored(batches: Iterable[Sequence[Series]]) -> dict[Labels, list[tuple[int, float]]]:
    """Return the samples of batches as a receiver should have them."""
    found: dict[Labels, list[tuple[int, float]]] = {}
    for batch in batches:
        for series in batch:
            found.setdefault(series.labels, []).extend(series.samples)
    return found

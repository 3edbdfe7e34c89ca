"""Sends past months for a command, by remote write."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from exporter.app import utc_now
from exporter.commands.past_months import months, tell
from exporter.history.reader import Reader
from exporter.history.remote_write import RemoteWrite
from exporter.settings import proxy_for

_MANY = 3
_FILES = (
    "Prometheus makes a block of each two hours of the past: for more than three months, files "
    "(--output) load faster"
)
_SENT = """\
Sent {samples:,} samples. Prometheus deletes those that are older than --storage.tsdb.retention.time
(15 days by default), VictoriaMetrics those older than -retentionPeriod (one month). Whether they
are there, this query shows:
  count(last_over_time(github_billing_usage_net_usd[1h] @ {at:.0f}))"""


@asynccontextmanager
async def receiver(url: str, headers: Mapping[str, str]) -> AsyncIterator[RemoteWrite]:
    """Yield a receiver that accepts requests. Raises `WrongSetting` and `NotSent`."""
    transport = httpx.AsyncHTTPTransport(
        verify=httpx.create_ssl_context(), proxy=proxy_for(url, os.environ), trust_env=False
    )
    remote = RemoteWrite(url, headers, transport=transport, clock=utc_now, waiting=tell)
    async with transport:
        await remote.check()
        yield remote


async def send(reader: Reader, remote: RemoteWrite) -> None:
    """Send the months, the oldest first. Raises `Failed` and `NotSent`."""
    samples = 0

    def sent(number: int) -> None:
        nonlocal samples
        samples += number

    cycles = reader.wanted.cycles()
    if len(cycles) > _MANY:
        tell(_FILES)
    async for month in months(reader, cycles):
        for batch in month.batches():
            await remote.send(batch, sent)
    tell(_SENT.format(samples=samples, at=cycles[0].end.timestamp() - 1))

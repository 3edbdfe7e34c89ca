"""A Prometheus with weeks of the demo in it, as if it had scraped the demo all the time.

Before them it has the closed months that `history` would have loaded. The exporter polls the
simulated GitHub in virtual time. Prometheus' own tools make blocks of its pages and of the
recording rules.
"""

import asyncio
import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import yaml

from exporter.accounts import AccountType, Platform
from exporter.app import App
from exporter.commands.demo import load_demo
from exporter.demo import SimulatedGitHub, demo_accounts
from exporter.github import auth
from exporter.web.exposition import text
from tests.support.past_of_demo import past_of_demo
from tests.support.paths import ROOT
from tests.support.programs import (
    Version,
    fetch,
    program,
    prometheus,
)
from tests.support.world import VirtualTimeLoop

END = datetime(2026, 10, 23, 18, 30, tzinfo=UTC)
"""The last scrape: late enough in a month for every forecast."""

NOW = END + timedelta(minutes=25)
"""The time of the queries, late enough for readings to have an age."""

DAYS = 34
"""Enough for the turn of a month and most of the month before."""

RECORDING = ROOT / "deploy/prometheus/recording.yml"

_VERSION: Version = "newest"
_EVERY = timedelta(minutes=30)
_SPAN = END - timedelta(days=DAYS), NOW
_RESTARTED = END - timedelta(days=9)
_MOVED = END - timedelta(days=15)
_MOVING = AccountType.ORGANIZATION, "sandbox"
_HOURLY = {"GITHUB_BILLING_POLL_INTERVAL": "1h"}
_BUDGETS = {"acme": 25, "acme-corp": 340}
"""US dollars, nearly used up by `END`; the demo's own budgets are exceeded on its first day."""
_LABELS = ("--label=job=github-billing", "--label=instance=exporter:9877")
_RECORDED_NAME = re.compile(r"\w+:\w+:\w+")


class Rule(msgspec.Struct):
    record: str
    expr: str
    labels: Mapping[str, str] = {}


class _Group(msgspec.Struct):
    rules: list[Rule]


class _Rules(msgspec.Struct):
    groups: list[_Group]


def recording_rules() -> list[Rule]:
    read = msgspec.convert(yaml.safe_load(RECORDING.read_text()), _Rules)
    return [rule for group in read.groups for rule in group.rules]


@contextmanager
def remembered(folder: Path, step: timedelta = timedelta(hours=12)) -> Iterator[str]:
    """Run a Prometheus that scraped the demo every ``step`` until `END`; yield its base URL.

    Its blocks are created in ``folder`` unless they exist.
    """
    data = folder / "data"
    if not data.exists():
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            load(runner.run(_pages(step)), data, *_LABELS)
        load(past_of_demo(END - timedelta(days=DAYS)), data)
        for level in levels(recording_rules()):
            with _running(data, step) as url:
                lines = [line for rule in level for line in recorded(url, rule, _SPAN, _EVERY)]
            load(lines, data)
    with _running(data, step) as url:
        yield url


@contextmanager
def _running(data: Path, step: timedelta) -> Iterator[str]:
    # A sample must last until the next one, however long the step.
    lookback = f"--query.lookback-delta={int(step.total_seconds()) + 600}s"
    flags = (lookback, "--storage.tsdb.retention.time=10y", "--web.cors.origin=.*")
    with prometheus("{}", _VERSION, data=data, flags=flags) as url:
        yield url


async def _pages(step: timedelta) -> list[bytes]:
    now, loop = END - timedelta(days=DAYS), asyncio.get_running_loop()
    began = loop.time()

    def clock() -> datetime:
        # A poll may wait for GitHub.
        return now + timedelta(seconds=loop.time() - began)

    accounts = demo_accounts()
    github = SimulatedGitHub(accounts, clock=clock, expires=END + timedelta(days=40))
    for account in accounts:
        for budget in account.budgets:
            budget.amount = _BUDGETS[account.name] if budget.amount is None else budget.amount
    moving = github.account(*_MOVING)
    moving.platform = Platform.LEGACY
    settings = load_demo({}, _HOURLY)
    found: list[bytes] = []
    for until in (_RESTARTED, END + step):
        started = now
        app = App.assemble(
            settings,
            auth.from_token("demo", github.token),
            transport=httpx.ASGITransport(github),
            clock=clock,
            process=False,
        )
        async with app.clients:
            while now < until:
                if now >= _MOVED:
                    moving.platform = Platform.USAGE
                for discovery in app.discoveries:
                    await discovery.once()
                await app.poller.once()
                page = text(app.poller.page(), app.telemetry.registry)
                start_time = b"process_start_time_seconds %d\n" % started.timestamp()
                found.append(_timed(page + start_time, now))
                now, began = now + step, loop.time()
    return found


def _timed(page: bytes, at: datetime) -> bytes:
    stamp = b" %d\n" % at.timestamp()
    samples = (line for line in page.splitlines() if line and not line.startswith(b"#"))
    return b"".join(sample + stamp for sample in samples)


def levels(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """Yield the rules in turns: those of a turn read only series that earlier turns recorded."""
    left = list(rules)
    while left:
        names = {rule.record for rule in left}
        level = [rule for rule in left if not names & set(_RECORDED_NAME.findall(rule.expr))]
        yield level
        left = [rule for rule in left if rule not in level]


def recorded(
    url: str, rule: Rule, span: tuple[datetime, datetime], step: timedelta
) -> Iterator[bytes]:
    """Yield lines of OpenMetrics as a Prometheus would have recorded them every ``step``."""
    # `promtool tsdb create-blocks-from rules` rejects a rule if the sides of an `or` alternate.
    start, end = (each.timestamp() for each in span)
    times = {"step": step.total_seconds(), "start": start, "end": end}
    answer = fetch(f"{url}/api/v1/query_range", params={"query": rule.expr, **times})
    assert answer.status_code == 200, answer.text
    samples = [
        (float(at), f"{rule.record}{_listed(series['metric'] | {**rule.labels})} {value} {at}\n")
        for series in answer.json()["data"]["result"]
        for at, value in series["values"]
    ]
    # Sort by time: the sides of an `or` differ by __name__ but are recorded as one series.
    for _, line in sorted(samples):
        yield line.encode()


def _listed(labels: Mapping[str, str]) -> str:
    pairs = (f"{key}={json.dumps(value)}" for key, value in labels.items() if key != "__name__")
    return f"{{{','.join(pairs)}}}"


def load(samples: Iterable[bytes], data: Path, *labels: str) -> None:
    """Create blocks of lines of OpenMetrics in the folder of a Prometheus."""
    with tempfile.NamedTemporaryFile() as file:
        file.writelines(samples)
        file.write(b"# EOF\n")
        file.flush()
        # promtool reads all samples again for each block; the default is a block every two hours.
        command = [str(program("promtool", _VERSION)), "tsdb", "create-blocks-from"]
        options = ("--max-block-duration=300d", "openmetrics", *labels, file.name, str(data))
        subprocess.run([*command, *options], check=True, capture_output=True)

"""The alerts that a Prometheus would have fired over days of samples.

The rules are evaluated with ``query_range``: `promtool test rules` cannot take weeks. ``for`` and
``keep_firing_for`` are applied here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import promql_parser
import yaml

from tests.support.blocks import levels, load, recorded, recording_rules
from tests.support.paths import ROOT
from tests.support.programs import fetch, prometheus

Span = tuple[datetime, datetime]

_ALERTS = ROOT / "deploy/prometheus/alerts.yml"
_CHUNK = timedelta(days=10)
"""Prometheus refuses more than 11,000 steps, and holds the samples of a query in memory."""


class AlertRule(msgspec.Struct):
    alert: str
    expr: str
    hold: str = msgspec.field(name="for")
    keep: str = msgspec.field(name="keep_firing_for", default="")

    @property
    def name(self) -> str:
        return self.alert.removeprefix("GitHubBilling")


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert from ``since`` until ``until``, None if it fires at the end of the days."""

    alert: str
    labels: Mapping[str, str]
    since: datetime
    until: datetime | None


class _Series(NamedTuple):
    labels: tuple[tuple[str, str], ...]
    times: list[datetime]


def alert_rules() -> list[AlertRule]:
    groups = yaml.safe_load(_ALERTS.read_text())["groups"]
    return [msgspec.convert(rule, AlertRule) for group in groups for rule in group["rules"]]


def duration(text: str) -> timedelta:
    """Return a duration of Prometheus, such as 2h30m; none if it is empty."""
    if not text:
        return timedelta(0)
    selector: Any = promql_parser.parse(f"up[{text}]")
    found: timedelta = selector.range
    return found


@contextmanager
def evaluated(samples: Iterable[bytes], data: Path, span: Span, step: timedelta) -> Iterator[str]:
    """Run a Prometheus with the samples and with what the rules record of them; yield its URL."""
    load(samples, data)
    for level in levels(recording_rules()):
        with _running(data, step) as url:
            lines = [
                line
                for rule in level
                for chunk in _chunks(span, step)
                for line in recorded(url, rule, chunk, step)
            ]
        load(lines, data)
    with _running(data, step) as url:
        yield url


def firings(url: str, span: Span, step: timedelta) -> list[Firing]:
    """Return all firings by time."""
    found = [
        firing
        for rule in alert_rules()
        for series in _active(url, rule, span, step)
        for firing in _fired(rule, series, span[1], step)
    ]
    return sorted(found, key=lambda each: (each.since, each.alert, sorted(each.labels.items())))


def _active(url: str, rule: AlertRule, span: Span, step: timedelta) -> list[_Series]:
    found: dict[tuple[tuple[str, str], ...], list[datetime]] = {}
    for start, end in _chunks(span, step):
        times = {"step": step.total_seconds(), "start": start.timestamp(), "end": end.timestamp()}
        answer = fetch(f"{url}/api/v1/query_range", params={"query": rule.expr, **times})
        assert answer.status_code == 200, f"{rule.alert}: {answer.text}"
        for series in answer.json()["data"]["result"]:
            labels = {k: v for k, v in series["metric"].items() if k != "__name__"}
            at = [datetime.fromtimestamp(float(at), UTC) for at, _ in series["values"]]
            found.setdefault(tuple(sorted(labels.items())), []).extend(at)
    return [_Series(labels, sorted(set(times))) for labels, times in found.items()]


def _fired(rule: AlertRule, series: _Series, end: datetime, step: timedelta) -> Iterator[Firing]:
    """Apply ``for`` and ``keep_firing_for`` to the times at which the expression is true."""
    hold, keep = duration(rule.hold), duration(rule.keep)
    since: datetime | None = None
    ended = end
    for first, last in _stretches(series.times, step):
        if since is not None and first - ended <= keep:
            ended = last
            continue
        if since is not None:
            yield Firing(rule.name, dict(series.labels), since, ended + keep + step)
            since = None
        if last - first >= hold:
            since, ended = first + hold, last
    if since is not None:
        gone = ended + keep + step
        yield Firing(rule.name, dict(series.labels), since, gone if gone <= end else None)


def _stretches(times: Sequence[datetime], step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    first = before = None
    for at in times:
        if before is None or first is None or at - before > step:
            if first is not None and before is not None:
                yield first, before
            first = at
        before = at
    if first is not None and before is not None:
        yield first, before


def _chunks(span: Span, step: timedelta) -> Iterator[Span]:
    start, end = span
    while start <= end:
        last = min(start + _CHUNK - step, end)
        yield start, last
        start = last + step


@contextmanager
def _running(data: Path, step: timedelta) -> Iterator[str]:
    # Less than a step: blocks have no staleness markers, so a series would outlast its end.
    lookback = f"--query.lookback-delta={step.total_seconds() - 60:.0f}s"
    flags = ("--storage.tsdb.retention.time=10y", lookback)
    with prometheus("{}", "newest", data=data, flags=flags) as url:
        yield url

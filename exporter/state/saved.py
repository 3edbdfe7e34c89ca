"""State: the last good readings and other data that outlive a process, as written to disk.

It holds only data that the page may show: no secret, no ETag, and no person's name except the
accounts'.
"""

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Generic, NamedTuple, TypeVar

from msgspec import Meta, Raw, Struct, msgpack, structs

from exporter.accounts import AccountType, Platform, account_key
from exporter.collectors import Collector
from exporter.metrics import catalogue
from exporter.metrics.model import Known, Reading, Sample
from exporter.metrics.page import CLOCK_SLACK
from exporter.polling.discovery import Discovery
from exporter.polling.listings import Seen
from exporter.polling.platform import Standing
from exporter.polling.watched import Watched

R = TypeVar("R")

Time = Annotated[datetime, Meta(tz=True)]
Finite = Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)]

_YEARS = range(2000, 9000)  # leaves room for arithmetic with datetime
_METRICS = {metric.name: metric for metric in catalogue.BILL}


class SavedSeries(Struct, frozen=True, array_like=True):
    """A metric's labels, and its samples as label values and a value."""

    labels: tuple[str, ...]
    samples: list[tuple[tuple[str, ...], Finite]]


class SavedReading(Struct, frozen=True, array_like=True):
    """A `Reading`, field by field, its samples by metric."""

    taken: Time
    series: dict[str, SavedSeries]
    cycle_end: Time | None
    facts: dict[str, str]
    unknown_skus: frozenset[tuple[str, str]]
    shown: frozenset[tuple[str, ...]]
    folded: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(at is not None and at.year not in _YEARS for at in (self.taken, self.cycle_end)):
            raise ValueError("the time is invalid")

    @classmethod
    def of(cls, reading: Reading) -> "SavedReading":
        series: dict[str, SavedSeries] = {}
        for metric, labels, value in reading.samples:
            saved = series.setdefault(metric.name, SavedSeries(metric.labels, []))
            saved.samples.append((labels, value))
        return cls(
            reading.taken,
            series,
            reading.cycle_end,
            dict(reading.facts),
            reading.unknown_skus,
            reading.shown,
            reading.folded,
            reading.notes,
        )

    def reading(self, collector: Collector) -> Reading:
        """Return the reading. Raises ``ValueError`` if the collector no longer emits it."""
        samples: list[Sample] = []
        for name, series in self.series.items():
            metric = _METRICS.get(name)
            if metric is None or metric.labels != series.labels:
                raise ValueError(f"{name} no longer has these labels")
            if any(len(labels) != len(metric.labels) for labels, _ in series.samples):
                raise ValueError(f"{name} lacks label values")
            samples += [Sample(metric, labels, value) for labels, value in series.samples]
        taken, _, *rest = structs.astuple(self)
        reading = Reading(taken, tuple(samples), *rest)
        collector.check(reading)
        return reading


class SavedAccount(Struct, Generic[R], frozen=True, array_like=True):
    type: AccountType
    name: str
    host: str
    platform: Platform | None
    front: Platform
    jobs: dict[str, Known[R]]


class SavedDiscovery(Struct, frozen=True, array_like=True):
    """A credential's lists, watched accounts only."""

    credential: str
    host: str
    last_success: Time | None
    lists: dict[str, list[Seen]]


class State(Struct, frozen=True, array_like=True):
    written: Time
    accounts: list[SavedAccount[SavedReading]]
    discoveries: list[SavedDiscovery]


class Snapshot(NamedTuple):
    """The state at one time. It is cheap to take and compare: its readings are immutable."""

    accounts: list[SavedAccount[Reading]]
    discoveries: list[SavedDiscovery]

    @classmethod
    def of(cls, accounts: Iterable[Watched], discoveries: Iterable[Discovery]) -> "Snapshot":
        return cls(
            [
                SavedAccount(
                    each.account.type,
                    each.account.name,
                    each.host,
                    *each.standing,
                    {job.collector.name: job.known for job in each.jobs},
                )
                for each in accounts
            ],
            [
                SavedDiscovery(each.credential.name, each.host, each.last_success, each.known())
                for each in discoveries
            ],
        )

    def packed(self, now: datetime) -> bytes:
        """Encode it as a `State`, account by account, so that no thread waits long."""
        accounts = [Raw(msgpack.encode(_saved(account))) for account in self.accounts]
        return msgpack.encode((now, accounts, self.discoveries))


def _saved(account: SavedAccount[Reading]) -> SavedAccount[SavedReading]:
    jobs: dict[str, Known[SavedReading]] = {}
    for name, (available, last_success, *readings) in account.jobs.items():
        reading, before = (SavedReading.of(each) if each else None for each in readings)
        jobs[name] = Known(available, last_success, reading, before)
    return SavedAccount(
        account.type, account.name, account.host, account.platform, account.front, jobs
    )


class Restored(NamedTuple):
    """Numbers of readings: restored, and dropped because this version no longer emits them."""

    readings: int
    dropped: int


def restore(
    state: State, accounts: Iterable[Watched], discoveries: Iterable[Discovery], now: datetime
) -> Restored:
    """Restore the accounts that are still watched, each reading with its true age.

    Readings of another host or from the future are left out. ``accounts`` is iterated after the
    discoveries have added theirs.
    """
    lists = {(each.credential, each.host): each for each in state.discoveries}
    for discovery in discoveries:
        known = lists.get((discovery.credential.name, discovery.host))
        if known and not _is_ahead(known.last_success, now):
            discovery.resume(known.lists, known.last_success)
    former = {(account_key(each.type, each.name), each.host): each for each in state.accounts}
    readings = dropped = 0
    for watched in accounts:
        account = former.get((watched.account.key, watched.host))
        if account is None:
            continue
        watched.resume(Standing(account.platform, account.front))
        for job in watched.jobs:
            saved = account.jobs.get(job.collector.name)
            if saved is None or _is_ahead(saved.last_success, now):
                continue
            reading = before = None
            try:
                if saved.reading and not watched.stands_against(job):
                    reading = saved.reading.reading(job.collector)
                    before = saved.before.reading(job.collector) if saved.before else None
                    readings += 1
            except ValueError:
                dropped += 1
            job.known = Known(saved.available, saved.last_success, reading, before)
    return Restored(readings, dropped)


def _is_ahead(at: datetime | None, now: datetime) -> bool:
    return at is not None and (at.tzinfo is None or at > now + CLOCK_SLACK)

"""A day of many accounts while one request in twenty meets a fault: ``make soak``.

Every ten simulated minutes the samples of the accounts just polled are judged, and every hour the
whole parsed page. Then some bills, platforms and accounts change. Faults begin after half an hour,
when each account has been polled once, and stop two hours before the end. They include limits:
each stops a credential for one or two minutes, much less than an interval, so no poll may be
missed. There are no sockets: an unclosed answer counts as an open one.
"""

import argparse
import asyncio
import gc
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random, seed

import structlog

from exporter.metrics.page import JobFacts, Page
from exporter.polling.job import Job
from tests.support.faults import invariant
from tests.support.faults.faulty_wire import named
from tests.support.faults.invariant import Invariant
from tests.support.faults.kinds import KINDS, heal
from tests.support.faults.many_accounts import Crowd
from tests.support.faults.measures import (
    apart,
    is_own,
    open_files,
    parsed,
    resident_memory,
)
from tests.support.world import in_virtual_time

SHARE = 0.05
"""The share of requests that meet a fault."""

RECOVERY_HOURS = 2
"""Hours without faults at the end: the longest wait for a limit, and polls."""

WARM_UP = 4
"""Hours until the test's own record, which keeps three hours, is full."""

GROWTH = 1.05
_SEED = 6
_LIGHT = [kind for kind in KINDS if not kind.heavy]
_KEPT_SECONDS = 3 * 3600.0
_LOOK = timedelta(minutes=10)
_LATE = timedelta(minutes=10)
_INSTALLATIONS = "/app/installations"
_OTHER_MONTH = "9"


@dataclass(frozen=True)
class Hour:
    """Figures at the end of a simulated hour; counts are since the start.

    ``objects`` counts instances of the exporter's classes; ``memory`` is resident bytes.
    """

    seconds: float
    polls: int
    requests: int
    faults: int
    failures: Mapping[str, int]
    series: int
    memory: int
    objects: int
    tasks: int
    files: int

    def line(self, number: int) -> str:
        failed = " ".join(f"{why}={times}" for why, times in sorted(self.failures.items()))
        return (
            f"hour {number}: {self.seconds:.0f} s, {self.polls} polls, {self.requests} requests, "
            f"{self.faults} faults, {self.series} series, {self.memory / 1e6:.0f} MB, "
            f"{self.objects} objects, {self.tasks} tasks, {self.files} files; failed: {failed}"
        )


class Soak:
    """Runs a crowd. Every method raises ``AssertionError`` on a failed check."""

    def __init__(self, crowd: Crowd, random: Random, tell: Callable[[str], None]) -> None:
        self.crowd, self.random, self.tell = crowd, random, tell
        self.judge = Invariant(crowd)
        self.hours: list[Hour] = []
        self.faults: Counter[str] = Counter()
        self.moved = self.lost = 0
        self._requests = self._polls = 0
        self._attempts: dict[Job, datetime | None] = {}
        self._share = 0.0
        self._begun = time.monotonic()
        self._files = open_files()
        self._arranged = crowd.world.clock()
        crowd.wire.before = self._befall

    async def run(self, hours: int) -> None:
        tasks = len(asyncio.all_tasks())
        await self.crowd.opens()
        for number in range(1, hours + 1):
            await self._an_hour(faulty=number <= hours - RECOVERY_HOURS)
            self.hours.append(await self._rests())
            self.tell(self.hours[-1].line(number))
            if number < hours - RECOVERY_HOURS:
                self._change()
            elif number < hours:
                self._mend()
        ill = self.judge.is_ill(parsed(self.crowd.world.app.poller.page()))
        assert not ill, f"two hours after the last fault: {ill[:5]}"
        await self.crowd.closes()
        await asyncio.sleep(1)
        left = len(asyncio.all_tasks()) - tasks
        assert left == 0, f"{left} tasks left after the exporter closed"
        self._memory_is_flat()

    async def _an_hour(self, *, faulty: bool) -> None:
        end = self.crowd.world.clock() + timedelta(hours=1)
        while self.crowd.world.clock() < end:
            await self.crowd.world.passes_until(min(self.crowd.world.clock() + _LOOK, end))
            self._share = SHARE if faulty and self.crowd.passed > 1800 else 0.0
            self._look()

    def _befall(self, path: str, query: Mapping[str, str]) -> None:
        self._requests += 1
        self.crowd.wire.breaks.clear()
        if self.random.random() < self._share:
            kind = self.random.choice(_LIGHT)
            if (kind.name == "200-no-object" and path == _INSTALLATIONS) or (
                kind.name == "200-another-month" and query.get("month") == _OTHER_MONTH
            ):
                return  # these look like true answers here
            kind.at(path).befall(self.crowd.wire, named(path), times=1)
            self.faults[kind.name] += 1

    def _change(self) -> None:
        self._arranged = self.crowd.world.clock()
        self.crowd.an_hour_of_use(self.random)
        self.moved += self.crowd.some_move(self.random)
        self.lost += self.crowd.some_are_found_and_some_lost(self.random)

    def _mend(self) -> None:
        self._arranged = self.crowd.world.clock()
        heal(self.crowd.wire)
        self.crowd.all_are_found()
        self.crowd.all_are_on_the_usage_platform()

    def _look(self) -> None:
        poller = self.crowd.world.app.poller
        now = {job: job.last_attempt for watched in poller.accounts for job in watched.jobs}
        polled = [job for job, at in now.items() if at != self._attempts.get(job)]
        self._attempts = now
        self._polls += len(polled)
        names = {job.account.name for job in polled}
        whole = poller.page()
        of_them = [each for each in whole.accounts if each.account in names]
        part = Page(of_them, whole.build, whole.now)
        apart(lambda: self.judge.holds(parsed(part)))
        late = [
            f"{account.account}: {job.collector}"
            for account in whole.accounts
            for job in account.jobs
            if _is_late(job, whole.now)
        ]
        assert not late, f"not attempted for an interval and {_LATE}: {late[:5]}"

    async def _rests(self) -> Hour:
        world, wire = self.crowd.world, self.crowd.wire
        own = 3 + len(world.app.discoveries)  # this one, the poller and its parent, the discoveries
        for _ in range(600):
            await self.crowd.settles()
            if len(asyncio.all_tasks()) == own and wire.unread == 0:
                break
            await world.passes(seconds=1)
        else:
            left = len(asyncio.all_tasks()) - own
            raise AssertionError(f"{left} tasks and {wire.unread} answers are left")
        self._look()
        series = apart(self._judged_whole)
        self._prune()
        failures = self._counted("collector_failures", by="reason")
        missed = self._counted("polls_missed", by="collector")
        assert not missed, f"missed polls: {missed}"
        assert "internal" not in failures, "internal error"
        files = open_files()
        assert files == self._files, f"{files} open files, {self._files} at the start"
        gc.collect()
        return Hour(
            seconds=time.monotonic() - self._begun,
            polls=self._polls,
            requests=self._requests,
            faults=self.faults.total(),
            failures=failures,
            series=series,
            memory=resident_memory(),
            objects=sum(is_own(type(each)) for each in gc.get_objects()),
            tasks=len(asyncio.all_tasks()) - own,
            files=files,
        )

    def _judged_whole(self) -> int:
        page = parsed(self.crowd.world.app.poller.page())
        self.judge.holds(page)
        self._are_watched(page)
        return len(page)

    def _are_watched(self, page: invariant.Page) -> None:
        (at,) = (
            value
            for (name, _), value in page.items()
            if name == "github_billing_exporter_discovery_last_success_timestamp_seconds"
        )
        if at < self._arranged.timestamp():
            return  # the installations have changed since they were listed
        watched = {dict(of).get("account") for _, of in page} - {None}
        expected = self.crowd.accounts.keys() - self.crowd.lost.keys()
        assert watched == expected, f"wrongly polled or not polled: {watched ^ expected}"

    def _prune(self) -> None:
        # Drop answers too old for a page, or the test itself would grow.
        before = self.crowd.passed - _KEPT_SECONDS
        self.crowd.wire.forget(before)
        for book in self.crowd.books.values():
            book.forget(before)

    def _counted(self, name: str, by: str) -> dict[str, int]:
        found: Counter[str] = Counter()
        for family in self.crowd.world.app.telemetry.registry.collect():
            if family.name == f"github_billing_exporter_{name}":
                for sample in family.samples:
                    found[sample.labels[by]] += int(sample.value)
        return dict(+found)

    def _memory_is_flat(self) -> None:
        # Compare the last quarter with the first one after the warm-up.
        warm = self.hours[WARM_UP:]
        quarter = len(warm) // 4
        if quarter:
            for what in ("memory", "objects"):
                first, last = (
                    sum(getattr(each, what) for each in part)
                    for part in (warm[:quarter], warm[-quarter:])
                )
                assert last <= GROWTH * first, f"{what} grew to {last / first:.2f} times as much"


def _is_late(job: JobFacts, now: datetime) -> bool:
    waits = job.standing_by or job.known.available is False
    excused = job.failure in {"rate_limited", "unauthorized"}  # these wait longer
    if waits or excused or job.last_attempt is None:
        return False
    return now - job.last_attempt > job.interval + _LATE


def soaked(accounts: int, hours: int, tell: Callable[[str], None] = lambda _: None) -> Soak:
    """Run a soak; the seed is fixed, so all runs are the same."""
    done: list[Soak] = []
    seed(_SEED)  # for the exporter's jitter

    async def scenario() -> None:
        with tempfile.TemporaryDirectory() as folder:
            random = Random(_SEED)
            soak = Soak(Crowd(accounts, Path(folder) / "key.pem", random), random, tell)
            done.append(soak)
            await soak.run(hours)

    in_virtual_time(scenario)()
    return done[0]


def table(soak: Soak) -> str:
    """Return the figures of a soak as a Markdown table."""
    last = soak.hours[-1]
    warm = soak.hours[min(WARM_UP, len(soak.hours) - 1) :]
    rows = {
        "accounts": len(soak.crowd.accounts),
        "simulated hours": len(soak.hours),
        "real time, minutes": f"{last.seconds / 60:.1f}",
        "series": last.series,
        "polls": last.polls,
        "requests": last.requests,
        "faults met": last.faults,
        "kinds of faults met": len(soak.faults),
        "polls failed": sum(last.failures.values()),
        "polls missed": 0,
        "moves between platforms": soak.moved,
        "accounts lost and found": soak.lost,
        "tasks, answers and files left open": 0,
        f"memory after {len(soak.hours) - len(warm) + 1} hours, MB": f"{warm[0].memory / 1e6:.0f}",
        "memory at the peak since, MB": f"{max(each.memory for each in warm) / 1e6:.0f}",
        "memory at the end, MB": f"{last.memory / 1e6:.0f}",
        "objects of the exporter's after as many hours": warm[0].objects,
        "objects of the exporter's at the end": last.objects,
    }
    lines = (
        f"| {what} | {value:,} |" if isinstance(value, int) else f"| {what} | {value} |"
        for what, value in rows.items()
    )
    return "\n".join(("| | |", "|---|---|", *lines))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.faults.soak", description=__doc__
    )
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--hours", type=int, default=24)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        soak = soaked(
            arguments.accounts,
            arguments.hours,
            lambda line: print(line, file=sys.stderr, flush=True),
        )
    except AssertionError as broken:
        print(f"Broken: {broken}", file=sys.stderr)
        return 1
    print(table(soak))
    return 0


if __name__ == "__main__":
    sys.exit(main())

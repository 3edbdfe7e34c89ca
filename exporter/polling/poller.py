"""The poller, which attempts every job when it is due and keeps the page."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.collectors.collector import FromReport
from exporter.github.work import work
from exporter.metrics.page import CLOCK_SLACK, AccountFacts, Build, DiscoveryFacts, Page
from exporter.polling import schedule
from exporter.polling.attempt import attempted, attempted_together, derived
from exporter.polling.decider import Decider
from exporter.polling.first_polls import FirstPolls
from exporter.polling.job import Job
from exporter.polling.outcome import Outcome
from exporter.polling.refusals import Credentials, ask_after_recovery, ask_with_another_secret
from exporter.polling.taking import Observer, Taking
from exporter.polling.watched import Watched

_SHORTEST_REST = timedelta(seconds=0.1)
_LONGEST_REST = timedelta(seconds=30)
"""The clock may be set forward meanwhile, and nothing reports that."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_ALIVE_SECONDS = 60.0
log = structlog.get_logger()

_PLACES = {collector.name: place for place, collector in enumerate(ALL)}


class Poller:
    """Polls the accounts on their intervals; one job's failure touches no other."""

    def __init__(
        self,
        accounts: Iterable[Watched],
        *,
        build: Build,
        observer: Observer,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.accounts = list(accounts)
        self._first_polls = FirstPolls(self.accounts, clock)
        self._polls: dict[Watched, set[asyncio.Task[None]]] = {}
        self._discoveries: dict[str, DiscoveryFacts] = {}
        self._build = build
        self._observer = observer
        self._taking = Taking(observer, clock)
        self._decider = Decider(self._taking, clock, self._changed)
        self._clock = clock
        self._monotonic = monotonic
        self._turned = monotonic()
        self._looked = self._next = clock()
        self._woken = asyncio.Event()
        self._page: Page | None = None
        self._credentials = Credentials()
        self._enterprises: dict[str, tuple[str, ...]] = {}
        self._facts: dict[Watched, AccountFacts] = {}
        self._tell_enterprises(self.accounts)
        self._expect(self.accounts)

    async def run(self) -> None:
        """Poll until cancelled."""
        self.wake()
        async with asyncio.TaskGroup() as tasks:
            while True:
                now, self._turned = self._clock(), self._monotonic()
                self._notice_clock(now)
                if self._woken.is_set():
                    self._woken.clear()
                    self._credentials.notice(self.accounts, now)
                begin, following = self._due(now)
                for watched, job in begin:
                    job.running = True
                    task = tasks.create_task(self._poll(watched, job))
                    polls = self._polls.setdefault(watched, set())
                    polls.add(task)
                    task.add_done_callback(polls.discard)
                await self._rest(now, following)

    def wake(self) -> None:
        """Look now for jobs that are due and for changed credentials."""
        self._woken.set()

    async def once(self) -> None:
        """Attempt every job once; those that would have to wait for a limit fail."""
        began = self._clock()
        begun: list[Job] = []
        while heads := [(w, j) for w in self.accounts for j in w.heads() if j not in begun]:
            begun += [job for _, job in heads]
            async with asyncio.TaskGroup() as tasks:
                for watched, job in _in_order(heads):
                    tasks.create_task(self._poll(watched, job, may_postpone=False))
            # A decision for a platform attempts some that head nothing before it.
            begun += [j for j in self._jobs() if j.last_attempt and j.last_attempt >= began]

    def add(self, watched: Watched) -> None:
        """Poll one more account; readiness does not wait for it."""
        self.accounts.append(watched)
        self._first_polls.add(watched)
        self._expect([watched])
        self._tell_enterprises([watched])
        self._page = None
        self.wake()

    def remove(self, watched: Watched) -> None:
        """Remove an account, its attempts under way and its part of the page."""
        self.accounts.remove(watched)
        self._first_polls.remove(watched)
        self._tell_enterprises([watched])
        self._end(watched)

    def update(self, accounts: Iterable[Watched], discovering: Collection[str]) -> None:
        """Watch these accounts instead, discovered by the credentials ``discovering``.

        An account that is arranged as before goes on with its polls under way. The polls of another
        are cancelled; its readings, failures and schedule are taken over.
        """
        now, former = self._clock(), {_place(each): each for each in self.accounts}
        successors: dict[Watched, Watched] = {}
        found: list[Watched] = []
        for fresh in accounts:
            before = former.get(_place(fresh))
            if before is not None:
                successors[before] = fresh.succeed(before, now)
            found.append(successors[before] if before else fresh)
        ended = [each for each in self.accounts if successors.get(each) is not each]
        self.accounts = found
        self._first_polls.replace(successors, found)
        self._discoveries = {n: each for n, each in self._discoveries.items() if n in discovering}
        for watched in ended:
            self._end(watched)
        self._expect(found)
        self._tell_enterprises([*ended, *found])
        self._all_changed()
        self.wake()

    def _end(self, watched: Watched) -> None:
        for task in self._polls.pop(watched, set()):
            task.cancel()
        self._changed(watched)

    def _expect(self, accounts: Iterable[Watched]) -> None:
        names = (job.collector.name for watched in accounts for job in watched.jobs)
        self._observer.expect(dict.fromkeys(names))

    def _tell_enterprises(self, changed: Sequence[Watched]) -> None:
        """Tell the accounts which enterprises are watched beside them, after some have changed."""
        if any(each.account.type is AccountType.ENTERPRISE for each in changed):
            found: dict[str, list[str]] = {}
            for each in self.accounts:
                if each.account.type is AccountType.ENTERPRISE:
                    found.setdefault(each.host, []).append(each.account.name)
            self._enterprises = {host: tuple(names) for host, names in found.items()}
            changed = self.accounts
            self._all_changed()
        for each in changed:
            each.beside(self._enterprises.get(each.host, ()))

    def discovered(self, facts: DiscoveryFacts) -> None:
        """Show the result of a discovery."""
        self._discoveries[facts.credential] = facts
        self._all_changed()

    def page(self) -> Page:
        """Return the current page, built anew after a poll and at an expiry."""
        now = self._clock()
        self._notice_clock(now)
        page = self._page
        expired = page is not None and page.valid_until is not None and page.valid_until <= now
        if page is None or expired or now < page.now:
            facts = [self._facts_of(watched, now) for watched in self.accounts]
            page = self._page = Page(facts, self._build, now, self._discoveries.values())
        return page

    def _facts_of(self, watched: Watched, now: datetime) -> AccountFacts:
        facts = self._facts.get(watched)
        if facts is None or (facts.valid_until is not None and facts.valid_until <= now):
            if watched.derived and watched.derive_at <= now:
                self._derive_again(watched, now)
            facts = self._facts[watched] = watched.facts(now)
        return facts

    def _changed(self, watched: Watched) -> None:
        self._facts.pop(watched, None)
        self._page = None

    def _all_changed(self) -> None:
        self._facts.clear()
        self._page = None

    @property
    def alive(self) -> bool:
        """Whether the scheduler has turned lately."""
        return self._monotonic() - self._turned <= _ALIVE_SECONDS

    @property
    def ready(self) -> bool:
        """Whether each job was attempted or skipped once, or an interval has passed; it latches."""
        return self._first_polls.ready

    def _jobs(self) -> list[Job]:
        return [job for watched in self.accounts for job in watched.jobs]

    def _notice_clock(self, now: datetime) -> None:
        """Make jobs due if the clock was set back; if far, drop readings of an unknown age.

        A scrape that notices a clock that was set, back or forward, wakes the scheduler.
        """
        if now < self._looked:
            far = self._looked - now > CLOCK_SLACK
            for job in self._jobs():
                if far or job.due - now > job.wait:
                    job.due = now
                if far:
                    job.known = job.known._replace(reading=None)
            self._all_changed()
        if not self._looked <= now <= self._next:
            self.wake()
        self._looked = now

    def _due(self, now: datetime) -> tuple[list[tuple[Watched, Job]], datetime]:
        """Return the jobs to begin now, and when to look for the next ones."""
        begin, following = [], now + _LONGEST_REST
        # Thousands of jobs in each turn: the cheapest question comes first.
        for watched in self.accounts:
            for job in watched.jobs:
                begins = job.due if job.due > now else self._begins(watched, job, now)
                if begins <= now:
                    begin.append((watched, job))
                elif begins < following:
                    following = begins
        return _in_order(begin), following

    def _begins(self, watched: Watched, job: Job, now: datetime) -> datetime:
        """Return when a job that is due may begin, and count the polls that it has missed."""
        if not watched.asks_by_itself(job):
            return _NEVER
        if missed := schedule.newly_missed(job, now):
            self._observer.missed(job.collector.name, missed)
        return _NEVER if job.running else job.client.pacing.begins(_priority(job), now)

    async def _rest(self, now: datetime, following: datetime) -> None:
        """Sleep until the next job may begin, or until `wake`."""
        self._next = max(following, now + _SHORTEST_REST)
        with suppress(TimeoutError):
            async with asyncio.timeout((self._next - now).total_seconds()):
                await self._woken.wait()
        # However often `wake` is called.
        rested = self._monotonic() - self._turned
        await asyncio.sleep(_SHORTEST_REST.total_seconds() - rested)

    async def _poll(self, watched: Watched, job: Job, *, may_postpone: bool = True) -> None:
        credential, refused = job.client.credential, watched.refused(job)
        before = version, _ = credential.version, credential.renewed
        try:
            priority = _priority(job) if may_postpone else 0.0
            jobs = watched.read_together(job)
            if isinstance(job.collector.collect, FromReport):
                outcomes = await attempted_together(jobs, self._clock, priority=priority)
            else:
                outcomes = [await attempted(job, self._clock, priority=priority)]
            if may_postpone and all(each.unattempted for each in outcomes):
                return
            if watched.decides and job.collector.decides:
                await self._decider.decide(watched, job, *outcomes, may_postpone=may_postpone)
            else:
                self._taking.take_together(watched, jobs, outcomes)
            await self._derive(watched)
            now = self._clock()
            if credential.version != version:
                ask_with_another_secret(watched, job, now)
            if any(each.answered for each in refused - watched.refused(job)):
                ask_after_recovery(watched, job, now)
                self.wake()
        finally:
            job.running = False
            self._changed(watched)
            if may_postpone:
                self._first_polls.look(self.accounts)
            if job.due < self._next or before != (credential.version, credential.renewed):
                self.wake()

    async def _derive(self, watched: Watched) -> None:
        for job in watched.derived:
            now = self._clock()
            readings, until = watched.readings(now)
            outcome = await work(derived, job, readings, now)
            self._take_derived(watched, job, outcome, until)

    def _derive_again(self, watched: Watched, now: datetime) -> None:
        """Derive at the start and once a reading has expired, for a page that is valid now."""
        readings, until = watched.readings(now)
        for job in watched.derived:
            self._take_derived(watched, job, derived(job, readings, now), until)

    def _take_derived(
        self, watched: Watched, job: Job, outcome: Outcome, until: datetime | None
    ) -> None:
        self._taking.take(job, outcome)
        job.due = min((each.due for each in watched.heads()), default=job.due)
        watched.derive_at = until or _NEVER


def _place(watched: Watched) -> tuple[AccountType, str, str]:
    return *watched.account.key, watched.host


def _in_order(heads: Iterable[tuple[Watched, Job]]) -> list[tuple[Watched, Job]]:
    return sorted(heads, key=lambda head: _priority(head[1]))


def _priority(job: Job) -> float:
    """Return the place of a job between 0, the most valuable, and 1.

    The bill's own collectors are at 0, all others at 0.5 or more: half of a credential's
    requests are the bill's, however many accounts share them.
    """
    if job.collector.required:
        return 0.0
    return (1 + _PLACES.get(job.collector.name, len(ALL)) / len(ALL)) / 2

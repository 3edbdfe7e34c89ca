"""The poller: attempts every job when it is due, applies the platform rule, keeps the page."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from exporter.accounts import Account, Platform
from exporter.collectors import ALL
from exporter.github.api import attempt
from exporter.github.errors import Barred, Closed, GitHubError, NotFound, NotOffered, Unreachable
from exporter.github.work import aside
from exporter.metrics.page import CLOCK_SLACK, AccountFacts, Build, DiscoveryFacts, Page
from exporter.polling.job import Failure, Job, Outcome
from exporter.polling.refusals import Credentials, ask_after_recovery, ask_with_another_secret
from exporter.polling.watched import Watched

_TURN_SECONDS = 5.0
_SHORTEST_TURN_SECONDS = 0.1
_ALIVE_SECONDS = 60.0
_PRIORITY = {collector.name: place for place, collector in enumerate(ALL)}

log = structlog.get_logger()


class Observer(Protocol):
    """Who counts what the poller did."""

    def failed(self, collector: str, reason: str) -> None: ...
    def missed(self, collector: str, polls: int) -> None: ...


class Poller:
    """Polls the accounts on their intervals. One job's failure touches no other.

    ``clock`` gives the time in UTC, ``monotonic`` seconds that nobody sets.
    """

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
        self._known_at_start = tuple(self.accounts)
        self._polls: dict[Watched, set[asyncio.Task[None]]] = {}
        self._discoveries: dict[str, DiscoveryFacts] = {}
        self._build = build
        self._observer = observer
        self._clock = clock
        self._monotonic = monotonic
        self._turned = monotonic()
        self._started = self._looked = self._next = clock()
        self._early = asyncio.Event()
        self._ready = False
        self._page: Page | None = None
        self._credentials = Credentials()
        self._facts: dict[Watched, tuple[AccountFacts, datetime | None]] = {}

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                now, self._turned = self._clock(), self._monotonic()
                self._notice_clock(now)
                self._credentials.notice(self.accounts, now)
                for watched, job in self._due(now):
                    job.running = True
                    task = tasks.create_task(self._poll(watched, job))
                    polls = self._polls.setdefault(watched, set())
                    polls.add(task)
                    task.add_done_callback(polls.discard)
                await self._rest(now)

    async def once(self) -> None:
        """Attempt every job once; what would have to wait for a limit fails."""
        began = self._clock()
        attempted: list[Job] = []
        while heads := [head for head in self._heads() if head[1] not in attempted]:
            attempted += [job for _, job in heads]
            async with asyncio.TaskGroup() as tasks:
                for watched, job in self._in_order(heads):
                    tasks.create_task(self._poll(watched, job, may_postpone=False))
            # Some are attempted with the decision for a platform, and head nothing before it.
            attempted += [j for j in self._jobs() if j.last_attempt and j.last_attempt >= began]

    def add(self, watched: Watched) -> None:
        """Poll one more, soon; readiness does not wait for it."""
        self.accounts.append(watched)
        self._page = None

    def remove(self, watched: Watched) -> None:
        """Let an account go, with its attempts under way and all that is shown of it."""
        self.accounts.remove(watched)
        for task in self._polls.pop(watched, set()):
            task.cancel()
        self._changed(watched)

    def discovered(self, facts: DiscoveryFacts) -> None:
        """Take what a discovery came to, to be shown."""
        self._discoveries[facts.credential] = facts
        self._all_changed()

    def page(self) -> Page:
        """Give the page as it holds now: built anew after a poll and at an expiry."""
        now = self._clock()
        self._notice_clock(now)
        page = self._page
        expired = page is not None and page.valid_until is not None and page.valid_until <= now
        if page is None or expired or now < page.now:
            facts = [self._facts_of(watched, now) for watched in self.accounts]
            discoveries = self._discoveries.values()
            page = self._page = Page(facts, self._build, now, discoveries)
        return page

    def _facts_of(self, watched: Watched, now: datetime) -> AccountFacts:
        """Return what is shown of an account; of most nothing changes from page to page."""
        facts, valid_until = self._facts.get(watched, (None, None))
        if facts is None or (valid_until is not None and valid_until <= now):
            facts = watched.facts(now)
            self._facts[watched] = facts, facts.valid_until(now)
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
        if not self._ready:
            now = self._clock()
            jobs = [(watched, job) for watched in self._known_at_start for job in watched.jobs]
            intervals = (job.settings_at(now).interval for _, job in jobs)
            self._ready = now - self._started >= min(intervals, default=timedelta(0)) or all(
                job.last_attempt is not None or (watched.stands_by(job) and self._decided(watched))
                for watched, job in jobs
            )
        return self._ready

    def _decided(self, watched: Watched) -> bool:
        return all(job.last_attempt for job in watched.jobs if job.collector.decides)

    def _jobs(self) -> list[Job]:
        return [job for watched in self.accounts for job in watched.jobs]

    def _heads(self) -> list[tuple[Watched, Job]]:
        return [(watched, job) for watched in self.accounts for job in watched.heads()]

    def _in_order(self, heads: Iterable[tuple[Watched, Job]]) -> list[tuple[Watched, Job]]:
        return sorted(heads, key=lambda head: _rank(head[1]))

    def _notice_clock(self, now: datetime) -> None:
        """Let all be due where the clock was set back, and go what is of an unknown age then."""
        if now < self._looked:
            far = self._looked - now > CLOCK_SLACK
            for job in self._jobs():
                if far or job.due - now > job.wait:
                    job.due = now
                if far:
                    job.reading = None
            self._all_changed()
        self._looked = now

    def _due(self, now: datetime) -> list[tuple[Watched, Job]]:
        """Give those to begin now, and count what was due and has not begun for too long."""
        due = []
        # Every turn looks at every job, thousands of them: the cheapest question comes first.
        for watched, job in [(w, job) for w in self.accounts for job in w.jobs if job.due <= now]:
            if not watched.asks_by_itself(job):
                continue
            if missed := job.notice_missed(now):
                self._observer.missed(job.collector.name, missed)
            if not job.running and self._may_begin(job):
                due.append((watched, job))
        return self._in_order(due)

    def _may_begin(self, job: Job) -> bool:
        pacing = job.client.pacing
        return pacing.blocked_until is None and pacing.affords(_rank(job))

    async def _rest(self, now: datetime) -> None:
        """Wait for the next turn, or less where a poll ends meanwhile and is due before it."""
        self._early.clear()
        pause = self._pause(now)
        self._next = now + timedelta(seconds=pause)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):  # wait_for would take a task of its own
                await self._early.wait()

    def _pause(self, now: datetime) -> float:
        """Give the seconds to the next turn; what is due by now has begun, or a limit holds it."""
        turn = now + timedelta(seconds=_TURN_SECONDS)
        first = min((job.due for job in self._jobs() if job.due > now), default=turn)
        return max(_SHORTEST_TURN_SECONDS, (min(first, turn) - now).total_seconds())

    async def _poll(self, watched: Watched, job: Job, *, may_postpone: bool = True) -> None:
        version, refused = job.client.credential.version, watched.refused(job, self._clock())
        try:
            outcome = await self._attempt(job, rank=_rank(job) if may_postpone else 0.0)
            if outcome.unattempted and may_postpone:
                return
            if watched.decides and job.collector.decides:
                await self._decide(watched, job, outcome, may_postpone=may_postpone)
            elif not watched.stands_by(job):  # the platform may have changed meanwhile
                self._take_alone(watched, job, outcome)
            now = self._clock()
            if job.client.credential.version != version:
                ask_with_another_secret(watched, job, now)
            if any(each.answered for each in refused - watched.refused(job, now)):
                ask_after_recovery(watched, job, now)
        finally:
            job.running = False
            self._changed(watched)
            if self._clock() < job.due < self._next:
                self._early.set()

    async def _attempt(self, job: Job, *, rank: float = 0.0) -> Outcome:
        now = self._clock()
        timeout = job.settings_at(now).timeout.total_seconds()
        reading, failed, github = None, None, None
        try:
            doubtful = job.failure is not None and job.failure.reason == Unreachable.reason
            async with attempt(
                job.client, job.answers, timeout, doubtful=doubtful, rank=rank
            ) as github:
                job.begun = True
                now = self._clock()
                reading = await aside(job.read, github, now)
        except GitHubError as error:
            reading, failed = None, error
        except Exception:
            # The one place where a fault of our own ends: it is told once, and others live on.
            reading = None
            log.exception("internal fault", **_names(job))
        finally:
            job.begun = False
        # A clock that is set back meanwhile makes no time negative, and no reading young.
        duration = self._clock() - now
        if reading is not None and duration < -CLOCK_SLACK:
            reading, failed = None, Unreachable(detail="the clock was set back meanwhile")
        requests = github.requests if github else 0
        return Outcome(now, max(duration, timedelta(0)), reading, failed, requests)

    async def _attempts(self, jobs: Iterable[Job]) -> list[tuple[Job, Outcome]]:
        async with asyncio.TaskGroup() as tasks:
            attempts = [(job, tasks.create_task(self._attempt(job))) for job in jobs]
        return [(job, task.result()) for job, task in attempts]

    async def _decide(
        self, watched: Watched, usage: Job, outcome: Outcome, *, may_postpone: bool
    ) -> None:
        """Find out the platform: usage first, legacy where usage is not offered.

        Whatever follows from the answers is assigned without a wait in between, so that no page
        shows half of it.
        """
        legacy = watched.of_side(Platform.LEGACY)
        if outcome.reading is not None:
            await self._stand_on_usage(watched, usage, outcome, may_postpone=may_postpone)
        elif isinstance(outcome.error, NotOffered):
            outcomes = await self._attempts(legacy)
            if may_postpone:
                asked = [(job, other) for job, other in outcomes if not other.unattempted]
                if len(asked) < len(outcomes) and not any(other.reading for _, other in asked):
                    return  # half an answer decides nothing: all are asked again after the limit
                outcomes = asked
            self._decide_by_legacy(watched, usage, outcome, outcomes)
            all_asked = [(usage, outcome), *outcomes]
            failed = (o for job, o in all_asked if job.failing)
            self._schedule_group(usage, legacy, next(failed, None))
        elif watched.front is Platform.USAGE:
            self._take(usage, outcome)
            self._schedule_group(usage, legacy, outcome)
        else:
            usage.record(outcome, None, offered=False)
            for job in legacy:
                if job.available is not False:
                    self._take(job, outcome)
            self._schedule_group(usage, legacy, outcome)

    async def _stand_on_usage(
        self, watched: Watched, usage: Job, outcome: Outcome, *, may_postpone: bool
    ) -> None:
        stood_by = [job for job in watched.of_side(Platform.USAGE) if watched.stands_by(job)]
        # On the day of the move the old quotas must not go before the new ones are there.
        moves = watched.platform is Platform.LEGACY
        others = await self._attempts(stood_by) if moves else []
        self._switch(watched, Platform.USAGE)
        self._take(usage, outcome)
        self._schedule_group(usage, watched.of_side(Platform.LEGACY), None)
        if not moves:
            self._changed(watched)
            others = await self._attempts(stood_by)
        for job, other in others:
            if other.unattempted and may_postpone:
                job.schedule(self._clock(), timedelta(0))
            elif not watched.stands_by(job):
                self._take_alone(watched, job, other)

    def _decide_by_legacy(
        self, watched: Watched, usage: Job, outcome: Outcome, outcomes: list[tuple[Job, Outcome]]
    ) -> None:
        refused = [job for job, o in outcomes if isinstance(o.error, NotOffered | Closed)]
        answered = any(o.reading for _, o in outcomes)
        if answered or (len(refused) < len(outcomes) and watched.platform is not Platform.USAGE):
            if answered:
                self._switch(watched, Platform.LEGACY)
            watched.front = Platform.LEGACY
            usage.record(outcome, None, offered=False)
            # Where the account is on legacy its endpoints are required, unless GitHub closed them.
            spared = (Closed,) if watched.platform is Platform.LEGACY else (NotOffered, Closed)
            for job, legacy_outcome in outcomes:
                self._take(
                    job, legacy_outcome, offered=not isinstance(legacy_outcome.error, spared)
                )
        else:
            watched.front = Platform.USAGE
            if watched.platform is Platform.LEGACY:
                watched.platform = None
            closed = bool(outcomes) and all(isinstance(o.error, Closed) for _, o in outcomes)
            usage.seems_owned = closed and isinstance(outcome.error, NotFound)
            self._take(usage, outcome)
            for job, legacy_outcome in outcomes:
                if job in refused:
                    self._take(job, legacy_outcome, offered=False)

    def _switch(self, watched: Watched, platform: Platform) -> None:
        if watched.platform is not platform:
            log.info("platform", **_identity(watched.account), platform=platform.value)
        watched.switch(platform)

    def _schedule_group(self, usage: Job, legacy: list[Job], failed: Outcome | None) -> None:
        now = self._clock()
        error = failed.error if failed else None
        usage.schedule(now, usage.next_wait(now, error, failed=failed is not None))
        for job in legacy:
            job.missed, job.wait, job.due = 0, usage.wait, usage.due

    def _take_alone(self, watched: Watched, job: Job, outcome: Outcome) -> None:
        now = self._clock()
        error = outcome.error
        wanted = job.settings_at(now).required or job.succeeded_ever
        refused = isinstance(error, NotOffered | Closed) and not wanted
        moved = isinstance(error, Closed) and job.collector.platform is Platform.LEGACY
        not_offered = refused or (moved and job.account.platform is None)
        self._take(job, outcome, offered=not not_offered)
        if not_offered:
            wait = job.next_wait_not_offered()
        else:
            wait = job.next_wait(now, error, failed=outcome.reading is None)
        if isinstance(error, Barred):
            wait = min(wait, watched.bill_interval(now))
        if job.is_refused and watched.recovered is not None and outcome.at < watched.recovered:
            wait = timedelta(0)  # it was asked before the cause was gone
        job.schedule(now, wait)

    def _take(self, job: Job, outcome: Outcome, *, offered: bool = True) -> None:
        reading = outcome.reading
        if reading is not None:
            if reading.notes and (job.reading is None or job.reading.notes != reading.notes):
                log.info("reading leaves out", **_names(job), detail=" ".join(reading.notes))
            job.record(outcome, None)
            return
        failure = Failure.of(outcome.error, job)
        words = {"reason": failure.reason, "detail": failure.detail, "hint": job.hint(failure)}
        if offered:
            self._observer.failed(job.collector.name, failure.reason)
            log.warning("collector failed", **_names(job), **words)
        elif job.available is not False:
            log.info("collector not offered", **_names(job), **words)
        job.record(outcome, failure, offered=offered)


def _rank(job: Job) -> float:
    """Place a job between 0, the most valuable, and 1.

    The bill's own collectors are at 0 and all others beyond the middle: half of the requests
    that a credential has are the bill's, however many accounts share them.
    """
    if job.collector.required:
        return 0.0
    return (1 + _PRIORITY.get(job.collector.name, len(ALL)) / len(ALL)) / 2


def _identity(account: Account) -> dict[str, str]:
    return {"account_type": account.type.value, "account": account.name}


def _names(job: Job) -> dict[str, str]:
    return {**_identity(job.account), "collector": job.collector.name}

"""Polls the collectors that the platform rule needs, and applies its verdict."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from exporter.accounts import Platform
from exporter.github.auth import Family
from exporter.github.errors import Closed, Forbidden, GitHubError, NotFound
from exporter.polling import schedule
from exporter.polling.attempt import attempted
from exporter.polling.job import Job
from exporter.polling.outcome import Outcome
from exporter.polling.platform import Said, Taken, Verdict, verdict
from exporter.polling.taking import Taking
from exporter.polling.watched import Watched

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides the platforms of accounts. ``changed`` is called if an account's page changes."""

    taking: Taking
    clock: Callable[[], datetime]
    changed: Callable[[Watched], None]

    async def decide(
        self, watched: Watched, usage: Job, outcome: Outcome, *, may_postpone: bool
    ) -> None:
        """Take the outcomes of ``usage`` and of the jobs that it leads."""
        said = outcome.said(may_postpone=may_postpone)
        if said is Said.ANSWERED:
            await self._stand_on_usage(watched, usage, outcome, may_postpone=may_postpone)
            return
        legacy = watched.of_side(Platform.LEGACY) if said is Said.REFUSED else ()
        asked = await self._attempts(legacy)
        answers = [other.said(may_postpone=may_postpone) for _, other in asked]
        found = verdict(watched.standing, said, answers)
        if found is not None:  # else all are polled again after the limit
            # No await from here on: a page must not show half a verdict.
            self._apply(watched, found, usage, outcome, asked)

    def _apply(
        self,
        watched: Watched,
        found: Verdict,
        usage: Job,
        outcome: Outcome,
        asked: Sequence[tuple[Job, Outcome]],
    ) -> None:
        legacy = watched.of_side(Platform.LEGACY)
        if found.answered:
            self._switch(watched, Platform.LEGACY)
        watched.standing = found.standing
        counted: list[GitHubError | None] = []
        if found.usage is Taken.PASSED_OVER:
            usage.record(outcome, None, offered=False)
        else:
            if asked:
                # The legacy endpoints refuse every App.
                app = usage.client.credential.family is Family.APP
                closed = (Closed, Forbidden) if app else Closed
                moved = all(isinstance(each.error, closed) for _, each in asked)
                usage.seems_owned = moved and isinstance(outcome.error, NotFound)
            self.taking.take(usage, outcome)
            counted.append(outcome.error)
        for (job, other), taken in zip(asked, found.legacy, strict=True):
            if taken is not Taken.LEFT:
                self.taking.take(job, other, offered=taken is Taken.COUNTED)
            if taken is Taken.COUNTED:
                counted.append(other.error)
        if found.shares_failure:
            counted.append(outcome.error)
            for job in legacy:
                if job.known.available is not False:
                    self.taking.take(job, outcome)
        self.taking.put_group(usage, legacy, next(filter(None, counted), None))

    async def _stand_on_usage(
        self, watched: Watched, usage: Job, outcome: Outcome, *, may_postpone: bool
    ) -> None:
        stood_by = [job for job in watched.of_side(Platform.USAGE) if watched.stands_by(job)]
        # When the account moves, keep the old quotas until the new ones are read.
        moves = watched.standing.platform is Platform.LEGACY
        with _running(stood_by):
            others = await self._attempts(stood_by) if moves else []
            self._switch(watched, Platform.USAGE)
            self.taking.take(usage, outcome)
            self.taking.put_group(usage, watched.of_side(Platform.LEGACY), None)
            if not moves:
                self.changed(watched)
                others = await self._attempts(stood_by)
            for job, other in others:
                if other.unattempted and may_postpone:
                    schedule.put(job, self.clock(), timedelta(0))
                elif not watched.stands_by(job):
                    self.taking.take_alone(watched, job, other)

    async def _attempts(self, jobs: Iterable[Job]) -> list[tuple[Job, Outcome]]:
        async with asyncio.TaskGroup() as tasks:
            attempts = [(job, tasks.create_task(attempted(job, self.clock))) for job in jobs]
        return [(job, task.result()) for job, task in attempts]

    def _switch(self, watched: Watched, platform: Platform) -> None:
        if watched.standing.platform is not platform:
            log.info("platform detected", **watched.account.names, platform=platform.value)
        # Even if unchanged: refused jobs of the other platform stand by again.
        watched.switch(platform)


@contextmanager
def _running(jobs: Sequence[Job]) -> Iterator[None]:
    """Keep the scheduler from beginning jobs that no longer stand by."""
    for job in jobs:
        job.running = True
    try:
        yield
    finally:
        for job in jobs:
            job.running = False

"""Outcomes taken: recorded in their jobs, counted, logged, and the next attempt put."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from exporter.accounts import Platform
from exporter.github.errors import Barred, Closed, NotOffered
from exporter.polling import schedule
from exporter.polling.job import Job
from exporter.polling.outcome import Failure, Outcome
from exporter.polling.watched import Watched

log = structlog.get_logger()


class Observer(Protocol):
    """Counts failures and missed polls."""

    def failed(self, collector: str, reason: str) -> None: ...
    def missed(self, collector: str, polls: int) -> None: ...


class Taking:
    """Takes outcomes. ``clock`` returns the time in UTC."""

    def __init__(self, observer: Observer, clock: Callable[[], datetime]) -> None:
        self._observer = observer
        self._clock = clock

    def take(self, job: Job, outcome: Outcome, *, offered: bool = True) -> None:
        """Record an outcome, but for when the job is due again."""
        reading = outcome.reading
        if reading is not None:
            before = job.known.reading
            if reading.notes and (before is None or before.notes != reading.notes):
                log.info("reading leaves out", **job.names, detail=" ".join(reading.notes))
            job.record(outcome, None)
        elif outcome.error is not None:
            failure = Failure.of(outcome.error, job.account, job.collector)
            words = {
                "reason": failure.reason,
                "detail": failure.detail,
                "hint": job.hint(failure),
            }
            if offered:
                self._observer.failed(job.collector.name, failure.reason)
                log.warning("collector failed", **job.names, **words)
            elif job.known.available is not False:
                log.info("collector not offered", **job.names, **words)
            job.record(outcome, failure, offered=offered)

    def take_alone(self, watched: Watched, job: Job, outcome: Outcome) -> None:
        """Take the outcome of a job that is attempted by itself."""
        now, error = self._clock(), outcome.error
        wanted = job.settings.required or job.succeeded_ever
        refused = isinstance(error, NotOffered | Closed) and not wanted
        moved = isinstance(error, Closed) and job.collector.platform is Platform.LEGACY
        not_offered = refused or (moved and job.account.platform is None)
        self.take(job, outcome, offered=not not_offered)
        wait = (
            schedule.wait_not_offered(job)
            if not_offered
            else schedule.wait_after(job, outcome, now)
        )
        if isinstance(error, Barred):
            wait = min(wait, watched.bill_interval)
        if job.is_refused and watched.recovered is not None and outcome.at < watched.recovered:
            wait = timedelta(0)  # it was asked before the cause was gone
        schedule.put(job, now, wait)

    def put_group(self, usage: Job, legacy: Sequence[Job], failed: Outcome | None) -> None:
        """Make ``usage`` and the legacy jobs, which it leads, due together."""
        now = self._clock()
        schedule.put(usage, now, schedule.wait_after(usage, failed, now))
        for job in legacy:
            job.missed, job.wait, job.due = 0, usage.wait, usage.due

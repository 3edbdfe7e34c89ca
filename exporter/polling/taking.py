"""Records outcomes in their jobs, counts and logs them, and schedules the next attempts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from exporter.accounts import Platform
from exporter.github.errors import Barred, Closed, GitHubError, NotOffered
from exporter.polling import schedule
from exporter.polling.job import Job
from exporter.polling.outcome import Failure, Outcome
from exporter.polling.watched import Watched

log = structlog.get_logger()


class Observer(Protocol):
    """Counts failures and missed polls of the collectors to ``expect``."""

    def expect(self, collectors: Iterable[str]) -> None: ...
    def failed(self, collector: str, reason: str) -> None: ...
    def missed(self, collector: str, polls: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Taking:
    """Records outcomes. ``clock`` returns the time in UTC."""

    observer: Observer
    clock: Callable[[], datetime]

    def take(self, job: Job, outcome: Outcome, *, offered: bool = True) -> None:
        """Record an outcome, without scheduling the job."""
        reading, error = outcome.reading, outcome.error
        if reading is not None:
            before = job.known.reading
            if reading.notes and (before is None or before.notes != reading.notes):
                log.info("reading incomplete", **job.names, detail=" ".join(reading.notes))
            if reading.series_limit_advised and not (before and before.series_limit_advised):
                _warn_of_limit(job, reading.series_limit_advised)
            if job.failure is not None:
                worked = job.known.last_success is not None
                log.info("collector works again" if worked else "collector works", **job.names)
            job.record(outcome, None)
        elif error is not None:
            detail = str(error).replace("{account}", job.account.name)
            hint = error.hint_for(job.permission)
            failure = Failure(
                error.reason,
                detail,
                hint,
                error.cause.replace("{account}", job.account.name),
                error.endpoint,
                error.request_id,
            )
            words = {"reason": error.reason, "detail": detail, "hint": job.hint(failure)}
            if offered:
                self.observer.failed(job.collector.name, failure.reason)
                log.warning("collector failed", **job.names, **words)
            elif job.known.available is not False:
                log.info("collector not offered", **job.names, **words)
            job.record(outcome, failure, offered=offered)

    def take_alone(self, watched: Watched, job: Job, outcome: Outcome) -> None:
        """Record the outcome of a job that is attempted by itself, and schedule it."""
        now, error = self.clock(), outcome.error
        wanted = job.settings.required or job.known.last_success is not None
        refused = isinstance(error, NotOffered | Closed) and not wanted
        moved = isinstance(error, Closed) and job.collector.platform is Platform.LEGACY
        offered = not (refused or (moved and job.account.platform is None))
        self.take(job, outcome, offered=offered)
        wait = schedule.wait_after(job, error, now) if offered else schedule.wait_not_offered(job)
        if isinstance(error, Barred):
            wait = min(wait, watched.bill_interval)
        if job.is_refused and watched.recovered is not None and outcome.at < watched.recovered:
            wait = timedelta(0)  # it began before the recovery
        schedule.put(job, now, wait)

    def take_together(
        self, watched: Watched, jobs: Sequence[Job], outcomes: Sequence[Outcome]
    ) -> None:
        """Record the outcomes of jobs that read one report, and schedule them together."""
        for job, outcome in zip(jobs, outcomes, strict=True):
            if not watched.stands_by(job):  # the platform may have changed meanwhile
                self.take_alone(watched, job, outcome)
        first = min(jobs, key=lambda job: job.due)
        for job in jobs:
            job.missed, job.wait, job.due = 0, first.wait, first.due

    def put_group(self, usage: Job, legacy: Sequence[Job], error: GitHubError | None) -> None:
        """Schedule ``usage`` and the legacy jobs that it leads together."""
        now = self.clock()
        schedule.put(usage, now, schedule.wait_after(usage, error, now))
        for job in legacy:
            job.missed, job.wait, job.due = 0, usage.wait, usage.due


def _warn_of_limit(job: Job, advised: int) -> None:
    log.warning(
        "series limit too low",
        **job.names,
        detail=f"series-limit ({job.series_limit:,}) has no room for every organization: the "
        "smallest are combined as (other)",
        hint=f"Set series-limit to at least {advised:,}.",
    )

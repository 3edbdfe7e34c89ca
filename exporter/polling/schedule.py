"""When a job is due again, and when it should have been."""

import random
from datetime import datetime, timedelta

from exporter.github.errors import GitHubError, RateLimited, Unauthorized
from exporter.polling.job import Job

_NOT_OFFERED_WAITS = (*(timedelta(minutes=each) for each in (1, 5, 15, 60)), timedelta(days=1))
"""Most refusals that pass do so soon."""

_FAILURE_WAIT = timedelta(minutes=15)
_LONG_INTERVAL = timedelta(hours=6)
_REPEATED_FAILURES = 2
_REPEATED_WAIT = timedelta(hours=1)
"""After repeated failures of a collector with a long interval and many or large requests."""

_UNAUTHORIZED_WAIT = timedelta(hours=1)
_EDGE = timedelta(minutes=5)


def wait_after(job: Job, error: GitHubError | None, now: datetime) -> timedelta:
    """Return the wait after an attempt, by its error."""
    interval = job.settings.interval
    if isinstance(error, RateLimited) and error.retry_at is not None:
        # GitHub's shortest advice, taken again and again, would never let it rest.
        told = error.retry_at - now + timedelta(seconds=random.uniform(0, 5))  # noqa: S311  (no secret)
        return max(told, _failure_wait(job) * _jitter())
    if isinstance(error, Unauthorized):
        doubled = interval * (1 << max(0, min(job.unauthorized_in_row - 1, 10)))
        return max(interval, min(doubled, _UNAUTHORIZED_WAIT)) * _jitter()
    return (_failure_wait(job) if error else interval) * _jitter()


def _failure_wait(job: Job) -> timedelta:
    interval = job.settings.interval
    large = interval >= _LONG_INTERVAL and job.collector.timeout is not None
    if large and job.failures_in_row > _REPEATED_FAILURES:
        return _REPEATED_WAIT
    return min(interval, _FAILURE_WAIT)


def wait_not_offered(job: Job) -> timedelta:
    """Return the wait after an attempt that was not offered, again."""
    return _NOT_OFFERED_WAITS[: job.not_offered_in_row][-1] * _jitter()


def put(job: Job, now: datetime, wait: timedelta) -> None:
    """Make a job due after ``wait``, or soon after the end of the cycle it reads."""
    job.missed = 0
    end = job.known.reading.cycle_end if job.known.reading else None
    if end is not None and now < end + _EDGE:  # an attempt may have begun before the edge
        wait = min(wait, max(end - now, timedelta(0)) + _EDGE * random.uniform(0, 1))  # noqa: S311  (no secret)
    job.wait, job.due = wait, now + wait


def follow(job: Job, former: Job, now: datetime) -> None:
    """Schedule a job that takes over one of earlier settings: now if its answer may differ."""
    if not job.asks_as(former):
        job.not_offered_in_row = job.unauthorized_in_row = 0
        job.due = now
    elif job.answered and job.settings.interval < former.settings.interval:
        since = job.last_attempt or now
        job.due = min(job.due, max(now, since + job.settings.interval * _jitter()))


def newly_missed(job: Job, now: datetime) -> int:
    """Count polls that were due and not begun within an interval, each once."""
    if job.begun or now < job.due:
        return 0
    missed = max(int((now - job.due) / job.settings.interval) - job.missed, 0)
    job.missed += missed
    return missed


def _jitter() -> float:
    # At most 1: nothing may grow older than the settings say.
    return random.uniform(0.9, 1.0)  # noqa: S311  (no secret)

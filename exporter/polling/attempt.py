"""One attempt of a job: every error becomes its outcome."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from exporter.billing.values import LABEL, fits_label
from exporter.github.api import GitHub, attempt
from exporter.github.errors import GitHubError, Internal, InvalidPayload, Unreachable
from exporter.github.work import aside
from exporter.metrics.model import Reading
from exporter.metrics.page import CLOCK_SLACK
from exporter.metrics.series_limit import limited
from exporter.polling.job import Job
from exporter.polling.outcome import Outcome

log = structlog.get_logger()


async def attempted(job: Job, clock: Callable[[], datetime], *, priority: float = 0.0) -> Outcome:
    """Run a job's collector once, unless too few requests are left for ``priority``."""
    now, github = clock(), None
    result: Reading | GitHubError
    try:
        doubtful = job.failure is not None and job.failure.reason == Unreachable.reason
        seconds = job.settings.timeout.total_seconds()
        async with attempt(
            job.client, job.answers, seconds, doubtful=doubtful, priority=priority
        ) as github:
            job.begun = True
            now = clock()
            result = await aside(_read, job, github, now)
    except GitHubError as error:
        result = error
    except Exception:
        # The only catch-all: a bug in one collector must not stop the others.
        result = Internal(detail="a bug in the exporter")
        log.exception("internal error", **job.names)
    finally:
        job.begun = False
    # If the clock was set back, the duration is negative and the reading's age unknown.
    duration = clock() - now
    if isinstance(result, Reading) and duration < -CLOCK_SLACK:
        result = Unreachable(detail="the clock was set back during the poll")
    return Outcome(now, max(duration, timedelta(0)), result, github.requests if github else 0)


async def _read(job: Job, github: GitHub, now: datetime) -> Reading:
    reading = await job.collector.collect(github, job.account, now)
    job.collector.check(reading)
    reading = limited(reading, job.known.reading, job.series_limit)
    series, ceiling = len(reading.samples) + len(reading.unknown_skus), job.series_ceiling
    if series > ceiling:
        raise InvalidPayload(
            detail=f"the reading has {series:,} series, more than series-ceiling ({ceiling:,})",
            hint="Raise series-ceiling if the account is that large; if not, please report it.",
        )
    for sample in reading.samples:
        if not all(map(fits_label, sample.labels)):
            raise InvalidPayload(
                detail=f"a label of {sample.metric.name} is longer than {LABEL:,} bytes"
            )
    reading.lines((job.account.type.value, job.account.name))  # render it off the event loop
    return reading

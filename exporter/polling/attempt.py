"""One attempt of a job: every error becomes its outcome."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

import structlog

from exporter.billing.cycle import Cycle
from exporter.billing.values import LABEL, fits_label
from exporter.collectors import previous_reports
from exporter.collectors.collector import FromReadings, FromReport
from exporter.github.api import GitHub, attempt
from exporter.github.asking import CachedAnswers
from exporter.github.errors import GitHubError, Internal, InvalidPayload, Unreachable
from exporter.github.work import aside, work
from exporter.ledger.whole_report import WholeReport, ask_all
from exporter.metrics.model import Reading
from exporter.metrics.page import CLOCK_SLACK
from exporter.metrics.series_limit import limited
from exporter.polling.job import Job
from exporter.polling.outcome import Outcome

log = structlog.get_logger()

T = TypeVar("T")


class _Attempted(NamedTuple, Generic[T]):
    at: datetime
    duration: timedelta
    result: T | GitHubError
    requests: int


async def attempted(
    job: Job,
    clock: Callable[[], datetime],
    *,
    priority: float = 0.0,
    report: WholeReport | None = None,
) -> Outcome:
    """Run a job's collector once, unless too few requests are left for ``priority``.

    ``report`` is that of a collector `FromReport`; the outcome is as old as the report.
    """

    async def reading(github: GitHub, now: datetime) -> Reading:
        return await aside(_read, job, github, now, report)

    began = report.now if report else None
    return Outcome(
        *await _attempted(job, job.answers, reading, clock, priority=priority, began=began)
    )


async def attempted_together(
    jobs: Sequence[Job], clock: Callable[[], datetime], *, priority: float = 0.0
) -> list[Outcome]:
    """Read the usage report once, and run each job's collector on it.

    If the report fails, all fail with its reason.
    """
    leader = jobs[0]
    if kept := _kept(jobs, clock()):
        for job, outcome in zip(jobs, kept, strict=True):
            await work(_render, job, outcome.reading)
        return kept
    wanted = [job.collector.collect for job in jobs]
    needs = [each for each in wanted if isinstance(each, FromReport)]

    async def report(github: GitHub, now: datetime) -> WholeReport:
        cycle = Cycle.at(now)
        if any(each.previous for each in needs):
            cycle = cycle.previous()
        repositories = any(each.repositories for each in needs)
        return await aside(ask_all, github, leader.account, cycle, now, repositories=repositories)

    at, duration, result, requests = await _attempted(
        leader, leader.report_answers, report, clock, priority=priority
    )
    if isinstance(result, GitHubError):
        failed = Outcome(at, duration, result)
        return [replace(failed, requests=requests), *(failed for _ in jobs[1:])]
    result.teams = leader.report_teams  # if the teams fail, the others still know them
    outcomes = [await attempted(job, clock, report=result) for job in jobs]
    leader.report_teams = result.teams
    first = outcomes[0]
    return [replace(first, requests=first.requests + requests), *outcomes[1:]]


def _render(job: Job, reading: Reading | None) -> None:
    if reading is not None:
        reading.lines((job.account.type.value, job.account.name))


def _kept(jobs: Sequence[Job], now: datetime) -> list[Outcome]:
    # Last month does not change once it is settled.
    readings: list[Reading] = []
    for job in jobs:
        collect = job.collector.collect
        if not isinstance(collect, FromReport) or not collect.previous:
            return []
        reading = previous_reports.kept(job.account, job.known.reading, now)
        if reading is None:
            return []
        readings.append(reading)
    return [Outcome(now, timedelta(0), reading) for reading in readings]


async def _attempted(
    job: Job,
    answers: CachedAnswers,
    what: Callable[[GitHub, datetime], Coroutine[Any, Any, T]],
    clock: Callable[[], datetime],
    *,
    priority: float = 0.0,
    began: datetime | None = None,
) -> _Attempted[T]:
    now, github = began or clock(), None
    result: T | GitHubError
    try:
        doubtful = job.failure is not None and job.failure.reason == Unreachable.reason
        seconds = job.settings.timeout.total_seconds()
        async with attempt(
            job.client, answers, seconds, doubtful=doubtful, priority=priority
        ) as github:
            job.begun = True
            now = began or clock()
            result = await what(github, now)
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
    if not isinstance(result, GitHubError) and duration < -CLOCK_SLACK:
        result = Unreachable(detail="the clock was set back during the poll")
    asked = github.requests if github else 0
    return _Attempted(now, max(duration, timedelta(0)), result, asked)


async def _read(job: Job, github: GitHub, now: datetime, report: WholeReport | None) -> Reading:
    match job.collector.collect:
        case FromReport() as from_report:
            if report is None:
                raise TypeError(f"{job.collector.name} is attempted with the usage report")
            reading = await from_report.collect(github, job.account, report)
        case FromReadings():
            raise TypeError(f"{job.collector.name} asks nothing")
        case collect:
            reading = await collect(github, job.account, now)
    return accepted(job, reading)


def derived(job: Job, readings: Mapping[str, Reading], now: datetime) -> Outcome:
    """Run a job's collector `FromReadings`. The outcome is as old as the oldest of its readings."""
    collector = job.collector.collect
    if not isinstance(collector, FromReadings):
        raise TypeError(f"{job.collector.name} asks GitHub")
    try:
        reading = accepted(job, collector.collect(job.account, readings, now))
    except GitHubError as error:
        return Outcome(now, timedelta(0), error)
    except Exception:
        # As in an attempt: a bug in one collector must not stop the others.
        log.exception("internal error", **job.names)
        return Outcome(now, timedelta(0), Internal(detail="a bug in the exporter"))
    return Outcome(reading.taken, timedelta(0), reading)


def accepted(job: Job, reading: Reading) -> Reading:
    """Return a reading within the job's limits, rendered. Raises `InvalidPayload`."""
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
    _render(job, reading)  # off the event loop
    return reading

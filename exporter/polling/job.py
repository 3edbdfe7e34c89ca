"""Job: an account and a collector, what came of it, and when it is due again."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exporter.accounts import USAGE_ROOTS, Account, AccountType
from exporter.collectors import Collector
from exporter.github.api import CachedAnswers, GitHub
from exporter.github.body import LABEL, fits_label
from exporter.github.client import Client
from exporter.github.errors import (
    INTERNAL,
    Forbidden,
    GitHubError,
    InvalidPayload,
    NotFound,
    RateLimited,
    Unauthorized,
)
from exporter.metrics.model import Reading
from exporter.metrics.page import JobFacts
from exporter.metrics.series_limit import limited
from exporter.settings import JobSettings

_NOT_OFFERED_WAITS = (*(timedelta(minutes=each) for each in (1, 5, 15, 60)), timedelta(days=1))
"""One after the other: most refusals that pass do so soon."""

_REFUSALS = {Unauthorized.reason, Forbidden.reason, NotFound.reason}
_FAILURE_WAIT = timedelta(minutes=15)
_UNAUTHORIZED_WAIT = timedelta(hours=1)
_EDGE = timedelta(minutes=5)


def _jitter() -> float:
    # Downwards alone, so that nothing grows older than the settings say.
    return random.uniform(0.9, 1.0)  # noqa: S311  (no secret)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed: the reason that metrics show, and words for people."""

    reason: str
    detail: str
    hint: str

    @classmethod
    def of(cls, error: GitHubError | None, job: "Job") -> "Failure":
        """Word an error for people; ``None`` is a fault of our own."""
        if error is None:
            return cls(INTERNAL, "a fault of the exporter's own", "See its log; please report it.")
        permission = job.collector.permissions[job.account.type]
        detail = str(error).replace("{account}", job.account.name)
        return cls(error.reason, detail, error.mend(permission))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to: a reading, or an error, which is ``None`` where it was our own."""

    at: datetime
    duration: timedelta
    reading: Reading | None = None
    error: GitHubError | None = None
    requests: int = 0

    @property
    def unattempted(self) -> bool:
        return isinstance(self.error, RateLimited) and self.error.unattempted


@dataclass(slots=True, eq=False)
class Job:
    """What is known of one account and collector. Only the poller changes it.

    ``available`` is ``None`` while unknown, ``begun`` is true from an attempt's slot to its end.
    ``owner`` is the enterprise that owns the account, empty where none is known; ``seems_owned``
    says that GitHub answers as if there were one.
    ``series_limit`` is how many series each metric that names repositories may have, and
    ``series_ceiling`` how many a reading may have altogether.
    ``was_refused`` says that GitHub refused it, and has not answered it since.
    ``before`` is the last reading of the cycle before, of a collector that follows another.
    """

    account: Account
    collector: Collector
    client: Client
    settings_at: Callable[[datetime], JobSettings]
    due: datetime
    owner: str = ""
    seems_owned: bool = False
    series_limit: int = 1_000
    series_ceiling: int = 50_000
    wait: timedelta = timedelta(0)
    running: bool = False
    begun: bool = False
    missed: int = 0
    answers: CachedAnswers = field(default_factory=dict)
    available: bool | None = None
    failure: Failure | None = None
    unauthorized_in_row: int = 0
    not_offered_in_row: int = 0
    was_refused: bool = False
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    duration: timedelta | None = None
    requests: int = 0
    reading: Reading | None = None
    before: Reading | None = None

    @property
    def succeeded_ever(self) -> bool:
        return self.last_success is not None

    async def read(self, github: GitHub, now: datetime) -> Reading:
        """Collect a reading and fold it to the series limit; run this `aside`.

        Raises `InvalidPayload` for a reading beyond the bounds, and ``ValueError`` for a metric
        that the collector does not declare.
        """
        reading = await self.collector.collect(github, self.account, now)
        self.collector.check(reading)
        reading = limited(reading, self.reading, self.series_limit)
        _check_bounds(reading, self.series_ceiling)
        return reading

    def record(self, outcome: Outcome, failure: Failure | None, *, offered: bool = True) -> None:
        """Take an attempt's outcome. A failure leaves the last good reading in place."""
        self.last_attempt, self.duration = outcome.at, outcome.duration
        self.requests = outcome.requests
        self.failure = failure
        unauthorized = isinstance(outcome.error, Unauthorized)
        self.unauthorized_in_row = self.unauthorized_in_row + 1 if unauthorized else 0
        self.not_offered_in_row = 0 if offered else self.not_offered_in_row + 1
        self.was_refused = self.is_refused or (self.was_refused and outcome.reading is None)
        if outcome.reading is not None:
            if (
                self.collector.follows
                and self.reading
                and self.reading.cycle_end != outcome.reading.cycle_end
            ):
                self.before = self.reading
            self.reading = outcome.reading
            self.last_success = outcome.at
            self.available = True
        elif not offered:
            self.available = False
        else:
            # What fails may be offered by now: it must not hide behind an older answer.
            self.available = self.available or None

    def resume(
        self,
        *,
        available: bool | None,
        last_success: datetime | None,
        reading: Reading | None,
        before: Reading | None = None,
    ) -> None:
        """Take up what a former process knew; no attempt of this one has been made yet."""
        self.available, self.last_success = available, last_success
        self.reading, self.before = reading, before

    def stand_by(self) -> None:
        """Wait behind the other platform, whose numbers stand instead."""
        self.reading = self.before = self.failure = self.available = None
        self.unauthorized_in_row = self.not_offered_in_row = 0
        self.was_refused = False

    def hint(self, failure: Failure) -> str:
        """Say how to mend a failure; what an enterprise owns is often asked of the enterprise."""
        asked_of_owner = self.account.type is AccountType.ORGANIZATION and any(
            endpoint.startswith(USAGE_ROOTS[AccountType.ORGANIZATION])
            for endpoint in self.collector.endpoints
        )
        if asked_of_owner and failure.reason in {Forbidden.reason, NotFound.reason}:
            if self.owner:
                return (
                    f"Enterprise {self.owner} owns it: ask the enterprise instead. {failure.hint}"
                )
            if self.seems_owned:
                return (
                    "An enterprise may own its bill: then ask for the enterprise instead. "
                    f"{failure.hint}"
                )
        return failure.hint

    @property
    def failing(self) -> Failure | None:
        """The failure of the last attempt, unless it was only not offered."""
        return None if self.available is False else self.failure

    @property
    def answered(self) -> bool:
        """Whether the last attempt was a success."""
        return self.last_attempt is not None and self.last_attempt == self.last_success

    @property
    def is_refused(self) -> bool:
        """Whether GitHub refused the last attempt, be that a failure or not offered."""
        return self.failure is not None and self.failure.reason in _REFUSALS

    @property
    def is_limited(self) -> bool:
        return self.failure is not None and self.failure.reason == RateLimited.reason

    def was_refused_before(self, moment: datetime) -> bool:
        """Whether GitHub refused the last attempt, which had ended by then."""
        if self.last_attempt is None or self.duration is None:
            return False
        return self.is_refused and self.last_attempt + self.duration < moment

    @property
    def waits_for_credential(self) -> bool:
        """Whether another secret may change what GitHub says."""
        return self.available is False or self.is_refused or self.is_limited

    def schedule(self, now: datetime, wait: timedelta) -> None:
        """Be due after ``wait``, but soon after the month's edge where a month is read."""
        self.missed = 0
        end = self.reading.cycle_end if self.reading else None
        if end is not None and now < end + _EDGE:  # an attempt may have begun before the edge
            wait = min(wait, max(end - now, timedelta(0)) + _EDGE * random.random())  # noqa: S311  (no secret)
        self.wait, self.due = wait, now + wait

    def next_wait(self, now: datetime, error: GitHubError | None, *, failed: bool) -> timedelta:
        """Say how long to wait after an attempt that was offered."""
        interval = self.settings_at(now).interval
        jitter = _jitter()
        if isinstance(error, RateLimited) and error.retry_at is not None:
            # GitHub's shortest advice, taken again and again, would never let it rest.
            told = error.retry_at - now + timedelta(seconds=5 * random.random())  # noqa: S311  (no secret)
            return max(told, min(interval, _FAILURE_WAIT) * jitter)
        if isinstance(error, Unauthorized):
            doubled = interval * (1 << max(0, min(self.unauthorized_in_row - 1, 10)))
            return max(interval, min(doubled, _UNAUTHORIZED_WAIT)) * jitter
        return (min(interval, _FAILURE_WAIT) if failed else interval) * jitter

    def next_wait_not_offered(self) -> timedelta:
        """Return how long to wait after it was not offered, by how often in a row."""
        return _NOT_OFFERED_WAITS[: self.not_offered_in_row][-1] * _jitter()

    def notice_missed(self, now: datetime) -> int:
        """Count the polls that were due and not begun within one interval, each once."""
        if self.begun or now < self.due:
            return 0
        missed = int((now - self.due) / self.settings_at(now).interval) - self.missed
        self.missed += max(missed, 0)
        return max(missed, 0)

    def facts(self, now: datetime, *, standing_by: bool) -> JobFacts:
        settings = self.settings_at(now)
        return JobFacts(
            collector=self.collector.name,
            available=self.available,
            standing_by=standing_by,
            failure=self.failing.reason if self.failing else None,
            detail=self.failure.detail if self.failure else "",
            hint=self.hint(self.failure) if self.failure else "",
            last_attempt=self.last_attempt,
            last_success=self.last_success,
            duration=self.duration,
            next_attempt=None if standing_by else self.due,
            interval=settings.interval,
            # A reading lives as long as was meant when it was taken: intervals depend on the day.
            stale_after=self.settings_at(self.reading.taken).stale_after
            if self.reading
            else settings.stale_after,
            reading=self.reading,
        )


def _check_bounds(reading: Reading, ceiling: int) -> None:
    series = len(reading.samples) + len(reading.unknown_skus)
    if series > ceiling:
        raise InvalidPayload(
            detail=f"it comes to {series:,} series, more than the ceiling of {ceiling:,}",
            hint="Raise series-ceiling if the account is so large; if not, report it.",
        )
    for sample in reading.samples:
        if not all(map(fits_label, sample.labels)):
            raise InvalidPayload(
                detail=f"a label of {sample.metric.name} would be longer than {LABEL:,} bytes"
            )

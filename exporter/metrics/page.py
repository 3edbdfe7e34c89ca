"""The page: readings and jobs at one time, as metric families."""

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Metric, Reading, Sample, lines, present

CLOCK_SLACK = timedelta(minutes=5)
"""Readings are kept if the clock is set back by no more than this."""

LINGERING = timedelta(hours=1)
"""Time that a month-to-date reading stays after its cycle."""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as the page shows it; ``failure`` is the reason why the last attempt failed.

    ``standing_by`` jobs belong to the other billing platform and have no metrics. The reading in
    ``known`` is None if it is stale.
    """

    collector: str
    known: Known[Reading]
    standing_by: bool
    failure: str | None
    detail: str
    hint: str
    last_attempt: datetime | None
    duration: timedelta | None
    next_attempt: datetime | None
    interval: timedelta
    stale_after: timedelta

    @property
    def expires(self) -> datetime | None:
        """Time at which the reading is removed, None without a reading."""
        if (reading := self.known.reading) is None:
            return None
        stale, end = reading.taken + self.stale_after, reading.cycle_end
        return stale if end is None else min(stale, end + LINGERING)

    @property
    def state(self) -> str:
        """The state of the job in a word or two."""
        if self.standing_by:
            return "standby"
        if self.known.available is False:
            return "not offered"
        if self.failure is not None:
            return "fails"
        if self.last_attempt is None:
            return "not polled yet"
        return "works" if self.known.reading is not None else "stale"

    @property
    def why(self) -> str:
        """The reason for the state as a sentence, empty if there is none."""
        if self.standing_by:
            return "Not polled: the account is not known to be on this collector's platform."
        if self.collector == "usage" and self.known.available is False:
            return "The account is on the legacy platform; usage is requested again at every poll."
        if self.detail:
            return f"{self.detail}. {self.hint}"
        shown = self.known.reading
        if shown is None:
            return ""
        said = [*shown.notes]
        if shown.folded:
            what = "Repositories, or workflows, without their own series"
            said.append(f"{what}, due to the series limit: {shown.folded}.")
        if shown.series_limit_advised:
            advised = f"{shown.series_limit_advised:,}"
            said.append(f"Organizations are combined too: set series-limit to at least {advised}.")
        return " ".join(said)

    def at(self, now: datetime) -> "JobFacts":
        """Return the facts, without the reading if it is stale or from the future."""
        reading, expires = self.known.reading, self.expires
        if reading is None or expires is None:
            return self
        # After the clock was set back, the age of an earlier reading is unknown.
        if now < expires and reading.taken <= now + CLOCK_SLACK:
            return self
        return replace(self, known=self.known._replace(reading=None))


@dataclass(frozen=True)
class AccountFacts:
    """An account and its jobs as the page shows them; ``platform`` is empty while undecided."""

    account_type: str
    account: str
    host: str
    platform: str
    jobs: tuple[JobFacts, ...]

    @cached_property
    def valid_until(self) -> datetime | None:
        """Time at which the next reading is removed, None without readings."""
        return min((job.expires for job in self.jobs if job.expires is not None), default=None)

    @cached_property
    def lines(self) -> Sequence[tuple[Metric, bytes]]:
        """The text of the account's samples by metric, rendered once."""
        identity = (self.account_type, self.account)
        readings = [job.known.reading for job in self.jobs if job.known.reading]
        own = lines(self._samples(readings), identity)
        pieces = [own, *(reading.lines(identity) for reading in readings)]
        return [each for piece in pieces for each in piece.items()]

    def _samples(self, readings: Sequence[Reading]) -> Iterator[Sample]:
        for job in self.jobs:
            yield from _of_job(job)
        folding = [reading for reading in readings if reading.shown or reading.folded]
        if folding:
            yield catalogue.REPOSITORIES_FOLDED(sum(reading.folded for reading in folding))
        plans = [reading.facts["plan"] for reading in readings if "plan" in reading.facts]
        plan = plans[-1] if plans else ""
        yield catalogue.ACCOUNT_INFO(1, platform=self.platform, plan=plan, host=self.host)


@dataclass(frozen=True, slots=True)
class DiscoveryFacts:
    """The last discovery of a credential, with the number of discovered ``accounts``.

    ``failure`` is the reason. ``detail`` and ``hint`` say what failed or was hidden, and the fix.
    """

    credential: str
    success: bool
    last_success: datetime | None
    accounts: int
    failure: str | None = None
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """The running version. ``notice`` is a warning about the numbers, as in the demo."""

    version: str
    revision: str
    notice: str = ""


class Page:
    """The state at ``now``, immutable and valid until ``valid_until``."""

    def __init__(
        self,
        accounts: Iterable[AccountFacts],
        build: Build,
        now: datetime,
        discoveries: Iterable[DiscoveryFacts] = (),
    ) -> None:
        self.accounts = tuple(accounts)
        self.discoveries = tuple(discoveries)
        self.build = build
        self.now = now
        expiries = (account.valid_until for account in self.accounts)
        self.valid_until = min((at for at in expiries if at is not None), default=None)

    def families(self) -> Iterator[tuple[Metric, list[bytes]]]:
        """Yield each metric that has samples with its lines, in the order of the catalogue."""
        pieces: dict[Metric, list[bytes]] = {
            metric: [] for metric in catalogue.BILL + catalogue.JOBS
        }
        for account in self.accounts:
            for metric, text in account.lines:
                pieces[metric].append(text)
        for metric, text in lines(self._of_exporter()).items():
            pieces[metric].append(text)
        for metric, its in pieces.items():
            if its:
                yield metric, its

    def _of_exporter(self) -> Iterator[Sample]:
        types = Counter(account.account_type for account in self.accounts)
        for account_type, number in sorted(types.items()):
            yield catalogue.ACCOUNTS(number, account_type=account_type)
        for found in self.discoveries:
            yield catalogue.DISCOVERY_SUCCESS(found.success, credential=found.credential)
            if found.last_success is not None:
                at = found.last_success.timestamp()
                yield catalogue.DISCOVERY_LAST_SUCCESS(at, credential=found.credential)
        readings = (job.known.reading for account in self.accounts for job in account.jobs)
        unknown = {pair for reading in readings if reading for pair in reading.unknown_skus}
        for product, sku in sorted(unknown):
            yield catalogue.UNKNOWN_SKU_INFO(1, product=product, sku=sku)
        build, python = self.build, platform.python_version()
        yield catalogue.BUILD_INFO(1, version=build.version, revision=build.revision, python=python)


def _of_job(job: JobFacts) -> Iterator[Sample]:
    collector, known = job.collector, job.known
    if job.standing_by:
        return
    if known.available is not False and job.last_attempt is not None:
        yield catalogue.COLLECTOR_SUCCESS(job.failure is None, collector=collector)
        if job.failure is not None:
            yield catalogue.COLLECTOR_FAILURE_INFO(1, collector=collector, reason=job.failure)
    attempt = job.last_attempt.timestamp() if job.last_attempt else None
    success = known.last_success.timestamp() if known.last_success else None
    duration = None if job.duration is None else job.duration.total_seconds()
    yield from present(
        (catalogue.COLLECTOR_AVAILABLE, known.available),
        (catalogue.COLLECTOR_LAST_ATTEMPT, attempt),
        (catalogue.COLLECTOR_LAST_SUCCESS, success),
        (catalogue.COLLECTOR_DURATION, duration),
        (catalogue.COLLECTOR_INTERVAL, job.interval.total_seconds()),
        (catalogue.COLLECTOR_STALE_AFTER, job.stale_after.total_seconds()),
        collector=collector,
    )

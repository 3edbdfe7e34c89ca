"""The page: the readings and jobs at one time as metric families."""

import platform
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Metric, Reading, Sample, present

CLOCK_SLACK = timedelta(minutes=5)
"""A clock that is set back by no more keeps the readings."""

LINGERING = timedelta(hours=1)
"""How long a month-to-date reading outlives its cycle."""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as the page shows it; ``failure`` is the reason of the last attempt's failure.

    ``standing_by`` jobs wait behind another platform and show no metric.
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
        """When the reading is too old to be shown."""
        if (reading := self.known.reading) is None:
            return None
        stale, end = reading.taken + self.stale_after, reading.cycle_end
        return stale if end is None else min(stale, end + LINGERING)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account and its jobs as the page shows them; ``platform`` is empty while undecided."""

    account_type: str
    account: str
    host: str
    platform: str
    jobs: tuple[JobFacts, ...]

    def valid_until(self, now: datetime) -> datetime | None:
        """Return when the next reading is too old to be shown."""
        expiries = (job.expires for job in self.jobs)
        return min((at for at in expiries if at is not None and at > now), default=None)


@dataclass(frozen=True, slots=True)
class DiscoveryFacts:
    """The last discovery of a credential, which watches so many ``accounts``.

    ``failure`` is its reason. ``detail`` and ``hint`` tell people what failed or was not visible.
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
    """The running version. People must know ``notice`` before they believe a number."""

    version: str
    revision: str
    notice: str = ""


class Page(Collector):
    """What is shown at ``now``, immutable and valid until ``valid_until``."""

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
        expiries = (account.valid_until(now) for account in self.accounts)
        self.valid_until = min((at for at in expiries if at is not None), default=None)

    def shown(self, job: JobFacts) -> Reading | None:
        """Return the job's reading, None if it is too old."""
        reading, expires = job.known.reading, job.expires
        if reading is None or expires is None or expires <= self.now:
            return None
        # After the clock was set back, the age of an earlier reading is unknown.
        return reading if reading.taken <= self.now + CLOCK_SLACK else None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families that have samples, in the order of the catalogue."""
        return self.slices(sys.maxsize)

    def slices(self, most: int) -> Iterator[GaugeMetricFamily]:
        """Yield the families in pieces of at most ``most`` samples."""
        # Group references only: building all label tuples would hold 100,000 of them.
        said: dict[Metric, defaultdict[tuple[str, ...], list[Sample]]] = {
            metric: defaultdict(list) for metric in catalogue.BILL + catalogue.JOBS
        }
        for account in self.accounts:
            identity = (account.account_type, account.account)
            for sample in self._of_account(account):
                said[sample.metric][identity].append(sample)
        for sample in self._of_exporter():
            said[sample.metric][()].append(sample)
        for metric, accounts in said.items():
            samples = ((of, sample) for of, its in accounts.items() for sample in its)
            while piece := tuple(islice(samples, most)):
                family = GaugeMetricFamily(metric.name, metric.help, labels=metric.all_labels)
                for of, sample in piece:
                    family.add_metric(of + sample.labels, sample.value)
                yield family

    def _of_account(self, account: AccountFacts) -> Iterator[Sample]:
        plan, folded = "", None
        for job in account.jobs:
            yield from _of_job(job)
            reading = self.shown(job)
            if reading is not None:
                plan = reading.facts.get("plan", plan)
                if reading.shown or reading.folded:
                    folded = (folded or 0) + reading.folded
                yield from reading.samples
        if folded is not None:
            yield catalogue.REPOSITORIES_FOLDED(folded)
        yield catalogue.ACCOUNT_INFO(1, platform=account.platform, plan=plan, host=account.host)

    def _of_exporter(self) -> Iterator[Sample]:
        types = Counter(account.account_type for account in self.accounts)
        for account_type, number in sorted(types.items()):
            yield catalogue.ACCOUNTS(number, account_type=account_type)
        for found in self.discoveries:
            yield catalogue.DISCOVERY_SUCCESS(found.success, credential=found.credential)
            if found.last_success is not None:
                at = found.last_success.timestamp()
                yield catalogue.DISCOVERY_LAST_SUCCESS(at, credential=found.credential)
        readings = (self.shown(job) for account in self.accounts for job in account.jobs)
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

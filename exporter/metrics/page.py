"""The page: what is shown of readings and jobs at one time, as metric families."""

import platform
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Metric, Reading, Sample

CLOCK_SLACK = timedelta(minutes=5)
"""A clock that is set back by no more leaves what was read where it is."""

LINGERING = timedelta(hours=1)
"""How long a month-to-date reading outlives its cycle."""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as the page shows it.

    ``failure`` is the reason that the last attempt failed for, ``detail`` and ``hint`` say it to
    people. ``standing_by`` jobs wait behind another platform and show no metric.
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
        reading = self.known.reading
        if reading is None:
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
        """Find when the next reading is too old to be shown."""
        expiries = (job.expires for job in self.jobs)
        return min((at for at in expiries if at is not None and at > now), default=None)


@dataclass(frozen=True, slots=True)
class DiscoveryFacts:
    """What the last discovery of a credential came to, ``accounts`` being how many it watches.

    ``failure`` is the reason that it failed for. ``detail`` and ``hint`` say to people what
    failed, or what was not to be seen.
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
    """What runs. ``notice`` is what people must know before they believe a number."""

    version: str
    revision: str
    notice: str = ""


class Page(Collector):
    """What is shown at ``now``, immutable. It holds until ``valid_until``."""

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
        """Give the job's reading, unless it is too old."""
        reading, expires = job.known.reading, job.expires
        if reading is None or expires is None or expires <= self.now:
            return None
        # A clock that was set back tells nothing of the age of what was read before.
        return reading if reading.taken <= self.now + CLOCK_SLACK else None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the families in the order of the catalogue; families of no samples are left out."""
        return self.slices(sys.maxsize)

    def slices(self, most: int) -> Iterator[GaugeMetricFamily]:
        """Give the families in pieces of at most so many samples."""
        # Kept are places alone, no labels: there may be more than a hundred thousand samples.
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
        types = [account.account_type for account in self.accounts]
        for account_type in sorted(set(types)):
            yield catalogue.ACCOUNTS(types.count(account_type), account_type=account_type)
        for found in self.discoveries:
            credential = found.credential
            yield catalogue.DISCOVERY_SUCCESS(found.success, credential=credential)
            if found.last_success is not None:
                at = found.last_success.timestamp()
                yield catalogue.DISCOVERY_LAST_SUCCESS(at, credential=credential)
        readings = (self.shown(job) for account in self.accounts for job in account.jobs)
        unknown = {pair for reading in readings if reading for pair in reading.unknown_skus}
        for product, sku in sorted(unknown):
            yield catalogue.UNKNOWN_SKU_INFO(1, product=product, sku=sku)
        yield catalogue.BUILD_INFO(
            1,
            version=self.build.version,
            revision=self.build.revision,
            python=platform.python_version(),
        )


def _of_job(job: JobFacts) -> Iterator[Sample]:
    collector = job.collector
    if job.standing_by:
        return
    if job.known.available is not None:
        yield catalogue.COLLECTOR_AVAILABLE(job.known.available, collector=collector)
    if job.known.available is not False and job.last_attempt is not None:
        yield catalogue.COLLECTOR_SUCCESS(job.failure is None, collector=collector)
        if job.failure is not None:
            yield catalogue.COLLECTOR_FAILURE_INFO(1, collector=collector, reason=job.failure)
    for metric, at in (
        (catalogue.COLLECTOR_LAST_ATTEMPT, job.last_attempt),
        (catalogue.COLLECTOR_LAST_SUCCESS, job.known.last_success),
    ):
        if at is not None:
            yield metric(at.timestamp(), collector=collector)
    for metric, length in (
        (catalogue.COLLECTOR_DURATION, job.duration),
        (catalogue.COLLECTOR_INTERVAL, job.interval),
        (catalogue.COLLECTOR_STALE_AFTER, job.stale_after),
    ):
        if length is not None:
            yield metric(length.total_seconds(), collector=collector)

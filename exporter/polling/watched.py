"""Watched: an account with its jobs, and which billing platform's numbers stand for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import httpx

from exporter.accounts import Account, Platform
from exporter.collectors import ALL
from exporter.github.client import Client
from exporter.metrics.page import AccountFacts, JobFacts
from exporter.polling.job import Job
from exporter.settings import JobSettings, Settings


def _led(
    own: Callable[[datetime], JobSettings], leader: Callable[[datetime], JobSettings], now: datetime
) -> JobSettings:
    """Give the settings of a job that is attempted when another one is."""
    leads = leader(now)
    return replace(own(now), interval=leads.interval, stale_after=leads.stale_after)


def _in_step(job: Job, facts: JobFacts, lead: JobFacts, now: datetime) -> JobFacts:
    """Show the reading of the cycle before for as long as the leading job still shows its own.

    Else both would say the same month in the hour after its end.
    """
    leads, follows = lead.reading, facts.reading
    if leads is None or follows is None or lead.expires is None or lead.expires <= now:
        return facts
    if leads.cycle_end is None or follows.cycle_end is None or follows.cycle_end <= leads.cycle_end:
        return facts
    before = job.before
    if before is None or before.cycle_end != leads.cycle_end:
        return replace(facts, reading=None)
    return replace(facts, reading=before, stale_after=job.settings_at(before.taken).stale_after)


@dataclass(slots=True, eq=False)
class Watched:
    """An account and its jobs.

    ``platform`` is what GitHub's answers decided, or the user; ``None`` while undecided, and
    where no job has to do with a platform.
    ``front`` is the side whose jobs are shown: while undecided the one that fails.
    ``recovered`` is when GitHub last answered a required job that it had refused.
    """

    account: Account
    host: str
    jobs: Sequence[Job]
    platform: Platform | None = None
    front: Platform = Platform.USAGE
    decides: bool = field(init=False)
    recovered: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        legacy = bool(self.of_side(Platform.LEGACY))
        fixed = self.account.platform
        self.decides = fixed is None and legacy and any(job.collector.decides for job in self.jobs)
        if fixed is None and not self.decides and (legacy or self.of_side(Platform.USAGE)):
            fixed = Platform.LEGACY if legacy else Platform.USAGE
        self.platform = fixed
        self.front = fixed or Platform.USAGE

    @classmethod
    def of(cls, account: Account, client: Client, settings: Settings, now: datetime) -> "Watched":
        """Watch an account with the collectors that the settings and the host allow."""
        collectors = [
            collector
            for collector in settings.collectors_for(account, ALL)
            if collector.platform is None or account.platform in {None, collector.platform}
            if collector.on_enterprise_server or not client.enterprise_server
        ]
        watched = cls(
            account=account,
            host=httpx.URL(client.base_url).host,
            jobs=[
                Job(
                    account=account,
                    collector=collector,
                    client=client,
                    settings_at=partial(settings.job, account, collector),
                    due=now,
                    series_limit=settings.series_limit,
                    series_ceiling=settings.series_ceiling,
                )
                for collector in collectors
            ],
        )
        leader = next((job for job in watched.jobs if job.collector.decides), None)
        if watched.decides and leader is not None:
            for job in watched.of_side(Platform.LEGACY):
                job.settings_at = partial(_led, job.settings_at, leader.settings_at)
        return watched

    def owned_by(self, enterprise: str) -> None:
        """Take note which enterprise owns the account; empty for none that is known."""
        for job in self.jobs:
            job.owner = enterprise

    def of_side(self, platform: Platform) -> list[Job]:
        return [job for job in self.jobs if job.collector.platform is platform]

    def heads(self) -> list[Job]:
        """Give the jobs that are attempted by themselves."""
        return [job for job in self.jobs if self.asks_by_itself(job)]

    def asks_by_itself(self, job: Job) -> bool:
        """Whether a job is attempted when it is due itself; ``usage`` leads its group."""
        led = self.decides and job.collector.platform is Platform.LEGACY
        return not led and not self.stands_by(job)

    def asked_together(self, job: Job) -> list[Job]:
        """Return a job and those that are attempted with it: ``usage`` leads its group."""
        leads = self.decides and job.collector.decides
        return [job, *(self.of_side(Platform.LEGACY) if leads else [])]

    def refused(self, job: Job, now: datetime) -> set[Job]:
        """Return the required jobs asked together with one that GitHub refused and not answered."""
        return {
            each
            for each in self.asked_together(job)
            if each.was_refused and each.settings_at(now).required
        }

    def bill_interval(self, now: datetime) -> timedelta:
        """Return the shortest interval of what the account requires."""
        required = (each for job in self.jobs if (each := job.settings_at(now)).required)
        return min((each.interval for each in required), default=timedelta.max)

    def stands_by(self, job: Job) -> bool:
        """Whether a job waits behind the other platform.

        ``usage`` never does, as it is asked at every poll; a refused ``legacy_*`` is not offered.
        """
        side = job.collector.platform
        if side is None or job.collector.decides:
            return False
        if side is Platform.LEGACY:
            return self.front is not side and job.available is not False
        return self.platform is not side

    def resume(self, platform: Platform | None, front: Platform) -> None:
        """Take up what GitHub's answers decided for a former process, unless settings decide."""
        if self.decides:
            self.platform, self.front = platform, front

    def stands_against(self, job: Job) -> bool:
        """Whether a job's numbers are of the platform that the account is not on."""
        return job.collector.platform not in {None, self.platform} and self.platform is not None

    def switch(self, platform: Platform) -> None:
        """Let the other side's numbers go, so that old and new never stand together."""
        self.platform = self.front = platform
        for job in self.jobs:
            if self.stands_against(job):
                job.stand_by()

    def facts(self, now: datetime) -> AccountFacts:
        jobs = {
            job.collector.name: job.facts(now, standing_by=self.stands_by(job)) for job in self.jobs
        }
        for job in self.jobs:
            lead = jobs.get(job.collector.follows)
            if lead is not None:
                jobs[job.collector.name] = _in_step(job, jobs[job.collector.name], lead, now)
        return AccountFacts(
            account_type=self.account.type.value,
            account=self.account.name,
            host=self.host,
            platform=self.platform.value if self.platform else "",
            jobs=tuple(jobs.values()),
        )

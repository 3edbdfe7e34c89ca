"""Watched: an account with its jobs, and the billing platform that is shown for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from exporter.accounts import Account, Platform
from exporter.collectors import ALL
from exporter.collectors.collector import FromReadings, FromReport
from exporter.github.client import Client
from exporter.github.errors import NotFound
from exporter.metrics.model import Reading
from exporter.metrics.page import AccountFacts, JobFacts
from exporter.polling import schedule
from exporter.polling.job import Job
from exporter.polling.platform import Standing
from exporter.settings import Settings, resolved

_NO_REPORT = "The account is on the legacy platform, which has no usage report."


@dataclass(slots=True, eq=False)
class Watched:
    """An account and its jobs.

    ``standing`` follows GitHub's answers if the account ``decides``, else the settings.
    ``recovered`` is when GitHub last answered a required job after refusing it. ``derived`` jobs
    collect from the readings of the others after each poll, and for the first page from
    ``derive_at`` on: at the start, and when such a reading has expired.
    """

    account: Account
    host: str
    jobs: Sequence[Job]
    standing: Standing = field(init=False)
    decides: bool = field(init=False)
    recovered: datetime | None = field(default=None, init=False)
    derived: Sequence[Job] = field(init=False)
    derive_at: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _together: Mapping[Job, Sequence[Job]] = field(init=False)

    def __post_init__(self) -> None:
        self.derived = [j for j in self.jobs if isinstance(j.collector.collect, FromReadings)]
        self._together = _of_one_report(self.jobs)
        legacy = bool(self.of_side(Platform.LEGACY))
        fixed = self.account.platform
        self.decides = fixed is None and legacy and any(job.collector.decides for job in self.jobs)
        if fixed is None and not self.decides and (legacy or self.of_side(Platform.USAGE)):
            fixed = Platform.LEGACY if legacy else Platform.USAGE
        self.standing = Standing(fixed, fixed or Platform.USAGE)

    @classmethod
    def of(cls, account: Account, client: Client, settings: Settings, now: datetime) -> "Watched":
        """Watch an account with the collectors that the settings and the host allow."""
        watched = cls(
            account=account,
            host=client.host,
            jobs=[
                Job(
                    account=account,
                    collector=collector,
                    client=client,
                    settings=resolved.job(settings, account, collector),
                    due=now,
                    series_limit=settings.series_limit,
                    series_ceiling=settings.series_ceiling,
                )
                for collector in resolved.collectors_for(settings, account, ALL)
                if collector.platform is None or account.platform in {None, collector.platform}
                if collector.on_enterprise_server or not client.enterprise_server
            ],
        )
        leader = next((job for job in watched.jobs if job.collector.decides), None)
        if watched.decides and leader is not None:
            interval, stale_after = leader.settings.interval, leader.settings.stale_after
            for job in watched.of_side(Platform.LEGACY):
                job.settings = replace(job.settings, interval=interval, stale_after=stale_after)
        watched._share_times()
        return watched

    def _share_times(self) -> None:
        for job, together in self._together.items():
            # The shortest interval serves all that read the report together.
            if together[0] is job:
                times = min((each.settings for each in together), key=lambda its: its.interval)
                for each in together:
                    each.settings = replace(times, required=each.settings.required)
        longest = max((job.settings.stale_after for job in self.jobs), default=None)
        for job in self.derived:
            # Its sources expire by themselves.
            if longest is not None:
                job.settings = replace(job.settings, stale_after=longest)

    def succeed(self, former: "Watched", now: datetime) -> "Watched":
        """Return the account after a change of the settings: ``former`` if it is not concerned.

        Else this one, which takes over the readings, failures and schedule.
        """
        if self.arrangement == former.arrangement:
            return former
        self.recovered = former.recovered
        self.resume(former.standing)
        known = {job.collector.name: job for job in former.jobs}
        for job in self.jobs:
            if (before := known.get(job.collector.name)) is not None:
                job.take_over(before)
                schedule.follow(job, before, now)
                if self.stands_against(job) and not former.stands_against(before):
                    job.stand_by()
        for job in self.heads():
            job.due = min(each.due for each in self.asked_together(job))
        return self

    @property
    def arrangement(self) -> tuple[object, ...]:
        """All that the settings decide."""
        jobs = (
            (job.collector.name, job.client, job.settings, job.series_limit, job.series_ceiling)
            for job in self.jobs
        )
        return self.account, *jobs

    def readings(self, now: datetime) -> tuple[dict[str, Reading], datetime | None]:
        """Return what the page shows of the jobs that ask, and when the first of it expires."""
        names = {job.collector.name for job in self.derived}
        shown = [job for job in self.facts(now).jobs if job.collector not in names]
        readings = {job.collector: job.known.reading for job in shown if job.known.reading}
        return readings, min((job.expires for job in shown if job.expires), default=None)

    def owned_by(self, enterprise: str) -> None:
        """Set the enterprise that owns the account, empty if unknown."""
        for job in self.jobs:
            job.owner = enterprise

    @property
    def owner(self) -> str:
        """The enterprise that owns the account, empty if unknown."""
        return self.jobs[0].owner if self.jobs else ""

    def beside(self, enterprises: tuple[str, ...]) -> None:
        """Set the enterprises that are watched beside the account."""
        for job in self.jobs:
            job.enterprises = enterprises

    def of_side(self, platform: Platform) -> list[Job]:
        return [job for job in self.jobs if job.collector.platform is platform]

    def in_group(self, job: Job) -> bool:
        """Return whether a job is attempted at every poll to decide the platform."""
        of_group = job.collector.decides or job.collector.platform is Platform.LEGACY
        return self.decides and of_group

    def heads(self) -> list[Job]:
        """Return the jobs that are scheduled by themselves."""
        return [job for job in self.jobs if self.asks_by_itself(job)]

    def asks_by_itself(self, job: Job) -> bool:
        """Return whether a job is scheduled by itself."""
        led = self.in_group(job) and not job.collector.decides
        led = led or job in self.derived or self.read_together(job)[0] is not job
        return not led and not self.stands_by(job)

    def read_together(self, job: Job) -> Sequence[Job]:
        """Return the jobs that read the same usage report at once; the first one leads."""
        return self._together.get(job, (job,))

    def asked_together(self, job: Job) -> list[Job]:
        """Return a job and those attempted with it: ``usage`` leads its group."""
        if job in self._together:
            return [*self._together[job]]
        leads = self.in_group(job) and job.collector.decides
        return [job, *(self.of_side(Platform.LEGACY) if leads else [])]

    def refused(self, job: Job) -> set[Job]:
        """Return the required jobs that are attempted with ``job`` and still refused."""
        return {
            each for each in self.asked_together(job) if each.was_refused and each.settings.required
        }

    @property
    def bill_interval(self) -> timedelta:
        """The shortest interval of the account's required jobs."""
        required = (job.settings.interval for job in self.jobs if job.settings.required)
        return min(required, default=timedelta.max)

    def stands_by(self, job: Job) -> bool:
        """Return whether a job stands by while the other platform is shown.

        ``usage`` never does: it is attempted at every poll. A refused ``legacy_*`` is not offered.
        """
        side = job.collector.platform
        if side is None or job.collector.decides:
            return False
        if side is Platform.LEGACY:
            return self.standing.front is not side and job.known.available is not False
        return self.standing.platform is not side

    def resume(self, standing: Standing) -> None:
        """Restore the standing of the previous process, unless the settings decide."""
        if self.decides:
            self.standing = standing

    def stands_against(self, job: Job) -> bool:
        """Return whether a job belongs to the platform that the account is not on."""
        platform = self.standing.platform
        return platform is not None and job.collector.platform not in {None, platform}

    def switch(self, platform: Platform) -> None:
        """Drop the other side's readings: old and new must never be shown together."""
        self.standing = Standing(platform, platform)
        for job in self.jobs:
            if self.stands_against(job):
                job.stand_by()

    def facts(self, now: datetime) -> AccountFacts:
        """Return the account as the page shows it at ``now``."""
        jobs = {job.collector.name: job.facts(standing_by=self.stands_by(job)) for job in self.jobs}
        for job in self.jobs:
            if lead := jobs.get(job.collector.follows):
                jobs[job.collector.name] = _in_step(jobs[job.collector.name], lead, now)
            if self.standing.platform is Platform.LEGACY and _lacks_report(job):
                jobs[job.collector.name] = replace(jobs[job.collector.name], hint=_NO_REPORT)
        return AccountFacts(
            account_type=self.account.type.value,
            account=self.account.name,
            host=self.host,
            platform=self.standing.platform or "",
            jobs=tuple(job.at(now) for job in jobs.values()),
        )


def _lacks_report(job: Job) -> bool:
    absent = job.failure is not None and job.failure.reason == NotFound.reason
    return absent and isinstance(job.collector.collect, FromReport)


def _of_one_report(jobs: Iterable[Job]) -> dict[Job, list[Job]]:
    groups: dict[bool, list[Job]] = {}
    for job in jobs:
        if isinstance(collect := job.collector.collect, FromReport):
            groups.setdefault(collect.previous, []).append(job)
    return {job: group for group in groups.values() for job in group}


def _in_step(facts: JobFacts, lead: JobFacts, now: datetime) -> JobFacts:
    # While the leading job shows its cycle, show the one before: else both would show one month.
    led, shown, before = lead.known.reading, facts.known.reading, facts.known.before
    if led is None or shown is None or lead.expires is None or lead.expires <= now:
        return facts
    if led.cycle_end is None or shown.cycle_end is None or shown.cycle_end <= led.cycle_end:
        return facts
    if before is not None and before.cycle_end != led.cycle_end:
        before = None
    return replace(facts, known=facts.known._replace(reading=before))

"""Reads past months of accounts from GitHub."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exporter.accounts import Account, Platform
from exporter.billing.cycle import Cycle
from exporter.collectors import plan
from exporter.github.api import attempt
from exporter.github.client import Client
from exporter.github.errors import GitHubError, NotOffered
from exporter.history.asked import COLLECTORS, Answers, ask, is_legacy
from exporter.history.curves import Named
from exporter.history.drawn import Before, drawn, summed
from exporter.history.past_month import PastMonth
from exporter.history.recorded import spent
from exporter.history.subject import Subject
from exporter.history.times import Times
from exporter.history.wanted import Wanted
from exporter.ledger import periods, summary
from exporter.ledger.asked import DEADLINE_SECONDS, Month
from exporter.settings.durations import format_duration


@dataclass(eq=False)
class Failed(Exception):
    """GitHub did not answer for an account."""

    account: Account
    error: GitHubError


async def subject_of(
    account: Account,
    client: Client,
    collectors: frozenset[str],
    series_limit: int,
    now: datetime,
) -> Subject | None:
    """Return an account whose past can be read, None if it is on the legacy platform.

    Raises `Failed`.
    """
    if account.platform is Platform.LEGACY:
        return None
    last = Cycle.at(now).previous()
    try:
        async with attempt(client, {}, DEADLINE_SECONDS) as github:
            try:
                rows = await summary.ask(github, account, last)
            except NotOffered:
                if await is_legacy(Month(github, account, last, now)):
                    return None
                raise
    except GitHubError as error:
        raise Failed(account, error) from None
    named = await _plan(account, client, now) if plan.PLAN.name in collectors else ""
    return Subject(account, client, collectors, series_limit, named, len(rows))


async def _plan(account: Account, client: Client, now: datetime) -> str:
    try:
        async with attempt(client, {}, DEADLINE_SECONDS) as github:
            return (await plan.collect(github, account, now)).facts["plan"]
    except GitHubError:  # as on the page, the plan is then unknown
        return ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads months, preferably in the order of time: then each is requested once."""

    subjects: Sequence[Subject]
    wanted: Wanted
    _before: dict[Account, Before] = field(default_factory=dict)

    def options(self) -> dict[str, str]:
        """Return the options that all months of a folder have in common."""
        accounts = sorted(str(subject.account) for subject in self.subjects)
        collectors = {name for subject in self.subjects for name in subject.collectors}
        return {
            "account": ", ".join(accounts),
            "collector": ", ".join(sorted(collectors & COLLECTORS)),
            "step": format_duration(self.wanted.step),
            "label": ", ".join(map("=".join, self.wanted.labels)),
            "daily": str(self.wanted.daily),
        }

    async def month(self, cycle: Cycle) -> PastMonth:
        """Return a month of all accounts. Raises `Failed`.

        An account without usage in the month and in the month before is not in it.
        """
        times = self._times(cycle)
        curves: list[Named] = []
        notes: list[str] = []
        for subject in self.subjects:
            before = await self._month_before(subject, cycle)
            answers = await self._ask(subject, cycle, subject.collectors)
            self._keep(subject, cycle, answers)
            notes += (f"{subject.account}: {note}" for note in answers.notes)
            if answers.rows or before.rows:
                curves += drawn(subject, answers, before, times, self.wanted)
        return PastMonth(times, curves, notes)

    async def _month_before(self, subject: Subject, cycle: Cycle) -> Before:
        previous = cycle.previous()
        known = self._before.get(subject.account)
        if known is None or known.cycle != previous:
            if periods.age(previous, self.wanted.now) > periods.KEPT:
                return Before(previous)
            self._keep(subject, previous, await self._ask(subject, previous, ()))
        return self._before[subject.account]

    def _keep(self, subject: Subject, cycle: Cycle, answers: Answers) -> None:
        times = self._times(cycle)
        by_hour = spent(summed(answers, times), times, self.wanted.step)
        self._before[subject.account] = Before(cycle, answers.rows, by_hour)

    async def _ask(self, subject: Subject, cycle: Cycle, collectors: Collection[str]) -> Answers:
        account = subject.account
        try:
            async with attempt(subject.client, {}, DEADLINE_SECONDS) as github:
                month = Month(github, account, cycle, self.wanted.now)
                return await ask(month, collectors, daily=self.wanted.daily)
        except GitHubError as error:
            raise Failed(account, error) from None

    def _times(self, cycle: Cycle) -> Times:
        return Times(cycle, self.wanted.end_of(cycle), self.wanted.now)

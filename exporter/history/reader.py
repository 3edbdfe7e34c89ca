"""Reads past months of accounts from GitHub."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exporter.accounts import Account, Platform
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow
from exporter.collectors.plan import PLAN
from exporter.github.api import attempt
from exporter.github.client import Client
from exporter.github.errors import GitHubError, NotOffered
from exporter.history.asked import Answers, ask, is_legacy
from exporter.history.curves import Named
from exporter.history.drawn import drawn
from exporter.history.past_month import PastMonth
from exporter.history.subject import Subject
from exporter.history.times import Times
from exporter.history.wanted import Wanted
from exporter.ledger import periods, summary
from exporter.ledger.asked import DEADLINE_SECONDS, Month


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
    plan = await _plan(account, client, now) if PLAN.name in collectors else ""
    return Subject(account, client, collectors, series_limit, plan, len(rows))


async def _plan(account: Account, client: Client, now: datetime) -> str:
    try:
        async with attempt(client, {}, DEADLINE_SECONDS) as github:
            return (await PLAN.collect(github, account, now)).facts["plan"]
    except GitHubError:  # as on the page, the plan is then unknown
        return ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads months, preferably in the order of time: then each summary is requested once."""

    subjects: Sequence[Subject]
    wanted: Wanted
    _before: dict[Account, tuple[Cycle, Sequence[SummaryRow]]] = field(default_factory=dict)

    async def month(self, cycle: Cycle) -> PastMonth:
        """Return a month of all accounts. Raises `Failed`.

        An account without usage in the month and in the month before is not in it.
        """
        now = self.wanted.now
        times = Times(cycle, self.wanted.end_of(cycle), now)
        curves: list[Named] = []
        notes: list[str] = []
        for subject in self.subjects:
            try:
                async with attempt(subject.client, {}, DEADLINE_SECONDS) as github:
                    answers = await self._ask(Month(github, subject.account, cycle, now), subject)
            except GitHubError as error:
                raise Failed(subject.account, error) from None
            self._before[subject.account] = cycle, answers.rows
            notes += (f"{subject.account}: {note}" for note in answers.notes)
            if answers.rows or answers.previous:
                curves += drawn(subject, answers, times, self.wanted.step, self.wanted.labels)
        return PastMonth(times, curves, notes)

    async def _ask(self, month: Month, subject: Subject) -> Answers:
        before, rows = self._before.get(subject.account, (None, ()))
        previous = month.cycle.previous()
        if before != previous:
            kept = periods.age(previous, month.now) <= periods.KEPT
            rows = await summary.ask(month.github, month.account, previous) if kept else ()
        return await ask(month, subject.collectors, rows, daily=self.wanted.daily)

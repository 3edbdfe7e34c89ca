"""An account as the landing page shows it: its jobs, its money, and where it is on the page."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import quote

from exporter.accounts import Platform
from exporter.metrics.page import AccountFacts, JobFacts
from exporter.web.landing.money import Money

_STATES = ("fails", "works")


@dataclass(frozen=True)
class Account:
    """An account; ``money`` is None if no amounts are shown."""

    facts: AccountFacts
    now: datetime
    money: Money | None

    @cached_property
    def jobs(self) -> list[JobFacts]:
        """The jobs that are shown: those that fail, then those that work, then the others."""
        usage = self.facts.platform == Platform.USAGE
        jobs = [job for job in self.facts.jobs if not (usage and job.standing_by)]
        return sorted(jobs, key=lambda job: [job.state != state for state in _STATES])

    @cached_property
    def states(self) -> Counter[str]:
        """The number of jobs by state, in the order of the jobs."""
        return Counter(job.state for job in self.jobs)

    @property
    def failing(self) -> list[JobFacts]:
        return [job for job in self.jobs if job.state == "fails"]

    @property
    def place(self) -> tuple[bool, bool, float, str]:
        """The order of accounts: failing ones first, then by money."""
        spent = self.money.spent.value if self.money else None
        return not self.failing, spent is None, -(spent or 0.0), self.facts.account.casefold()

    @property
    def anchor(self) -> str:
        return f"{self.facts.account_type}/{self.facts.account}"

    @property
    def link(self) -> str:
        return f"#{quote(self.anchor)}"

"""A situation: accounts, what happens to them, and the time in which it does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.demo import SimulatedAccount, SimulatedGitHub
from exporter.settings import Settings, load

END = datetime(2026, 10, 23, 18, 30, tzinfo=UTC)
"""The usual last scrape: late enough in a month for every forecast."""

LATER = timedelta(minutes=25)
"""From the last scrape to the queries, long enough for readings to have an age."""

Clock = Callable[[], datetime]
Accounts = Sequence[SimulatedAccount]


class Event(NamedTuple):
    """A change of the simulated GitHub, some time before the last scrape."""

    before: timedelta
    change: Callable[[SimulatedGitHub], None]


def watching(accounts: Accounts, **flags: object) -> Settings:
    """Return settings that watch all accounts hourly, with other flags."""
    named = {f"{kind.value}s": [a.name for a in accounts if a.type is kind] for kind in AccountType}
    return load({**named, **flags}, {"GITHUB_BILLING_POLL_INTERVAL": "1h"}, ALL)


@dataclass(frozen=True)
class Situation:
    """Accounts that a Prometheus scraped every ``step`` of the ``days`` until ``end``.

    ``about`` names the difference. The boards show ``account_type``. ``stopped`` is how long before
    the end the exporter stopped and started again. ``server`` is a GitHub Enterprise Server.
    ``past`` returns lines of OpenMetrics from before a time.
    """

    name: str
    about: str
    account_type: AccountType
    accounts: Callable[[Clock], Accounts]
    happens: Sequence[Event] = ()
    settings: Callable[[Accounts], Settings] = watching
    end: datetime = END
    days: float = 34
    step: timedelta = timedelta(hours=6)
    stopped: tuple[timedelta, timedelta] | None = None
    server: bool = False
    past: Callable[[datetime], Iterable[bytes]] | None = None

    @property
    def start(self) -> datetime:
        return self.end - timedelta(days=self.days)

    @property
    def now(self) -> datetime:
        """The time of the queries."""
        return self.end + LATER

    @property
    def running(self) -> list[tuple[datetime, datetime]]:
        """Spans of time in which the exporter runs."""
        if self.stopped is None:
            return [(self.start, self.end)]
        until, since = (self.end - before for before in self.stopped)
        return [(self.start, until - self.step), (since, self.end)]


enterprise = partial(SimulatedAccount, AccountType.ENTERPRISE)
organization = partial(SimulatedAccount, AccountType.ORGANIZATION)
user = partial(SimulatedAccount, AccountType.USER)

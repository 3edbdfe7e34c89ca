"""A Prometheus with weeks of the demo in it, as if it had scraped the demo all the time.

Before them it has the closed months that `history` would have loaded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from exporter.accounts import AccountType, Platform
from exporter.commands.demo import load_demo
from exporter.demo import SimulatedGitHub, demo_accounts
from exporter.settings import Settings
from tests.support.past_of_demo import past_of_demo
from tests.support.situations import Situation
from tests.support.situations import remembered as remembered_situations
from tests.support.situations.situation import Accounts, Clock, Event

_BUDGETS = {"acme": 25, "acme-corp": 340}
"""US dollars, nearly used up by `END`; the demo's own budgets are exceeded on its first day."""

_MOVING = AccountType.ORGANIZATION, "sandbox"


def _accounts(_: Clock) -> Accounts:
    accounts = demo_accounts()
    for account in accounts:
        for budget in account.budgets:
            budget.amount = _BUDGETS[account.name] if budget.amount is None else budget.amount
        if account.key == _MOVING:
            account.platform = Platform.LEGACY
    return accounts


def _move(github: SimulatedGitHub) -> None:
    github.account(*_MOVING).platform = Platform.USAGE


def _settings(_: Accounts) -> Settings:
    return load_demo({}, {"GITHUB_BILLING_POLL_INTERVAL": "1h"})


DEMO = Situation(
    "demo",
    "the accounts of the demo, one of which moved to another platform",
    AccountType.ENTERPRISE,
    _accounts,
    happens=(Event(timedelta(days=15), _move),),
    settings=_settings,
    stopped=(timedelta(days=9), timedelta(days=9)),
    past=past_of_demo,
)
"""Long enough for the turn of a month and most of the month before."""

NOW = DEMO.now
"""The time of the queries."""


@contextmanager
def remembered(folder: Path, step: timedelta = timedelta(hours=12)) -> Iterator[str]:
    """Run a Prometheus that scraped the demo every ``step``; yield its base URL.

    Its blocks are created in ``folder`` unless they exist.
    """
    with remembered_situations(folder, replace(DEMO, step=step)) as url:
        yield url

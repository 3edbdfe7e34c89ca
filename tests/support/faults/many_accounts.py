"""Hundreds of organizations on one App and one token, which change every hour."""

from collections import deque
from pathlib import Path
from random import Random

from exporter.accounts import AccountType, Platform
from exporter.collectors import ALL
from exporter.demo import SimulatedAccount, SimulatedApp, SimulatedInstallation
from exporter.demo.callers import SimulatedToken
from exporter.github.auth import TokenCredential
from exporter.polling.clients import credentials
from exporter.settings import load
from tests.support.app_server import pem, public_pem, virtual_now
from tests.support.faults.faulty_wire import Wire
from tests.support.faults.oracle import SKUS, Row
from tests.support.faults.written_bills import OWN_TOKEN, Book, Scene, Secret, budgets, legacy, row
from tests.support.world import START, World, organization, read_at_each_use

_ROWS = 6
"""Rows of every bill: a constant number, so that pages do not grow."""


class Crowd(Scene):
    """Organizations: every tenth is polled with a token, the others as an App.

    Those of the App are discovered. Those of the token move between platforms, as an App cannot
    see the legacy platform. The App's key is written to ``key``.
    """

    def __init__(self, number: int, key: Path, random: Random) -> None:
        names = [f"org-{each}" for each in range(number)]
        self.movers = names[::10]
        self.books = {name: Book(each % 90 + 1) for each, name in enumerate(names)}
        for book in self.books.values():
            month = START.year, START.month
            book.write(0.0, month, tuple(_billed(random) for _ in range(_ROWS)))
        self.accounts = {name: self._made(each, name) for each, name in enumerate(names)}
        self.lost: dict[str, SimulatedInstallation] = {}
        self.app = SimulatedApp(
            1,
            "Iv1.billing",
            [public_pem()],
            [
                SimulatedInstallation(each, AccountType.ORGANIZATION, name)
                for each, name in enumerate(names, 1)
                if name not in self.movers
            ],
        )
        key.write_text(pem())
        settings = {
            "poll": {"interval": "30m"},
            "discover": {"enabled": True, "interval": "10m"},
            "github": {"app_id": "1", "app_private_key_file": str(key)},
            "credentials": [{"name": "own", "token_variable": "OWN", "discover": False}],
            "accounts": [{"organization": name, "credential": "own"} for name in self.movers],
        }
        environment = {"OWN": OWN_TOKEN}
        as_app, _ = credentials(
            load(settings, environment, ALL),
            environment,
            clock=virtual_now,
            of_file=read_at_each_use,
        )
        self.wire = Wire()
        self.world = World(
            *self.accounts.values(),
            start=START,
            watched=[],
            settings=settings,
            environment=environment,
            credential=as_app,
            further=[TokenCredential("own", Secret(OWN_TOKEN))],
            transport=self.wire,
            collectors=[each.name for each in ALL],
        )
        self.world.github.app = self.app
        self.world.github.tokens[OWN_TOKEN] = SimulatedToken("mona")
        self.wire.leads_to(self.world.github, self.world.clock)
        for github in (self.world.github, self.wire.true):
            github.requests = deque(maxlen=0)

    def _made(self, number: int, name: str) -> SimulatedAccount:
        return organization(
            name,
            usage_items=self.books[name],
            ghas=("none", "bundled", "split")[number % 3],
            budgets=budgets(name, "organization") if number % 4 == 0 else [],
            legacy=legacy(number % 90 + 1),
            seats=number % 9,
        )

    def an_hour_of_use(self, random: Random) -> None:
        """Write a new row into the bills of a fifth of the accounts."""
        for name in random.sample(list(self.accounts), len(self.accounts) // 5):
            self.write(name, [_billed(random)], drop=1)

    def some_move(self, random: Random) -> int:
        """Move a fifth of the token's accounts to the other platform; return how many."""
        moving = random.sample(self.movers, max(len(self.movers) // 5, 1))
        for name in moving:
            account = self.accounts[name]
            legacy_now = account.platform is Platform.LEGACY
            account.platform = Platform.USAGE if legacy_now else Platform.LEGACY
            account.legacy = legacy(random.randrange(1, 20))
        return len(moving)

    def some_are_found_and_some_lost(self, random: Random) -> int:
        """Restore the lost installations and lose others; return how many are lost."""
        self.all_are_found()
        gone = random.sample(self.app.installations, max(len(self.app.installations) // 50, 1))
        self.lost = {each.account: each for each in gone}
        self.app.installations = [each for each in self.app.installations if each not in gone]
        return len(gone)

    def all_are_found(self) -> None:
        self.app.installations = [*self.app.installations, *self.lost.values()]
        self.lost = {}

    def all_are_on_the_usage_platform(self) -> None:
        for account in self.accounts.values():
            account.platform = Platform.USAGE


def _billed(random: Random) -> Row:
    quantity = random.randrange(5000)
    return row(random.choice(sorted(SKUS)), quantity, quantity // 3, None)

"""Accounts whose bills a test writes, two credentials, and a record of the true answers."""

import asyncio
import math
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from exporter.collectors import ALL
from exporter.demo import DEMO_TOKEN, SimulatedAccount, SimulatedBudget
from exporter.demo.accounts import SimulatedCostCenter
from exporter.demo.callers import SimulatedToken
from exporter.github.auth import TokenCredential
from tests.support.faults.faulty_wire import Wire
from tests.support.faults.oracle import SKUS, Row
from tests.support.world import World, enterprise, organization, user

Month = tuple[int, int]
Rows = tuple[Row, ...]

PRICE = 1 / 128
"""US dollars. With whole quantities, sums are exact in any order."""

EVERYONE = frozenset({"acme", "globex", "acme-corp", "mona"})
OWN_TOKEN = "ghp_" + "mona" * 9
CENTERS = (
    SimulatedCostCenter("Platform", [("Org", "acme")]),
    SimulatedCostCenter("Research", [("Repo", "labs/models")], state="deleted"),
)
PLACES = (("acme", "api"), ("acme", "web"), ("labs", "models"), ("labs", "paper"))


def row(sku: str, quantity: int, discount: int, place: tuple[str, str] | None) -> Row:
    """Return a row with ``discount`` free units; ``place`` is its organization and repository."""
    product, unit = SKUS[sku]
    named = zip(("organizationName", "repositoryName"), place or (), strict=False)
    return {
        "product": product,
        "sku": sku,
        "unitType": unit,
        "pricePerUnit": PRICE,
        "grossQuantity": float(quantity),
        "discountQuantity": float(discount),
        "netQuantity": float(quantity - discount),
        "grossAmount": quantity * PRICE,
        "discountAmount": discount * PRICE,
        "netAmount": (quantity - discount) * PRICE,
        **dict(named),
    }


@dataclass
class Book:
    """The bill of an account by month; each month starts with a row.

    ``written`` has the times in seconds, months and rows of the changes.
    """

    seed: int
    place: tuple[str, str] | None = None
    written: list[tuple[float, Month, Rows]] = field(default_factory=list)

    def __call__(self, year: int, month: int) -> Rows:
        return self.at(math.inf, (year, month))

    def at(self, passed: float, month: Month) -> Rows:
        """Return the rows of a month as they were at a time."""
        for at, of, rows in reversed(self.written):
            if of == month and at <= passed:
                return rows
        first = 100 * month[1] + self.seed
        return (row("actions_linux", first, self.seed, self.place),)

    def write(self, passed: float, month: Month, rows: Rows) -> None:
        self.written.append((passed, month, rows))

    def forget(self, before: float) -> None:
        """Forget rows that were out of date by then."""
        last = {month: at for at, month, _ in self.written if at <= before}
        self.written = [each for each in self.written if each[0] >= last.get(each[1], 0.0)]


@dataclass
class Secret:
    """The content of a token file, or ``None`` if it is missing."""

    value: str | None = DEMO_TOKEN

    def __call__(self) -> str:
        if self.value is None:
            raise FileNotFoundError
        return self.value


def budgets(name: str, scope: str) -> list[SimulatedBudget]:
    return [
        SimulatedBudget("actions", 7, scope, entity=name, hard=True),
        SimulatedBudget("packages_bandwidth", 9, scope, "SkuPricing", entity=name),
        SimulatedBudget("copilot_for_business", 5, scope, "SkuPricing", entity=name),
    ]


def legacy(seed: int) -> Mapping[str, Mapping[str, object]]:
    """Return the payloads of the legacy endpoints."""
    minutes = {"UBUNTU": 100 + seed, "MACOS": 10 * seed, "ubuntu_4_core": 8}
    return {
        "actions": {
            "total_minutes_used": sum(minutes.values()),
            "total_paid_minutes_used": 8,
            "included_minutes": 3000 + seed,
            "minutes_used_breakdown": {**minutes, "total": sum(minutes.values())},
        },
        "packages": {
            "total_gigabytes_bandwidth_used": seed,
            "total_paid_gigabytes_bandwidth_used": 0,
            "included_gigabytes_bandwidth": 10,
        },
        "shared-storage": {
            "days_left_in_billing_cycle": seed,
            "estimated_paid_storage_for_month": 0,
            "estimated_storage_for_month": seed,
        },
    }


class Scene:
    """Accounts with their books, and the exporter that polls them over a wire."""

    accounts: Mapping[str, SimulatedAccount]
    books: Mapping[str, Book]
    wire: Wire
    world: World
    _loop: asyncio.AbstractEventLoop

    @property
    def passed(self) -> float:
        """Seconds since the start, independent of the clock."""
        return self._loop.time()

    async def opens(self) -> None:
        """Start polling and discovering, and let the first attempts end."""
        self._loop = asyncio.get_running_loop()
        self.world.polls = self.world.app.poll
        await self.world.__aenter__()
        await self.world.passes(seconds=30)

    async def closes(self) -> None:
        await self.world.__aexit__()

    async def settles(self) -> None:
        """Wait for the running attempts to end."""
        accounts = self.world.app.poller.accounts
        while any(job.running for watched in accounts for job in watched.jobs):
            await self.world.passes(seconds=1)

    def write(self, name: str, add: Iterable[Row] = (), *, drop: int = 0) -> None:
        """Drop the first rows of a book's current month, then add others."""
        now = self.world.clock()
        month, book = (now.year, now.month), self.books[name]
        book.write(self.passed, month, (*book(*month)[drop:], *add))


class Stage(Scene):
    """An organization, a discovered one, an enterprise, and a user with another credential.

    ``cast`` has the names of the accounts, ``without`` those of collectors that do not run.
    """

    def __init__(
        self, start: datetime, cast: Set[str] = EVERYONE, without: Collection[str] = ()
    ) -> None:
        self.books = {
            "acme": Book(1, PLACES[0]),
            "globex": Book(2),
            "acme-corp": Book(3, PLACES[2]),
            "mona": Book(4),
        }
        self.acme = organization(
            usage_items=self.books["acme"],
            ghas="split",
            budgets=budgets("acme", "organization"),
            legacy=legacy(1),
            seats=4,
        )
        self.globex = organization(
            "globex",
            usage_items=self.books["globex"],
            ghas="bundled",
            legacy=legacy(2),
            plan="free",
            seats=3,
        )
        self.corp = enterprise(
            usage_items=self.books["acme-corp"],
            ghas="bundled",
            repositories=["acme/api", "labs/models"],
            budgets=budgets("acme-corp", "enterprise"),
            cost_centers=list(CENTERS),
            seats=4,
        )
        self.mona = user(usage_items=self.books["mona"])
        self.secret, own = Secret(), Secret(OWN_TOKEN)
        self.wire = Wire()
        everyone = (self.acme, self.globex, self.corp, self.mona)
        self.accounts = {each.name: each for each in everyone if each.name in cast}
        entries = [
            {**each, "collectors": [name for name in opted if name not in without]}
            for each, opted in _ENTRIES
            if cast & set(each.values())
        ]
        self.world = World(
            *self.accounts.values(),
            start=start,
            watched=[],
            settings={
                **_SETTINGS,
                "accounts": entries,
                "no_collectors": [*without, *(c.name for c in ALL if c.beside)],
            },
            environment={"GITHUB_BILLING_TOKEN": DEMO_TOKEN, "OWN": OWN_TOKEN},
            credential=TokenCredential("default", self.secret),
            further=[TokenCredential("own", own)],
            transport=self.wire,
            collectors=[each.name for each in ALL],
        )
        self.world.github.tokens[OWN_TOKEN] = SimulatedToken("mona")
        self.wire.leads_to(self.world.github, self.world.clock)


_SETTINGS: Mapping[str, object] = {
    "poll": {"interval": "30m"},
    "discover": {"enabled": True},
    "allocation": {
        "rules": [
            {"repositories": ["acme/api"], "team": "core"},
            {"organizations": ["labs"], "team": "research"},
        ],
    },
    "credentials": [{"name": "own", "token_variable": "OWN", "discover": False}],
}
CHANGES: tuple[dict[str, object], ...] = (
    {},
    {"series_limit": 900},
    {"poll": {"interval": "30m", "timeout": "29s"}},
    {"github": {"api_version": "2022-11-28"}},
)
"""Settings that may be reloaded: the bill stays the same."""

_ENTRIES = (
    ({"organization": "acme"}, ("usage_repositories", "advanced_security_repositories")),
    (
        {"enterprise": "acme-corp"},
        ("usage_repositories", "usage_organizations", "usage_cost_centers"),
    ),
    ({"user": "mona", "credential": "own"}, ()),
)

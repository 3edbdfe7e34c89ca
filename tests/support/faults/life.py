"""A random life of accounts and of GitHub, judged after every step."""

import asyncio
import itertools
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from exporter.accounts import Platform
from exporter.collectors import ALL
from exporter.web.exposition import text
from tests.support.faults.faulty_wire import Break
from tests.support.faults.invariant import Invariant, Page
from tests.support.faults.kinds import KINDS, Kind, heal
from tests.support.faults.oracle import SKUS
from tests.support.faults.written_bills import CHANGES, EVERYONE, PLACES, Stage, legacy, row
from tests.support.restarts import bill_of
from tests.support.world import VirtualTimeLoop

HUNTING = "FAULT_SEQUENCES" in os.environ

LIVES = itertools.count(1)
TOLD = 100
"""Print progress after so many lives."""

STARTS = (
    datetime(2026, 10, 12, 9, 30, tzinfo=UTC),
    datetime(2026, 10, 31, 22, 40, tzinfo=UTC),
    datetime(2026, 11, 1, 23, 50, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 50, tzinfo=UTC),
    datetime(2028, 2, 29, 21, 0, tzinfo=UTC),
)
AWAY = Break(lambda: httpx.ConnectError("All connection attempts failed"))
NUMBERS = st.integers(0, 3)
SPINE = {"usage", "legacy_actions", "legacy_packages", "legacy_shared_storage", "plan"}
LISTS = {"budgets", "budget_estimates", "advanced_security", "advanced_security_repositories"}
OTHERS = {each.name for each in ALL} - SPINE - LISTS
CASTS: tuple[tuple[frozenset[str], set[str]], ...] = (
    (frozenset({"acme", "globex", "mona"}), LISTS | OTHERS),
    (frozenset({"acme", "mona"}), OTHERS),
    (frozenset({"acme", "mona"}), LISTS),
    (frozenset({"acme-corp", "mona"}), LISTS),
    (EVERYONE, set()),
)
"""Accounts, and the collectors left out: running all at once is slow."""

LIGHT = tuple(kind for kind in KINDS if not kind.heavy)
PATHS = (
    "",
    "/usage/summary",
    "/billing/usage",
    "/advanced-security",
    "/budgets",
    "/settings/billing/actions",
    "/cost-centers",
    "/copilot",
)
RECOVERY = 125 * 60.0
"""Seconds until all works again after a fault: the longest wait for a limit, and two polls."""

SHARED = {"acme", "globex", "acme-corp"}
"""Accounts of the credential that is rotated and limited."""


class Life(RuleBasedStateMachine):
    """An exporter and random events around it.

    ``causes`` has the accounts that may fail while a cause lasts, and ``after`` the time until
    which an account may still fail.
    """

    def __init__(self) -> None:
        super().__init__()
        self.causes: dict[str, set[str]] = {}
        self.after: dict[str, float] = {}
        self.parsed: tuple[object, Page] = (None, {})
        self.was_well = False
        lived = next(LIVES)
        if HUNTING and lived % TOLD == 0:
            sys.stderr.write(f"{lived} lives\n")

    def run(self, scene: Callable[[], Coroutine[None, None, None]]) -> None:
        self.runner.run(scene())

    @initialize(start=st.sampled_from(STARTS), cast=st.sampled_from(CASTS))
    def begins(self, start: datetime, cast: tuple[frozenset[str], set[str]]) -> None:
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)

        async def scene() -> None:
            self.stage = Stage(start, *cast)
            self.judge = Invariant(self.stage)
            await self.stage.opens()

        self.run(scene)

    def teardown(self) -> None:
        with self.runner:
            self.run(self.stage.closes)

    # Ordinary events

    @rule(minutes=st.sampled_from((1, 1, 7, 31, 31, 62, 100, 200)))
    def time_passes(self, minutes: int) -> None:
        async def scene() -> None:
            for _ in range(3):
                await self.stage.world.passes(minutes=minutes / 3)
                self.holds()

        self.run(scene)

    @rule(
        number=NUMBERS,
        sku=st.sampled_from(sorted(SKUS)),
        quantity=st.integers(0, 5000),
        free=st.integers(0, 100),
        place=st.sampled_from(PLACES),
    )
    def use_is_billed(
        self, number: int, sku: str, quantity: int, free: int, place: tuple[str, str]
    ) -> None:
        name = self.named(number)
        places = {"acme": PLACES[quantity % 2], "acme-corp": place}
        billed = row(sku, quantity, min(free, quantity), places.get(name))
        self.changes(lambda: self.stage.write(name, [billed]))

    @rule(number=NUMBERS)
    def the_bill_is_corrected_downwards(self, number: int) -> None:
        self.changes(lambda: self.stage.write(self.named(number), drop=1))

    @rule(
        number=NUMBERS,
        ghas=st.sampled_from(("none", "bundled", "split")),
        plan=st.sampled_from(("team", "free", "enterprise")),
        seats=st.integers(0, 9),
    )
    def arrangements_change(self, number: int, ghas: str, plan: str, seats: int) -> None:
        name = self.named(number)
        if name != "mona":
            changed = {"ghas": ghas, "plan": plan, "seats": seats}
            self.changes(lambda: vars(self.stage.accounts[name]).update(changed))
            self.look_at_arrangements()

    @rule(number=NUMBERS, seed=st.integers(1, 20))
    def the_account_moves(self, number: int, seed: int) -> None:
        account = self.stage.accounts[self.named(number)]
        to = Platform.USAGE if account.platform is Platform.LEGACY else Platform.LEGACY
        if account.legacy:
            self.changes(lambda: vars(account).update(platform=to, legacy=legacy(seed)))
            self.look_at_arrangements()

    @precondition(lambda self: "globex" in self.stage.accounts)
    @rule()
    def an_account_is_lost_or_found(self) -> None:
        accounts, globex = self.stage.world.github.accounts, self.stage.globex
        if globex in accounts:
            accounts.remove(globex)
            self.begin("lost", "globex")
        else:
            accounts.append(globex)
            self.end("lost")

    @rule(change=st.sampled_from(CHANGES))
    def settings_are_reloaded(self, change: dict[str, object]) -> None:
        async def scene() -> None:
            before = bill_of(self.page())
            self.stage.world.reload(**change)
            assert bill_of(self.page()) == before, "a reading is lost"

        self.run(scene)

    # Faults

    @rule(
        kind=st.sampled_from(LIGHT),
        path=st.sampled_from(PATHS),
        number=NUMBERS,
        times=st.sampled_from((None, None, 1, 3)),
    )
    def a_fault_befalls(self, kind: Kind, path: str, number: int, times: int | None) -> None:
        name = self.named(number)
        if name != "mona":
            kind.at(path).befall(self.stage.wire, name, times)
            self.begin("faults", name, *(SHARED if kind.reason == "rate_limited" else ()))

    @rule(kind=st.sampled_from(LIGHT), times=st.sampled_from((None, 1)))
    def discovery_fails(self, kind: Kind, times: int | None) -> None:
        if kind.name != "200-no-object":  # an empty list of organizations is valid
            kind.at("/user/orgs").befall(self.stage.wire, "orgs", times)
            self.begin("faults", *(SHARED if kind.reason == "rate_limited" else ()))

    @rule()
    def faults_are_healed(self) -> None:
        heal(self.stage.wire)
        self.end("faults")

    @rule(minutes=st.sampled_from((1, 40, 130)))
    def github_is_away(self, minutes: int) -> None:
        async def scene() -> None:
            self.stage.wire.breaks.append(AWAY)
            self.begin("away", *self.stage.accounts)
            for _ in range(2):
                await self.stage.world.passes(minutes=minutes / 2)
                self.holds()
            self.stage.wire.breaks.remove(AWAY)
            self.end("away")

        self.run(scene)

    @rule(number=st.integers(0, 9), at_once=st.booleans())
    def the_token_is_rotated(self, number: int, at_once: bool) -> None:
        self.stage.world.github.token = f"ghp_{str(number) * 36}"
        self.begin("token", *SHARED)
        if at_once:
            self.the_new_token_comes()

    @rule()
    def the_token_cannot_be_read(self) -> None:
        self.stage.secret.value = None
        self.begin("token", *SHARED)

    @rule()
    def the_new_token_comes(self) -> None:
        self.stage.secret.value = self.stage.world.github.token
        self.end("token")

    # The clock

    @rule(
        by=st.sampled_from(
            (
                timedelta(minutes=-3),
                timedelta(hours=-1),
                timedelta(days=-3),
                timedelta(minutes=3),
                timedelta(hours=1),
                timedelta(days=1),
                timedelta(days=20),
            )
        )
    )
    def the_clock_is_set(self, by: timedelta) -> None:
        async def scene() -> None:
            await self.stage.settles()
            self.sets_the_clock(by)
            self.holds()
            await self.stage.world.passes(seconds=20)

        self.run(scene)

    @rule(minutes=st.sampled_from((3, 20)))
    def the_clock_is_set_to_the_months_edge(self, minutes: int) -> None:
        async def scene() -> None:
            await self.stage.settles()
            now = self.stage.world.clock()
            edge = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0)
            self.sets_the_clock(edge - now - timedelta(minutes=minutes))
            await self.stage.world.passes(seconds=20)

        self.run(scene)

    def sets_the_clock(self, by: timedelta) -> None:
        self.stage.world.step += by
        if by < timedelta(0):
            self.judge.set_back.append((self.stage.passed, -by))

    # Checks

    @precondition(lambda self: not self.was_well)
    @rule()
    def all_is_well_again(self) -> None:
        self.faults_are_healed()
        self.the_new_token_comes()
        for account in self.stage.accounts.values():
            account.platform, account.ghas = Platform.USAGE, "bundled"
        self.look_at_arrangements()
        if "lost" in self.causes:
            self.an_account_is_lost_or_found()

        async def scene() -> None:
            end = self.stage.passed + RECOVERY
            while self.judge.is_ill(self.page()):
                assert self.stage.passed < end, self.judge.is_ill(self.page())
                await self.stage.world.passes(minutes=8)
                self.holds()

        self.run(scene)
        self.was_well = True

    @invariant()
    def the_page_does_not_lie(self) -> None:
        self.run(self.scene_of_now)

    async def scene_of_now(self) -> None:
        self.holds()

    def holds(self) -> None:
        page = self.page()
        self.judge.holds(page)
        failing = [dict(of) for name, of in page if name.endswith("_collector_failure_info")]
        may = set().union(*self.causes.values())
        may |= {name for name, until in self.after.items() if until >= self.stage.passed}
        assert [each for each in failing if each["account"] not in may] == [], "no cause"
        assert [each for each in failing if each["reason"] == "internal"] == []

    def page(self) -> Page:
        """Read the page as Prometheus does, without the live metrics of the process."""
        page = self.stage.world.app.poller.page()
        if self.parsed[0] is not page:
            said = text(page, CollectorRegistry()).decode()
            found = [s for family in text_string_to_metric_families(said) for s in family.samples]
            series = {(s.name, frozenset(s.labels.items())): s.value for s in found}
            assert len(series) == len(found), "duplicate series"
            self.parsed = page, series
        return self.parsed[1]

    def changes(self, change: Callable[[], None]) -> None:
        """Change the accounts between two readings; another test changes them during one."""

        async def scene() -> None:
            await self.stage.settles()
            change()

        self.run(scene)

    def named(self, number: int) -> str:
        names = list(self.stage.accounts)
        return names[number % len(names)]

    def begin(self, cause: str, *names: str) -> None:
        """Allow these accounts to fail from now on."""
        self.causes.setdefault(cause, set()).update(names)

    def end(self, cause: str) -> None:
        """Allow the accounts of this cause to fail until they have recovered."""
        until = self.runner.get_loop().time() + RECOVERY
        self.after |= dict.fromkeys(self.causes.pop(cause, ()), until)

    def look_at_arrangements(self) -> None:
        """Allow an account to fail while GitHub refuses an endpoint that once worked for it."""
        for name, account in self.stage.accounts.items():
            self.begin(name, name)
            if account.ghas != "none" and account.platform is Platform.USAGE:
                self.end(name)

"""Hundreds of accounts: paced, fresh, sharded, added and removed, never rate limited."""

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path

from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.commands.checking.gathering import gathered
from exporter.demo import SimulatedAccount, SimulatedApp, SimulatedInstallation
from exporter.demo.accounts import Family
from exporter.demo.meters import AI_SKUS
from exporter.github.client import Client
from exporter.github.github_app import InstallationCredential
from exporter.polling.clients import credentials
from exporter.polling.job import Job
from exporter.polling.watched import Watched
from exporter.settings import load
from tests.support.app_server import pem, public_pem, virtual_now
from tests.support.checked import account, told
from tests.support.world import (
    SPINE,
    World,
    discovering,
    in_virtual_time,
    organization,
    read_at_each_use,
    row,
)

QUARTER = timedelta(minutes=15)
AI = next(iter(AI_SKUS))
EVERYTHING = [each.name for each in ALL]


def organizations(number: int) -> list[str]:
    return [f"org-{each}" for each in range(number)]


def changing_bills(number: int) -> list[SimulatedAccount]:
    """Return organizations whose bills change at each request, so that no answer is a 304."""
    questions = count()

    def bill(_year: int, _month: int) -> list[dict[str, object]]:
        return [row(netAmount=next(questions)), row(sku=AI, netAmount=next(questions))]

    return [
        organization(name, usage_items=bill, repositories=[], ghas="bundled")
        for name in organizations(number)
    ]


def installations(names: Collection[str]) -> list[SimulatedInstallation]:
    """Return an installation for each name. A name keeps its id, as on GitHub."""
    return [
        SimulatedInstallation(int(name.removeprefix("org-")) + 1, AccountType.ORGANIZATION, name)
        for name in names
    ]


def app_world(
    number: int, key: Path, collectors: Collection[str] = EVERYTHING, **settings: object
) -> World:
    """Return a world of one App that discovers its `number` installations."""
    key.write_text(pem())
    flags: Mapping[str, object] = {
        "github": {"app_id": "1", "app_private_key_file": str(key)},
        "discover": {"enabled": True},
        **settings,
    }
    (secret,) = credentials(load(flags, {}, ALL), {}, clock=virtual_now, of_file=read_at_each_use)
    world = World(
        *changing_bills(number),
        watched=[],
        settings=flags,
        credential=secret,
        collectors=collectors,
    )
    world.github.app = SimulatedApp(
        1, "Iv1.billing", [public_pem()], installations(organizations(number))
    )
    return world


def counted(world: World, name: str, by: str) -> dict[str, float]:
    """Sum a counter by a label, without the page: hundreds of accounts make it slow to read."""
    found: dict[str, float] = {}
    for family in world.app.telemetry.registry.collect():
        for sample in family.samples:
            if sample.name == f"github_billing_exporter_{name}":
                found[sample.labels[by]] = found.get(sample.labels[by], 0.0) + sample.value
    return found


def ages(world: World, collector: str = "usage") -> list[timedelta]:
    """Return the ages of a collector's readings, one for each account with a reading."""
    jobs = [job for account in world.app.poller.page().accounts for job in account.jobs]
    at = [job.known.last_success for job in jobs if job.collector == collector]
    return [world.clock() - each for each in at if each is not None]


class TestFiveHundredOrganizationsOnOneApp:
    @in_virtual_time
    async def test_are_fresh_for_two_hours_and_never_refused(self, tmp_path: Path) -> None:
        world = app_world(500, tmp_path / "key", SPINE)
        # Enough for the App, with a token per installation and hour, and for each installation,
        # but not for all of them together.
        world.github.rate_limit = 1000
        async with discovering(world):
            await world.passes(minutes=5)
            for _ in range(24):
                assert len(ages(world)) == 500
                assert max(ages(world)) <= 1.1 * QUARTER
                await world.passes(minutes=5)
            answered = counted(world, "api_requests_total", by="status")
            assert answered.keys() == {"200", "201", "304"}
            assert answered["200"] > 2 * 2 * world.github.rate_limit
            assert set(counted(world, "polls_missed_total", by="collector").values()) == {0.0}

    @in_virtual_time
    async def test_begin_without_more_than_nine_hundred_requests_a_minute(
        self, tmp_path: Path
    ) -> None:
        world = app_world(500, tmp_path / "key", SPINE)
        async with discovering(world):
            await world.passes(minutes=4)
            at = [request.at for request in world.github.requests]
            minute = timedelta(minutes=1)
            busiest = max(sum(begin <= each < begin + minute for each in at) for begin in at[::50])
            assert 500 < busiest <= 900
            assert len(ages(world)) == 500


class TestAShortLimit:
    @in_virtual_time
    async def test_is_kept_for_the_bill_while_the_least_valuable_wait(self) -> None:
        world = World(*changing_bills(60), collectors=EVERYTHING)
        world.github.rate_limit = 450  # of about 700 needed, over half of them for bills
        async with world:
            for _ in range(36):
                await world.passes(minutes=5)
                assert len(ages(world)) == 60
                # At the end of the hour all may wait some minutes for the limit's reset.
                assert max(ages(world)) <= QUARTER * 4 / 3
            missed = counted(world, "polls_missed_total", by="collector")
            assert missed["usage"] == missed["plan"] == missed["budgets"] == 0
            assert 0 < missed["model_usage"] < missed["advanced_security"]
            assert counted(world, "api_requests_total", by="status").keys() == {"200", "304"}
            assert set(counted(world, "collector_failures_total", by="collector").values()) == {0.0}


class TestShards:
    @in_virtual_time
    async def test_watch_each_discovered_account_once(self, tmp_path: Path) -> None:
        watched: Counter[str] = Counter()
        for index in range(3):
            world = app_world(60, tmp_path / "key", SPINE, shard=f"{index}/3")
            await world.app.once()
            assert world.value("exporter_shards", shard=str(index)) == 3
            share = [dict(labels)["account"] for labels in world.series("account_info")]
            assert 8 <= len(share) <= 34
            watched.update(share)
        assert watched == Counter(organizations(60))


class TestAccountsThatComeAndGo:
    @in_virtual_time
    async def test_leave_no_series_and_nothing_in_memory(self, tmp_path: Path) -> None:
        world = app_world(24, tmp_path / "key", discover={"enabled": True, "interval": "10m"})
        assert world.github.app is not None
        names = organizations(24)
        rounds = [names[:12], names[8:20], names[12:], names[:2], names[:12]]
        held = []
        world.github.app.installations = installations(rounds[0])
        async with discovering(world):
            for installed in rounds:
                world.github.app.installations = installations(installed)
                await world.passes(minutes=12)
                page = world.samples()
                named = Counter(dict(labels).get("account") for _, labels in page)
                del named[None]
                assert named.keys() == set(installed)
                assert min(named.values()) > 30
                held.append(self.held())
        assert held[0] == held[-1]
        assert held[0]["Watched"] > held[3]["Watched"]

    def held(self) -> Counter[str]:
        """Count the objects and tasks that accounts keep in memory."""
        gc.collect()
        found = Counter(
            type(each).__name__
            for each in gc.get_objects()
            if isinstance(each, Watched | Job | Client | InstallationCredential)
        )
        return found + Counter(tasks=len(asyncio.all_tasks()))


class TestCheck:
    LIMIT = 150

    async def report(self, number: int) -> str:
        world = World(*changing_bills(number), collectors=EVERYTHING)
        world.github.rate_limit = self.LIMIT
        await world.app.once()
        return told(world.app)

    @in_virtual_time
    async def test_says_how_many_accounts_the_intervals_carry(self) -> None:
        carries = re.search(
            r"of the 150 that GitHub allows: too many\. The limit is enough for about (\d+) of 20 "
            r"accounts: raise poll\.interval",
            await self.report(20),
        )
        assert carries is not None
        carried = int(carries[1])
        assert "too many" not in await self.report(carried)
        assert "too many" in await self.report(carried + 1)

    @in_virtual_time
    async def test_says_which_half_may_be_read_and_why_not_the_other(self) -> None:
        hidden: set[Family] = {"plan", "advanced_security", "budgets", "copilot"}
        world = World(organization(ghas="bundled", hidden=hidden), collectors=EVERYTHING)
        await world.app.once()
        report = gathered(world.app)
        found = {each.name: each for each in account(report, "acme").collectors}
        assert {name: each.state for name, each in found.items()} == {
            "usage": "works",
            "legacy_actions": "standby",
            "legacy_packages": "standby",
            "legacy_shared_storage": "standby",
            "plan": "not offered",
            "budgets": "not offered",
            "budget_estimates": "not offered",
            "model_usage": "works",
            "advanced_security": "not offered",
            "copilot_seats": "not offered",
            "usage_previous_cycle": "works",
        }
        for name, words in {
            "plan": "the account's plan to this credential. Quotas and seats are missing.*"
            "classic token with admin:org",
            "budgets": "GitHub answered 400.*/organizations/{account}/settings/billing/budgets.*"
            "classic token with admin:org",
            "budget_estimates": "GitHub answered 400.*/organizations/{account}/settings/billing/"
            "budgets.*classic token with admin:org",
            "advanced_security": "GitHub answered 404.*/orgs/{account}/settings/billing/"
            "advanced-security.*classic token with repo or admin:org",
            "copilot_seats": "GitHub answered 403.*/orgs/{account}/copilot/billing.*"
            "manage_billing:copilot",
        }.items():
            cause = found[name].cause
            assert cause is not None
            assert re.search(words, f"{cause.detail} {cause.endpoint} {cause.hint}")
        assert {each.cause for each in found.values() if each.state != "not offered"} == {None}
        assert report.success

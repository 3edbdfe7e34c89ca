"""Hundreds of accounts: paced, fresh, divided, and never refused for a limit."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from exporter import check
from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.demo import SimulatedApp, SimulatedInstallation
from exporter.hosts import credentials
from exporter.settings import load
from tests.github.app_server import KEYS, pem, virtual_now
from tests.world import World, in_virtual_time, organization, row

QUARTER = timedelta(minutes=15)
EVERYTHING = [each.name for each in ALL]


def organizations(count: int) -> list[str]:
    return [f"org-{number}" for number in range(count)]


def app_world(count: int, key: Path, **settings: object) -> World:
    """Make a world of one App, installed on so many organizations, which it discovers."""
    key.write_text(pem())
    flags: Mapping[str, object] = {
        "github": {"app_id": "1", "app_private_key_file": str(key)},
        "discover": {"enabled": True},
        **settings,
    }
    (secret,) = credentials(load(flags, {}, ALL), {}, clock=virtual_now)
    accounts = [
        organization(name, usage_items=[row(netAmount=number)])
        for number, name in enumerate(organizations(count))
    ]
    world = World(*accounts, watched=[], settings=flags, credential=secret, collectors=EVERYTHING)
    public = KEYS[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    world.github.app = SimulatedApp(
        1,
        "Iv1.billing",
        [public.decode()],
        [
            SimulatedInstallation(number, AccountType.ORGANIZATION, name)
            for number, name in enumerate(organizations(count), 1)
        ],
    )
    return world


@contextlib.asynccontextmanager
async def discovering(world: World) -> AsyncIterator[None]:
    async with world:
        running = [asyncio.create_task(each.run()) for each in world.app.discoveries]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


class TestFiveHundredOrganizationsOnOneApp:
    @in_virtual_time
    async def test_are_fresh_and_never_limited(self, tmp_path: Path) -> None:
        world = app_world(500, tmp_path / "key")
        async with discovering(world):
            await world.passes(minutes=33)
            page = world.samples()
            told: dict[str, dict[frozenset[tuple[str, str]], float]] = {n: {} for n, _ in page}
            for (name, labels), value in page.items():
                told[name][labels] = value
            at = told["github_billing_exporter_collector_last_success_timestamp_seconds"]
            fresh = [value for labels, value in at.items() if ("collector", "usage") in labels]
            assert len(fresh) == 500
            now = world.clock().timestamp()
            assert max(now - each for each in fresh) <= 1.1 * QUARTER.total_seconds()
            answered = told["github_billing_exporter_api_requests_total"]
            assert not [labels for labels in answered if ("status", "429") in labels]
            failed = told["github_billing_exporter_collector_failures_total"]
            assert not [
                labels
                for labels, value in failed.items()
                if value and ("reason", "rate_limited") in labels
            ]
            assert set(told["github_billing_exporter_polls_missed_total"].values()) == {0.0}


class TestAShortLimit:
    @in_virtual_time
    async def test_is_kept_for_the_most_valuable_collectors(self) -> None:
        accounts = [
            organization(name, usage_items=[row(netAmount=number)])
            for number, name in enumerate(organizations(40))
        ]
        world = World(*accounts, collectors=EVERYTHING)
        world.github.rate_limit = 400
        # A bill that changes at every question, so that no answer is free.
        questions = iter(range(1_000_000))
        for account in accounts:
            account.usage_items = lambda _year, _month: [row(netAmount=next(questions))]
        async with world:
            oldest = 0.0
            for _ in range(24):
                await world.passes(minutes=10)
                fresh = world.series(
                    "exporter_collector_last_success_timestamp_seconds", collector="usage"
                )
                assert len(fresh) == 40
                ages = [world.clock().timestamp() - at for at in fresh.values()]
                oldest = max(oldest, *ages)
            assert oldest <= 2 * QUARTER.total_seconds()
            assert world.failures("usage") == 0
            missed = {
                dict(labels)["collector"]: value
                for labels, value in world.series("exporter_polls_missed_total").items()
            }
            assert missed["usage"] == 0

    @in_virtual_time
    async def test_is_told_by_check_with_how_many_accounts_it_carries(self) -> None:
        accounts = [organization(name, usage_items=[]) for name in organizations(20)]
        world = World(*accounts, collectors=EVERYTHING)
        world.github.rate_limit = 150
        await world.app.once()
        report = " ".join(check.report(world.app).split())
        assert "of the 150 that GitHub grants: too many" in report
        assert "of 20 accounts: raise poll.interval" in report


class TestShards:
    @in_virtual_time
    async def test_watch_each_discovered_account_once(self, tmp_path: Path) -> None:
        watched: Counter[str] = Counter()
        for index in range(3):
            world = app_world(60, tmp_path / f"key-{index}", shard=f"{index}/3")
            await world.app.once()
            shares = {watch.account.name for watch in world.app.poller.watches}
            assert 8 <= len(shares) <= 34
            watched.update(shares)
        assert watched == Counter(organizations(60))

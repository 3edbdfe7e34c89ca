"""Refusals of a GitHub App: suspended, not yet installed, or with a token that is too new."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.demo import SimulatedAccount, SimulatedApp, SimulatedInstallation
from exporter.polling.clients import credentials
from exporter.settings import load
from tests.support.app_server import pem, public_pem, virtual_now
from tests.support.faults.fault import Fault
from tests.support.optional_jobs import BUDGETS, OPTIONAL, SEATS, SHORT, acme, asked_at, comes, work
from tests.support.paths import SUMMARY
from tests.support.world import World, in_virtual_time, read_at_each_use


def app_world(
    key: Path, account: SimulatedAccount, collectors: list[str], **settings: Any
) -> World:
    """Return a world of an App that is installed on the account."""
    key.write_text(pem())
    flags = {"github": {"app_id": "1", "app_private_key_file": str(key)}, **settings}
    (secret,) = credentials(load(flags, {}, ALL), {}, clock=virtual_now, of_file=read_at_each_use)
    world = World(account, settings=flags, credential=secret, collectors=collectors)
    installed = [SimulatedInstallation(7, AccountType.ORGANIZATION, account.name)]
    world.github.app = SimulatedApp(1, "Iv1.billing", [public_pem()], installed)
    return world


class TestAGitHubApp:
    @in_virtual_time
    async def test_that_is_suspended_fails_and_all_is_there_soon_after_it(
        self, tmp_path: Path
    ) -> None:
        world = app_world(tmp_path / "key", acme(), ["usage", *OPTIONAL], **SHORT)
        assert world.github.app is not None
        [installed] = world.github.app.installations
        installed.suspended = True
        async with world:
            await world.passes(minutes=1)
            assert {world.reason(name) for name in ("usage", *OPTIONAL[1:])} == {"forbidden"}
            installed.suspended = False
            await comes(world, 30, lambda: work(world) == set(OPTIONAL))
            installed.suspended = True
            await world.passes(minutes=1)
            assert {world.reason(name) for name in ("usage", "advanced_security")} == {"forbidden"}
            installed.suspended = False
            await comes(world, 30, lambda: work(world) == set(OPTIONAL))

    @in_virtual_time
    async def test_that_is_installed_only_now_brings_everything(self, tmp_path: Path) -> None:
        world = app_world(tmp_path / "key", acme(), ["usage", *OPTIONAL])
        assert world.github.app is not None
        installed, world.github.app.installations = world.github.app.installations, []
        async with world:
            await world.passes(hours=2)
            assert world.reason("usage") == "not_found"
            world.github.app.installations = installed
            await comes(world, 960, lambda: world.about("success", "usage") == 1)
            await world.passes(seconds=10)
            assert work(world) == set(OPTIONAL)

    @in_virtual_time
    async def test_makes_no_storm_of_tokens_where_two_endpoints_refuse_them(
        self, tmp_path: Path
    ) -> None:
        world = app_world(tmp_path / "key", acme(), ["usage", "budgets", "advanced_security"])
        world.github.faults.add(Fault.unauthorized(match=BUDGETS))
        world.github.faults.add(Fault.unauthorized(match=SEATS))
        async with world:
            await world.passes(hours=6)
            assert len(asked_at(world, "/access_tokens")) <= 6 * 8
            assert len(asked_at(world, BUDGETS)) <= 6 * 8
            assert len(asked_at(world, SUMMARY)) >= 6 * 3

    @in_virtual_time
    async def test_asks_what_was_refused_once_for_each_token_that_is_not_young_any_more(
        self, tmp_path: Path
    ) -> None:
        account = acme(hidden={"advanced_security"})
        world = app_world(tmp_path / "key", account, ["usage", "advanced_security"])
        world.github.faults.add(Fault.slow(3, match="/access_tokens"))
        async with world:
            await world.passes(seconds=50)
            assert len(asked_at(world, SEATS)) == 3, "one poll of three requests"
            await world.passes(hours=2.2)
            made = asked_at(world, "/access_tokens")
            assert len(made) == 3, "one at the start and one per hour"
            last = made[-1] + timedelta(seconds=3)
            later = [at for at in asked_at(world, SEATS) if at > last][::3]
            assert len(later) == 1
            assert timedelta(seconds=5) <= later[0] - last <= timedelta(seconds=10)
            assert world.about("available", "advanced_security") == 0

    @in_virtual_time
    async def test_whose_new_token_may_more_brings_it_at_once(self, tmp_path: Path) -> None:
        account = acme(hidden={"advanced_security"})
        world = app_world(tmp_path / "key", account, ["usage", "advanced_security"])
        async with world:
            await world.passes(minutes=90)
            account.hidden = set()
            await comes(world, 3600, lambda: len(asked_at(world, "/access_tokens")) == 3)
            await world.passes(seconds=11)
            assert world.about("success", "advanced_security") == 1

    @in_virtual_time
    async def test_whose_token_github_does_not_know_yet_rides_it_out(self, tmp_path: Path) -> None:
        world = app_world(tmp_path / "key", acme(), ["usage", *OPTIONAL])
        assert world.github.app is not None
        world.github.app.known_after = timedelta(seconds=3)
        with capture_logs() as log:
            async with world:
                await world.passes(seconds=6)
                assert work(world) == set(OPTIONAL)
                assert world.about("success", "usage") == 1
        assert [line for line in log if line["log_level"] == "warning"] == []
        assert len(asked_at(world, "/access_tokens")) == 1

"""Discovered accounts after a restart in an outage."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.faults.fault import Fault
from tests.support.lists import Lists
from tests.support.restarts import ALL_FAIL, keep, life, state, unpacked
from tests.support.world import World, in_virtual_time, organization


class TestDiscoveredAccounts:
    """A token sees ``acme`` and ``beta``. Then the exporter restarts in an outage."""

    ACCOUNTS = (organization("acme"), organization("beta"))

    @asynccontextmanager
    async def life(
        self, path: Path, lists: Lists, fault: Fault | None = None, **settings: Any
    ) -> AsyncIterator[World]:
        discover = {"enabled": True, **settings.pop("discover", {})}
        async with life(
            path,
            *self.ACCOUNTS,
            watched=(),
            settings={"discover": discover, **settings},
            fault=fault,
            lists=lists,
        ) as world:
            for discovery in world.app.discoveries:
                await discovery.once()
            await world.passes(seconds=10)
            yield world

    async def known(self, path: Path) -> None:
        async with self.life(path, Lists(["acme", "beta"])) as world:
            assert self.names(world) == {"acme", "beta"}
            await keep(world)
            await world.passes(minutes=10)

    @staticmethod
    def names(world: World) -> set[str]:
        return {dict(labels)["account"] for labels in world.series("actions_used_minutes")}

    @in_virtual_time
    async def test_are_shown_and_asked_while_nothing_can_be_discovered(
        self, tmp_path: Path
    ) -> None:
        await self.known(tmp_path / "state")
        async with self.life(tmp_path / "state", Lists(500), ALL_FAIL) as world:
            assert self.names(world) == {"acme", "beta"}
            assert world.value("exporter_discovery_success") == 0
            assert world.value("exporter_discovery_last_success_timestamp_seconds") is not None
            assert world.reason("usage", "beta") == "unreachable"
            world.github.faults.clear()
            await world.passes(minutes=17)
            assert world.about("success", "usage", "beta") == 1

    @in_virtual_time
    async def test_go_with_the_first_list_that_lacks_them(self, tmp_path: Path) -> None:
        await self.known(tmp_path / "state")
        async with self.life(tmp_path / "state", Lists(["beta"]), ALL_FAIL) as world:
            assert self.names(world) == {"beta"}
            await keep(world)
        assert [account.name for account in state(tmp_path / "state").accounts] == ["beta"]

    @pytest.mark.parametrize(
        ("settings", "left"),
        [
            ({"discover": {"enabled": False}, "organizations": ["gamma"]}, set()),
            ({"discover": {"exclude": ["ac*"]}}, {"beta"}),
            ({"shard": "0/2"}, {"beta"}),
            ({"shard": "1/2"}, {"acme"}),
            ({"github": {"api_url": "https://api.acme.ghe.com"}}, set()),
        ],
        ids=["undiscovered", "pattern", "shard 0", "shard 1", "host"],
    )
    @in_virtual_time
    async def test_stay_away_where_the_settings_do_not_want_them(
        self, tmp_path: Path, settings: dict[str, Any], left: set[str]
    ) -> None:
        await self.known(tmp_path / "state")
        async with self.life(tmp_path / "state", Lists(500), ALL_FAIL, **settings) as world:
            assert self.names(world) == left
            names = {watched.account.name for watched in world.app.poller.accounts}
            assert names - {"gamma"} == left

    @in_virtual_time
    async def test_are_in_the_file_as_far_as_they_are_watched(self, tmp_path: Path) -> None:
        lists = Lists(["acme", "beta", "secret-lab"])
        discover = {"exclude": ["secret-*"]}
        async with self.life(tmp_path / "state", lists, discover=discover) as world:
            await keep(world)
        assert b"beta" in unpacked(tmp_path / "state")
        assert b"secret-lab" not in unpacked(tmp_path / "state")

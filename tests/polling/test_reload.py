"""Other settings while it runs: they take effect, and what is known stays."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.demo import DEMO_TOKEN
from exporter.github.auth import from_token
from tests.support.faults.fault import Fault
from tests.support.lists import ACME, BETA, CORP, Lists, names, scene, world_of
from tests.support.paths import SUMMARY
from tests.support.restarts import bill, keep, life, state
from tests.support.world import (
    World,
    discovering,
    enterprise,
    from_file,
    in_virtual_time,
    organization,
)

ANY_CHANGE = (
    {"poll": {"timeout": "40s"}},
    {"series_limit": 900},
    {"github": {"api_version": "2022-11-28"}},
    {"quota": {"actions_minutes": 7}},
    {"collectors": ["advanced_security"]},
    {"platform": "usage"},
)


def paths(world: World, since: int = 0) -> list[str]:
    return [request.path for request in list(world.github.requests)[since:]]


class TestWhatIsUnchanged:
    @in_virtual_time
    async def test_goes_on_as_if_nothing_had_happened(self) -> None:
        async with World(
            organization(), organization("beta"), collectors=["usage", "plan"]
        ) as world:
            await world.passes(minutes=5)
            page, asked = bill(world), len(world.github.requests)
            due = [job.due for job in (world.job("usage"), world.job("plan", "beta"))]
            for _ in range(5):
                world.reload()
                await world.passes(seconds=20)
            assert paths(world, asked) == []
            assert bill(world) == page
            assert [job.due for job in (world.job("usage"), world.job("plan", "beta"))] == due

    @in_virtual_time
    async def test_is_not_asked_again_while_a_poll_is_under_way(self) -> None:
        world = World(organization())
        world.github.faults.add(Fault.slow(10, match=SUMMARY, times=1))
        async with world:
            world.reload()
            await world.passes(seconds=20)
            assert world.asked(SUMMARY) == 1
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_is_not_asked_when_another_account_comes_or_goes(self) -> None:
        async with World(organization(), organization("beta"), watched=[ACME]) as world:
            asked = len(world.github.requests)
            world.reload(organizations=["acme", "beta"])
            await world.passes(seconds=10)
            came = paths(world, asked)
            assert came, "the new account is polled soon"
            assert [path for path in came if "/beta" not in path] == []
            assert world.about("success", "usage", "beta") == 1
            world.reload()
            await world.passes(seconds=10)
            assert paths(world, asked) == came
            assert names(world) == {"acme"}
            assert 'account="beta"' not in world.text()

    @in_virtual_time
    async def test_keeps_the_count_of_its_failures(self) -> None:
        world = World(organization())
        world.github.faults.add(Fault.server_error(match=SUMMARY))
        async with world:
            await world.passes(minutes=2)
            assert world.failures("usage") == 1
            world.reload()
            assert world.failures("usage") == 1
            assert world.reason("usage") == "unreachable"


class TestAChange:
    @pytest.mark.parametrize("change", ANY_CHANGE, ids=lambda change: next(iter(change)))
    @in_virtual_time
    async def test_loses_no_reading_even_if_github_is_away(self, change: dict[str, Any]) -> None:
        async with World(organization(), organization("beta")) as world:
            await world.passes(minutes=2)
            before = bill(world)
            world.github.faults.add(Fault.server_error())
            world.reload(**change)
            assert bill(world) == before
            await world.passes(minutes=20)
            assert bill(world) == before

    @in_virtual_time
    async def test_of_the_interval_takes_effect_before_the_old_one_has_passed(self) -> None:
        async with World(organization(), settings={"poll": {"interval": "1h"}}) as world:
            world.reload(poll={"interval": "5m"})
            asked = world.asked(SUMMARY)
            await world.passes(seconds=60)
            assert world.asked(SUMMARY) == asked
            await world.passes(minutes=10)
            assert world.asked(SUMMARY) >= asked + 2
            assert world.about("interval_seconds", "usage") == 300

    @in_virtual_time
    async def test_begins_polls_under_way_again(self) -> None:
        world = World(organization())
        world.github.faults.add(Fault.hanging(match=SUMMARY, times=1))
        async with world:
            world.reload(poll={"timeout": "20s"})
            await world.passes(seconds=5)
            assert world.asked(SUMMARY) == 2
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_makes_no_export_twice(self) -> None:
        corp = enterprise(repositories=["acme/web"])
        corp.exports.processing = timedelta(minutes=3)
        by_workflow = {"collectors": ["usage_workflows"]}
        async with World(corp, settings=by_workflow) as world:
            for seconds in range(20, 26):
                world.reload(poll={"timeout": f"{seconds}s"})
                await world.passes(seconds=10)
            await world.passes(minutes=10)
            made = [each for each in world.github.requests if each.method == "POST"]
            assert len(made) == 1
            assert world.about("success", "usage_workflows") == 1

    @pytest.mark.parametrize("change", ANY_CHANGE[:4], ids=lambda change: next(iter(change)))
    @in_virtual_time
    async def test_forgets_no_wait_that_github_asked_for(self, change: dict[str, Any]) -> None:
        async with World(organization(), organization("beta")) as world:
            world.github.faults.add(Fault.rate_limited_secondary(1800, match=SUMMARY, times=1))
            await world.passes(minutes=16)
            assert "rate_limited" in {world.reason("usage", name) for name in ("acme", "beta")}
            asked = len(world.github.requests)
            world.reload(**change)
            await world.passes(minutes=10)
            assert paths(world, asked) == []
            await world.passes(minutes=25)
            assert world.reason("usage", "acme") is world.reason("usage", "beta") is None

    @in_virtual_time
    async def test_of_the_token_asks_at_once_and_keeps_the_numbers_meanwhile(
        self, tmp_path: Path
    ) -> None:
        old, new = tmp_path / "old", tmp_path / "new"
        old.write_text(DEMO_TOKEN)
        new.write_text("ghp_another")
        given = {"github": {"token_file": str(old)}}
        world = World(organization(), settings=given, credential=from_file("default", old))
        async with world:
            before = bill(world)
            world.github.token = "ghp_another"
            await world.passes(minutes=20)
            assert world.reason("usage") == "unauthorized"
            asked = len(world.github.requests)
            world.reload(from_file("default", new), github={"token_file": str(new)})
            assert bill(world).keys() == before.keys()
            await world.passes(seconds=10)
            assert len(paths(world, asked)) >= 3
            assert world.reason("usage") is None

    @in_virtual_time
    async def test_of_the_platform_shows_that_platform_only(self) -> None:
        async with World(organization()) as world:
            assert world.platform() == "usage"
            world.reload(platform="legacy")
            assert world.platform() == "legacy"
            assert world.series("usage_net_usd") == {}
            await world.passes(seconds=10)
            world.reload()
            await world.passes(seconds=10)
            assert world.platform() == "usage"
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_of_the_collectors_starts_their_counts_at_zero(self) -> None:
        async with World(organization()) as world:
            assert world.series("exporter_polls_missed_total", collector="model_usage") == {}
            world.reload(collectors=["model_usage"], no_collectors=["plan"])
            assert [*world.series("exporter_polls_missed_total", collector="model_usage")]
            assert world.failures("plan", "forbidden") == 0
            await world.passes(seconds=10)
            assert world.about("success", "model_usage") == 1
            assert world.about("interval_seconds", "plan") is None

    @in_virtual_time
    async def test_of_the_shard_shows_its_accounts(self) -> None:
        accounts = [organization(f"org-{number}") for number in range(8)]
        async with World(*accounts) as world:
            world.reload(shard="0/2")
            half = names(world)
            assert 0 < len(half) < 8
            assert world.value("exporter_shards", shard="0") == 2
            world.reload()
            assert len(names(world)) == 8
            assert world.series("exporter_shards") == {}

    @in_virtual_time
    async def test_of_a_credential_removes_its_limit(self) -> None:
        entries = {
            "credentials": [{"name": "other", "token_variable": "OTHER"}],
            "accounts": [{"organization": "beta", "credential": "other"}],
        }
        world = World(
            *(organization(), organization("beta")),
            watched=[ACME],
            settings=entries,
            environment={"GITHUB_BILLING_TOKEN": DEMO_TOKEN, "OTHER": DEMO_TOKEN},
            further=[from_token("other", DEMO_TOKEN)],
        )
        async with world:
            assert world.value("exporter_api_rate_limit", credential="other")
            world.reload(from_token("default", DEMO_TOKEN), credentials=[], accounts=[])
            assert world.series("exporter_api_rate_limit", credential="other") == {}
            assert world.value("exporter_api_rate_limit", credential="default")
            await world.passes(minutes=20)
            assert world.about("success", "usage", "acme") == 1


class TestReadiness:
    @in_virtual_time
    async def test_waits_for_accounts_that_replace_all_of_the_start(self) -> None:
        world = World(organization(), organization("beta"), watched=[ACME])
        world.github.faults.add(Fault.slow(5))
        async with world:
            world.reload(organizations=["beta"])
            assert not world.app.poller.ready
            await world.passes(seconds=2)
            assert not world.app.poller.ready
            await world.passes(minutes=2)
            assert world.app.poller.ready


class TestTheStateFile:
    @in_virtual_time
    async def test_follows_the_accounts(self, tmp_path: Path) -> None:
        path = tmp_path / "state"
        async with life(path, organization(), organization("beta"), watched=[ACME]) as world:
            for watched in (["acme", "beta"], ["beta"]):
                world.reload(organizations=watched)
                await world.passes(seconds=5)
                await keep(world)
                assert [each.name for each in state(path).accounts] == watched
            before = bill(world)
        async with life(path, BETA, fault=Fault.server_error()) as world:
            assert bill(world) == before


class TestDiscovery:
    def test_keeps_what_it_found_and_asks_no_more_often(self) -> None:
        lists = Lists(["acme", "beta"])

        async def scenario(world: World) -> None:
            asked = lists.paths.count("/user/orgs")
            world.reload()
            assert names(world) == {"acme", "beta"}
            await world.passes(minutes=5)
            assert lists.paths.count("/user/orgs") == asked

        scene(lists, scenario, ACME, BETA)

    def test_follows_its_patterns_at_once(self) -> None:
        async def scenario(world: World) -> None:
            world.reload(discover={"enabled": True, "exclude": ["b*"]})
            assert names(world) == {"acme"}
            world.reload()
            assert names(world) == {"acme", "beta"}
            assert world.about("success", "usage", "acme") == 1

        scene(Lists(["acme", "beta"]), scenario, ACME, BETA)

    def test_asks_for_a_new_enterprises_organizations(self) -> None:
        async def scenario(world: World) -> None:
            assert names(world) == {"acme"}
            world.reload(enterprises=["acme-corp"])
            await world.passes(seconds=10)
            assert names(world) == {"acme", "acme-corp", "beta"}

        lists = Lists(["acme"], {"acme-corp": ["beta"]})
        scene(lists, scenario, ACME, BETA, CORP)

    def test_can_be_shorter_lived_than_its_interval(self) -> None:
        lists = Lists(["acme"])

        async def scenario(world: World) -> None:
            lists.seen = ["acme", "beta"]
            world.reload(discover={"enabled": True, "interval": "2m"})
            await world.passes(minutes=3)
            assert names(world) == {"acme", "beta"}

        scene(lists, scenario, ACME, BETA)

    def test_that_ends_takes_its_accounts_with_it(self) -> None:
        async def scenario(world: World) -> None:
            assert world.value("exporter_discovery_success") == 1
            world.reload(discover={"enabled": False})
            assert names(world) == {"acme"}
            assert world.series("exporter_discovery_success") == {}
            await world.passes(hours=3)
            assert names(world) == {"acme"}

        scene(Lists(["acme", "beta"]), scenario, ACME, BETA, watched=[ACME])

    @in_virtual_time
    async def test_that_replaces_a_list_loses_no_reading(self) -> None:
        lists = Lists(["acme", "gamma"])
        world = world_of(lists, ACME, BETA, watched=[ACME, BETA], enabled=False)
        async with discovering(world):
            await world.passes(seconds=10)
            shown = {key for key in bill(world) if ("account", "acme") in key[1]}
            world.reload(discover={"enabled": True}, organizations=[])
            assert shown <= bill(world).keys()
            async for _ in world.new_pages(minutes=1):
                assert shown <= bill(world).keys()
            assert names(world) == {"acme", "gamma"}

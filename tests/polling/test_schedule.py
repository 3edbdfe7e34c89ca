"""The schedule: when jobs are polled, and that no job blocks another."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from exporter.accounts import Platform
from exporter.demo import SimulatedBudget
from tests.support.faults.fault import Fault
from tests.support.paths import LEGACY_PATHS, SUMMARY
from tests.support.world import VirtualTimeLoop, World, in_virtual_time, organization


class TestLegacyBehindARefusedUsage:
    @pytest.mark.parametrize("collector", LEGACY_PATHS)
    @in_virtual_time
    async def test_that_is_unauthorized_at_one_endpoint_is_polled_on(self, collector: str) -> None:
        world = World(organization(platform=Platform.LEGACY))
        world.github.faults.add(Fault.unauthorized(match=LEGACY_PATHS[collector]))
        async with world:
            assert world.reason(collector) == "unauthorized"
            others = [name for name in LEGACY_PATHS if name != collector]
            assert [world.about("success", name) for name in others] == [1, 1]
            world.github.faults.clear()
            await world.passes(minutes=16)
            assert world.asked(SUMMARY) == 2
            assert world.about("success", collector) == 1

    @in_virtual_time
    async def test_takes_the_times_of_usage_whatever_its_own_are(self, tmp_path: Path) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(
            "collector_settings:\n"
            "  usage: {interval: 10m, stale_after: 40m}\n"
            "  legacy_actions: {interval: 2h, stale_after: 9h}\n",
            encoding="utf-8",
        )
        settings = {"config": {"file": str(file)}}
        async with World(organization(platform=Platform.LEGACY), settings=settings) as world:
            for name in LEGACY_PATHS:
                assert world.about("interval_seconds", name) == 600
                assert world.about("stale_after_seconds", name) == 2400
            await world.passes(hours=1)
            assert world.asked(LEGACY_PATHS["legacy_actions"]) == world.asked(SUMMARY) >= 6

    @in_virtual_time
    async def test_keeps_its_own_times_where_the_user_set_the_platform(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "config.yaml"
        file.write_text("collector_settings:\n  legacy_actions: {interval: 2h}\n", encoding="utf-8")
        settings = {"platform": "legacy", "config": {"file": str(file)}}
        async with World(organization(platform=Platform.LEGACY), settings=settings) as world:
            assert world.about("interval_seconds", "legacy_actions") == 7200
            assert world.about("interval_seconds", "legacy_packages") == 900


class TestAnIntervalOfSeconds:
    @pytest.mark.parametrize("answered_after", [0.0, 0.5])
    @pytest.mark.parametrize("interval", [1, 2, 4, 7])
    @in_virtual_time
    async def test_is_kept_and_no_poll_is_missed(
        self, interval: int, answered_after: float
    ) -> None:
        often = {"poll": {"interval": f"{interval}s", "timeout": "1s"}}
        async with World(organization(), settings=often, collectors=["usage"]) as world:
            world.github.faults.add(Fault.slow(answered_after, match=SUMMARY))
            before = world.asked(SUMMARY)
            await world.passes(minutes=5)
            polls = world.asked(SUMMARY) - before
            least, most = interval * 0.9 + answered_after, interval + answered_after
            assert 300 / most - 1 <= polls <= 300 / least + 1
            assert world.value("exporter_polls_missed_total", collector="usage") == 0


class TestAtRest:
    @in_virtual_time
    async def test_it_wakes_twice_a_minute_at_most(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        rarely = {"poll": {"interval": "6h"}}
        async with World(organization(), settings=rarely, collectors=["usage"]) as world:
            before = loop.waits
            await world.passes(hours=5)
            assert loop.waits - before <= 5 * 60 * 2 + 2
            await world.passes(hours=1.1)
            assert world.asked(SUMMARY) == 2

    @in_virtual_time
    async def test_it_wakes_when_a_limit_ends(self) -> None:
        accounts = [organization(f"org-{number}") for number in range(20)]
        world = World(*accounts, collectors=["usage"])
        world.github.faults.add(Fault.rate_limited_secondary(100, times=1))
        async with world:
            await world.passes(minutes=3)
            first, *later = (request.at for request in world.github.requests)
            soon = [at - first for at in later if at - first > timedelta(seconds=50)]
            assert timedelta(seconds=100) <= min(soon) <= timedelta(seconds=101)


class TestOnce:
    @in_virtual_time
    async def test_asks_no_question_twice(self) -> None:
        world = World(organization(), organization("oldtown", platform=Platform.LEGACY))
        await world.app.once()
        asked = [(request.path, *request.query.items()) for request in world.github.requests]
        assert ("/orgs/acme",) in asked
        assert sorted(set(asked)) == sorted(asked)


class TestAPlanThatHangs:
    @in_virtual_time
    async def test_does_not_hold_the_bill_back(self) -> None:
        world = World(organization())
        world.github.faults.add(Fault.hanging(match="/orgs/acme"))
        async with world:
            assert world.platform() == "usage"
            assert world.about("success", "usage") == 1
            assert world.value("actions_used_minutes") is not None
            assert world.about("success", "plan") is None
            await world.passes(minutes=1)
            assert world.reason("plan") == "unreachable"


class TestAccountsThatCannotBeReached:
    @in_virtual_time
    async def test_take_no_more_than_half_of_the_turns_from_the_others(self) -> None:
        dead = [organization(f"dead-{number}") for number in range(8)]
        async with World(*dead, organization(), collectors=["usage"]) as world:
            for account in dead:
                world.github.faults.add(Fault.hanging(account=account.name))
            await world.passes(minutes=40)
            assert {world.reason("usage", account.name) for account in dead} == {"unreachable"}
            while any(world.job("usage", account.name).running for account in dead):
                await world.passes(seconds=1)
            # All are due now, the hanging ones before the one that answers.
            world.step = -timedelta(days=1)
            before = len(world.github.requests)
            assert world.value("actions_used_minutes", account="acme") is None
            await world.passes(seconds=6)
            asked = [request.path.split("/")[2] for request in list(world.github.requests)[before:]]
            assert asked.count("acme") == 1
            assert sum(name.startswith("dead") for name in asked) == 4
            assert world.about("success", "usage", "acme") == 1


class TestAShortRetryAfter:
    @in_virtual_time
    async def test_for_ever_makes_no_hot_loop(self) -> None:
        async with World(organization(), collectors=["usage"]) as world:
            world.github.faults.add(Fault.rate_limited_secondary(1))
            for _ in range(12):
                before = len(world.github.requests)
                await world.passes(hours=1)
                assert len(world.github.requests) - before <= 10
            world.github.faults.clear()
            await world.passes(hours=1.1)
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_after_an_answer_waits_for_the_next_quarter_of_an_hour(self) -> None:
        account = organization(budgets=[SimulatedBudget("actions", 5, "organization")])
        async with World(account, collectors=["budget_estimates"]) as world:
            world.github.faults.add(Fault.rate_limited_secondary(1, match=SUMMARY))
            await world.passes(hours=1.1)
            assert world.reason("budget_estimates") == "rate_limited"
            listed = world.asked("/budgets")
            await world.passes(hours=4)
            assert 12 <= world.asked("/budgets") - listed <= 20

"""Collectors from other readings: on the page with them, and gone with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.commands.checking.gathering import gathered
from exporter.demo.accounts import SimulatedBudget
from exporter.web.landing import render
from tests.support.checked import collector
from tests.support.faults.fault import Fault
from tests.support.paths import SUMMARY
from tests.support.restarts import ALL_FAIL, keep, life
from tests.support.world import World, enterprise, in_virtual_time, organization, row

REPORT = "/settings/billing/usage"
MINUTES = {"name": "minutes", "usd": 100, "product": "actions"}
WEB = {"name": "web", "usd": 50, "repository": "acme/web"}


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def dollars_of_month(year: int, month: int) -> list[dict[str, object]]:
    """Return usage with the month's number as its net dollars."""
    return [row(pricePerUnit=1, grossQuantity=month, grossAmount=month, netAmount=month)]


ONLY = ("usage",)
BILLED = organization(usage_items=dollars_of_month)


def settings(*budgets: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"own_budgets": budgets or (MINUTES,), **more}


def limit(world: World, name: str = "minutes") -> float | None:
    return world.value("budget_limit_usd", budget=f"own:{name}")


def consumed(world: World, name: str = "minutes") -> float | None:
    return world.value("budget_estimated_consumed_usd", budget=f"own:{name}")


class TestOnThePage:
    @in_virtual_time
    async def test_budgets_have_the_dollars_of_the_summary(self) -> None:
        async with World(organization(), settings=settings()) as world:
            net = sum(world.series("usage_net_usd", product="actions").values())
            assert consumed(world) == pytest.approx(net)
            assert net > 0
            assert limit(world) == 100
            assert world.value(
                "budget_info",
                budget="own:minutes",
                type="own",
                scope="account",
                entity="",
                target="actions",
                hard="false",
                alerting="false",
            )

    @in_virtual_time
    async def test_budgets_of_repositories_have_those_of_the_report(self) -> None:
        account = enterprise(repositories=["acme/web", "acme/api", "labs/web"])
        wanted = settings(WEB, collectors=["usage_repositories"])
        async with World(account, settings=wanted) as world:
            series = world.series("repository_usage_net_usd", organization="acme", repository="web")
            assert consumed(world, "web") == pytest.approx(sum(series.values()))
            assert sum(series.values()) > 0

    @in_virtual_time
    async def test_budgets_of_teams_have_those_of_the_teams(self) -> None:
        account = enterprise(repositories=["acme/web", "labs/web"])
        rules = {"rules": [{"organizations": ["acme"], "team": "platform"}]}
        platform = {"name": "platform", "usd": 50, "team": "Platform"}
        rest = {"name": "rest", "usd": 50, "team": "(unallocated)", "product": "actions"}
        async with World(account, settings=settings(platform, rest, allocation=rules)) as world:
            net = world.series("team_usage_net_usd", team="platform")
            assert consumed(world, "platform") == pytest.approx(sum(net.values()))
            left = world.series("team_usage_net_usd", team="(unallocated)", product="actions")
            assert consumed(world, "rest") == pytest.approx(sum(left.values()))
            assert sum(net.values()) > 0
            assert len(world.series("budget_info", entity="platform", scope="team")) == 1

    @in_virtual_time
    async def test_stand_beside_githubs_budgets(self) -> None:
        account = organization(budgets=[SimulatedBudget("actions", 70, "organization", id="b1")])
        async with World(account, settings=settings(collectors=["budgets"])) as world:
            limits = world.series("budget_limit_usd")
            assert {dict(labels)["budget"]: usd for labels, usd in limits.items()} == {
                "b1": 70,
                "own:minutes": 100,
            }

    @in_virtual_time
    async def test_follow_each_poll_of_their_source_without_a_request(self) -> None:
        async with World(BILLED, settings=settings(), collectors=ONLY) as world:
            first = world.about("last_success_timestamp_seconds", "own_budgets") or 0
            await world.passes(minutes=31)
            at = world.about("last_success_timestamp_seconds", "own_budgets") or 0
            assert at == world.about("last_success_timestamp_seconds", "usage")
            assert at > first
            assert {request.path for request in world.github.requests} == {
                f"/organizations/acme{REPORT}/summary"
            }

    @in_virtual_time
    async def test_need_no_request_in_the_check(self) -> None:
        world = World(BILLED, settings=settings(), collectors=ONLY)
        await world.app.once()
        found = collector(gathered(world.app), "own_budgets")
        assert (found.state, found.series, found.requests_per_hour) == ("works", 3, 0)

    @in_virtual_time
    async def test_do_not_keep_the_exporter_from_being_ready(self) -> None:
        async with World(BILLED, settings=settings(), collectors=ONLY) as world:
            assert world.app.poller.ready

    @in_virtual_time
    async def test_say_on_the_landing_page_why_there_is_no_estimate(self) -> None:
        wanted = settings({"name": "typo", "usd": 5, "product": "acttions"})
        async with World(BILLED, settings=wanted) as world:
            assert (limit(world, "typo"), consumed(world, "typo")) == (5, None)
            page = render(world.app.poller.page(), world.clock())
            assert "No estimate for own:typo: GitHub publishes no such product or SKU" in page

    @in_virtual_time
    async def test_of_what_has_no_usage_yet_begin_with_it(self) -> None:
        account = enterprise(repositories=["acme/web"])
        wanted = settings(WEB, WEB | {"name": "typo", "repository": "acme/wbe"})
        wanted |= {"collectors": ["usage_repositories"]}
        async with World(account, settings=wanted, start=utc(2026, 11, 1)) as world:
            page = render(world.app.poller.page(), world.clock())
            assert "No estimate for own:web: no usage of the repository acme/web this month" in page
            assert (limit(world, "web"), consumed(world, "web")) == (50, None)
            await world.passes(hours=13)
            page = render(world.app.poller.page(), world.clock())
            assert "No estimate for own:typo: no usage of the repository acme/wbe this" in page
            assert consumed(world, "web") is not None
            assert consumed(world, "typo") is None


class TestASourceThatFails:
    @in_virtual_time
    async def test_takes_the_estimate_with_it_when_it_expires_and_leaves_the_limit(self) -> None:
        async with World(BILLED, settings=settings(), collectors=ONLY) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            read = world.clock()
            await world.passes(minutes=43)
            assert (world.about("success", "usage"), consumed(world)) == (0, 10)
            async for _ in world.new_pages(minutes=5):
                assert limit(world) == 100
                if world.clock() - read > timedelta(minutes=45, seconds=1):
                    assert (consumed(world), world.series("usage_net_usd")) == (None, {})
            assert consumed(world) is None
            assert world.about("success", "own_budgets") == 1

    @in_virtual_time
    async def test_expires_without_any_poll(self) -> None:
        wanted = settings(poll={"interval": "6h", "stale_after": "7h"})
        async with World(BILLED, settings=wanted, collectors=ONLY) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            polls = len(world.github.requests)
            await world.passes(hours=7, seconds=1)
            asked = len(world.github.requests)
            assert asked > polls
            assert (limit(world), consumed(world)) == (100, None)

    @in_virtual_time
    async def test_that_works_again_brings_the_estimate_back(self) -> None:
        async with World(BILLED, settings=settings(), collectors=ONLY) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes(minutes=50)
            assert consumed(world) is None
            world.github.faults.clear()
            await world.passes(hours=1, minutes=10)
            assert consumed(world) == 10

    @in_virtual_time
    async def test_leaves_the_others_their_estimates(self) -> None:
        account = enterprise(repositories=["acme/web"])
        wanted = settings(MINUTES, WEB, collectors=["usage_repositories"])
        async with World(account, settings=wanted) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes(minutes=50)
            assert consumed(world) is None
            assert consumed(world, "web") is not None


class TestTheMonthsEdge:
    @in_virtual_time
    async def test_begins_the_estimate_anew(self) -> None:
        start = utc(2026, 10, 31, 23, 30)
        async with World(BILLED, settings=settings(), collectors=ONLY, start=start) as world:
            assert consumed(world) == 10
            async for _ in world.new_pages(minutes=40):
                assert limit(world) == 100
                assert {consumed(world)} == set(world.series("usage_net_usd").values())
            assert consumed(world) == 11

    @in_virtual_time
    async def test_never_shows_two_months_at_once(self) -> None:
        account = enterprise(repositories=["acme/web"], usage_items=None)
        wanted = settings(MINUTES, WEB, collectors=["usage_repositories"])
        async with World(account, settings=wanted, start=utc(2026, 10, 31, 23, 30)) as world:
            before = consumed(world, "web")
            assert before is not None
            world.github.faults.add(Fault.server_error(match="/cost-centers"))
            await world.passes_until(utc(2026, 11, 1, 0, 6))
            month = world.value("cycle_start_timestamp_seconds")
            assert month == utc(2026, 11, 1).timestamp()
            assert world.series("repository_usage_net_usd", repository="web")
            assert consumed(world) is not None
            assert (limit(world, "web"), consumed(world, "web")) == (50, None)

    @in_virtual_time
    async def test_takes_the_old_month_away_after_an_hour_and_leaves_the_limit(self) -> None:
        start = utc(2026, 10, 31, 23, 30)
        wanted = settings(poll={"stale_after": "1d"})
        async with World(BILLED, settings=wanted, collectors=ONLY, start=start) as world:
            world.github.faults.add(ALL_FAIL)
            await world.passes_until(utc(2026, 11, 1, 1) - timedelta(seconds=1))
            assert (limit(world), consumed(world)) == (100, 10)
            await world.passes(seconds=2)
            assert (limit(world), consumed(world)) == (100, None)


class TestARestart:
    @in_virtual_time
    async def test_estimates_from_the_readings_of_the_state_file(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        async with life(state, BILLED, settings=settings(), collectors=ONLY) as world:
            await keep(world)
        async with life(
            state, BILLED, settings=settings(), collectors=ONLY, fault=ALL_FAIL
        ) as world:
            assert (limit(world), consumed(world)) == (100, 10)
            await world.passes(minutes=1)
            assert world.about("success", "usage") == 0
            assert (limit(world), consumed(world)) == (100, 10)

    @in_virtual_time
    async def test_has_the_limits_of_todays_settings(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        async with life(state, BILLED, settings=settings(), collectors=ONLY) as world:
            await keep(world)
        today = settings(MINUTES | {"usd": 7}, {"name": "new", "usd": 8})
        async with life(state, BILLED, settings=today, collectors=ONLY, fault=ALL_FAIL) as world:
            assert (limit(world), limit(world, "new")) == (7, 8)
            assert (consumed(world), consumed(world, "new")) == (10, 10)


class TestTheClock:
    @in_virtual_time
    async def test_that_is_set_back_far_leaves_the_limits(self) -> None:
        async with World(BILLED, settings=settings(), collectors=ONLY) as world:
            world.step = timedelta(hours=-2)
            await world.passes(minutes=1)
            assert (limit(world), consumed(world)) == (100, 10)

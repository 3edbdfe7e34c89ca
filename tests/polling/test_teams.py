"""Teams, from the rules in the settings to the page."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import fsum
from pathlib import Path
from typing import Any

import pytest

from exporter.demo import SimulatedAccount
from exporter.demo.accounts import SimulatedCostCenter
from exporter.web.landing import render
from tests.support.faults.fault import Fault
from tests.support.restarts import keep, life
from tests.support.world import World, enterprise, in_virtual_time, organization, user

LISTED = "/repos"
RULES = [
    {"repositories": ["ACME/web"], "team": "platform"},
    {"property": "team"},
    {"topic": "team-*"},
    {"cost_center": True},
]
TEAMS: dict[str, Any] = {"allocation": {"rules": RULES}}
UNALLOCATED = "(unallocated)"


def acme(**fields: Any) -> SimulatedAccount:
    given: dict[str, Any] = {
        "repositories": ["web", "ios", "api", "docs"],
        "properties": {"ios": {"team": "mobile"}},
        "topics": {"api": ["team-backend"]},
    }
    return organization(**(given | fields))


def acme_corp() -> SimulatedAccount:
    return enterprise(
        repositories=["acme/web", "acme/ios", "research/models", "labs/paper"],
        properties={"acme/ios": {"team": "mobile"}},
        topics={"labs/paper": ["team-science"]},
        cost_centers=[SimulatedCostCenter("Research", [("Repo", "research/models")])],
    )


def dollars(world: World, kind: str, by: str = "") -> dict[tuple[str, str], float]:
    """Sum dollars by product and SKU."""
    sums: dict[tuple[str, str], list[float]] = {}
    for labels, value in world.series(f"{by}usage_{kind}_usd").items():
        found = dict(labels)
        sums.setdefault((found["product"], found["sku"]), []).append(value)
    return {names: fsum(values) for names, values in sums.items()}


def teams(world: World) -> dict[str, float]:
    """Return gross dollars by team."""
    found: dict[str, float] = {}
    for labels, value in world.series("team_usage_gross_usd").items():
        team = dict(labels)["team"]
        found[team] = found.get(team, 0.0) + value
    return found


def notes(world: World) -> str:
    reading = world.job("usage_teams").known.reading
    assert reading is not None
    return " ".join(reading.notes)


def info(world: World) -> Mapping[str, str]:
    """Return the team of each repository."""
    found = [dict(labels) for labels in world.series("repository_team_info")]
    return {f"{each['organization']}/{each['repository']}": each["team"] for each in found}


class TestRules:
    @pytest.mark.parametrize("account", [acme(), user(), acme_corp()], ids=lambda its: its.type)
    @in_virtual_time
    async def test_divide_the_bill_by_team(self, account: SimulatedAccount) -> None:
        settings = TEAMS | {"collectors": ["usage_repositories"]}
        async with World(account, settings=settings) as world:
            assert world.about("success", "usage_teams") == 1
            for kind in ("gross", "discount", "net"):
                whole = dollars(world, kind)
                assert sum(whole.values()) > 0
                for by in ("team_", "repository_"):
                    assert dollars(world, kind, by) == pytest.approx(whole, rel=1e-6, abs=1e-6)

    @in_virtual_time
    async def test_take_what_they_name_and_leave_the_rest_unallocated(self) -> None:
        async with World(acme(), settings=TEAMS) as world:
            assert teams(world).keys() == {"platform", "mobile", "backend", UNALLOCATED}
            assert all(value > 0 for value in teams(world).values())
        async with World(acme_corp(), settings=TEAMS) as world:
            found = teams(world)
            assert found.keys() == {"platform", "mobile", "science", "Research", UNALLOCATED}
            lists = [r.path for r in world.github.requests if r.path.endswith(LISTED)]
            assert lists == [f"/orgs/{name}/repos" for name in ("acme", "labs", "research")]

    @in_virtual_time
    async def test_turn_the_collector_on_and_are_not_needed_for_others(self) -> None:
        async with World(acme()) as world:
            assert world.about("success", "usage_teams") is None
            assert not world.series("team_usage_gross_usd")
            assert world.asked(LISTED) == 0

    @in_virtual_time
    async def test_read_the_report_with_the_other_collectors_of_it(self) -> None:
        settings = TEAMS | {"collectors": ["usage_repositories"]}
        async with World(acme(), settings=settings) as world:
            assert world.asked("/settings/billing/usage") - world.asked("/usage/summary") == 1
            assert world.asked(LISTED) == 1


class TestRepositoryTeamInfo:
    SETTINGS: Mapping[str, Any] = {
        "allocation": {"rules": RULES, "repository_team_info": True},
        "collectors": ["usage_repositories"],
    }

    @in_virtual_time
    async def test_names_the_team_of_each_repository_with_series(self) -> None:
        async with World(acme(), settings=self.SETTINGS) as world:
            assert info(world) == {
                "acme/web": "platform",
                "acme/ios": "mobile",
                "acme/api": "backend",
                "acme/docs": UNALLOCATED,
            }
            assert set(world.series("repository_team_info").values()) == {1}

    @in_virtual_time
    async def test_is_opted_into(self) -> None:
        settings = TEAMS | {"collectors": ["usage_repositories"]}
        async with World(acme(), settings=settings) as world:
            assert not info(world)

    @in_virtual_time
    async def test_leaves_out_folded_repositories(self) -> None:
        account = acme(repositories=[f"r{number}" for number in range(40)])
        settings = {**self.SETTINGS, "series_limit": 50}
        async with World(account, settings=settings) as world:
            shown = {
                dict(labels)["repository"] for labels in world.series("repository_usage_net_usd")
            } - {""}
            assert "(other)" in shown
            assert {name.removeprefix("acme/") for name in info(world)} == shown - {"(other)"}


class TestRefusedLists:
    @in_virtual_time
    async def test_leave_the_rest_allocated_and_say_which_rule_is_blind(self) -> None:
        account = acme(hidden={"repositories"})
        async with World(account, settings=TEAMS) as world:
            assert world.about("success", "usage_teams") == 1
            assert teams(world).keys() == {"platform", UNALLOCATED}
            page = render(world.app.poller.page(), world.clock())
            assert (
                "allocation.rules[1], allocation.rules[2] cannot see the repositories of acme"
                in page
            )
            account.hidden = set()
            await world.passes(hours=7)
            assert teams(world).keys() == {"platform", "mobile", "backend", UNALLOCATED}
            assert not notes(world)

    @in_virtual_time
    async def test_leave_the_budget_of_a_team_without_an_estimate(self) -> None:
        account = acme(hidden={"repositories"})
        budget = {"name": "b", "usd": 5, "team": "mobile"}
        async with World(account, settings=TEAMS | {"own_budgets": [budget]}) as world:
            assert world.series("budget_limit_usd", budget="own:b")
            assert not world.series("budget_estimated_consumed_usd", budget="own:b")
            account.hidden = set()
            await world.passes(hours=7)
            (usd,) = world.series("budget_estimated_consumed_usd", budget="own:b").values()
            assert usd > 0

    @in_virtual_time
    async def test_of_one_organization_leave_the_others(self) -> None:
        async with World(acme_corp(), settings=TEAMS) as world:
            forbidden = Fault.forbidden("single sign-on required: SAML", match="/orgs/acme/repos")
            world.github.faults.add(forbidden)
            await world.passes(hours=7)
            assert teams(world).keys() == {"platform", "science", "Research", UNALLOCATED}
            assert "Authorize the token" in notes(world)

    @in_virtual_time
    async def test_do_not_touch_other_collectors(self) -> None:
        settings = TEAMS | {"collectors": ["usage_repositories"]}
        async with World(acme(), settings=settings) as world:
            world.github.faults.add(Fault.server_error(match=LISTED))
            await world.passes(hours=30)
            assert world.reason("usage_teams") == "unreachable"
            assert world.about("success", "usage_repositories") == 1

    @in_virtual_time
    async def test_that_wait_for_the_limit_hold_back_no_other_collector(self) -> None:
        collectors = ["usage_teams", "usage_repositories"]
        settings = TEAMS | {"collectors": ["usage_repositories"]}
        world = World(acme(), settings=settings, collectors=collectors)
        used_up = {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int((world.clock() + timedelta(hours=1)).timestamp())),
        }
        world.github.faults.add(Fault(match="/usage/summary", headers=used_up, times=1))
        async with world:
            assert world.asked(LISTED) == 0
            assert world.about("success", "usage_repositories") == 1
            assert world.reason("usage_teams") == "rate_limited"
            await world.passes(hours=1, minutes=10)
            assert world.about("success", "usage_teams") == 1


class TestFailedLists:
    @in_virtual_time
    async def test_leave_the_last_list_for_a_day(self) -> None:
        account = acme()
        async with World(account, settings=TEAMS) as world:
            world.github.faults.add(Fault.server_error(match=LISTED))
            account.properties = {"ios": {"team": "renamed"}}
            await world.passes(hours=20)
            assert world.about("success", "usage_teams") == 1
            assert "mobile" in teams(world)
            assert "Repositories of acme are as listed before" in notes(world)
            await world.passes(hours=12)
            assert world.reason("usage_teams") == "unreachable"
            assert "mobile" in teams(world), "the last good reading stays"
            world.github.faults.clear()
            await world.passes(hours=1, minutes=1)
            assert world.reason("usage_teams") is None
            assert "renamed" in teams(world)

    @in_virtual_time
    async def test_leave_repositories_their_teams_and_the_report_its_pace(self) -> None:
        settings = {**TestRepositoryTeamInfo.SETTINGS}
        async with World(acme(), settings=settings) as world:
            known = info(world)
            world.github.faults.add(Fault.server_error(match=LISTED))
            await world.passes(hours=32)
            assert world.reason("usage_teams") == "unreachable"
            assert world.reason("usage_repositories") is None
            assert info(world) == known
            began = world.clock()
            await world.passes(hours=12)
            paths = [r.path for r in world.github.requests if r.at >= began]
            assert sum(path.endswith("/billing/usage") for path in paths) <= 14

    @in_virtual_time
    async def test_that_were_never_read_fail_the_collector(self) -> None:
        world = World(acme(), settings=TEAMS)
        world.github.faults.add(Fault.server_error(match=LISTED))
        async with world:
            await world.passes(minutes=11)
            assert world.reason("usage_teams") == "unreachable"
            assert not world.series("team_usage_gross_usd")

    @in_virtual_time
    async def test_are_asked_again_by_etag(self) -> None:
        async with World(acme(), settings=TEAMS) as world:
            await world.passes(hours=7)
            statuses = [r.status for r in world.github.requests if r.path.endswith(LISTED)]
            assert statuses == [200, 304]
            assert "mobile" in teams(world)


class TestARestart:
    @in_virtual_time
    async def test_keeps_the_last_good_reading(self, tmp_path: Path) -> None:
        state = tmp_path / "state"
        async with life(state, acme(), settings=TEAMS) as world:
            before = teams(world)
            await keep(world)
        failing = Fault.server_error()
        async with life(state, acme(), settings=TEAMS, fault=failing) as world:
            assert before.keys() == {"platform", "mobile", "backend", UNALLOCATED}
            assert teams(world) == before


class TestTheMonthsEdge:
    @in_virtual_time
    async def test_begins_again(self) -> None:
        start = datetime(2026, 10, 31, 20, tzinfo=UTC)
        async with World(acme(), start=start, settings=TEAMS) as world:
            before = sum(teams(world).values())
            await world.passes_until(datetime(2026, 11, 1, 2, tzinfo=UTC))
            assert 0 < sum(teams(world).values()) < before


class TestRepositoriesThatGitHubDoesNotList:
    @in_virtual_time
    async def test_are_unallocated_though_a_later_rule_would_take_them(self) -> None:
        rules = [{"property": "team"}, {"organizations": ["acme"], "team": "everyone"}]
        account = acme(deleted={"docs"})
        async with World(account, settings={"allocation": {"rules": rules}}) as world:
            assert teams(world).keys() == {"mobile", "everyone", UNALLOCATED}
            assert "cannot see repositories that GitHub does not list" in notes(world)

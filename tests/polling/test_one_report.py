"""The usage report is read once for all collectors that need it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.billing.cycle import Cycle
from exporter.collectors.previous_reports import TOO_EARLY, kept, settled
from exporter.demo import SimulatedAccount
from exporter.demo.accounts import SimulatedCostCenter
from exporter.demo.github import RecordedRequest
from exporter.ledger.whole_report import WholeReport
from exporter.metrics import catalogue
from exporter.web.landing import render
from tests.support.accounts import ACME
from tests.support.faults.fault import Fault
from tests.support.restarts import keep, life
from tests.support.world import World, enterprise, in_virtual_time, organization

BOTH: dict[str, Any] = {"collectors": ["usage_repositories", "usage_organizations"]}
RULES: dict[str, Any] = {
    "allocation": {"rules": [{"repositories": ["acme/*"], "team": "platform"}]}
}
LAST_MONTH = {
    "team": "usage_previous_cycle_teams",
    "repository": "usage_previous_cycle_repositories",
    "organization": "usage_previous_cycle_organizations",
    "cost_center": "usage_previous_cycle_cost_centers",
}
NAMES = {"organization": "acme", "repository": "web", "product": "actions", "sku": "actions_linux"}
ALL_OF_LAST_MONTH = [
    "usage",
    "usage_previous_cycle",
    "usage_repositories",
    "usage_organizations",
    "usage_cost_centers",
    "usage_teams",
    *LAST_MONTH.values(),
]


def acme_corp(**fields: Any) -> SimulatedAccount:
    return enterprise(
        repositories=["acme/web", "acme/ios", "research/models"],
        cost_centers=[
            SimulatedCostCenter("Platform", [("Org", "acme")]),
            SimulatedCostCenter("Research", [("Repo", "research/models")], state="deleted"),
        ],
        **fields,
    )


def reports(world: World, month: int) -> list[RecordedRequest]:
    return [
        request
        for request in world.github.requests
        if request.path.endswith("/billing/usage") and request.query["month"] == str(month)
    ]


class TestTheReportOfThisMonth:
    @in_virtual_time
    async def test_is_asked_once_for_two_collectors(self) -> None:
        async with World(acme_corp(), settings={"collectors": ["usage_repositories"]}) as world:
            for_one = len(reports(world, 10))
        async with World(acme_corp(), settings=BOTH) as world:
            assert len(reports(world, 10)) == for_one == 3
            total = sum(world.series("repository_usage_net_usd").values())
            assert total > 0
            assert sum(world.series("organization_usage_net_usd").values()) == pytest.approx(total)
            taken = {
                world.about("last_success_timestamp_seconds", name) for name in BOTH["collectors"]
            }
            assert len(taken) == 1

    @in_virtual_time
    async def test_is_read_at_the_shortest_interval_of_its_collectors(self) -> None:
        often = {"collector_settings": {"usage_organizations": {"interval": "1h"}}}
        async with World(acme_corp(), settings=BOTH | often) as world:
            before = len(reports(world, 10))
            await world.passes(hours=1, minutes=1)
            assert len(reports(world, 10)) == 2 * before
            for name in BOTH["collectors"]:
                assert world.about("interval_seconds", name) == 3600
                assert world.about("stale_after_seconds", name) == 3 * 3600

    @in_virtual_time
    async def test_that_fails_fails_them_all_and_keeps_their_readings(self) -> None:
        async with World(acme_corp(), settings=BOTH) as world:
            before = {
                name: world.series(name)
                for name in ("repository_usage_net_usd", "organization_usage_net_usd")
            }
            world.github.faults.add(Fault(match="/billing/usage", status=503, body=b"{}"))
            await world.passes(hours=6)
            for name in BOTH["collectors"]:
                assert world.reason(name) == "unreachable"
            assert {name: world.series(name) for name in before} == before
            world.github.faults.clear()
            await world.passes(hours=1, minutes=1)
            assert [world.reason(name) for name in BOTH["collectors"]] == [None, None]

    @in_virtual_time
    async def test_touches_no_other_collector(self) -> None:
        async with World(acme_corp(), settings=BOTH) as world:
            world.github.faults.add(Fault(match="/cost-centers", status=503, body=b"{}"))
            await world.passes(hours=6)
            assert world.reason("usage_repositories") == "unreachable"
            assert world.reason("usage") is None


class TestLastMonth:
    @in_virtual_time
    async def test_adds_up_to_its_summary(self) -> None:
        async with World(
            acme_corp(),
            settings={"collectors": ALL_OF_LAST_MONTH} | RULES,
            collectors=ALL_OF_LAST_MONTH,
        ) as world:
            for kind in ("gross", "net"):
                whole = by_sku(world, f"previous_cycle_usage_{kind}_usd")
                assert sum(whole.values()) > 0
                for by in LAST_MONTH:
                    parts = by_sku(world, f"previous_cycle_{by}_usage_{kind}_usd")
                    assert parts == pytest.approx(whole, rel=1e-6, abs=1e-6)

    @in_virtual_time
    async def test_is_on_with_the_collectors_of_this_month_only(self) -> None:
        async with World(acme_corp(), settings=BOTH, collectors=ALL_OF_LAST_MONTH) as world:
            assert world.series("previous_cycle_repository_usage_net_usd")
            assert not world.series("previous_cycle_cost_center_usage_net_usd")

    @in_virtual_time
    async def test_is_read_once_on_the_fourth_day(self) -> None:
        start = datetime(2026, 10, 2, 12, tzinfo=UTC)
        async with World(
            acme_corp(), start=start, settings=BOTH, collectors=ALL_OF_LAST_MONTH
        ) as world:
            name = LAST_MONTH["repository"]
            assert world.about("success", name) == 1
            assert not world.series("previous_cycle_repository_usage_net_usd")
            assert TOO_EARLY in render(world.app.poller.page(), world.clock())
            await world.passes_until(datetime(2026, 10, 5, 12, tzinfo=UTC))
            asked = len(reports(world, 9))
            assert asked == 3
            shown = world.series("previous_cycle_repository_usage_net_usd")
            assert shown
            await world.passes(days=10)
            assert len(reports(world, 9)) == asked
            assert world.series("previous_cycle_repository_usage_net_usd") == shown
            success = world.about("last_success_timestamp_seconds", name)
            assert success is not None
            assert world.clock().timestamp() - success < timedelta(days=1).total_seconds()

    @in_virtual_time
    async def test_is_another_month_after_the_edge(self) -> None:
        start = datetime(2026, 10, 30, 12, tzinfo=UTC)
        async with World(
            acme_corp(), start=start, settings=BOTH, collectors=ALL_OF_LAST_MONTH
        ) as world:
            september = world.series("previous_cycle_repository_usage_net_usd")
            assert september
            await world.passes_until(datetime(2026, 11, 2, 12, tzinfo=UTC))
            assert not world.series("previous_cycle_repository_usage_net_usd")
            await world.passes_until(datetime(2026, 11, 5, 12, tzinfo=UTC))
            october = world.series("previous_cycle_repository_usage_net_usd")
            assert october
            assert october != september

    @pytest.mark.parametrize(("day", "settles"), [(1, False), (3, False), (4, True)])
    def test_is_kept_only_if_it_was_read_once_settled(self, day: int, settles: bool) -> None:
        now = datetime(2026, 11, day, 0, 0, 1, tzinfo=UTC)
        shown = (catalogue.PREVIOUS_CYCLE_REPOSITORY_USAGE_NET_USD(1, **NAMES),)
        read = settled(ACME, WholeReport(Cycle.at(now).previous(), now), shown)
        assert (read.samples == shown) is settles
        later = kept(ACME, read, datetime(2026, 11, 5, tzinfo=UTC))
        assert (later is not None) is settles

    @in_virtual_time
    async def test_outlives_a_restart_without_a_request(self, tmp_path: Path) -> None:
        path = tmp_path / "state"
        async with life(path, acme_corp(), settings=BOTH, collectors=ALL_OF_LAST_MONTH) as world:
            shown = world.series("previous_cycle_repository_usage_net_usd")
            assert shown
            await keep(world)
        async with life(path, acme_corp(), settings=BOTH, collectors=ALL_OF_LAST_MONTH) as world:
            assert world.series("previous_cycle_repository_usage_net_usd") == shown
            await world.passes(days=2)
            assert reports(world, 9) == []

    @in_virtual_time
    async def test_of_teams_is_read_again_if_the_rules_change(self, tmp_path: Path) -> None:
        path, name = tmp_path / "state", "previous_cycle_team_usage_net_usd"
        collectors = ["usage", "usage_teams", LAST_MONTH["team"]]
        async with life(path, acme_corp(), settings=RULES, collectors=collectors) as world:
            assert world.series(name, team="platform")
            await keep(world)
        others = {"allocation": {"rules": [{"organizations": ["research"], "team": "science"}]}}
        async with life(path, acme_corp(), settings=others, collectors=collectors) as world:
            assert len(reports(world, 9)) > 0
            assert not world.series(name, team="platform")
            assert world.series(name, team="science")

    @in_virtual_time
    async def test_of_teams_is_read_again_once_a_refused_list_is_seen(self) -> None:
        name, account = "previous_cycle_team_usage_net_usd", organization(repositories=["web"])
        account.properties, account.hidden = {"web": {"team": "mobile"}}, {"repositories"}
        rules: dict[str, Any] = {"allocation": {"rules": [{"property": "team"}]}}
        collectors = ["usage", "usage_teams", LAST_MONTH["team"]]
        async with World(account, settings=rules, collectors=collectors) as world:
            assert world.series(name, team="(unallocated)")
            assert "cannot see" in render(world.app.poller.page(), world.clock())
            account.hidden = set()
            await world.passes(days=2)
            assert world.series(name, team="mobile")
            asked = len(reports(world, 9))
            await world.passes(days=5)
            assert len(reports(world, 9)) == asked


def by_sku(world: World, name: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for labels, value in world.series(name).items():
        sku = dict(labels)["sku"]
        sums[sku] = sums.get(sku, 0.0) + value
    return sums

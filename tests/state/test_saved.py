"""Readings after a restart: restored with their age, or dropped."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from exporter.accounts import Platform
from exporter.metrics.catalogue import PLAN_FILLED_SEATS
from exporter.state.saved import SavedReading, SavedSeries
from tests.support.faults.fault import Fault
from tests.support.restarts import ALL_FAIL, bill, keep, life, rewrite, state
from tests.support.world import World, in_virtual_time, organization, row, user

EDGE = datetime(2026, 11, 1, tzinfo=UTC)


MONTHS = ["usage", "usage_previous_cycle"]


def months(world: World) -> tuple[float | None, float | None]:
    return world.value("usage_net_usd"), world.value("previous_cycle_usage_net_usd")


def ages(world: World) -> dict[Any, float]:
    return world.series("exporter_collector_last_success_timestamp_seconds")


class TestARestartInAnOutage:
    @pytest.mark.parametrize("platform", Platform)
    @in_virtual_time
    async def test_keeps_every_number_with_its_true_age(
        self, tmp_path: Path, platform: Platform
    ) -> None:
        account = organization(platform=platform, ghas="split")
        async with life(tmp_path / "state", account) as world:
            before, taken = bill(world), ages(world)
            assert len(before) > 10
            await keep(world)
            await world.passes(minutes=10)
        async with life(tmp_path / "state", account, fault=ALL_FAIL) as world:
            assert bill(world) == before
            assert ages(world) == taken
            assert world.platform() == platform
            await world.passes(minutes=1)
            assert world.reason("advanced_security") == "unreachable"
            assert bill(world) == before

    @in_virtual_time
    async def test_in_the_months_first_hour_keeps_the_last_month_apart(
        self, tmp_path: Path
    ) -> None:
        def items(year: int, month: int) -> list[dict[str, object]]:
            return [row(grossAmount="much" if month == 11 else month, netAmount=month)]

        account = organization(usage_items=items)
        start = EDGE - timedelta(hours=2)
        async with life(tmp_path / "state", account, start=start, collectors=MONTHS) as world:
            await world.passes_until(EDGE + timedelta(minutes=20))
            assert months(world) == (10, 9)
            await keep(world)
        async with life(tmp_path / "state", account, start=start, collectors=MONTHS) as world:
            assert world.about("success", "usage_previous_cycle") == 1
            assert months(world) == (10, 9)

    @in_virtual_time
    async def test_lets_them_go_when_they_would_have_gone(self, tmp_path: Path) -> None:
        async with life(tmp_path / "state", organization()) as world:
            await keep(world)
            await world.passes(minutes=30)
        async with life(tmp_path / "state", organization(), fault=ALL_FAIL) as world:
            taken = world.job("usage").known.last_success
            assert taken is not None
            gone = taken + timedelta(minutes=45)
            await world.passes_until(gone - timedelta(milliseconds=1))
            assert world.value("actions_used_minutes") is not None
            await world.passes_until(gone)
            assert world.value("actions_used_minutes") is None
            assert world.about("last_success_timestamp_seconds", "usage") == taken.timestamp()

    @in_virtual_time
    async def test_shows_them_before_anything_is_asked_and_says_no_more(
        self, tmp_path: Path
    ) -> None:
        async with life(tmp_path / "state", organization()) as world:
            world.github.faults.add(ALL_FAIL)
            await world.passes(minutes=16)
            assert world.failures("usage") == 1
            before = bill(world)
            await keep(world)
        async with life(tmp_path / "state", organization(), fault=Fault.hanging()) as world:
            assert bill(world) == before
            assert world.about("success", "usage") is None
            assert world.about("last_attempt_timestamp_seconds", "usage") is None
            assert world.about("available", "usage") == 1
            assert world.failures("usage") == 0
            assert not world.app.poller.ready

    @in_virtual_time
    async def test_forgets_nothing_by_a_second_one(self, tmp_path: Path) -> None:
        async with life(tmp_path / "state", organization()) as world:
            before = bill(world)
            await keep(world)
        for _ in range(2):
            async with life(tmp_path / "state", organization(), fault=ALL_FAIL) as world:
                await keep(world)
                assert bill(world) == before

    @in_virtual_time
    async def test_ends_with_the_first_good_poll(self, tmp_path: Path) -> None:
        old, new = (organization(usage_items=[row(grossQuantity=n)]) for n in (10.0, 20.0))
        async with life(tmp_path / "state", old) as world:
            await keep(world)
        async with life(tmp_path / "state", new, fault=Fault.server_error(times=30)) as world:
            assert world.value("actions_used_minutes") == 10
            await world.passes(hours=1)
            assert world.value("actions_used_minutes") == 20
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_does_not_make_what_is_not_offered_unknown_again(self, tmp_path: Path) -> None:
        account = organization(hidden={"advanced_security"})
        async with life(tmp_path / "state", account) as world:
            await keep(world)
        async with life(tmp_path / "state", account, fault=Fault.hanging()) as world:
            assert world.about("available", "advanced_security") == 0

    @in_virtual_time
    async def test_does_not_make_a_refusal_harmless(self, tmp_path: Path) -> None:
        async with life(tmp_path / "state", organization(ghas="bundled")) as world:
            await keep(world)
        account = organization(hidden={"advanced_security"})
        async with life(tmp_path / "state", account) as world:
            assert world.about("success", "advanced_security") == 0


class TestTheMonthsEdge:
    @pytest.mark.parametrize(
        ("stopped_for", "shown"), [(timedelta(minutes=59), True), (timedelta(hours=1.5), False)]
    )
    @in_virtual_time
    async def test_between_two_processes_is_as_within_one(
        self, tmp_path: Path, stopped_for: timedelta, shown: bool
    ) -> None:
        settings = {"poll": {"stale_after": "1d"}}
        start = EDGE - timedelta(minutes=30)
        async with life(tmp_path / "state", organization(), start=start, settings=settings) as one:
            await keep(one)
            await one.passes_until(start + stopped_for)
        async with life(
            tmp_path / "state", organization(), start=start, settings=settings, fault=ALL_FAIL
        ) as world:
            assert (world.value("actions_used_minutes") is not None) == shown
            assert world.value("actions_included_minutes") is not None, "the plan stays"
            await world.passes_until(EDGE + timedelta(hours=1))
            assert world.value("actions_used_minutes") is None


class TestWhatNeverComesBack:
    @staticmethod
    def shown(world: World) -> bool:
        return any("usage_" in name or "used_" in name for name, _ in bill(world))

    @pytest.mark.parametrize(
        "changed",
        [
            {"watched": [organization("beta")]},
            {"watched": [user("acme")]},
            {"settings": {"no_collectors": ["usage", "advanced_security"]}},
            {"settings": {"platform": "legacy", "no_collectors": ["advanced_security"]}},
            {"settings": {"github": {"api_url": "https://api.acme.ghe.com"}}},
            {"settings": {"poll": {"interval": "1m", "timeout": "10s", "stale_after": "5m"}}},
        ],
        ids=["account", "type", "collector", "platform", "host", "stale"],
    )
    @in_virtual_time
    async def test_is_what_the_settings_have_no_place_for_now(
        self, tmp_path: Path, changed: Mapping[str, Any]
    ) -> None:
        async with life(tmp_path / "state", organization()) as world:
            assert self.shown(world)
            await keep(world)
            await world.passes(minutes=6)
        async with life(tmp_path / "state", organization(), fault=ALL_FAIL, **changed) as world:
            assert not self.shown(world)

    @in_virtual_time
    async def test_is_the_other_platforms_part_where_settings_decide(self, tmp_path: Path) -> None:
        account = organization(platform=Platform.LEGACY)
        async with life(tmp_path / "state", account) as world:
            await keep(world)
        settings = {"no_collectors": ["legacy_actions"]}
        async with life(tmp_path / "state", account, settings=settings, fault=ALL_FAIL) as world:
            assert world.value("actions_used_minutes") is None
            assert world.value("packages_included_bandwidth_gigabytes") is not None
        async with life(
            tmp_path / "state", account, settings={"platform": "usage"}, fault=ALL_FAIL
        ) as world:
            assert world.platform() == "usage"
            assert world.value("packages_included_bandwidth_gigabytes") is None

    @in_virtual_time
    async def test_is_the_plan_where_settings_leave_the_usage_platform(
        self, tmp_path: Path
    ) -> None:
        async with life(tmp_path / "state", organization()) as world:
            assert world.value("actions_included_minutes") is not None
            await keep(world)
        settings = {"no_collectors": ["usage"]}
        async with life(
            tmp_path / "state", organization(), settings=settings, fault=ALL_FAIL
        ) as world:
            assert world.platform() == "legacy"
            assert world.value("actions_included_minutes") is None

    @in_virtual_time
    async def test_is_what_a_clock_that_was_set_back_says_will_be(self, tmp_path: Path) -> None:
        async with life(tmp_path / "state", organization()) as world:
            start = world.clock()
            await keep(world)
        for days, shown in ((1, False), (0, True)):
            async with life(
                tmp_path / "state",
                organization(),
                fault=ALL_FAIL,
                start=start - timedelta(days=days, minutes=1),
            ) as world:
                assert self.shown(world) == shown
                assert (world.about("last_success_timestamp_seconds", "usage") is None) != shown

    @pytest.mark.parametrize(
        "changed",
        [
            lambda series: {"github_billing_gone": next(iter(series.values())), **series},
            lambda series: {
                name: SavedSeries((*each.labels, "new"), each.samples)
                for name, each in series.items()
            },
            lambda series: {
                name: SavedSeries(each.labels, [((*labels, "one more"), value)])
                for name, each in series.items()
                for labels, value in each.samples
            },
            lambda series: {
                name: SavedSeries(each.labels, each.samples * 2) for name, each in series.items()
            },
            lambda series: {**series, PLAN_FILLED_SEATS.name: SavedSeries((), [((), 1)])},
        ],
        ids=["metric", "labels", "label values", "twice", "another collector's"],
    )
    @in_virtual_time
    async def test_is_what_this_version_cannot_say_while_the_rest_does(
        self, tmp_path: Path, changed: Callable[[dict[str, SavedSeries]], dict[str, SavedSeries]]
    ) -> None:
        path = tmp_path / "state"
        async with life(path, organization()) as world:
            included = world.value("actions_included_minutes")
            await keep(world)
        said = state(path)
        jobs = said.accounts[0].jobs
        reading = jobs["usage"].reading
        assert isinstance(reading, SavedReading)
        other = msgspec.structs.replace(reading, series=changed(reading.series))
        jobs["usage"] = jobs["usage"]._replace(reading=other)
        rewrite(path, said)
        with capture_logs() as logs:
            async with life(path, organization(), fault=ALL_FAIL) as world:
                assert world.value("actions_used_minutes") is None
                assert world.value("actions_included_minutes") == included
        [told] = [each for each in logs if each["event"] == "state restored"]
        assert told["dropped"] == 1

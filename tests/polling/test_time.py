"""Time: the end of the month, readings that expire, and changes of the clock."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from exporter.demo import SimulatedAccount
from tests.support.faults.fault import Fault
from tests.support.paths import SUMMARY
from tests.support.world import World, enterprise, in_virtual_time, organization, row, user

QUARTER = timedelta(minutes=15)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def by_month(year: int, month: int) -> list[dict[str, object]]:
    """Return usage with the month's number as its minutes: 10 in October, 11 in November."""
    return [row(pricePerUnit=1, grossQuantity=float(month), netQuantity=float(year))]


def months_asked(world: World) -> list[tuple[str, str]]:
    asked = [r.query for r in world.github.requests if r.path.endswith(SUMMARY)]
    return [(query["year"], query["month"]) for query in asked]


class TestTheMonthsEdge:
    @pytest.mark.parametrize(
        "account",
        [
            organization(usage_items=by_month),
            user(usage_items=by_month),
            enterprise(usage_items=by_month),
        ],
        ids=lambda account: account.type,
    )
    @in_virtual_time
    async def test_makes_what_is_month_to_date_due_within_five_minutes(
        self, account: SimulatedAccount
    ) -> None:
        slow = {"poll": {"interval": "6h"}}
        async with World(account, start=utc(2026, 10, 31, 21), settings=slow) as world:
            await world.passes_until(utc(2026, 11, 1) - timedelta(seconds=1))
            assert months_asked(world) == [("2026", "10")]
            assert world.value("actions_used_minutes") == 10
            await world.passes_until(utc(2026, 11, 1, 0, 5) + timedelta(seconds=5))
            assert months_asked(world) == [("2026", "10"), ("2026", "11")]
            assert world.value("actions_used_minutes") == 11
            assert world.value("cycle_start_timestamp_seconds") == utc(2026, 11, 1).timestamp()
            assert world.value("cycle_end_timestamp_seconds") == utc(2026, 12, 1).timestamp()
            assert world.value("cycle_remaining_days") == 29

    @in_virtual_time
    async def test_may_be_the_years(self) -> None:
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2026, 12, 31, 23, 50)) as world:
            assert world.value("cycle_remaining_days") == 0
            await world.passes_until(utc(2027, 1, 1, 0, 6))
            assert months_asked(world)[-1] == ("2027", "1")
            assert world.value("actions_paid_minutes") == 2027
            assert world.value("cycle_start_timestamp_seconds") == utc(2027, 1, 1).timestamp()
            assert world.value("cycle_remaining_days") == 30

    @in_virtual_time
    async def test_spreads_the_jobs_over_its_five_minutes(self) -> None:
        accounts = [organization(f"org-{n}", usage_items=by_month) for n in range(12)]
        slow = {"poll": {"interval": "6h"}}
        async with World(*accounts, start=utc(2026, 10, 31, 23), settings=slow) as world:
            await world.passes_until(utc(2026, 11, 1, 0, 6))
            of_november = [r.at for r in world.github.requests if r.query.get("month") == "11"]
            assert len(of_november) == 12
            assert min(of_november) >= utc(2026, 11, 1)
            assert max(of_november) - min(of_november) > timedelta(seconds=30)

    @in_virtual_time
    async def test_takes_an_ended_cycle_away_after_an_hour_however_long_readings_may_last(
        self,
    ) -> None:
        settings = {"poll": {"stale_after": "1d"}}
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2026, 10, 31, 23, 30), settings=settings) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes_until(utc(2026, 11, 1, 1) - timedelta(milliseconds=1))
            assert world.value("actions_used_minutes") == 10
            assert world.about("success", "usage") == 0
            await world.passes_until(utc(2026, 11, 1, 1))
            assert world.value("actions_used_minutes") is None
            assert world.value("cycle_end_timestamp_seconds") is None
            assert world.about("stale_after_seconds", "usage") == 86400
            assert world.about("last_success_timestamp_seconds", "usage") is not None
            assert world.value("actions_included_minutes") is not None, "the plan stays"
            world.github.faults.clear()
            await world.passes(minutes=16)
            assert world.value("actions_used_minutes") == 11

    @in_virtual_time
    async def test_makes_an_attempt_that_ends_after_it_due_again_within_five_minutes(self) -> None:
        slow = {"poll": {"interval": "6h"}}
        start = utc(2026, 10, 31, 23, 59) + timedelta(seconds=55)
        world = World(organization(usage_items=by_month), start=start, settings=slow)
        world.github.faults.add(Fault.slow(10, match=SUMMARY, times=1))
        async with world:
            await world.passes_until(utc(2026, 11, 1, 0, 5) + timedelta(seconds=15))
            assert months_asked(world) == [("2026", "10"), ("2026", "11")]
            assert world.value("actions_used_minutes") == 11

    @in_virtual_time
    async def test_does_not_lengthen_what_is_stale_before(self) -> None:
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2026, 10, 31, 23, 10)) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes_until(utc(2026, 10, 31, 23, 54))
            assert world.value("actions_used_minutes") == 10
            await world.passes_until(utc(2026, 10, 31, 23, 56))
            assert world.value("actions_used_minutes") is None


class TestDaysLeft:
    @pytest.mark.parametrize(
        ("at", "days"),
        [
            (utc(2028, 2, 1), 28),
            (utc(2028, 2, 28, 23, 40), 1),
            (utc(2028, 2, 29), 0),
            (utc(2027, 2, 28), 0),
            (utc(2026, 10, 31, 23, 40), 0),
            (utc(2026, 11, 1), 29),
        ],
        ids=str,
    )
    @in_virtual_time
    async def test_are_those_after_today_and_none_on_the_last_day(
        self, at: datetime, days: int
    ) -> None:
        async with World(organization(usage_items=[]), start=at) as world:
            assert world.value("cycle_remaining_days") == days

    @in_virtual_time
    async def test_fall_at_midnight_in_utc(self) -> None:
        async with World(organization(usage_items=[]), start=utc(2026, 10, 12, 23, 30)) as world:
            await world.passes(minutes=29)
            assert world.value("cycle_remaining_days") == 19
            await world.passes(minutes=18)
            assert world.value("cycle_remaining_days") == 18


class TestTheStorageEstimate:
    STORED = row(
        sku="actions_storage",
        unitType="gigabyte-hours",
        pricePerUnit=0.00033602,
        grossQuantity=744.0,
        netQuantity=372.0,
    )

    @in_virtual_time
    async def test_is_absent_in_the_first_three_days_of_a_cycle_as_reports_lag(self) -> None:
        account = organization(usage_items=[self.STORED])
        async with World(account, start=utc(2026, 10, 3, 23, 50)) as world:
            assert world.value("shared_storage_estimated_gigabytes") is None
            assert world.value("shared_storage_estimated_paid_gigabytes") == 0.5
            await world.passes_until(utc(2026, 10, 4, 0, 16))
            average = world.value("shared_storage_estimated_gigabytes")
            assert average == pytest.approx(744 / 72, rel=0.02)

    @pytest.mark.parametrize(
        ("at", "gigabytes"),
        [(utc(2026, 10, 4), 744 / 72), (utc(2026, 10, 11, 8), 3), (utc(2026, 10, 31, 23, 59), 1)],
        ids=str,
    )
    @in_virtual_time
    async def test_is_the_average_of_the_cycle_so_far(self, at: datetime, gigabytes: float) -> None:
        async with World(organization(usage_items=[self.STORED]), start=at) as world:
            average = world.value("shared_storage_estimated_gigabytes")
            assert average == pytest.approx(gigabytes, rel=1e-3)


class TestAnAnswerForAnotherPeriod:
    @pytest.mark.parametrize(
        "period",
        [
            {"year": 2026, "month": 9},
            {"year": 2025, "month": 10},
            {"year": 2026},
            {"year": 2026, "month": 10, "day": 12},
            {"year": "2026", "month": "10"},
            None,
        ],
        ids=str,
    )
    @in_virtual_time
    async def test_is_no_valid_payload(self, period: object) -> None:
        world = World(organization())
        body = json.dumps({"timePeriod": period, "usageItems": [row()]}).encode()
        world.github.faults.add(Fault(match=SUMMARY, status=200, body=body))
        async with world:
            assert world.reason("usage") == "invalid_payload"
            assert world.failures("usage", "invalid_payload") == 1
            assert world.value("actions_used_minutes") is None
            assert world.value("cycle_start_timestamp_seconds") is None, "no reading, no cycle"

    @in_virtual_time
    async def test_is_not_what_echoed_filters_make_it(self) -> None:
        world = World(organization())
        answer = {
            "timePeriod": {"year": 2026, "month": 10},
            "organization": "someone-else",
            "product": "Copilot",
            "usageItems": [row(grossQuantity=7.0)],
        }
        body = json.dumps(answer).encode()
        world.github.faults.add(Fault(match=SUMMARY, status=200, body=body))
        async with world:
            assert world.value("actions_used_minutes") == 7


class TestAClockThatIsSet:
    @pytest.mark.parametrize(
        "step", [timedelta(hours=-1), timedelta(days=-40), timedelta(days=1)], ids=str
    )
    @in_virtual_time
    async def test_does_not_keep_the_polls_from_going_on_within_an_interval(
        self, step: timedelta
    ) -> None:
        async with World(organization(), organization("globex")) as world:
            await world.passes(minutes=40)
            world.step = step
            asked = world.asked(SUMMARY)
            await world.passes(minutes=16)
            assert world.asked(SUMMARY) >= asked + 2
            for account in ("acme", "globex"):
                at = world.about("last_success_timestamp_seconds", "usage", account)
                assert at is not None
                assert timedelta(0) <= world.clock() - datetime.fromtimestamp(at, UTC) <= QUARTER
            await world.passes(hours=1)
            assert asked + 8 <= world.asked(SUMMARY) <= asked + 12
            assert world.app.poller.alive

    @in_virtual_time
    async def test_back_by_days_takes_what_was_read_away_and_polls_go_on_at_once(self) -> None:
        async with World(organization()) as world:
            await world.passes(minutes=7)
            assert world.value("actions_used_minutes") is not None
            world.step = timedelta(days=-10)
            assert world.series("usage_net_usd") == {}
            assert world.value("actions_used_minutes") is None
            assert world.value("cycle_remaining_days") is None
            assert world.value("actions_included_minutes") is None
            await world.passes(seconds=6)
            assert world.value("cycle_remaining_days") == 29
            assert world.value("actions_used_minutes") is not None
            assert world.value("actions_included_minutes") is not None

    @pytest.mark.parametrize("minutes", [30, 90])
    @in_virtual_time
    async def test_back_lets_nothing_live_longer_than_it_may(self, minutes: int) -> None:
        async with World(organization()) as world:
            await world.passes(minutes=7)
            world.github.faults.add(Fault.server_error())
            world.step = -timedelta(minutes=minutes)
            await world.passes(minutes=45)
            for _ in range(50):
                await world.passes(minutes=5)
                assert world.value("actions_used_minutes") is None
                assert world.value("actions_included_minutes") is None

    @in_virtual_time
    async def test_back_leaves_no_gap_longer_than_a_poll_takes(self) -> None:
        async with World(organization()) as world:
            await world.passes(minutes=12)
            world.step = -timedelta(minutes=10)
            assert world.value("actions_used_minutes") is None, "a scrape notices it"
            await world.passes(seconds=6)
            assert world.value("actions_used_minutes") is not None
            assert world.value("actions_included_minutes") is not None

    @in_virtual_time
    async def test_back_brings_nothing_back_that_has_gone(self) -> None:
        async with World(organization()) as world:
            world.github.faults.add(Fault.server_error())
            await world.passes(minutes=50)
            assert world.value("actions_used_minutes") is None
            world.step = -timedelta(minutes=30)
            assert world.value("actions_used_minutes") is None

    @in_virtual_time
    async def test_back_within_an_attempt_lets_it_fail(self) -> None:
        async with World(organization()) as world:
            world.github.faults.add(Fault.slow(10, match=SUMMARY, times=1))
            await world.passes(minutes=13)
            while world.asked(SUMMARY) < 2:
                await world.passes(seconds=1)
            world.step = -timedelta(hours=1)
            assert world.value("actions_used_minutes") is None, "a scrape notices it"
            await world.passes(seconds=12)
            assert world.reason("usage") == "unreachable"
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            for _ in range(24):
                await world.passes(minutes=5)
                assert world.value("actions_used_minutes") is None

    @in_virtual_time
    async def test_back_by_a_little_costs_nothing(self) -> None:
        async with World(organization()) as world:
            bill = world.series("usage_net_usd")
            await world.passes(minutes=7)
            world.github.faults.add(Fault.server_error())
            world.step = -timedelta(minutes=3)
            await world.passes(minutes=30)
            assert bill
            assert world.series("usage_net_usd") == bill

    @in_virtual_time
    async def test_back_counts_no_poll_as_missed(self) -> None:
        async with World(organization()) as world:
            await world.passes(minutes=7)
            world.step = timedelta(hours=-1)
            await world.passes(hours=3)
            assert set(world.series("exporter_polls_missed_total").values()) == {0.0}
            assert world.failures("usage") == 0

    @in_virtual_time
    async def test_forward_takes_what_is_old_by_it_away_until_it_is_polled_anew(self) -> None:
        async with World(organization()) as world:
            assert world.value("actions_used_minutes") is not None
            world.step = timedelta(days=1)
            assert world.value("actions_used_minutes") is None
            await world.passes(seconds=6)
            assert world.value("actions_used_minutes") is not None

    @in_virtual_time
    async def test_into_the_next_month_takes_the_old_one_away_at_once(self) -> None:
        settings = {"poll": {"stale_after": "60d"}}
        async with World(organization(usage_items=by_month), settings=settings) as world:
            world.step = timedelta(days=25)
            assert world.value("actions_used_minutes") is None
            await world.passes(seconds=6)
            assert world.value("actions_used_minutes") == 11

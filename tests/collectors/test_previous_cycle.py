"""Last month's usage: polled often while late rows arrive, dropped when the month ends."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from exporter.github import errors
from tests.support.accounts import ACME
from tests.support.collect import COLLECTORS, Says, read, said
from tests.support.faults.fault import Fault
from tests.support.paths import ACME_SUMMARY, SUMMARY
from tests.support.world import World, enterprise, in_virtual_time, organization, row, user

PREVIOUS = COLLECTORS["usage_previous_cycle"]
SEPTEMBER = {"year": 2026, "month": 9}
NET = "previous_cycle_usage_net_usd"
BOTH = ["usage", "usage_previous_cycle"]
HOUR = timedelta(hours=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def by_month(year: int, month: int) -> list[dict[str, object]]:
    """Return usage with the month's number as its net dollars."""
    return [row(grossAmount=month + 0.5, discountAmount=0.5, netAmount=float(month))]


def times_asked(world: World, month: int) -> list[datetime]:
    return [r.at for r in world.github.requests if r.query.get("month") == str(month)]


class TestLastMonth:
    def test_is_told_by_sku_and_as_no_month_to_date(self) -> None:
        numbers = {"grossAmount": 3, "discountAmount": 1, "netAmount": 2}
        quantities = {"grossQuantity": 300, "discountQuantity": 100, "netQuantity": 200}
        items = [
            row(**numbers, **quantities, pricePerUnit=0.01),
            row(sku="Actions Linux", grossAmount=4, netAmount=4, grossQuantity=5, pricePerUnit=0.8),
            row(
                product="Copilot",
                sku="copilot_ai_unit",
                unitType="ai-units",
                netAmount=0.5,
                pricePerUnit=0.25,
            ),
        ]
        github = Says({ACME_SUMMARY: {"timePeriod": SEPTEMBER, "usageItems": items}})
        assert said(read(PREVIOUS, ACME, github)) == {
            "previous_cycle_usage_gross_quantity actions actions_linux minutes": 305,
            "previous_cycle_usage_discount_quantity actions actions_linux minutes": 100,
            "previous_cycle_usage_net_quantity actions actions_linux minutes": 200,
            "previous_cycle_usage_gross_usd actions actions_linux": 7,
            "previous_cycle_usage_discount_usd actions actions_linux": 1,
            "previous_cycle_usage_net_usd actions actions_linux": 6,
            "previous_cycle_usage_gross_quantity copilot copilot_ai_credits ai_credits": 0,
            "previous_cycle_usage_discount_quantity copilot copilot_ai_credits ai_credits": 0,
            "previous_cycle_usage_net_quantity copilot copilot_ai_credits ai_credits": 0,
            "previous_cycle_usage_gross_usd copilot copilot_ai_credits": 0,
            "previous_cycle_usage_discount_usd copilot copilot_ai_credits": 0,
            "previous_cycle_usage_net_usd copilot copilot_ai_credits": 0.5,
            "previous_cycle_usage_price_usd copilot copilot_ai_credits ai_credits": 0.25,
        }
        assert [dict(request.url.params) for request in github.requests] == [
            {"year": "2026", "month": "9"}
        ]

    @pytest.mark.parametrize("period", [{"year": 2026, "month": 10}, {"year": 2026}])
    def test_is_no_other_period(self, period: dict[str, int]) -> None:
        with pytest.raises(errors.InvalidPayload, match="timePeriod"):
            read(PREVIOUS, ACME, Says({ACME_SUMMARY: {"timePeriod": period, "usageItems": []}}))

    @in_virtual_time
    async def test_stands_beside_this_one_for_every_type_of_account(self) -> None:
        accounts = [make(usage_items=by_month) for make in (organization, user, enterprise)]
        async with World(*accounts, collectors=BOTH) as world:
            for account in accounts:
                labels = {"account": account.name, "sku": "actions_linux"}
                assert world.value(NET, **labels) == 9
                assert world.value("usage_net_usd", **labels) == 10

    @in_virtual_time
    async def test_is_december_in_january(self) -> None:
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2027, 1, 3), collectors=BOTH) as world:
            assert world.value(NET) == 12
            (query,) = (r.query for r in world.github.requests if r.query.get("month") == "12")
            assert query["year"] == "2026"


class TestTheInterval:
    @in_virtual_time
    async def test_is_six_hours_whatever_the_day(self) -> None:
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2026, 10, 1, 1), collectors=BOTH) as world:
            assert world.about("interval_seconds", "usage_previous_cycle") == 6 * 3600
            await world.passes_until(utc(2026, 10, 5))
            gaps = [later - at for at, later in pairwise(times_asked(world, 9))]
            assert len(gaps) >= 14
            assert min(gaps) >= 6 * HOUR * 0.9
            assert max(gaps) <= 6 * HOUR + timedelta(seconds=5)
            assert world.about("interval_seconds", "usage_previous_cycle") == 6 * 3600


class TestTheMonthsEdge:
    @in_virtual_time
    async def test_makes_the_month_that_ended_the_last_one_within_five_minutes(self) -> None:
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2026, 10, 31, 20), collectors=BOTH) as world:
            await world.passes_until(utc(2026, 11, 1) - timedelta(seconds=1))
            assert world.value(NET) == 9
            await world.passes_until(utc(2026, 11, 1, 0, 5) + timedelta(seconds=5))
            assert world.value(NET) == 10
            assert world.value("usage_net_usd") == 11

    @in_virtual_time
    async def test_takes_the_old_last_month_away_within_an_hour(self) -> None:
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2026, 10, 31, 23, 30), collectors=BOTH) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes_until(utc(2026, 11, 1, 1) - timedelta(milliseconds=1))
            assert world.value(NET) == 9
            await world.passes_until(utc(2026, 11, 1, 1))
            assert world.value(NET) is None
            world.github.faults.clear()
            await world.passes(minutes=16)
            assert world.value(NET) == 10

    @pytest.mark.parametrize("well", [True, False])
    def test_makes_it_never_the_month_that_the_other_still_says(self, well: bool) -> None:
        def items(year: int, month: int) -> list[dict[str, object]]:
            november_is_no_answer = [row(grossAmount="much")]
            return november_is_no_answer if month == 11 and not well else by_month(year, month)

        @in_virtual_time
        async def scenario() -> None:
            account = organization(usage_items=items)
            start = utc(2026, 10, 31, 22)
            async with World(account, start=start, collectors=BOTH) as world:
                pairs = [
                    (world.value("usage_net_usd"), world.value(NET))
                    async for _ in world.new_pages(hours=4)
                ]
                stood = [pair for pair in pairs if None not in pair]
                assert set(stood) <= {(10, 9), (11, 9), (11, 10)}
                assert (10, 9) in stood
                assert pairs[-1] == ((11, 10) if well else (None, 10))
                gone = [previous for current, previous in pairs if current == 10 and previous != 9]
                assert not gone

        scenario()

    @in_virtual_time
    async def test_leaves_no_page_without_it(self) -> None:
        account = organization(usage_items=by_month)
        async with World(account, start=utc(2026, 10, 31, 13), collectors=BOTH) as world:
            await world.passes_until(utc(2026, 11, 1) - timedelta(seconds=1))
            async for _ in world.new_pages(minutes=6):
                assert world.value(NET) in {9, 10}

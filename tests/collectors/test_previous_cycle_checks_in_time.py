"""When last month's bill is compared, how often, and how long the differences are shown."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from exporter.demo.github import RecordedRequest
from exporter.web.landing import render
from tests.support.faults.fault import Fault
from tests.support.last_month import (
    CHECKS,
    NAMED,
    OF_ALL,
    OF_ENTERPRISES,
    acme_corp,
    differences,
)
from tests.support.paths import SUMMARY
from tests.support.world import World, in_virtual_time, organization, row, virtual

ONLY: Any = {"settings": NAMED, "collectors": ()}
DAY = timedelta(days=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def yearly(world: World) -> list[RecordedRequest]:
    """Return the requests for yearly reports."""
    reports = (r for r in world.github.requests if r.path.endswith("/billing/usage"))
    return [request for request in reports if "month" not in request.query]


class TestTheMonth:
    @pytest.mark.parametrize(
        ("start", "compared"),
        [
            (utc(2026, 10, 1, 1), False),
            (utc(2026, 10, 3, 23, 59), False),
            (utc(2026, 10, 4), True),
            (utc(2027, 1, 4), True),
        ],
    )
    def test_is_compared_from_the_fourth_day_on(self, start: datetime, compared: bool) -> None:
        async def scenario() -> None:
            async with World(organization(), start=start, settings=NAMED) as world:
                assert differences(world) == (dict.fromkeys(OF_ALL, 0) if compared else {})
                assert world.about("success", CHECKS) == 1
                assert bool(yearly(world)) == compared
                page = render(world.app.poller.page(), world.clock())
                assert ("Not compared before the fourth day" in page) != compared

        virtual(scenario)

    @in_virtual_time
    async def test_is_compared_once_a_day_if_the_user_wants_it(self) -> None:
        async with World(organization(), **ONLY) as world:
            assert world.about("interval_seconds", CHECKS) == DAY.total_seconds()
            await world.passes(days=4.5)
            gaps = [later - at for at, later in pairwise(r.at for r in yearly(world))]
            assert len(gaps) >= 4
            assert min(gaps) >= 0.9 * DAY
            assert max(gaps) <= DAY + timedelta(seconds=5)
        async with World(organization()) as world:
            assert world.about("available", CHECKS) is None
            assert not yearly(world)

    @in_virtual_time
    async def test_costs_no_request_of_the_limit_while_it_stays_the_same(self) -> None:
        account = acme_corp(usage_items=[row(grossAmount=1.0, netAmount=1.0)])
        async with World(account, **ONLY) as world:
            asked = len(world.github.requests)
            await world.passes(hours=25)
            again = list(world.github.requests)[asked:]
            assert len(again) == asked
            assert {each.status for each in again} == {304}
            assert differences(world) == {**dict.fromkeys(OF_ENTERPRISES, 0), "price": 1}

    @in_virtual_time
    async def test_goes_when_another_one_is_the_last(self) -> None:
        beside = {**ONLY, "collectors": ["usage"]}
        async with World(organization(), start=utc(2026, 10, 31, 20), **beside) as world:
            await world.passes_until(utc(2026, 11, 1) - timedelta(seconds=1))
            assert differences(world) == dict.fromkeys(OF_ALL, 0)
            await world.passes_until(utc(2026, 11, 1, 0, 6))
            assert differences(world) == {}
            await world.passes_until(utc(2026, 11, 4) - timedelta(seconds=1))
            assert differences(world) == {}
            await world.passes_until(utc(2026, 11, 5, 3))
            assert differences(world) == dict.fromkeys(OF_ALL, 0)

    @in_virtual_time
    async def test_goes_within_an_hour_if_github_is_away(self) -> None:
        async with World(organization(), start=utc(2026, 10, 31, 20), settings=NAMED) as world:
            world.github.faults.add(Fault.server_error(match=SUMMARY))
            await world.passes_until(utc(2026, 11, 1, 1) - timedelta(milliseconds=1))
            assert differences(world) == dict.fromkeys(OF_ALL, 0)
            await world.passes_until(utc(2026, 11, 1, 1))
            assert differences(world) == {}

    @in_virtual_time
    async def test_is_read_from_a_yearly_report_that_was_kept_for_another_one(self) -> None:
        def items(_: int, month: int) -> list[dict[str, object]]:
            return [row(netAmount=float(month))] if month in {10, 11} else []

        account = organization(usage_items=items)
        async with World(account, start=utc(2026, 11, 30), **ONLY) as world:
            assert differences(world) == dict.fromkeys(OF_ALL, 0)
            world.github.faults.add(Fault.server_error())
            await world.passes_until(utc(2026, 12, 4))
            world.github.faults.clear()
            await world.passes(hours=1)
            assert yearly(world)[-1].status == 304
            assert differences(world) == dict.fromkeys(OF_ALL, 0)

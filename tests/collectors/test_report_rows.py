"""Rows of a usage report: any spelling, only the requested month, a bounded number of names."""

import json
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import httpx
import pytest

from exporter.accounts import Account, AccountType
from exporter.billing.reports import NAMES
from exporter.github.errors import InvalidPayload
from tests.support.collect import COLLECTORS, Says, read
from tests.support.world import World, organization, virtual

COLLECTOR = "usage_repositories"
Row = Mapping[str, object]
ROW: Row = {
    "date": "2026-10-01",
    "product": "Actions",
    "sku": "Actions Linux",
    "quantity": 100,
    "unitType": "minutes",
    "pricePerUnit": 0.008,
    "grossAmount": 0.8,
    "discountAmount": 0,
    "netAmount": 0.8,
    "organizationName": "acme",
    "repositoryName": "acme/web",
}


def items(rows: Iterable[Row]) -> bytes:
    return json.dumps({"usageItems": list(rows)}).encode()


class Reports(httpx.AsyncBaseTransport):
    """Answer usage reports with `report`, and all else like the simulated GitHub."""

    def __init__(self, report: Callable[[Mapping[str, str]], httpx.Response]) -> None:
        self._report = report
        self.world = World(organization(), settings={"collectors": [COLLECTOR]}, transport=self)
        self._github = httpx.ASGITransport(self.world.github)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/usage"):
            return self._report(request.url.params)
        return await self._github.handle_async_request(request)


def reported(*rows: Row) -> World:
    return Reports(lambda _: httpx.Response(200, content=items(rows))).world


class TestTheSpelling:
    def test_does_not_matter(self) -> None:
        other = {
            **ROW,
            "date": "2026-10-05T20:00:00-05:00",
            "product": "actions",
            "unitType": "Minutes",
            "quantity": 5.5,
            "grossAmount": 0.05,
            "discountAmount": 0.05,
            "netAmount": 0.0,
            "repositoryName": "web",
        }

        async def scenario() -> None:
            async with reported(ROW, other) as world:
                labels = {"organization": "acme", "repository": "web", "sku": "actions_linux"}
                assert world.value("repository_usage_gross_usd", **labels) == pytest.approx(0.85)
                assert world.value("repository_usage_net_usd", **labels) == pytest.approx(0.8)
                assert (
                    world.value("repository_usage_gross_quantity", unit="minutes", **labels)
                    == 105.5
                )
                newest = datetime(2026, 10, 6, 1, tzinfo=UTC).timestamp()
                assert world.value("usage_latest_item_timestamp_seconds") == newest

        virtual(scenario)


class TestARowOfAnotherMonth:
    @pytest.mark.parametrize(
        "date",
        [
            "2019-10-01T00:00:00Z",
            "2025-10-12T00:00:00Z",
            "2026-09-29T23:59:59Z",
            "2026-11-02T00:00:01Z",
            "9999-12-31T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "2026-09-01",
        ],
    )
    def test_makes_the_report_invalid(self, date: str) -> None:
        async def scenario() -> None:
            async with reported(ROW, {**ROW, "date": date}, ROW) as world:
                assert world.reason(COLLECTOR) == "invalid_payload"
                assert not world.series("repository_usage_gross_usd")

        virtual(scenario)

    @pytest.mark.parametrize(
        "date", ["2026-09-30T00:00:00Z", "2026-11-01T23:59:59Z", "2026-10-31T23:00:00-11:00"]
    )
    def test_may_be_one_that_is_a_day_off(self, date: str) -> None:
        async def scenario() -> None:
            async with reported(ROW, {**ROW, "date": date}) as world:
                assert world.reason(COLLECTOR) is None
                assert world.value("repository_usage_gross_usd", repository="web") == pytest.approx(
                    1.6
                )

        virtual(scenario)

    def test_is_no_row_of_a_day_either(self) -> None:
        dates = [f"2026-10-{day:02}T00:00:00Z" for day in range(1, 13)]

        def of_day(day: int | None) -> bytes:
            return items(
                {**ROW, "date": date} for date in (dates if day is None else [dates[day - 1]])
            )

        def whole_month(query: Mapping[str, str]) -> httpx.Response:
            return httpx.Response(200 if "day" in query else 502, content=of_day(None))

        def one_day(query: Mapping[str, str]) -> httpx.Response:
            day = int(query.get("day", 1))
            return httpx.Response(200 if "day" in query else 502, content=of_day(day))

        async def scenario() -> None:
            async with Reports(whole_month).world as world:
                await world.passes(minutes=5)
                assert world.reason(COLLECTOR) == "invalid_payload"
            async with Reports(one_day).world as world:
                await world.passes(minutes=5)
                assert world.reason(COLLECTOR) is None
                assert world.value("repository_usage_gross_usd", repository="web") == pytest.approx(
                    12 * 0.8
                )

        virtual(scenario)


class TestNames:
    def test_take_little_memory_each(self) -> None:
        count = 10_000
        body = items({**ROW, "repositoryName": f"repo-{n}", "netAmount": n} for n in range(count))

        async def scenario() -> None:
            world = Reports(lambda _: httpx.Response(200, content=body)).world
            tracemalloc.start()
            try:
                async with world:
                    _, peak = tracemalloc.get_traced_memory()
                    assert len(world.series("repository_usage_net_usd")) == 1000
            finally:
                tracemalloc.stop()
            assert peak < 2000 * count

        virtual(scenario)

    @pytest.mark.parametrize(("each", "fit"), [(NAMES // 2, True), (NAMES // 2 + 1, False)])
    def test_are_bounded_over_all_reports_of_an_account(self, each: int, fit: bool) -> None:
        root = "/enterprises/acme/settings/billing"
        rows = {
            center: items({**ROW, "repositoryName": f"{center}{number}"} for number in range(each))
            for center in ("", "a")
        }
        others = Says(
            {
                f"{root}/usage/summary": {
                    "timePeriod": {"year": 2026, "month": 10},
                    "usageItems": [],
                },
                f"{root}/cost-centers": {"costCenters": [{"id": "a"}]},
            }
        )

        def github(request: httpx.Request) -> httpx.Response:
            if request.url.path == f"{root}/usage":
                return httpx.Response(
                    200, content=rows[request.url.params.get("cost_center_id", "")]
                )
            return others(request)

        def asked() -> int:
            account = Account(AccountType.ENTERPRISE, "acme")
            return len(read(COLLECTORS[COLLECTOR], account, github).samples)

        if fit:
            assert asked() == 4 * NAMES + 1
        else:
            with pytest.raises(InvalidPayload, match=f"more than {NAMES:,} distinct names"):
                asked()

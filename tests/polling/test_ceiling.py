"""The series ceiling: a reading above it fails, a reading at it does not."""

from collections.abc import Mapping, Sequence

import httpx
import pytest

from exporter.accounts import Account, AccountType
from exporter.billing.values import LABEL
from exporter.demo import SimulatedBudget
from exporter.demo.accounts import SimulatedCostCenter
from exporter.github.errors import InvalidPayload
from exporter.settings import Settings
from tests.support.collect import COLLECTORS, answer, budget, read
from tests.support.world import World, enterprise, in_virtual_time, organization, row


def skus(count: int) -> list[Mapping[str, object]]:
    return [row(sku=f"actions_linux_{number}_core", netAmount=1.0) for number in range(count)]


def failure(world: World, collector: str) -> tuple[str, str, str]:
    found = world.job(collector).failure
    assert found is not None
    return found.reason, found.detail, found.hint


def world(ceiling: int, rows: Sequence[Mapping[str, object]]) -> World:
    account = organization(usage_items=rows)
    return World(account, settings={"series_ceiling": ceiling}, collectors=["usage"])


class TestTheCeiling:
    @in_virtual_time
    async def test_is_for_the_series_of_one_reading(self) -> None:
        async with world(10_000, skus(50)) as made:
            reading = made.job("usage").known.reading
            assert reading is not None
            series = len(reading.samples) + len(reading.unknown_skus)
        async with world(series, skus(50)) as made:
            assert made.about("success", "usage") == 1
        async with world(series - 1, skus(50)) as made:
            assert made.reason("usage") == "invalid_payload"
            assert not made.series("usage_net_usd")
            _, detail, hint = failure(made, "usage")
            assert f"{series:,} series" in detail
            assert f"series-ceiling ({series - 1:,})" in detail
            assert "series-ceiling" in hint

    @in_virtual_time
    async def test_leaves_the_last_good_reading(self) -> None:
        rows = skus(5)
        async with world(150, rows) as made:
            shown = made.series("usage_net_usd")
            assert shown
            rows += skus(100)
            await made.passes(minutes=16)
            assert made.reason("usage") == "invalid_payload"
            assert made.series("usage_net_usd") == shown

    @in_virtual_time
    async def test_counts_what_the_series_limit_leaves(self) -> None:
        account = organization(repositories=[f"repo-{n}" for n in range(50)])
        settings = {
            "collectors": ["usage_repositories"],
            "series_limit": 50,
            "series_ceiling": 4 * 50 + 1,
        }
        async with World(account, settings=settings) as made:
            assert made.about("success", "usage_repositories") == 1
            folded = made.value("exporter_repositories_folded")
            assert folded is not None
            assert folded > 0

    def test_is_fifty_thousand(self) -> None:
        assert Settings().series_ceiling == 50_000


LONG = "x" * LABEL + "y"


class TestALabelThatIsTooLong:
    @pytest.mark.parametrize(
        "rows",
        [
            [row(), row(sku=LONG)],
            [row(), row(product=LONG)],
            [row(), row(unitType=LONG)],
            [row(), row(sku="é" * (LABEL // 2 + 1))],
        ],
    )
    @in_virtual_time
    async def test_makes_a_bill_invalid(self, rows: list[Mapping[str, object]]) -> None:
        async with world(50_000, rows) as made:
            assert made.reason("usage") == "invalid_payload"
            assert not made.series("usage_net_usd")
            assert "xxx" not in str(failure(made, "usage"))

    @in_virtual_time
    async def test_costs_a_budget_and_leaves_the_others(self) -> None:
        budgets = [
            SimulatedBudget("actions", 7, "organization", entity="acme"),
            SimulatedBudget("actions", 9, "organization", entity="acme", id=LONG),
        ]
        async with World(organization(budgets=budgets), collectors=["budgets"]) as made:
            assert set(made.series("budget_limit_usd").values()) == {7.0}
            assert made.about("success", "budgets") == 1

    @in_virtual_time
    async def test_costs_a_cost_center_and_leaves_the_others(self) -> None:
        centers = [SimulatedCostCenter("Platform"), SimulatedCostCenter("é" * LABEL)]
        account = enterprise(cost_centers=centers)
        async with World(account, collectors=["cost_centers"]) as made:
            (labels,) = made.series("cost_center_info")
            assert dict(labels)["name"] == "Platform"


class TestAListOfBudgets:
    @pytest.mark.parametrize(("megabytes", "fits"), [(15, True), (17, False)])
    def test_is_no_larger_altogether_than_one_answer(self, megabytes: int, fits: bool) -> None:
        padding = "x" * (megabytes << 20)

        def github(request: httpx.Request) -> httpx.Response:
            page = int(request.url.params.get("page", 1))
            return answer({"budgets": [budget(page, padding=padding)], "has_next_page": page < 2})

        def limits() -> int:
            account = Account(AccountType.ORGANIZATION, "acme")
            return len(read(COLLECTORS["budgets"], account, github).samples)

        if fits:
            assert limits() == 4
        else:
            with pytest.raises(InvalidPayload, match="larger than 32 MiB"):
                limits()

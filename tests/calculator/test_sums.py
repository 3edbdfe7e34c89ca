"""The exporter's page, compared with the calculator's: a class for each cause of wrong sums."""

import ast
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.calculator import names
from tests.support.calculator.accounts import Center, Kind, MadeUp, Seat, Source, Use, of
from tests.support.calculator.made_up import Maker
from tests.support.calculator.pages import NOW, Shown, agreed, differences, shown, total, values
from tests.support.calculator.sums import NONE
from tests.support.paths import ROOT
from tests.support.world import World, virtual

PLATFORM = Center("2eeb8ffe-6903-11ee-8c99-0242ac120002", "Platform")
OLD = Center("3ffb9ffe-6903-11ee-8c99-0242ac120003", "Old", "deleted")
CENTERS = (PLATFORM, OLD)
PARTS = ("organization_usage", "repository_usage", "cost_center_usage", "team_usage")
LINUX = "actions_linux"
CALCULATOR = ROOT / "tests/support/calculator"


def assert_parts_are_the_whole(page: Shown) -> None:
    for prefix in PARTS:
        for metric in ("gross_quantity", "gross_usd", "discount_usd", "net_usd"):
            whole = total(page, f"usage_{metric}")
            assert total(page, f"{prefix}_{metric}") == pytest.approx(whole), f"{prefix}_{metric}"


class TestTheCalculator:
    @pytest.mark.parametrize("module", ["accounts", "made_up", "names", "sums"])
    def test_shares_no_code_with_the_exporter(self, module: str) -> None:
        tree = ast.parse((CALCULATOR / f"{module}.py").read_text(encoding="utf-8"))
        imported = {
            each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)
        }
        imported |= {
            name.name
            for each in ast.walk(tree)
            if isinstance(each, ast.Import)
            for name in each.names
        }
        assert not {name for name in imported if name.startswith("exporter")}

    def test_notices_a_number_that_is_wrong_one_too_many_and_one_that_is_missing(self) -> None:
        account = of(Use(LINUX, 10.0))
        page = shown(account)
        assert differences(account, page) == []
        (series,) = (each for each in page if each[0] == "usage_net_usd")
        assert differences(account, page | {series: 10.1})
        assert differences(account, page | {(series[0], frozenset()): 0.0})
        assert differences(account, {each: page[each] for each in page if each != series})


class TestAMadeUpAccount:
    @settings(max_examples=50)
    @given(st.integers(0, 2**32))
    def test_is_shown_as_it_is_recomputed(self, seed: int) -> None:
        maker = Maker(seed)
        agreed(maker.account(), maker.now)


class TestWhatStandsInTwoLists:
    USES = (
        Use(LINUX, 40.0),
        Use(LINUX, 35.0, center=PLATFORM.id),
        Use(LINUX, 20.0, center=OLD.id),
        Use(LINUX, 5.0, said_by="summary"),
    )

    @pytest.mark.parametrize(
        "account",
        [
            of(*USES, centers=CENTERS, minds_state=False),
            of(*USES, centers=[PLATFORM, replace(OLD, lists=("active", "deleted"))]),
            of(*USES, centers=[replace(each, lists=("active", "deleted")) for each in CENTERS]),
        ],
        ids=["state is ignored", "one is being deleted", "all stand in both"],
    )
    def test_is_added_once(self, account: MadeUp) -> None:
        page = agreed(account)
        assert total(page, "organization_usage_gross_usd") == 95
        assert total(page, "repository_usage_net_usd", repository="web") == 95


class TestWhatADeletedCostCenterUsed:
    @pytest.mark.parametrize(
        "uses",
        [
            (Use(LINUX, 0.0, credit=-31.0, center=OLD.id),),
            (Use(LINUX, -31.0, center=OLD.id),),
            (Use("actions_self_hosted_linux", 500.0, 0.0, center=OLD.id),),
            (Use(LINUX, 500.0, free=1.0, center=OLD.id),),
            (Use(LINUX, 20.0, center=OLD.id), Use(LINUX, 300.0, said_by="report")),
            (Use(LINUX, 20.0, center=OLD.id), Use(LINUX, 20.0, 2.0, said_by="report")),
            (
                Use(LINUX, 20.0, center=OLD.id),
                Use("actions_macos", 20.0, said_by="report"),
                Use("actions_macos", 1.0),
            ),
            (Use(LINUX, 20.0, center=OLD.id, repository="", organization=""),),
        ],
        ids=[
            "a refund of dollars",
            "a refund of minutes",
            "minutes of its own runners",
            "free minutes",
            "less than what the report knows before the summary",
            "as many minutes as the report knows of for other dollars",
            "as much as what the report knows of another SKU",
            "of no organization",
        ],
    )
    def test_is_not_lost(self, uses: Sequence[Use]) -> None:
        page = agreed(of(Use(LINUX, 100.0), *uses, centers=CENTERS))
        assert_parts_are_the_whole(page)
        (old, *_) = uses
        shown_of_old = total(page, "cost_center_usage_gross_quantity", cost_center=OLD.id)
        assert shown_of_old == old.quantity
        assert values(page, "cost_center_usage_net_usd", cost_center=OLD.id)


class TestWhatNoPartExplains:
    @pytest.mark.parametrize(
        ("fresher", "rest"), [("report", [-7.0]), ("summary", [])], ids=["report", "summary"]
    )
    @pytest.mark.parametrize("kind", ["enterprise", "organization", "user"])
    def test_stands_under_none_unless_it_is_not_reported_yet(
        self, fresher: Source, rest: list[float], kind: Kind
    ) -> None:
        late = Use(LINUX, 7.0, 2.0, said_by=fresher)
        page = agreed(of(Use(LINUX, 40.0, 2.0), late, kind=kind, name="acme"))
        nowhere = {"organization": NONE, "repository": ""}
        assert values(page, "repository_usage_gross_quantity", **nowhere) == rest
        assert values(page, "repository_usage_net_usd", **nowhere) == [2 * each for each in rest]

    def test_is_of_the_dollars_where_only_these_differ(self) -> None:
        stored = Use("actions_storage", 1000.0, 0.25, report_discounts=True)
        page = agreed(of(Use(LINUX, 40.0), stored))
        assert values(page, "organization_usage_net_usd", organization=NONE) == [250]
        assert_parts_are_the_whole(page)

    @pytest.mark.parametrize("merges", [True, False])
    def test_is_nothing_where_sums_are_rounded(self, merges: bool) -> None:
        uses = [Use(LINUX, 0.1 * day, 0.006, day=day) for day in range(1, 20)]
        page = agreed(of(*uses, merges=merges))
        assert not values(page, "organization_usage_gross_usd", organization=NONE)

    def test_is_nothing_of_a_sku_that_the_summary_may_know_by_another_name(self) -> None:
        strange = Use("actions_macos", 20.0, said_by="report")
        page = agreed(of(Use(LINUX, 40.0), strange))
        assert total(page, "organization_usage_net_usd", sku="actions_macos") == 20


class TestPaidMinutes:
    def test_are_those_that_have_a_price(self) -> None:
        page = agreed(
            of(
                Use("actions_self_hosted_linux", 3_000.0, 0.0),
                Use("actions_self_hosted_unknown", 2_040.0, 0.0),
                Use(LINUX, 100.0, 0.006, free=1.0),
            )
        )
        assert values(page, "actions_paid_minutes") == [0]
        assert values(page, "actions_used_minutes") == [5_140]

    def test_of_larger_runners_are_paid_beside_free_ones(self) -> None:
        uses = [Use(LINUX, 100.0, free=1.0), Use("actions_linux_4_core", 30.0, 0.012)]
        assert values(agreed(of(*uses)), "actions_paid_minutes") == [30]


@cache
def every_spelling() -> Shown:
    """Return the page of an account that used one unit of every SKU in each spelling."""
    skus = [*names.DOCUMENTED, names.UNDOCUMENTED]
    return shown(of(*(Use(sku.key, 1.0, spelling=n) for sku in skus for n in _spellings(sku))))


def _spellings(sku: names.Sku) -> range:
    return range(len(names.PRODUCTS[sku.product]) * len(names.UNITS[sku.unit]) * len(sku.spelt))


class TestASku:
    @pytest.mark.parametrize("sku", names.DOCUMENTED, ids=lambda sku: sku.key)
    def test_is_one_in_all_its_spellings(self, sku: names.Sku) -> None:
        labels = {"product": sku.product, "sku": sku.key}
        number = len(_spellings(sku))
        for prefix in ("usage", "organization_usage"):
            quantity = values(every_spelling(), f"{prefix}_gross_quantity", unit=sku.unit, **labels)
            assert quantity == [number]
            assert values(every_spelling(), f"{prefix}_net_usd", **labels) == [number]

    @pytest.mark.parametrize("sku", names.MINUTES, ids=lambda sku: sku.key)
    def test_that_bills_minutes_names_its_system_and_runner(self, sku: names.Sku) -> None:
        runner = {"os": sku.os, "runner": sku.runner}
        used = values(every_spelling(), "actions_runner_used_minutes", **runner)
        assert used == [len(_spellings(sku))]

    def test_is_unknown_only_where_github_documents_it_nowhere(self) -> None:
        unknown = {
            dict(labels)["sku"]
            for name, labels in every_spelling()
            if name == "exporter_unknown_sku_info"
        }
        assert unknown == {names.UNDOCUMENTED.key}

    def test_is_known_where_docs_had_a_key_of_another_name(self) -> None:
        page = shown(of(Use(names.NAMED_TWICE.key, 5.0)))
        assert values(page, "actions_runner_used_minutes", os="macos") == [5]
        assert not values(page, "exporter_unknown_sku_info")

    def test_with_two_prices_has_none(self) -> None:
        page = agreed(of(Use(LINUX, 1.0, 0.006), Use(LINUX, 2.0, 0.012), Use("actions_macos", 1.0)))
        assert [dict(s[1])["sku"] for s in page if s[0] == "usage_price_usd"] == ["actions_macos"]

    def test_met_in_identical_rows_is_their_sum(self) -> None:
        page = agreed(of(*[Use(LINUX, 2.5, 0.006)] * 3))
        assert values(page, "usage_gross_quantity") == [7.5]


class TestCopilotHolders:
    def test_are_told_apart_by_kind_and_number(self) -> None:
        seats = [
            Seat("User", 7, "2026-10-19T12:00:00Z"),
            Seat("User", 7, "2026-08-01T12:00:00-06:00"),
            Seat("Team", 7, "2026-10-01T12:00:00Z"),
            Seat("Organization", 7),
            Seat("User", None),
            Seat("User", None),
        ]
        page = agreed(of(seats=seats))
        ages = {"0-7d": 1, "8-30d": 1, "31-90d": 0, "over_90d": 0, "never": 3}
        for age, number in ages.items():
            assert values(page, "copilot_seat_last_activity_seats", age=age) == [number]


class TestTheMonthsEdge:
    @pytest.mark.parametrize("minutes", [0, 30, 90])
    def test_never_lets_this_month_and_last_be_the_same(self, minutes: int) -> None:
        edge = datetime(2026, 11, 1, tzinfo=UTC)
        account = MadeUp(months={(2026, n): [Use(LINUX, float(n))] for n in (9, 10, 11)})
        seen: set[tuple[float | None, float | None]] = set()

        async def scenario() -> None:
            def github(request: httpx.Request) -> httpx.Response:
                late = world.clock() < edge + timedelta(minutes=minutes)
                if request.url.params.get("month") == "11" and late:
                    return httpx.Response(502)
                return account(request)

            world = World(
                start=edge - timedelta(minutes=5),
                settings={"enterprises": [account.name]},
                transport=httpx.MockTransport(github),
                collectors=("usage", "usage_previous_cycle"),
            )
            async with world:
                async for _ in world.new_pages(minutes=minutes + 50):
                    last = world.value("previous_cycle_usage_net_usd")
                    seen.add((world.value("usage_net_usd"), last))

        virtual(scenario)
        assert all(last == 9 for this, last in seen if this == 10)
        assert all(this is None or this != last for this, last in seen)
        assert (10, 9) in seen
        assert (11, 10) in seen


class TestStorage:
    START = datetime(2026, 10, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("hours", "average"), [(24.0, []), (71.99, []), (72.0, [10.0]), (300.0, [10.0])]
    )
    def test_is_averaged_from_the_third_day_on(self, hours: float, average: list[float]) -> None:
        uses = [
            Use("actions_storage", 6 * hours, 0.00033602, free=1.0),
            Use("packages_storage", 4 * hours, 0.00033602),
            Use("actions_cache_storage", 99.0, 0.0001),
        ]
        page = agreed(of(*uses), self.START + timedelta(hours=hours))
        shown_average = values(page, "shared_storage_estimated_gigabytes")
        assert shown_average == [pytest.approx(each) for each in average]

    @pytest.mark.parametrize("month", [(2026, 10), (2026, 11), (2027, 2)])
    def test_that_is_paid_is_of_744_hours_in_every_month(self, month: tuple[int, int]) -> None:
        uses = [Use("actions_storage", 2_976.0, 0.00033602, free=0.5)]
        now = NOW.replace(year=month[0], month=month[1])
        page = agreed(of(*uses, month=month), now)
        assert values(page, "shared_storage_estimated_paid_gigabytes") == [pytest.approx(2.0)]

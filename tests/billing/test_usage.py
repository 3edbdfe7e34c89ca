import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import fsum, inf, nan
from operator import attrgetter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from exporter.billing import usage
from exporter.billing.cycle import Cycle
from exporter.billing.usage import SummaryRow, Totals, Used
from tests.support.spellings import EVERY_SKU, Names, Sku
from tests.support.usage_rows import SUMMED, Spelling, Use, only, reports, row_of, spelled

OCTOBER = Cycle.at(datetime(2026, 10, 1, tzinfo=UTC))
LINUX = row_of(price_per_unit=0.006, gross_quantity=100, discount_quantity=60, net_quantity=40)
MACOS = row_of(sku="Actions macOS 3-core", price_per_unit=0.062, gross_quantity=7, net_quantity=7)
ARTIFACTS = row_of(sku="actions_storage", unit_type="gigabyte-hours", price_per_unit=0.00033602)
PACKAGES = row_of("packages", "Packages storage", "GigabyteHours", price_per_unit=0.00033602)
TRANSFER = row_of("Packages", "packages_bandwidth", "gigabytes", price_per_unit=0.5)

REPORT: Spelling = attrgetter("report")
OF_SUMMARY: Spelling = attrgetter("summary")
EXAMPLE: Spelling = attrgetter("example")


def mixed(random: Random) -> Spelling:
    """Return a random spelling for each row, in mixed letter case."""

    def spelling(sku: Sku) -> Names:
        names = random.choice(sku.spellings)
        return dataclasses.replace(
            names,
            product=f" {names.product.upper()} ",
            sku=random.choice((str, str.upper))(names.sku),
        )

    return spelling


def totals(uses: list[Use], kind: str) -> Totals:
    return Totals(
        *(
            fsum(getattr(row, f"{part}_{kind}") for _, row in uses)
            for part in ("gross", "discount", "net")
        )
    )


def quantities_of(report: list[Use]) -> dict[tuple[str, str, str], Totals]:
    return {
        (sku.product, sku.sku, sku.unit): totals(
            [use for use in report if use[0] == sku], "quantity"
        )
        for sku, _ in report
    }


def money_of(report: list[Use]) -> dict[tuple[str, str], Totals]:
    return {
        (sku.product, sku.sku): totals([use for use in report if use[0] == sku], "amount")
        for sku, _ in report
    }


class TestSums:
    @settings(max_examples=1000)
    @given(reports, st.randoms(use_true_random=False))
    def test_by_sku_are_the_reports_own_in_every_spelling(
        self, report: list[Use], random: Random
    ) -> None:
        quantities, money = quantities_of(report), money_of(report)
        for spelling in (REPORT, OF_SUMMARY, EXAMPLE, mixed(random)):
            rows = [spelled(use, spelling) for use in report]
            assert usage.quantities(rows) == quantities
            assert usage.money(rows) == money
            assert usage.unknown_skus(rows) == frozenset()

    @settings(max_examples=300)
    @given(reports)
    def test_of_all_skus_are_the_whole_payload(self, report: list[Use]) -> None:
        rows = [spelled(use, OF_SUMMARY) for use in report]
        for index, part in enumerate(Totals._fields):
            said = fsum(sums[index] for sums in usage.money(rows).values())
            sent = fsum(getattr(row, f"{part}_amount") for row in rows)
            assert said == pytest.approx(sent, rel=1e-12, abs=1e-4)

    def test_keep_corrections_negative(self) -> None:
        rows = [
            row_of(gross_quantity=1, gross_amount=0.5),
            row_of(gross_quantity=-3, gross_amount=-2),
        ]
        assert usage.quantities(rows) == {("actions", "actions_linux", "minutes"): Totals(-2, 0, 0)}
        assert usage.money(rows) == {("actions", "actions_linux"): Totals(-1.5, 0, 0)}

    def test_of_unknown_skus_spelled_alike_are_one(self) -> None:
        rows = [
            row_of("teleport", "Teleport Jumps", "LightYears", gross_quantity=1),
            row_of("Teleport", "teleport_jumps", "light-years", gross_quantity=2),
        ]
        assert usage.quantities(rows) == {
            ("teleport", "teleport_jumps", "light_years"): Totals(3, 0, 0)
        }
        assert usage.unknown_skus(rows) == {("teleport", "teleport_jumps")}

    def test_of_identical_rows_count_each(self) -> None:
        key = ("actions", "actions_linux", "minutes")
        assert usage.quantities([LINUX, LINUX]) == {key: Totals(200, 120, 80)}

    def test_keep_two_units_of_a_sku_apart(self) -> None:
        rows = [row_of(gross_quantity=1), row_of(unit_type="hours", gross_quantity=2)]
        assert {unit for _, _, unit in usage.quantities(rows)} == {"minutes", "hours"}

    def test_of_an_empty_month_are_true_zeros(self) -> None:
        now = OCTOBER.start + timedelta(days=4)
        assert usage.quantities([]) == {}
        assert usage.money([]) == {}
        assert usage.prices([]) == {}
        assert usage.runner_minutes([]) == {}
        assert usage.actions_minutes([]) == Used(0, 0)
        assert usage.packages_bandwidth_gigabytes([]) == Used(0, 0)
        assert usage.shared_storage_gigabytes([], OCTOBER, now) == 0
        assert usage.shared_storage_paid_gigabytes([]) == 0

    @pytest.mark.parametrize("values", [(nan,), (inf,), (inf, -inf), (1e308, 1e308), (1, -inf)])
    @pytest.mark.parametrize("field", SUMMED)
    def test_that_are_no_number_name_the_field(self, field: str, values: tuple[float, ...]) -> None:
        rows = [only(field, value) for value in values]
        sums = usage.money if field.endswith("amount") else usage.quantities
        with pytest.raises(ValueError, match=f"^{field} "):
            sums(rows)

    @pytest.mark.parametrize(
        ("row", "figure"),
        [
            (LINUX, usage.actions_minutes),
            (LINUX, usage.runner_minutes),
            (TRANSFER, usage.packages_bandwidth_gigabytes),
            (ARTIFACTS, lambda rows: usage.shared_storage_gigabytes(rows, OCTOBER, OCTOBER.end)),
        ],
    )
    def test_of_legacy_figures_that_are_no_number_name_the_field(
        self, row: SummaryRow, figure: Callable[[list[SummaryRow]], object]
    ) -> None:
        with pytest.raises(ValueError, match=r"^gross_quantity "):
            figure([replace(row, gross_quantity=1e308)] * 2)


class TestPrices:
    def test_are_one_a_sku_and_unit_whatever_the_spelling(self) -> None:
        rows = [
            replace(LINUX, price_per_unit=0.006),
            replace(LINUX, sku="Actions Linux", unit_type="Minutes", price_per_unit=0.006),
            replace(LINUX, unit_type="hours", price_per_unit=0.36),
        ]
        assert usage.prices(rows) == {
            ("actions", "actions_linux", "minutes"): 0.006,
            ("actions", "actions_linux", "hours"): 0.36,
        }

    def test_are_absent_where_there_were_two_in_the_month(self) -> None:
        rows = [
            replace(LINUX, price_per_unit=0.008),
            replace(LINUX, price_per_unit=0.006),
            replace(MACOS, price_per_unit=0.062),
        ]
        assert usage.prices(rows) == {("actions", "actions_macos", "minutes"): 0.062}

    @pytest.mark.parametrize("price", [nan, inf])
    def test_that_are_no_number_name_the_field(self, price: float) -> None:
        with pytest.raises(ValueError, match=r"^price_per_unit "):
            usage.prices([replace(LINUX, price_per_unit=price)])


class TestUnknownSkus:
    def test_are_listed_once_by_product_and_sku(self) -> None:
        rows = [
            LINUX,
            row_of(sku="Actions Quantum"),
            row_of(sku="actions_quantum"),
            row_of("Packages"),
        ]
        assert usage.unknown_skus(rows) == {
            ("actions", "actions_quantum"),
            ("packages", "actions_linux"),
        }


class TestActionsMinutes:
    def test_are_minutes_of_actions_only(self) -> None:
        others = [
            replace(LINUX, product="Codespaces"),
            replace(ARTIFACTS, gross_quantity=1_000),
            replace(LINUX, unit_type="hours"),
        ]
        assert usage.actions_minutes([LINUX, MACOS, *others]) == Used(107, 47)

    @pytest.mark.parametrize(
        "sku", ["actions_self_hosted_linux", "Actions self-hosted", "actions_linux"]
    )
    def test_without_a_price_are_paid_by_nobody(self, sku: str) -> None:
        free = row_of(sku=sku, gross_quantity=5_040, net_quantity=5_040)
        assert usage.actions_minutes([free]) == Used(5_040, 0)
        assert usage.actions_minutes([free, LINUX]) == Used(5_140, 40)

    def test_by_runner_add_up_spellings(self) -> None:
        rows = [
            LINUX,
            replace(LINUX, sku="Actions Linux"),
            MACOS,
            row_of(sku="Actions self-hosted"),
        ]
        assert usage.runner_minutes(rows) == {
            ("linux", "linux"): 200,
            ("macos", "macos"): 7,
            ("other", "self_hosted"): 0,
        }

    @settings(max_examples=300)
    @given(reports)
    def test_of_all_runners_are_the_whole(self, report: list[Use]) -> None:
        rows = [spelled(use, REPORT) for use in report]
        whole = usage.actions_minutes(rows).used
        assert fsum(usage.runner_minutes(rows).values()) == pytest.approx(
            whole, rel=1e-12, abs=1e-4
        )
        assert whole == fsum(
            row.gross_quantity
            for sku, row in report
            if sku.product == "actions" and sku.unit == "minutes"
        )


class TestPackagesBandwidth:
    def test_is_gigabytes_of_packages_only(self) -> None:
        rows = [
            replace(TRANSFER, gross_quantity=30, discount_quantity=10, net_quantity=20),
            replace(TRANSFER, sku="Packages data transfer", gross_quantity=2, net_quantity=2),
            row_of("git_lfs", "git_lfs_bandwidth", "gigabytes", gross_quantity=500),
            replace(PACKAGES, gross_quantity=900),
        ]
        assert usage.packages_bandwidth_gigabytes(rows) == Used(32, 22)


class TestSharedStorage:
    def test_is_the_average_of_actions_and_packages_so_far(self) -> None:
        now = OCTOBER.start + timedelta(hours=100)
        rows = [
            replace(ARTIFACTS, gross_quantity=300),
            replace(PACKAGES, gross_quantity=200),
        ]
        assert usage.shared_storage_gigabytes(rows, OCTOBER, now) == 5

    def test_is_absent_for_as_long_as_reports_may_lag(self) -> None:
        rows = [replace(ARTIFACTS, gross_quantity=720)]
        reported = OCTOBER.start + timedelta(hours=72)
        just_before = reported - timedelta(microseconds=1)
        assert usage.shared_storage_gigabytes(rows, OCTOBER, just_before) is None
        assert usage.shared_storage_gigabytes(rows, OCTOBER, reported) == 10

    def test_paid_is_the_net_in_months_of_the_price_whatever_the_month(self) -> None:
        rows = [
            replace(ARTIFACTS, gross_quantity=9_999, net_quantity=744),
            replace(PACKAGES, net_quantity=372),
        ]
        assert usage.shared_storage_paid_gigabytes(rows) == 1.5

    def test_knows_the_rows_by_their_sku_whatever_the_product(self) -> None:
        rows = [replace(ARTIFACTS, product="sharedStorage", net_quantity=744)]
        assert usage.shared_storage_paid_gigabytes(rows) == 1

    @pytest.mark.parametrize(
        "sku",
        [
            sku
            for sku in EVERY_SKU
            if sku.unit == "gigabyte_hours"
            and sku.sku not in {"actions_storage", "packages_storage"}
        ],
        ids=lambda sku: sku.sku,
    )
    def test_holds_no_other_storage(self, sku: Sku) -> None:
        row = spelled((sku, row_of(gross_quantity=744, net_quantity=744)), OF_SUMMARY)
        assert usage.shared_storage_gigabytes([row], OCTOBER, OCTOBER.end) == 0
        assert usage.shared_storage_paid_gigabytes([row]) == 0

    def test_counts_gigabyte_hours_only(self) -> None:
        rows = [replace(ARTIFACTS, unit_type="GigabyteMonths", net_quantity=744)]
        assert usage.shared_storage_paid_gigabytes(rows) == 0

"""Budget targets cover the right SKUs in every spelling, and no others."""

from math import fsum
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.billing.budgets import target
from tests.support.spellings import EVERY_SKU, Sku
from tests.support.usage_rows import Spelling, Use, reports, row_of, spelled

AI_CREDITS = row_of("Copilot", "copilot_ai_unit", "ai-units", net_amount=7)
PREMIUM_REQUESTS = row_of("Copilot", "Copilot Premium Request", "requests", net_amount=2)
LINUX = row_of(net_amount=10, gross_amount=99)
MACOS = row_of(sku="actions_macos", net_amount=20)
SPELLINGS: tuple[Spelling, ...] = tuple(map(attrgetter, ("report", "summary", "example")))
ROWS = (AI_CREDITS, PREMIUM_REQUESTS, LINUX, MACOS)


class TestNames:
    @pytest.mark.parametrize(
        ("budget_type", "names", "written"),
        [
            ("ProductPricing", ["Git LFS"], "git_lfs"),
            ("ProductPricing", ["packages", "Actions", "actions"], "actions,packages"),
            ("SkuPricing", ["Actions macOS 3-core"], "actions_macos"),
            ("SkuPricing", ["Copilot AI Credits", "copilot_ai_unit"], "copilot_ai_credits"),
            ("BundlePricing", ["AI Credits"], "ai_credits"),
            ("BundlePricing", ["ai_credits", "premium_requests"], "ai_credits,premium_requests"),
            ("SkuPricing", [], ""),
        ],
    )
    def test_are_normal_forms_once_each_sorted_and_joined(
        self, budget_type: str, names: list[str], written: str
    ) -> None:
        assert str(target(budget_type, names)) == written


class TestSeats:
    @pytest.mark.parametrize("sku", EVERY_SKU, ids=lambda sku: sku.sku)
    def test_are_what_a_sku_billed_in_user_months_is_limited_in(self, sku: Sku) -> None:
        for names in sku.spellings:
            assert target("SkuPricing", [names.sku]).by_seat == (sku.unit == "user_months")

    @pytest.mark.parametrize(
        ("budget_type", "names"),
        [
            ("ProductPricing", ["ghec"]),
            ("BundlePricing", ["ghec_licenses"]),
            ("SkuPricing", []),
            ("SkuPricing", ["ghec_licenses", "actions_linux"]),
        ],
    )
    def test_are_of_no_other_budget(self, budget_type: str, names: list[str]) -> None:
        assert not target(budget_type, names).by_seat


class TestNetUsd:
    @pytest.mark.parametrize(
        ("budget_type", "names", "net"),
        [
            ("ProductPricing", ["actions"], 30),
            ("ProductPricing", ["Copilot AI Credits"], 9),
            ("SkuPricing", ["Actions Linux", "actions_macos"], 30),
            ("BundlePricing", ["ai_credits"], 7),
            ("BundlePricing", ["premium_requests"], 2),
            ("BundlePricing", ["ai_credits", "premium_requests"], 9),
            ("BundlePricing", ["something_new"], 0),
            ("ProductPricing", ["codespaces"], 0),
            ("SkuPricing", [], 0),
        ],
    )
    def test_is_of_the_rows_covered(self, budget_type: str, names: list[str], net: float) -> None:
        assert target(budget_type, names).net_usd(ROWS) == net

    @pytest.mark.parametrize(
        ("budget_type", "names", "known"),
        [
            ("BundlePricing", ["ai_credits"], True),
            ("BundlePricing", ["Premium Requests", "copilot_ai_credits"], True),
            ("BundlePricing", ["something_new"], False),
            ("BundlePricing", [], False),
            ("SkuPricing", ["something_new"], True),
            ("ProductPricing", [], False),
        ],
    )
    def test_is_no_number_where_nobody_knows_what_is_covered(
        self, budget_type: str, names: list[str], known: bool
    ) -> None:
        assert target(budget_type, names).known == known

    @pytest.mark.parametrize(
        ("bundle", "unit", "words"),
        [
            ("ai_credits", "ai-units", ("ai_credit", "ai_credits", "ai_unit", "ai_units")),
            ("premium_requests", "requests", ("premium_request",)),
        ],
    )
    def test_of_a_bundle_is_of_all_its_skus_by_all_their_names(
        self, bundle: str, unit: str, words: tuple[str, ...]
    ) -> None:
        families = ["copilot", "coding_agent", "spark"]
        families += ["code_quality"] if bundle == "ai_credits" else ["copilot_agent"]
        rows = [
            row_of("Copilot", f"{family}_{word}", unit, net_amount=1)
            for family in families
            for word in words
        ]
        assert target("BundlePricing", [bundle]).net_usd([*rows, LINUX]) == len(rows)
        for family in families:
            sku = target("SkuPricing", [f"{family}_{words[0]}"])
            assert sku.net_usd(rows) >= len(words)

    @given(reports, st.sampled_from(SPELLINGS))
    def test_of_all_products_is_the_whole_bill_in_every_spelling(
        self, report: list[Use], spelling: Spelling
    ) -> None:
        rows = [spelled(use, spelling) for use in report]
        products = {sku.product for sku, _ in report}
        whole = fsum(row.net_amount for row in rows)
        assert target("ProductPricing", products).net_usd(rows) == whole
        parts = [target("ProductPricing", [product]).net_usd(rows) for product in products]
        assert fsum(parts) == pytest.approx(whole, rel=1e-12, abs=1e-4)

    @given(reports, st.sampled_from(SPELLINGS))
    def test_of_a_sku_is_its_rows_alone(self, report: list[Use], spelling: Spelling) -> None:
        rows = [spelled(use, spelling) for use in report]
        for chosen in {sku.sku for sku, _ in report}:
            of_chosen = fsum(row.net_amount for sku, row in report if sku.sku == chosen)
            assert target("SkuPricing", [chosen]).net_usd(rows) == of_chosen

"""Estimates of budgets, compared with the calculator's."""

import pytest

from tests.support.calculator.accounts import Budget, Center, Use, of
from tests.support.calculator.pages import agreed, shown, values

PLATFORM = Center("2eeb8ffe-6903-11ee-8c99-0242ac120002", "Platform")
OLD = Center("3ffb9ffe-6903-11ee-8c99-0242ac120003", "Old", "deleted")
CENTERS = (PLATFORM, OLD)
LINUX = "actions_linux"


class TestABudget:
    AI = (
        Use("coding_agent_ai_credit", 425.13, spelling=2),
        Use("copilot_ai_credits", 1_787.99, spelling=1),
        Use("copilot_agent_premium_request", 1.484, spelling=1),
        Use("copilot_premium_request", 2.0),
        Use(LINUX, 900.0),
    )

    @pytest.mark.parametrize(
        ("kind", "target", "consumed"),
        [
            ("BundlePricing", "ai_credits", 2_213.12),
            ("BundlePricing", "premium_requests", 3.484),
            ("SkuPricing", "coding_agent_ai_unit", 425.13),
            ("SkuPricing", "coding_agent_premium_request", 1.484),
            ("ProductPricing", "copilot", 2_216.604),
        ],
    )
    def test_covers_all_the_names_of_its_skus(
        self, kind: str, target: str, consumed: float
    ) -> None:
        budget = Budget("b1", "enterprise", type=kind, target=target)
        page = agreed(of(*self.AI, budgets=[budget]))
        assert values(page, "budget_estimated_consumed_usd") == [pytest.approx(consumed)]

    def test_of_each_person_has_no_estimate(self) -> None:
        scopes = ("multi_user_customer", "multi_user_cost_center", "user")
        budgets = [
            Budget(scope, scope, entity, "BundlePricing", "ai_credits")
            for scope, entity in zip(scopes, ("corp", PLATFORM.name, "mona"), strict=True)
        ]
        page = agreed(of(*self.AI, budgets=budgets, centers=CENTERS))
        assert len(values(page, "budget_info")) == 3
        assert not values(page, "budget_estimated_consumed_usd")

    @pytest.mark.parametrize("center", CENTERS, ids=lambda center: center.state)
    def test_of_a_cost_center_is_estimated_by_its_name_and_by_its_id(self, center: Center) -> None:
        budgets = [
            Budget(entity, "cost_center", entity) for entity in (center.name, center.id, "Unheard")
        ]
        uses = [Use(LINUX, 20.0), Use(LINUX, 12.5, center=center.id)]
        page = agreed(of(*uses, budgets=budgets, centers=CENTERS))
        assert values(page, "budget_estimated_consumed_usd") == [12.5, 12.5]

    @pytest.mark.parametrize("scope", ["organization", "repository"])
    def test_of_something_by_its_id_shows_no_number_of_anything_else(self, scope: str) -> None:
        budget = Budget("b1", scope, "6f0c9ffe-6903-11ee-8c99-0242ac120009")
        page = shown(of(Use(LINUX, 20.0), budgets=[budget]))
        assert set(values(page, "budget_estimated_consumed_usd")) <= {20.0}

    def test_of_one_organization_or_repository_covers_no_other(self) -> None:
        budgets = [
            Budget("b1", "organization", "labs"),
            Budget("b2", "repository", "acme/web", "SkuPricing", "Actions Linux"),
            Budget("b3", "repository", "web"),
        ]
        uses = [
            Use(LINUX, 20.0),
            Use(LINUX, 3.0, center=PLATFORM.id),
            Use(LINUX, 50.0, repository="ios"),
            Use(LINUX, 4.0, organization="labs"),
        ]
        page = agreed(of(*uses, budgets=budgets, centers=CENTERS))
        assert values(page, "budget_estimated_consumed_usd", budget="b1") == [4]
        assert values(page, "budget_estimated_consumed_usd", budget="b2") == [23]
        assert not values(page, "budget_estimated_consumed_usd", budget="b3")

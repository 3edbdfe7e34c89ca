"""Our estimate of the dollars consumed of a budget."""

from collections.abc import Mapping
from math import fsum

import httpx
import pytest

from exporter.demo import SimulatedAccount, SimulatedBudget, SimulatedCostCenter
from tests.support.accounts import ACME, CORP
from tests.support.budgets import BOTH, ESTIMATES, PATH, listed
from tests.support.collect import Says, answer, budget, read, said
from tests.support.paths import ACME_SUMMARY, CORP_BILL
from tests.support.world import World, enterprise, in_virtual_time, row

ROWS = (
    ("Actions", "actions_linux", 10.0),
    ("Actions", "actions_macos", 20.0),
    ("Packages", "packages_bandwidth", 4.0),
    ("Copilot", "copilot_ai_unit", 7.0),
    ("Copilot", "copilot_premium_request", 2.0),
    ("Copilot", "copilot_for_business", 190.0),
)


def estimate(budget_type: str, *targets: str) -> float:
    """Estimate an organization-wide budget from ``ROWS``."""
    items = [row(product=p, sku=s, netAmount=net, grossAmount=999.0) for p, s, net in ROWS]
    summary = {"timePeriod": {"year": 2026, "month": 10}, "usageItems": items}
    one = budget(budget_type=budget_type, budget_product_sku=None, budget_product_skus=targets)
    found = said(read(ESTIMATES, ACME, Says({PATH: listed(one), ACME_SUMMARY: summary})))
    return found["budget_estimated_consumed_usd b1"]


class TestAnEstimate:
    @pytest.mark.parametrize(
        ("budget_type", "targets", "net"),
        [
            ("ProductPricing", ["actions"], 30),
            ("ProductPricing", ["Actions", "packages"], 34),
            ("ProductPricing", ["codespaces"], 0),
            ("SkuPricing", ["actions_macos"], 20),
            ("SkuPricing", ["Actions macOS 3-core", "Actions Linux"], 30),
            ("BundlePricing", ["ai_credits"], 7),
            ("BundlePricing", ["premium_requests"], 2),
        ],
    )
    def test_is_the_net_of_the_rows_that_the_budget_covers(
        self, budget_type: str, targets: list[str], net: float
    ) -> None:
        assert estimate(budget_type, *targets) == net

    def test_is_none_of_a_budget_in_seats(self) -> None:
        seats = budget(budget_type="SkuPricing", budget_product_sku="copilot_for_business")
        github = Says({PATH: listed(seats)})
        assert said(read(ESTIMATES, ACME, github)) == {}
        assert [request.url.path for request in github.requests] == [PATH]

    @pytest.mark.parametrize(
        "scope", ["user", "multi_user_customer", "multi_user_cost_center", "enterprise", "later"]
    )
    def test_is_none_of_a_scope_that_no_summary_tells(self, scope: str) -> None:
        github = Says({PATH: listed(budget(budget_scope=scope))})
        assert said(read(ESTIMATES, ACME, github)) == {}

    @pytest.mark.parametrize("entity", ["", "web"])
    def test_is_none_of_an_enterprises_repository_whose_owner_is_not_told(
        self, entity: str
    ) -> None:
        one = budget(budget_scope="repository", budget_entity_name=entity)
        github = Says({"/enterprises/acme-corp/settings/billing/budgets": listed(one)})
        assert said(read(ESTIMATES, CORP, github)) == {}

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ({"budget_scope": "later"}, "because usage cannot be filtered by their scope"),
            (
                {"budget_type": "BundlePricing", "budget_product_sku": "something_new"},
                "because GitHub does not publish their coverage",
            ),
            (
                {"budget_scope": "repository", "budget_entity_name": "712"},
                "because GitHub returns no usage for their entity's ID",
            ),
            (
                {"budget_scope": "repository", "budget_entity_name": "R_kgDOAbc"},
                "because GitHub returns no usage for their entity's ID",
            ),
        ],
        ids=str,
    )
    def test_that_cannot_be_made_is_noted_with_the_reason(
        self, given: Mapping[str, object], reason: str
    ) -> None:
        summary = {"timePeriod": {"year": 2026, "month": 10}, "usageItems": []}
        github = Says({PATH: listed(budget(1, **given)), ACME_SUMMARY: summary})
        reading = read(ESTIMATES, ACME, github)
        assert said(reading) == {}
        assert reading.notes == (f"No estimate for 1 of the budgets, {reason}: b1.",)

    def test_that_github_refuses_is_noted(self) -> None:
        one = budget(budget_scope="organization", budget_entity_name="712")
        github = Says({f"{CORP_BILL}/budgets": listed(one)})
        reading = read(ESTIMATES, CORP, github)
        reason = "because GitHub refuses access to usage in their scope"
        assert reading.notes == (f"No estimate for 1 of the budgets, {reason}: b1.",)

    def test_of_a_repository_is_asked_by_its_owner_and_name(self) -> None:
        github = Says(
            {
                PATH: listed(
                    budget(1, budget_scope="repository", budget_entity_name="acme/web"),
                    budget(2, budget_scope="repository", budget_entity_name="web"),
                ),
                ACME_SUMMARY: {"timePeriod": {"year": 2026, "month": 10}, "usageItems": []},
            }
        )
        assert set(said(read(ESTIMATES, ACME, github)).values()) == {0}
        _, *summaries = github.requests
        assert [request.url.params["repository"] for request in summaries] == ["acme/web"]


def covered() -> SimulatedAccount:
    """Return an enterprise with budgets of every scope."""
    make = SimulatedBudget
    return enterprise(
        size=30.0,
        repositories=["acme/web", "acme/ios", "labs/paper"],
        cost_centers=[SimulatedCostCenter("Labs", [("Org", "labs")])],
        budgets=[
            make("actions", 1, "enterprise"),
            make("packages", 1, "enterprise"),
            make("actions_linux", 1, "organization", "SkuPricing", entity="acme"),
            make("actions", 1, "repository", entity="acme/web"),
            make("actions", 1, "cost_center", entity="Labs"),
            make("actions", 1, "cost_center", entity="Gone"),
            make("ghec_licenses", 1, "enterprise", "SkuPricing"),
        ],
    )


class TestEstimatesOfAnEnterprise:
    @in_virtual_time
    async def test_take_a_request_for_each_distinct_scope(self) -> None:
        account = covered()
        async with World(account, collectors=["budget_estimates"]) as world:
            (center,) = account.cost_centers
            filters = [
                {k: v for k, v in r.query.items() if k not in {"year", "month"}}
                for r in world.github.requests
                if r.path.endswith("/usage/summary")
            ]
            assert filters == [
                {},
                {"organization": "acme"},
                {"repository": "acme/web"},
                {"cost_center_id": center.id},
            ]

    @in_virtual_time
    async def test_are_the_net_of_the_scope_alone(self) -> None:
        account = covered()
        settings = {"collectors": ["usage_repositories", "usage_cost_centers"]}
        async with World(account, settings=settings, collectors=BOTH) as world:
            await world.passes(seconds=30)

            def net(metric: str, **labels: str) -> float:
                return fsum(world.series(metric, **labels).values())

            linux = {"sku": "actions_linux", "organization": "acme"}
            (center,) = account.cost_centers
            expected = [
                net("usage_net_usd", product="actions"),
                net("usage_net_usd", product="packages"),
                net("repository_usage_net_usd", **linux),
                net("repository_usage_net_usd", product="actions", repository="web"),
                net("cost_center_usage_net_usd", product="actions", cost_center=center.id),
            ]
            assert all(value > 0 for value in expected)
            estimated = [
                world.value("budget_estimated_consumed_usd", budget=each.id)
                for each in account.budgets
            ]
            assert estimated[5:] == [None, None], "an unknown cost center, and a budget of seats"
            assert estimated[:5] == pytest.approx(expected, rel=1e-3)

    @in_virtual_time
    async def test_are_told_of_all_scopes_but_those_that_github_refuses(self) -> None:
        account = covered()
        account.cost_centers.clear()
        account.hidden = {"cost_centers"}
        async with World(account, collectors=["budget_estimates"]) as world:
            estimated = {dict(s)["budget"] for s in world.series("budget_estimated_consumed_usd")}
            assert estimated == {each.id for each in account.budgets[:4]}
            assert world.about("success", "budget_estimates") == 1

    @pytest.mark.parametrize("state", ["active", "deleted"])
    def test_find_a_cost_center_by_its_name_and_by_its_id(self, state: str) -> None:
        center_id = "2eeb8ffe-6903-11ee-8c99-0242ac120002"
        items = [row(netAmount=12.5)]

        def github(request: httpx.Request) -> httpx.Response:
            path, query = request.url.path, request.url.params
            if path == f"{CORP_BILL}/budgets":
                of_center = {"budget_scope": "cost_center"}
                return answer(
                    listed(
                        budget(1, budget_entity_name="Platform", **of_center),
                        budget(2, budget_entity_name=center_id, **of_center),
                    )
                )
            if path == f"{CORP_BILL}/cost-centers":
                known = [{"id": center_id, "name": "Platform", "state": state, "resources": []}]
                return answer({"costCenters": known if query["state"] == state else []})
            assert query["cost_center_id"] == center_id
            return answer({"timePeriod": {"year": 2026, "month": 10}, "usageItems": items})

        assert said(read(ESTIMATES, CORP, github)) == {
            "budget_estimated_consumed_usd b1": 12.5,
            "budget_estimated_consumed_usd b2": 12.5,
        }

    @in_virtual_time
    async def test_ask_for_cost_centers_only_where_a_budget_is_for_one(self) -> None:
        account = enterprise(budgets=[SimulatedBudget("actions", 1, "enterprise")])
        async with World(account, collectors=["budget_estimates"]) as world:
            assert world.asked("/cost-centers") == 0
            assert len(world.series("budget_estimated_consumed_usd")) == 1

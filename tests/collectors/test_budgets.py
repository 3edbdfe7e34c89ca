"""Budgets: reading them, and the permissions this takes."""

from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from exporter.demo import SimulatedBudget
from exporter.github import errors
from exporter.web.landing import render
from tests.support.accounts import ACME
from tests.support.budgets import BOTH, BUDGETS, ESTIMATES, PATH, listed
from tests.support.checked import told
from tests.support.collect import CANARY, Replies, Says, answer, budget, read, said
from tests.support.faults.fault import Fault
from tests.support.world import World, in_virtual_time, organization, user


def paged(*pages: Mapping[str, object], asked: list[Mapping[str, str]] | None = None) -> Replies:

    def github(request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        if asked is not None:
            asked.append(query)
        return answer(pages[int(query.get("page", "1")) - 1])

    return github


def of(**fields: object) -> dict[str, float]:
    return said(read(BUDGETS, ACME, Says({PATH: listed({**budget(), **fields})})))


class TestABudget:
    def test_says_its_limit_and_what_it_is(self) -> None:
        assert of() == {
            "budget_limit_usd b1": 100,
            "budget_info b1 product_pricing organization acme actions false true": 1,
        }

    def test_of_nothing_is_a_limit(self) -> None:
        assert of(budget_amount=0)["budget_limit_usd b1"] == 0

    @pytest.mark.parametrize("hard", [True, False])
    @pytest.mark.parametrize("alerting", [True, False])
    def test_tells_whether_it_stops_usage_and_whether_it_alerts(
        self, hard: bool, alerting: bool
    ) -> None:
        found = of(prevent_further_usage=hard, budget_alerting={"will_alert": alerting})
        words = f"{'true' if hard else 'false'} {'true' if alerting else 'false'}"
        assert f"budget_info b1 product_pricing organization acme actions {words}" in found

    @pytest.mark.parametrize(
        ("budget_type", "sent", "target"),
        [
            ("ProductPricing", {"budget_product_sku": "git_lfs"}, "git_lfs"),
            (
                "ProductPricing",
                {"budget_product_skus": ["Packages", "actions"]},
                "actions,packages",
            ),
            ("SkuPricing", {"budget_product_sku": "Actions Linux"}, "actions_linux"),
            ("SkuPricing", {"budget_product_skus": ["copilot_ai_unit"]}, "copilot_ai_credits"),
            ("BundlePricing", {"budget_product_skus": ["ai_credits"]}, "ai_credits"),
            ("BundlePricing", {"budget_product_sku": "premium_requests"}, "premium_requests"),
        ],
    )
    def test_names_its_target_in_whichever_field_it_comes(
        self, budget_type: str, sent: Mapping[str, object], target: str
    ) -> None:
        sent = {"budget_type": budget_type, "budget_product_sku": None, **sent}
        kind = {"P": "product_pricing", "S": "sku_pricing", "B": "bundle_pricing"}[budget_type[0]]
        assert f"budget_info b1 {kind} organization acme {target} false true" in of(**sent)

    @pytest.mark.parametrize(
        "sku", ["copilot_for_business", "Copilot Business", "ghec_licenses", "ghas_licenses"]
    )
    def test_on_a_sku_billed_by_licence_is_in_seats(self, sku: str) -> None:
        found = of(budget_type="SkuPricing", budget_product_sku=sku, budget_amount=15)
        assert found["budget_limit_seats b1"] == 15
        assert "budget_limit_usd b1" not in found

    @pytest.mark.parametrize(
        ("budget_type", "target"), [("ProductPricing", "ghas"), ("SkuPricing", "actions_linux")]
    )
    def test_on_anything_else_is_in_dollars(self, budget_type: str, target: str) -> None:
        found = of(budget_type=budget_type, budget_product_sku=target)
        assert "budget_limit_usd b1" in found
        assert "budget_limit_seats b1" not in found

    def test_for_a_person_is_without_a_name_and_says_what_is_consumed(self) -> None:
        person = {"budget_entity_name": CANARY, "user": CANARY, "consumed_amount": 12.5}
        assert of(budget_scope="user", **person) == {
            "budget_limit_usd b1": 100,
            "budget_consumed_usd b1": 12.5,
            "budget_info b1 product_pricing user  actions false true": 1,
        }

    @pytest.mark.parametrize("scope", ["multi_user_customer", "multi_user_cost_center", "later"])
    def test_of_any_scope_that_may_name_a_person_names_nobody(self, scope: str) -> None:
        found = of(budget_scope=scope, budget_entity_name=CANARY)
        assert f"budget_info b1 product_pricing {scope}  actions false true" in found

    @pytest.mark.parametrize("scope", ["organization", "repository", "cost_center"])
    def test_of_what_is_no_person_names_it(self, scope: str) -> None:
        found = of(budget_scope=scope, budget_entity_name="acme/web")
        assert f"budget_info b1 product_pricing {scope} acme/web actions false true" in found

    @pytest.mark.parametrize("field", ["id", "budget_amount", "prevent_further_usage"])
    def test_without_what_it_is_made_of_is_no_valid_payload(self, field: str) -> None:
        payload = budget()
        del payload[field]
        with pytest.raises(errors.InvalidPayload, match=field):
            read(BUDGETS, ACME, Says({PATH: listed(payload)}))

    def test_goes_with_the_month(self) -> None:
        reading = read(BUDGETS, ACME, Says({PATH: listed(budget())}))
        assert reading.cycle_end == datetime(2026, 11, 1, tzinfo=UTC)


class TestPages:
    def test_are_read_until_there_is_no_next_a_hundred_at_a_time(self) -> None:
        asked: list[Mapping[str, str]] = []
        pages = [
            listed(*map(budget, range(first, first + 100)), has_next_page=first < 200)
            | {"total_count": 300}
            for first in (0, 100, 200)
        ]
        found = said(read(BUDGETS, ACME, paged(*pages, asked=asked)))
        assert sum(name.startswith("budget_limit_usd") for name in found) == 300
        assert [query.get("page", "1") for query in asked] == ["1", "2", "3"]
        assert {query["per_page"] for query in asked} == {"100"}

    def test_may_be_one_that_is_empty(self) -> None:
        assert said(read(BUDGETS, ACME, Says({PATH: listed()}))) == {}

    def test_need_not_say_how_many_there_are(self) -> None:
        payload = {"budgets": [budget()]}
        assert "budget_limit_usd b1" in said(read(BUDGETS, ACME, Says({PATH: payload})))

    @pytest.mark.parametrize("later", [{}, {"total_count": 4}], ids=["once", "always"])
    def test_that_hold_fewer_than_the_total_are_no_valid_payload(
        self, later: Mapping[str, int]
    ) -> None:
        first = listed(budget(1), budget(2), has_next_page=True, total_count=4)
        last = {"budgets": [budget(2), budget(3)], "has_next_page": False, **later}
        for collector in (BUDGETS, ESTIMATES):
            with pytest.raises(errors.InvalidPayload, match="total_count"):
                read(collector, ACME, paged(first, last))

    def test_are_not_whole_where_a_later_one_knows_of_more(self) -> None:
        first = listed(has_next_page=True, total_count=0)
        last = listed(total_count=3)
        for collector in (BUDGETS, ESTIMATES):
            with pytest.raises(errors.InvalidPayload, match="total_count"):
                read(collector, ACME, paged(first, last))


class TestABudgetThatIsNotUnderstood:
    @pytest.mark.parametrize(
        "odd",
        [
            {"budget_amount": None},
            {"id": 7},
            {"prevent_further_usage": "yes"},
            {"budget_scope": None},
            {"budget_type": {}},
        ],
        ids=str,
    )
    def test_costs_itself_and_is_noted(self, odd: Mapping[str, object]) -> None:
        github = Says({PATH: listed(budget(1), budget(2, **odd), budget(3))})
        reading = read(BUDGETS, ACME, github)
        limits = {name for name in said(reading) if name.startswith("budget_limit_usd")}
        assert limits == {"budget_limit_usd b1", "budget_limit_usd b3"}
        assert reading.notes == ("Invalid budgets left out: 1.",)

    @pytest.mark.parametrize(
        "field", ["budget_entity_name", "budget_alerting", "budget_product_skus", "consumed_amount"]
    )
    def test_is_none_that_has_null_for_what_is_optional(self, field: str) -> None:
        reading = read(BUDGETS, ACME, Says({PATH: listed(budget(1, **{field: None}))}))
        assert said(reading)["budget_limit_usd b1"] == 100
        assert reading.notes == ()

    def test_alerts_nobody_where_it_says_null(self) -> None:
        found = of(budget_alerting={"will_alert": None})
        assert "budget_info b1 product_pricing organization acme actions false false" in found

    @in_virtual_time
    async def test_is_told_to_people(self) -> None:
        body = msgspec.json.encode(listed(budget(1), budget(2, id=None)))
        async with World(organization(), collectors=BOTH) as world:
            world.github.faults.add(Fault(match="/budgets", status=200, body=body))
            await world.passes(hours=2)
            page = render(world.app.poller.page(), world.clock())
            assert "Invalid budgets left out: 1." in page
            assert "Invalid budgets left out: 1." in told(world.app)

    def test_may_be_all_and_is_no_valid_payload_then(self) -> None:
        with pytest.raises(errors.InvalidPayload, match="budget_amount"):
            read(BUDGETS, ACME, Says({PATH: listed(budget(budget_amount="much"))}))


class TestWhoSeesBudgets:
    @in_virtual_time
    async def test_is_no_member_who_does_not_own_the_bill(self) -> None:
        async with World(organization(hidden={"budgets"}), collectors=BOTH) as world:
            refused = [r for r in world.github.requests if r.path == PATH]
            assert {request.status for request in refused} == {400}
            for collector in ("budgets", "budget_estimates"):
                assert world.about("available", collector) == 0
                assert world.failures(collector) == 0
            assert world.about("success", "usage") == 1

    @in_virtual_time
    async def test_is_no_user(self) -> None:
        async with World(user(), collectors=BOTH) as world:
            assert world.asked("/budgets") == 0
            assert world.about("available", "budgets") is None

    def test_fails_at_any_other_400(self) -> None:
        with pytest.raises(errors.Rejected):
            read(BUDGETS, ACME, Says({PATH: 400}))

    @in_virtual_time
    async def test_never_tells_of_a_person(self) -> None:
        people = [CANARY]
        account = organization(
            committers=people,
            budgets=[
                SimulatedBudget(
                    "ai_credits",
                    20,
                    "user",
                    "BundlePricing",
                    entity=CANARY,
                    user=CANARY,
                    recipients=people,
                ),
                SimulatedBudget("actions", 50, "organization", entity="acme", recipients=people),
            ],
        )
        async with World(account, collectors=BOTH) as world:
            assert len(world.series("budget_info")) == 2
            assert len(world.series("budget_consumed_usd")) == 1
            assert CANARY not in world.text()
            world.github.faults.add(Fault(match="/budgets", status=200, body=b'{"budgets": [{}]}'))
            await world.passes(hours=2)
            assert world.reason("budgets") == "invalid_payload"
            assert CANARY not in world.text()

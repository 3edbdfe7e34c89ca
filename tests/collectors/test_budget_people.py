"""People at the limit of a universal budget: numbers, never names."""

from collections.abc import Mapping

import httpx
import pytest

from exporter.demo import SimulatedBudget
from exporter.github import errors
from tests.support.accounts import CORP
from tests.support.collect import CANARY, COLLECTORS, Replies, answer, budget, read, said
from tests.support.world import World, enterprise, in_virtual_time

PEOPLE = COLLECTORS["budget_people"]
BUDGETS = "/enterprises/acme-corp/settings/billing/budgets"
UNIVERSAL = budget(budget_scope="multi_user_customer")


def state(consumed: float, target: float = 20) -> dict[str, object]:
    return {
        "user": CANARY,
        "consumed_amount": consumed,
        "target_amount": target,
        "override_budget_id": None,
    }


def github(*pages: list[dict[str, object]], total: int | None = None) -> Replies:
    """Answer with the universal budget b1, its people in pages, and a budget of another scope."""

    def answering(request: httpx.Request) -> httpx.Response:
        if request.url.path == BUDGETS:
            return answer({"budgets": [UNIVERSAL, budget(2, budget_scope="user")]})
        assert request.url.path == f"{BUDGETS}/b1/user-states"
        number = int(request.url.params.get("page", "1"))
        payload: Mapping[str, object] = {
            "user_states": pages[number - 1],
            "has_next_page": number < len(pages),
            **({} if total is None else {"total_count": total}),
        }
        return answer(payload)

    return answering


class TestPeople:
    def test_are_counted_with_those_at_their_own_limit(self) -> None:
        first = [state(0), state(19.99), state(20), state(35)]
        last = [state(30, target=50), state(50, target=50)]
        assert said(read(PEOPLE, CORP, github(first, last, total=6))) == {
            "budget_people b1": 6,
            "budget_people_at_limit b1": 3,
        }

    def test_that_a_page_lacks_are_no_valid_payload(self) -> None:
        with pytest.raises(errors.InvalidPayload, match="total_count"):
            read(PEOPLE, CORP, github([state(0)], total=2))

    def test_of_whom_one_is_not_understood_are_not_counted_and_those_of_others_are(self) -> None:
        def answering(request: httpx.Request) -> httpx.Response:
            if request.url.path == BUDGETS:
                return answer({"budgets": [UNIVERSAL, UNIVERSAL | {"id": "b2"}]})
            odd = {"target_amount": None} if "/b2/" in request.url.path else {}
            return answer({"user_states": [state(20), {**state(1), **odd}]})

        reading = read(PEOPLE, CORP, answering)
        assert said(reading) == {"budget_people b1": 2, "budget_people_at_limit b1": 1}
        assert reading.notes == ("Invalid budgets left out: 1.",)

    @in_virtual_time
    async def test_are_on_the_page_by_number_where_the_user_wants_them(self) -> None:
        account = enterprise(
            seats=130,
            committers=[CANARY],
            budgets=[
                SimulatedBudget("ai_credits", 1, "multi_user_customer", "BundlePricing"),
                SimulatedBudget("actions", 50, "enterprise"),
            ],
        )
        async with World(account, settings={"collectors": ["budget_people"]}) as world:
            assert world.value("budget_people") == 130
            assert world.value("budget_people_at_limit") is not None
            assert CANARY not in world.text()
        async with World(account) as world:
            assert world.asked("/user-states") == 0

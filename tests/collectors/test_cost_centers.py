"""Cost centers, and the bill divided among them without a remainder."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import fsum

import httpx
import pytest

from exporter.demo import SimulatedAccount, SimulatedCostCenter
from exporter.github import errors
from tests.support.accounts import CORP
from tests.support.collect import COLLECTORS, answer, read, said
from tests.support.world import World, enterprise, in_virtual_time, organization

COST_CENTERS = COLLECTORS["cost_centers"]
DIVIDED = {"collectors": ["usage_cost_centers"]}
CANARY = "canary-login"


def center(center_id: str = "c1", **fields: object) -> dict[str, object]:
    """Return a cost center as GitHub sends it, including a person."""
    return {
        "id": center_id,
        "name": "Platform",
        "state": "active",
        "azure_subscription": None,
        "resources": [{"type": "User", "name": CANARY}, {"type": "Repo", "name": "acme/web"}],
        "ai_credit_pool_enabled": False,
        **fields,
    }


class GitHub:
    """List the cost centers of the requested state."""

    def __init__(self, **states: Sequence[Mapping[str, object]]) -> None:
        self.states = states
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/enterprises/acme-corp/settings/billing/cost-centers"
        state = request.url.params["state"]
        self.asked.append(state)
        return answer({"costCenters": self.states.get(state, [])})


def acme_corp() -> SimulatedAccount:
    """Return an enterprise with usage of an active, a deleted and no cost center."""
    return enterprise(
        size=20.0,
        repositories=["acme/web", "acme/ios", "research/models", "labs/paper"],
        cost_centers=[
            SimulatedCostCenter("Platform", [("Org", "acme"), ("User", CANARY)]),
            SimulatedCostCenter("Idle", [("Team", "core")]),
            SimulatedCostCenter("Research", [("Repo", "research/models")], state="deleted"),
        ],
    )


def centers_asked(world: World) -> list[str]:
    queries = [r.query for r in world.github.requests if r.path.endswith("/usage/summary")]
    return [query["cost_center_id"] for query in queries if "cost_center_id" in query]


class TestCostCenters:
    def test_are_told_active_and_deleted_ones(self) -> None:
        github = GitHub(
            active=[center("c1"), center("c2", name="Labs", state="ACTIVE")],
            deleted=[center("c3", name="Gone", state="deleted")],
        )
        assert said(read(COST_CENTERS, CORP, github)) == {
            "cost_center_info c1 Platform active": 1,
            "cost_center_info c2 Labs active": 1,
            "cost_center_info c3 Gone deleted": 1,
        }
        assert sorted(github.asked) == ["active", "deleted"]

    def test_may_be_none(self) -> None:
        assert said(read(COST_CENTERS, CORP, GitHub())) == {}

    def test_that_change_their_state_between_the_two_lists_stand_once(self) -> None:
        github = GitHub(active=[center()], deleted=[center(state="deleted")])
        assert said(read(COST_CENTERS, CORP, github)) == {"cost_center_info c1 Platform active": 1}

    @pytest.mark.parametrize("null", [True, False])
    def test_may_lack_a_name_and_a_state(self, null: bool) -> None:
        payload = center()
        for field in ("name", "state"):
            payload[field] = None
            if not null:
                del payload[field]
        found = said(read(COST_CENTERS, CORP, GitHub(active=[payload])))
        assert found == {"cost_center_info c1  ": 1}

    def test_that_are_not_understood_leave_the_others_and_are_noted(self) -> None:
        github = GitHub(active=[center("c1"), center("c2", id=None), center("c3", name=3)])
        reading = read(COST_CENTERS, CORP, github)
        assert said(reading) == {"cost_center_info c1 Platform active": 1}
        assert reading.notes == ("Invalid cost centers left out: 2.",)

    def test_of_one_list_may_be_none_that_is_understood(self) -> None:
        github = GitHub(active=[center("c1")], deleted=[center("c2", id=None)])
        reading = read(COST_CENTERS, CORP, github)
        assert said(reading) == {"cost_center_info c1 Platform active": 1}
        assert reading.notes == ("Invalid cost centers left out: 1.",)

    @pytest.mark.parametrize("given", [{}, {"costCenters": None}], ids=str)
    def test_may_be_no_list(self, given: Mapping[str, object]) -> None:
        assert said(read(COST_CENTERS, CORP, lambda _: answer(given))) == {}

    def test_of_which_none_is_understood_are_no_valid_payload(self) -> None:
        payload = center()
        del payload["id"]
        with pytest.raises(errors.InvalidPayload, match="id"):
            read(COST_CENTERS, CORP, GitHub(active=[payload]))


class TestAPool:
    @staticmethod
    def of(**fields: object) -> dict[str, float]:
        reading = read(COST_CENTERS, CORP, GitHub(active=[{**center(), **fields}]))
        assert reading.cycle_end == datetime(2026, 11, 1, tzinfo=UTC), "a pool is monthly"
        info = "cost_center_info"
        return {name: v for name, v in said(reading).items() if not name.startswith(info)}

    def test_is_told_in_credits(self) -> None:
        pool = {"target_amount": 21_000, "current_amount": 0}
        assert self.of(ai_credit_pool_enabled=True, ai_credit_pool_state=pool) == {
            "cost_center_ai_pool_target_credits c1": 21_000,
            "cost_center_ai_pool_used_credits c1": 0,
            "cost_center_ai_pool_spent c1": 0,
        }

    @pytest.mark.parametrize(
        ("target", "used", "spent"), [(100, 99.5, 0), (100, 100, 1), (100, 130, 1), (0, 0, 0)]
    )
    def test_is_spent_once_all_of_it_is_used(self, target: int, used: float, spent: int) -> None:
        pool = {"target_amount": target, "current_amount": used}
        assert self.of(ai_credit_pool_state=pool)["cost_center_ai_pool_spent c1"] == spent

    def test_is_told_as_far_as_github_knows_it(self) -> None:
        pool = {"target_amount": 21_000, "current_amount": None}
        assert self.of(ai_credit_pool_state=pool) == {
            "cost_center_ai_pool_target_credits c1": 21_000
        }

    @pytest.mark.parametrize(
        "sent",
        [
            {},
            {"ai_credit_pool_state": None},
            {"ai_credit_pool_state": {}},
            {"ai_credit_pool_state": {"target_amount": None, "current_amount": None}},
        ],
        ids=str,
    )
    def test_that_github_has_not_made_is_absent(self, sent: Mapping[str, object]) -> None:
        assert self.of(**sent) == {}


class TestUsage:
    @pytest.mark.parametrize("metric", ["gross_quantity", "gross_usd", "discount_usd", "net_usd"])
    def test_of_cost_centers_and_of_the_rest_is_the_whole_accounts(self, metric: str) -> None:
        @in_virtual_time
        async def scenario() -> None:
            account = acme_corp()
            async with World(account, settings=DIVIDED) as world:
                whole = world.series(f"usage_{metric}")
                parts = world.series(f"cost_center_usage_{metric}")
                assert fsum(whole.values()) > 0
                by_sku: dict[frozenset[tuple[str, str]], list[float]] = {}
                for labels, value in parts.items():
                    names = frozenset(pair for pair in labels if pair[0] != "cost_center")
                    by_sku.setdefault(names, []).append(value)
                assert {sku: fsum(values) for sku, values in by_sku.items()} == pytest.approx(
                    whole, rel=1e-6, abs=1e-6
                )
                platform, idle, research = (each.id for each in account.cost_centers)
                named = {dict(labels)["cost_center"] for labels in parts}
                assert named == {"none", platform, research}
                assert idle in centers_asked(world)

        scenario()

    @in_virtual_time
    async def test_of_deleted_ones_is_asked_for_only_where_dollars_are_missing(self) -> None:
        account = acme_corp()
        platform, idle, research = account.cost_centers
        research.resources = []
        async with World(account, settings=DIVIDED) as world:
            assert centers_asked(world) == ["none", platform.id, idle.id]
            states = [r.query["state"] for r in world.github.requests if "state" in r.query]
            assert states == ["active"]
            research.resources = [("Repo", "research/models")]
            await world.passes(hours=7)
            assert research.id in centers_asked(world)
            assert world.series("cost_center_usage_gross_usd", cost_center=research.id)

    @in_virtual_time
    async def test_of_an_enterprise_without_any_is_all_of_the_rest(self) -> None:
        async with World(enterprise(), settings=DIVIDED) as world:
            parts = world.series("cost_center_usage_net_usd")
            assert {dict(labels)["cost_center"] for labels in parts} == {"none"}
            assert fsum(parts.values()) == pytest.approx(
                fsum(world.series("usage_net_usd").values()), rel=1e-6
            )

    @in_virtual_time
    async def test_is_asked_for_every_six_hours_where_the_user_wants_it(self) -> None:
        async with World(acme_corp(), settings=DIVIDED) as world:
            await world.passes(hours=5)
            assert centers_asked(world).count("none") == 1
            await world.passes(hours=1.1)
            assert centers_asked(world).count("none") == 2
            assert world.about("interval_seconds", "usage_cost_centers") == 6 * 3600
        async with World(acme_corp()) as world:
            assert world.about("available", "usage_cost_centers") is None

    @in_virtual_time
    async def test_of_an_organization_has_no_cost_centers(self) -> None:
        async with World(organization(), collectors=["usage", "cost_centers"]) as world:
            assert world.asked("/cost-centers") == 0


class TestThePage:
    @in_virtual_time
    async def test_names_no_resource(self) -> None:
        collectors = ["usage", "cost_centers"]
        async with World(acme_corp(), collectors=collectors, settings=DIVIDED) as world:
            assert len(world.series("cost_center_info")) == 3
            (deleted,) = world.series("cost_center_info", state="deleted")
            assert dict(deleted)["name"] == "Research"
            assert CANARY not in world.text()

    @in_virtual_time
    async def test_cries_no_wolf_where_github_refuses_them(self) -> None:
        account = enterprise(hidden={"cost_centers"})
        async with World(account, collectors=["usage", "cost_centers"]) as world:
            await world.passes(hours=1)
            assert world.about("available", "cost_centers") == 0
            assert world.failures("cost_centers") == 0

"""Budgets, seats and licenses of the simulated GitHub: pages, units and people."""

from datetime import datetime, timedelta
from math import isclose

import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedBudget
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.paths import ACME_BILL, ACME_SUMMARY, CORP_BILL, CORP_SUMMARY
from tests.support.simulator_client import JSON, NOW, OCTOBER, Asker


class TestBudgets:
    def test_ten_make_a_page_and_the_body_says_whether_more_follow(self) -> None:
        asker = Asker()
        answers = [asker.get(f"{CORP_BILL}/budgets", {"page": page}) for page in "12"]
        pages = [answer.json() for answer in answers]
        assert [(len(page["budgets"]), page["has_next_page"]) for page in pages] == [
            (10, True),
            (2, False),
        ]
        assert {page["total_count"] for page in pages} == {12}
        assert not any("link" in answer.headers for answer in answers)
        ids = {budget["id"] for page in pages for budget in page["budgets"]}
        assert len(ids) == 12

    def test_targets_are_spelt_in_two_ways(self) -> None:
        budgets = Asker().get(f"{ACME_BILL}/budgets").json()["budgets"]
        keys = [{"budget_product_sku", "budget_product_skus"} & set(each) for each in budgets]
        assert [len(each) for each in keys] == [1] * 6
        assert set().union(*keys) == {"budget_product_sku", "budget_product_skus"}

    def test_of_a_person_alone_the_consumed_dollars_are_told(self) -> None:
        asker = Asker()
        budgets = asker.get(f"{ACME_BILL}/budgets").json()["budgets"]
        (told,) = [budget for budget in budgets if "consumed_amount" in budget]
        assert (told["budget_scope"], told["user"]) == ("user", "ada")
        params = {**OCTOBER, "sku": "copilot_ai_unit"}
        (row,) = asker.rows(ACME_SUMMARY, params)
        assert isclose(told["consumed_amount"], row["grossAmount"] / 12)

    def test_usage_soon_passes_one_that_had_a_dollar_left(self) -> None:
        asker = Asker(pace=1 / 15)
        asker.clock.now += timedelta(seconds=1)

        def limit_and_net() -> tuple[int, float]:
            (budget,) = [
                each
                for each in asker.get(f"{ACME_BILL}/budgets", {"scope": "organization"}).json()[
                    "budgets"
                ]
                if each.get("budget_product_sku") == "actions"
            ]
            rows = asker.rows(ACME_SUMMARY, {**OCTOBER, "product": "actions"})
            return budget["budget_amount"], sum(row["netAmount"] for row in rows)

        limit, net = limit_and_net()
        assert limit - 1 <= net < limit
        asker.clock.now += timedelta(minutes=10)
        assert limit_and_net()[0] == limit < limit_and_net()[1]

    @pytest.mark.parametrize(
        ("budget", "filters"),
        [
            (SimulatedBudget("actions", None, "organization", entity="sandbox"), {}),
            (SimulatedBudget("actions", None, "repository", entity="acme-mobile/app"), {}),
            (SimulatedBudget("actions", None, "cost_center", entity="Platform"), {}),
            (
                SimulatedBudget("actions_linux_4_core", None, "enterprise", "SkuPricing"),
                {"sku": "actions_linux_4_core"},
            ),
            (
                SimulatedBudget("ai_credits", None, "enterprise", "BundlePricing"),
                {"sku": "copilot_ai_unit", "product": "copilot"},
            ),
        ],
    )
    def test_a_dollar_is_left_in_each_scope(
        self, budget: SimulatedBudget, filters: dict[str, str]
    ) -> None:
        asker = Asker()
        asker.clock.now = NOW.replace(day=31)
        asker.github = FaultyGitHub(asker.github.accounts, clock=asker.clock)
        corp = asker.github.account(AccountType.ENTERPRISE, "acme-corp")
        corp.budgets = [budget]
        centers = {center.name: center.id for center in corp.cost_centers}
        narrowing = {
            "organization": {"organization": budget.entity},
            "repository": {"repository": budget.entity},
            "cost_center": {"cost_center_id": centers.get(budget.entity, "")},
        }.get(budget.scope, {})
        params = {**OCTOBER, "product": "actions", **narrowing, **filters}
        net = sum(row["netAmount"] for row in asker.rows(CORP_SUMMARY, params))
        (told,) = asker.get(f"{CORP_BILL}/budgets").json()["budgets"]
        assert 0 < net < told["budget_amount"] <= net + 1

    def test_a_page_that_is_no_number_is_a_bad_request(self) -> None:
        assert Asker().get(f"{CORP_BILL}/budgets", {"page": "one"}).status_code == 400

    def test_scope_and_user_narrow_the_list(self) -> None:
        asker = Asker()
        scoped = asker.get(f"{CORP_BILL}/budgets", {"scope": "cost_center"}).json()
        assert [budget["budget_entity_name"] for budget in scoped["budgets"]] == ["Platform"]
        of_user = asker.get(f"{CORP_BILL}/budgets", {"user": "linus"}).json()
        assert (of_user["user"], of_user["total_count"]) == ("linus", 1)

    def test_one_is_found_by_id_and_each_person_of_it(self) -> None:
        asker = Asker()
        budgets = asker.get(f"{CORP_BILL}/budgets", {"per_page": "100"}).json()["budgets"]
        each = next(b for b in budgets if b["budget_scope"] == "multi_user_customer")
        assert asker.get(f"{CORP_BILL}/budgets/{each['id']}").json() == each
        states = asker.get(f"{CORP_BILL}/budgets/{each['id']}/user-states").json()
        assert (len(states["user_states"]), states["total_count"]) == (30, 180)
        assert states["user_states"][0]["target_amount"] == each["budget_amount"]
        assert asker.get(f"{CORP_BILL}/budgets/{budgets[0]['id']}/user-states").status_code == 404

    def test_who_may_not_see_them_is_told_a_bad_request(self) -> None:
        answer = Asker().get("/organizations/sandbox/settings/billing/budgets")
        assert (answer.status_code, answer.json()["message"]) == (400, "Unable to get budgets.")


class TestCopilot:
    def test_the_breakdown_need_not_sum_to_its_total(self) -> None:
        answer = Asker().get("/orgs/acme/copilot/billing").json()
        seats = answer["seat_breakdown"]
        assert seats["total"] == 12
        assert seats["active_this_cycle"] + seats["inactive_this_cycle"] < 12
        assert seats["active_this_cycle"] > 0 < seats["inactive_this_cycle"]

    def test_seats_come_fifty_at_a_time_and_links_lead_on(self) -> None:
        pages = Asker().walk("/enterprises/acme-corp/copilot/billing/seats")
        assert [len(page["seats"]) for page in pages] == [50, 50, 50, 35]

    def test_a_person_in_two_organizations_counts_once(self) -> None:
        (page,) = Asker().walk("/enterprises/acme-corp/copilot/billing/seats", {"per_page": "100"})[
            :1
        ]
        whole = Asker().walk("/enterprises/acme-corp/copilot/billing/seats", {"per_page": "100"})
        holders = [seat["assignee"]["login"] for each in whole for seat in each["seats"]]
        assert page["total_seats"] == len(set(holders)) == 180 < len(holders) == 185

    def test_dates_have_offsets_and_some_never_used_it(self) -> None:
        seats = Asker().get("/orgs/acme/copilot/billing/seats").json()["seats"]
        used = [seat["last_activity_at"] for seat in seats if seat["last_activity_at"]]
        assert 0 < len(used) < len(seats)
        assert all(at.endswith("-06:00") for at in used)
        ages = sorted((NOW - datetime.fromisoformat(at)).days for at in used)
        assert ages[0] == 0
        assert ages[-1] > 90

    @pytest.mark.parametrize(("month", "first"), [(10, "2026-11-01"), (12, "2027-01-01")])
    def test_a_cancelled_seat_ends_with_the_month(self, month: int, first: str) -> None:
        asker = Asker()
        asker.clock.now = NOW.replace(month=month)
        seats = asker.get("/orgs/acme/copilot/billing/seats").json()["seats"]
        ends = [seat["pending_cancellation_date"] for seat in seats]
        assert [end for end in ends if end] == [first]

    def test_teams_give_some_of_the_seats(self) -> None:
        asker = Asker()
        for path in ("/orgs/acme", "/enterprises/acme-corp"):
            seats = asker.get(f"{path}/copilot/billing/seats").json()["seats"]
            assert {seat["assigning_team"] is None for seat in seats} == {True, False}

    def test_without_copilot_there_is_none_and_no_bill_of_it(self) -> None:
        asker = Asker()
        asker.github.account(AccountType.ORGANIZATION, "acme").copilot = False
        paths = ["/orgs/acme/copilot/billing", "/orgs/acme/copilot/billing/seats"]
        assert [asker.get(path).status_code for path in paths] == [404, 404]
        assert "Copilot" not in {row["product"] for row in asker.rows(ACME_SUMMARY)}
        assert asker.rows(f"{ACME_BILL}/ai_credit/usage") == []


class TestLicenses:
    PATH = "/enterprises/acme-corp/consumed-licenses"

    def test_totals_stand_on_the_first_page_and_links_lead_on(self) -> None:
        pages = Asker().walk(self.PATH, {"per_page": "70"})
        assert [len(page["users"]) for page in pages] == [70, 70, 40]
        assert ["total_seats_consumed" in page for page in pages] == [True, False, False]
        assert (pages[0]["total_seats_consumed"], pages[0]["total_seats_purchased"]) == (180, 200)

    def test_one_server_of_two_has_failed(self) -> None:
        servers = Asker().get("/enterprises/acme-corp/license-sync-status").json()
        synced = [server["last_sync"] for server in servers["server_instances"]]
        assert [each["status"] for each in synced] == ["success", "failure"]
        assert synced[1]["date"] < synced[0]["date"]


class TestPeople:
    @pytest.mark.parametrize(
        ("path", "named"),
        [
            ("/orgs/acme/settings/billing/advanced-security", True),
            ("/orgs/acme/copilot/billing/seats", True),
            ("/enterprises/acme-corp/copilot/billing/seats", True),
            ("/enterprises/acme-corp/consumed-licenses", True),
            ("/enterprises/acme-corp/license-sync-status", False),
            ("/orgs/acme/copilot/billing", False),
            ("/orgs/acme", False),
            ("/orgs/oldtown/settings/billing/actions", False),
            ("/user/orgs", False),
            (f"{ACME_BILL}/usage", False),
            (ACME_SUMMARY, False),
            (f"{ACME_BILL}/ai_credit/usage", False),
            ("/rate_limit", False),
        ],
    )
    def test_are_named_where_github_names_them(self, path: str, named: bool) -> None:
        asker = Asker()
        for account in asker.github.accounts:
            account.committers = ["canary-login", "canary-other", "canary-third"]
        assert ("canary" in asker.get(path).text) == named

    def test_budgets_name_whom_they_alert_and_whom_they_are_for(self) -> None:
        asker = Asker()
        budget: JSON = asker.github.account(AccountType.ORGANIZATION, "acme").budgets[-1]
        budget.recipients, budget.user = ["canary-alerted"], "canary-user"
        text = asker.get(f"{ACME_BILL}/budgets").text
        assert "canary-alerted" in text
        assert "canary-user" in text

"""The simulated bill: its parts by cost center, model, day and owner sum to the whole."""

from collections.abc import Mapping, Sequence
from math import fsum, isclose
from typing import Literal

import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount
from tests.support.paths import ACME_BILL, ACME_SUMMARY, CORP_BILL, CORP_SUMMARY
from tests.support.simulator_client import JSON, OCTOBER, Asker

AMOUNTS = ("grossAmount", "discountAmount", "netAmount")


def summed(rows: Sequence[Mapping[str, JSON]], field: str) -> float:
    return fsum(row[field] for row in rows)


def center_ids(asker: Asker, **query: str) -> list[str]:
    centers = asker.get(f"{CORP_BILL}/cost-centers", query).json()["costCenters"]
    return [center["id"] for center in centers]


class TestCostCenters:
    def test_the_state_narrows_the_list(self) -> None:
        asker = Asker()
        whole = center_ids(asker)
        active, deleted = (center_ids(asker, state=state) for state in ("active", "deleted"))
        assert len(active) == 2
        assert len(deleted) == 1
        assert set(whole) == {*active, *deleted}

    @pytest.mark.parametrize("field", AMOUNTS)
    @pytest.mark.parametrize("params", [OCTOBER, {**OCTOBER, "day": "7"}])
    def test_parts_of_the_summary_sum_to_it(self, params: Mapping[str, str], field: str) -> None:
        asker = Asker()
        parts = [
            asker.rows(CORP_SUMMARY, {**params, "cost_center_id": center_id})
            for center_id in (*center_ids(asker), "none")
        ]
        assert all(summed(part, "grossAmount") > 0 for part in parts)
        whole = summed(asker.rows(CORP_SUMMARY, params), field)
        assert isclose(fsum(summed(part, field) for part in parts), whole)

    def test_the_report_holds_what_is_outside_of_them(self) -> None:
        asker = Asker()
        outside = asker.rows(f"{CORP_BILL}/usage")
        assert outside == asker.rows(f"{CORP_BILL}/usage", {**OCTOBER, "cost_center_id": "none"})
        inside = [
            asker.rows(f"{CORP_BILL}/usage", {**OCTOBER, "cost_center_id": center_id})
            for center_id in center_ids(asker)
        ]
        whole = summed(asker.rows(CORP_SUMMARY), "netAmount")
        assert all(summed(part, "netAmount") > 1 for part in [outside, *inside])
        assert isclose(fsum(summed(part, "netAmount") for part in [outside, *inside]), whole)

    def test_the_summary_echoes_the_cost_center(self) -> None:
        asker = Asker()
        center_id = center_ids(asker)[0]
        params = {**OCTOBER, "cost_center_id": center_id}
        payload = asker.get(CORP_SUMMARY, params).json()
        assert payload["costCenter"] == {"id": center_id, "name": "Platform"}

    def test_an_unknown_one_is_not_found(self) -> None:
        asker = Asker()
        params = {**OCTOBER, "cost_center_id": "2eeb8ffe"}
        paths = [f"{CORP_BILL}/usage", CORP_SUMMARY, f"{CORP_BILL}/cost-centers/2eeb8ffe"]
        assert [asker.get(path, params).status_code for path in paths] == [404, 404, 404]

    def test_a_pool_is_unknown_until_credits_are_used(self) -> None:
        asker = Asker()
        pooled = next(
            center
            for center in asker.github.account(AccountType.ENTERPRISE, "acme-corp").cost_centers
            if center.pool is not None
        )
        path = f"{CORP_BILL}/cost-centers/{pooled.id}"
        late = asker.get(path).json()["ai_credit_pool_state"]
        asker.clock.now = asker.clock.now.replace(day=1, hour=0, minute=0)
        early = asker.get(path).json()["ai_credit_pool_state"]
        assert early == {"target_amount": None, "current_amount": None}
        params = {**OCTOBER, "cost_center_id": pooled.id, "sku": "copilot_ai_unit"}
        asker.clock.now = Asker().clock.now
        used = summed(asker.rows(CORP_SUMMARY, params), "grossQuantity")
        assert late == {"target_amount": 21_000, "current_amount": used}

    def test_the_resources_of_one_come_in_pages(self) -> None:
        asker = Asker()
        path = f"{CORP_BILL}/cost-centers/{center_ids(asker)[0]}"
        pages = [asker.get(path, {"per_page": "2", "page": page}).json() for page in "12"]
        assert [page["has_next_page"] for page in pages] == [True, False]
        kinds = [resource["type"] for page in pages for resource in page["resources"]]
        assert kinds == ["Org", "Team", "User"]


class TestRowsOfATest:
    def test_that_say_whose_they_are_are_narrowed_as_generated_ones(self) -> None:
        asker = Asker()
        corp = asker.github.account(AccountType.ENTERPRISE, "acme-corp")
        (row, *_) = asker.rows(CORP_SUMMARY)
        center = next(each for each in corp.cost_centers if each.resources)
        center.resources = [("Repo", "acme/api")]
        corp.cost_centers = [center]
        named = {"organizationName": "acme", "repositoryName": "api", "netAmount": 4.0}
        elsewhere = {"organizationName": "labs", "repositoryName": "api", "netAmount": 2.0}
        corp.usage_items = [{**row, **named}, {**row, **elsewhere}, {**row, "netAmount": 1.0}]

        def net(path: str, **narrowing: str) -> float:
            return summed(asker.rows(f"{CORP_BILL}/{path}", {**OCTOBER, **narrowing}), "netAmount")

        assert net("usage/summary") == 7
        assert net("usage/summary", cost_center_id=center.id) == 4
        assert net("usage/summary", cost_center_id="none") == 3
        assert net("usage/summary", organization="labs") == 3, "rows without names match all"
        assert net("usage/summary", repository="acme/api") == 5
        assert net("usage", cost_center_id=center.id) == 4
        items = asker.rows(f"{CORP_BILL}/usage", OCTOBER)
        assert {item["organizationName"] for item in items} >= {"labs"}
        assert not any("repositoryName" in each for each in asker.rows(CORP_SUMMARY))


class TestModels:
    @pytest.mark.parametrize(
        "root", ["/organizations/acme", "/users/mona", "/enterprises/acme-corp"]
    )
    @pytest.mark.parametrize("field", ["grossQuantity", *AMOUNTS])
    def test_credits_by_model_sum_to_the_summary(self, root: str, field: str) -> None:
        asker = Asker()
        asker.github.account(AccountType.USER, "mona").ai = "credits"
        by_model = asker.rows(f"{root}/settings/billing/ai_credit/usage")
        whole = [
            row
            for row in asker.rows(f"{root}/settings/billing/usage/summary")
            if row["sku"] == "copilot_ai_unit"
        ]
        assert len({row["model"] for row in by_model}) == len(by_model) > 2
        assert any(row["grossQuantity"] % 1 for row in by_model)
        assert isclose(summed(by_model, field), summed(whole, field), abs_tol=1e-9)

    def test_spellings_are_not_those_of_the_summary(self) -> None:
        asker = Asker()
        spelt = {
            (row["product"], row["sku"], row["unitType"])
            for row in asker.rows(f"{ACME_BILL}/ai_credit/usage")
        }
        assert spelt == {("Copilot", "Copilot AI Credits", "ai-credits")}

    def test_the_older_report_tells_the_same_credits(self) -> None:
        asker = Asker()
        credit = asker.rows(f"{ACME_BILL}/ai_credit/usage")
        assert credit == asker.rows(f"{ACME_BILL}/premium_request/usage")

    @pytest.mark.parametrize(("ai", "status"), [("requests", 200), ("requests_only", 404)])
    def test_who_stayed_with_requests_has_no_credits(
        self, ai: Literal["requests", "requests_only"], status: int
    ) -> None:
        asker = Asker(SimulatedAccount(AccountType.ORGANIZATION, "acme", ai=ai))
        answer = asker.get(f"{ACME_BILL}/ai_credit/usage", OCTOBER)
        assert (answer.status_code, answer.json().get("usageItems", [])) == (status, [])
        rows = asker.rows(f"{ACME_BILL}/premium_request/usage")
        assert {(row["sku"], row["unitType"], row["pricePerUnit"]) for row in rows} == {
            ("Copilot Premium Request", "requests", 0.04)
        }
        whole = asker.rows(ACME_SUMMARY, {**OCTOBER, "sku": "copilot_premium_request"})
        assert isclose(summed(rows, "grossAmount"), summed(whole, "grossAmount"))

    def test_filters_narrow_and_are_echoed(self) -> None:
        params = {**OCTOBER, "model": "gpt-5", "product": "copilot"}
        payload = Asker().get(f"{ACME_BILL}/ai_credit/usage", params).json()
        assert [row["model"] for row in payload["usageItems"]] == ["GPT-5"]
        assert (payload["model"], payload["product"]) == ("gpt-5", "Copilot")

    def test_an_owned_organization_cannot_ask_by_user(self) -> None:
        asker = Asker()
        params = {**OCTOBER, "user": "ada"}
        owned = asker.get("/organizations/sandbox/settings/billing/ai_credit/usage", params)
        assert (owned.status_code, "cannot filter usage by user" in owned.text) == (403, True)
        assert asker.get(f"{ACME_BILL}/ai_credit/usage", params).json()["usageItems"] == []


class TestOwner:
    def test_an_organization_may_be_told_of_at_its_owner_alone(self) -> None:
        asker = Asker()
        sandbox = asker.github.account(AccountType.ORGANIZATION, "sandbox")
        root = "/organizations/sandbox/settings/billing"
        paths = [f"{root}/{each}" for each in ("usage", "usage/summary", "ai_credit/usage")]
        assert [asker.get(path).status_code for path in paths] == [200] * 3
        sandbox.billed_to_owner = True
        assert [asker.get(path).status_code for path in paths] == [404] * 3
        params = {**OCTOBER, "organization": "sandbox"}
        assert asker.rows(CORP_SUMMARY, params)


class TestBulk:
    ROWS = 5_003

    def account(self, account_type: AccountType) -> SimulatedAccount:
        return SimulatedAccount(account_type, "acme", report_rows=self.ROWS)

    @pytest.mark.parametrize(
        ("account_type", "root"),
        [
            (AccountType.ORGANIZATION, "organizations"),
            (AccountType.USER, "users"),
            (AccountType.ENTERPRISE, "enterprises"),
        ],
    )
    @pytest.mark.parametrize("encoding", ["gzip", "identity"])
    def test_its_sums_are_those_known_in_advance(
        self, account_type: AccountType, root: str, encoding: str
    ) -> None:
        account = self.account(account_type)
        answer = Asker(account).get(
            f"/{root}/acme/settings/billing/usage", OCTOBER, accept_encoding=encoding
        )
        items = answer.json()["usageItems"]
        assert len(items) == self.ROWS
        assert {item["repositoryName"] for item in items} == {"api", "ios", "web"}
        assert ("organizationName" in items[0]) == (account_type is not AccountType.USER)
        assert account.bulk is not None
        assert account.bulk.total == tuple(summed(items, field) for field in ("quantity", *AMOUNTS))

    def test_its_days_are_the_month(self) -> None:
        asker = Asker(self.account(AccountType.ORGANIZATION))
        month = asker.rows(f"{ACME_BILL}/usage")
        days = [
            row
            for day in range(1, 32)
            for row in asker.rows(f"{ACME_BILL}/usage", {**OCTOBER, "day": str(day)})
        ]
        assert max(row["date"] for row in month) == "2026-10-20T00:00:00Z"
        assert len(days) == len(month)
        assert summed(days, "netAmount") == summed(month, "netAmount")

    def test_the_summary_follows(self) -> None:
        account = self.account(AccountType.ORGANIZATION)
        rows = Asker(account).rows(ACME_SUMMARY)
        assert account.bulk is not None
        assert {row["sku"]: row["grossAmount"] for row in rows} == {
            sku: totals.gross for sku, totals in account.bulk.by_sku.items()
        }

    def test_it_is_unchanged_until_the_next_day(self) -> None:
        asker = Asker(self.account(AccountType.ORGANIZATION))
        tag = asker.get(f"{ACME_BILL}/usage", OCTOBER).headers["etag"]
        assert asker.get(f"{ACME_BILL}/usage", OCTOBER, if_none_match=tag).status_code == 304
        asker.clock.now = asker.clock.now.replace(day=21)
        assert asker.get(f"{ACME_BILL}/usage", OCTOBER, if_none_match=tag).status_code == 200

    def test_months_to_come_and_forgotten_are_empty(self) -> None:
        asker = Asker(self.account(AccountType.ORGANIZATION))
        for month in ({"year": "2026", "month": "11"}, {"year": "2024", "month": "9"}):
            assert asker.rows(f"{ACME_BILL}/usage", month) == []
            assert asker.rows(ACME_SUMMARY, month) == []

    def test_no_chunk_is_large(self) -> None:
        bulk = SimulatedAccount(AccountType.USER, "mona", report_rows=60_000).bulk
        assert bulk is not None
        sizes = [len(chunk) for chunk in bulk.report(Asker().clock.now.date(), 20)]
        assert sum(sizes) > 10_000_000
        assert max(sizes) < 100_000


class TestReportsByDay:
    def test_a_month_is_cut_off_and_a_day_is_not(self) -> None:
        account = SimulatedAccount(AccountType.ORGANIZATION, "acme", day_reports_only=True)
        asker = Asker(account)
        cut = asker.get(f"{ACME_BILL}/usage", OCTOBER)
        assert (cut.status_code, cut.json()["message"]) == (502, "Server Error")
        assert asker.rows(f"{ACME_BILL}/usage", {**OCTOBER, "day": "7"})
        assert asker.rows(ACME_SUMMARY)

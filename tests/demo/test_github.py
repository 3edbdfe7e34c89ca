"""The simulated GitHub behaves as GitHub is documented and was observed to behave."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import fsum, isclose

import pytest

from exporter.accounts import AccountType, Platform
from exporter.demo import SimulatedAccount
from tests.support.paths import ACME_BILL, ACME_SUMMARY
from tests.support.simulator_client import JSON, NOW, OCTOBER, Asker

CLASSIC_ACME = "/orgs/acme/settings/billing"


def summed(rows: Sequence[Mapping[str, JSON]], field: str) -> float:
    return fsum(row[field] for row in rows)


class TestUsage:
    @pytest.mark.parametrize("root", ["/organizations/acme", "/users/mona"])
    @pytest.mark.parametrize("params", [OCTOBER, {**OCTOBER, "day": "7"}])
    def test_report_and_summary_agree(self, root: str, params: Mapping[str, str]) -> None:
        asker = Asker()
        report = asker.rows(f"{root}/settings/billing/usage", params)
        summary = asker.rows(f"{root}/settings/billing/usage/summary", params)
        assert len(report) > len(summary) > 10
        assert isclose(summed(report, "quantity"), summed(summary, "grossQuantity"))
        for field in ("grossAmount", "discountAmount", "netAmount"):
            assert isclose(summed(report, field), summed(summary, field), abs_tol=1e-9)

    def test_gross_less_discount_is_net_and_both_halves_occur(self) -> None:
        rows = Asker().rows(ACME_SUMMARY)
        assert all(
            isclose(row["grossAmount"] - row["discountAmount"], row["netAmount"], abs_tol=1e-9)
            for row in rows
        )
        assert any(row["netAmount"] == 0 for row in rows)
        assert any(row["netAmount"] > 0 and row["discountAmount"] > 0 for row in rows)

    def test_standard_minutes_are_covered_until_the_quota_is_used(self) -> None:
        asker = Asker()
        asker.clock.now = datetime(2026, 10, 4, tzinfo=UTC)
        standard = {"actions_linux", "actions_linux_arm", "actions_windows", "actions_macos"}

        def minutes(field: str) -> float:
            rows = asker.rows(ACME_SUMMARY)
            return summed([row for row in rows if row["sku"] in standard], field)

        assert minutes("netQuantity") == 0 < minutes("grossQuantity") < 3000
        asker.clock.now = datetime(2026, 10, 31, tzinfo=UTC)
        assert isclose(minutes("discountQuantity"), 3000)
        assert minutes("netQuantity") > 0

    def test_a_day_adds_a_day_of_use(self) -> None:
        asker = Asker()
        first = summed(asker.rows(ACME_SUMMARY), "grossAmount")
        assert summed(asker.rows(ACME_SUMMARY), "grossAmount") == first
        elapsed = (NOW - datetime(2026, 10, 1, tzinfo=UTC)) / timedelta(days=1)
        asker.clock.now += timedelta(days=1)
        second = summed(asker.rows(ACME_SUMMARY), "grossAmount")
        assert isclose(second - first, first / elapsed, rel_tol=1e-6)

    def test_a_day_asked_for_is_that_day_alone(self) -> None:
        items = Asker().rows(f"{ACME_BILL}/usage", {"day": "7"})
        assert {item["date"][:10] for item in items} == {"2026-10-07"}

    def test_pace_makes_a_minute_four_hours(self) -> None:
        fast, plain = Asker(pace=1 / 15), Asker()
        fast.clock.now += timedelta(minutes=1)
        plain.clock.now += timedelta(minutes=1, hours=4)
        one, other = (
            summed(each.rows(f"{ACME_BILL}/usage"), "grossAmount") for each in (fast, plain)
        )
        assert isclose(one, other, rel_tol=1e-6)

    def test_months_gone_are_whole_and_those_to_come_or_forgotten_are_empty(self) -> None:
        asker = Asker()
        september = {"year": "2026", "month": "9"}
        seats = [r for r in asker.rows(ACME_SUMMARY, september) if r["product"] == "GHAS"]
        assert isclose(summed(seats, "grossQuantity"), 12, abs_tol=1e-6)
        assert asker.rows(f"{ACME_BILL}/usage", {"year": "2026", "month": "11"}) == []
        assert asker.rows(f"{ACME_BILL}/usage", {"year": "2024", "month": "9"}) == []
        assert asker.rows(f"{ACME_BILL}/usage", {"year": "2024", "month": "10"})

    def test_without_a_month_the_report_is_a_year_of_months(self) -> None:
        asker = Asker()
        items = asker.rows(f"{ACME_BILL}/usage", {})
        assert len(items) == len({(item["date"], item["sku"]) for item in items})
        assert {item["date"] for item in items} == {
            f"2026-{month:02}-01T00:00:00Z" for month in range(1, 11)
        }
        months = [
            asker.rows(f"{ACME_BILL}/usage", {"year": "2026", "month": str(month)})
            for month in range(1, 11)
        ]
        itemised = fsum(summed(month, "netAmount") for month in months)
        assert isclose(summed(items, "netAmount"), itemised)

    def test_an_enterprise_pays_for_what_it_owns(self) -> None:
        asker = Asker()
        asker.github.account(AccountType.ENTERPRISE, "acme-corp").cost_centers = []
        report = asker.rows("/enterprises/acme-corp/settings/billing/usage")
        own = asker.rows("/organizations/sandbox/settings/billing/usage")
        there = [item for item in report if item["organizationName"] == "sandbox"]
        assert own
        assert isclose(summed(there, "grossAmount"), summed(own, "grossAmount"))

    def test_spellings_differ_between_report_and_summary(self) -> None:
        asker = Asker()
        report, summary = asker.rows(f"{ACME_BILL}/usage"), asker.rows(ACME_SUMMARY)
        spelt = {(item["product"], item["sku"], item["unitType"]) for item in report}
        assert {
            ("actions", "Actions macOS 3-core", "Minutes"),
            ("packages", "Packages data transfer", "Gigabytes"),
            ("copilot", "Copilot AI Credits", "AICredits"),
            ("copilot", "Copilot Business", "UserMonths"),
        } <= spelt
        assert {
            ("Actions", "actions_macos", "minutes"),
            ("Packages", "packages_bandwidth", "gigabytes"),
            ("Copilot", "copilot_ai_unit", "ai-units"),
            ("Copilot", "copilot_for_business", "user-months"),
        } <= {(row["product"], row["sku"], row["unitType"]) for row in summary}

    def test_filters_narrow_the_summary_and_are_echoed(self) -> None:
        params = {**OCTOBER, "product": "actions", "sku": "actions_linux", "repository": "acme/web"}
        payload = Asker().get(ACME_SUMMARY, params).json()
        assert [row["sku"] for row in payload["usageItems"]] == ["actions_linux"]
        assert payload["product"] == "Actions"
        assert payload["timePeriod"] == {"year": 2026, "month": 10}

    def test_an_enterprise_is_narrowed_to_an_organization(self) -> None:
        asker = Asker()
        path = "/enterprises/acme-corp/settings/billing/usage/summary"
        share = asker.rows(path, {**OCTOBER, "organization": "Sandbox"})
        own = asker.rows("/organizations/sandbox/settings/billing/usage/summary")
        assert isclose(summed(share, "grossAmount"), summed(own, "grossAmount"))

    def test_no_enterprise_has_cost_centers(self) -> None:
        asker = Asker()
        path = "/enterprises/acme-corp/settings/billing/usage"
        of_none, of_one = {"cost_center_id": "none"}, {"cost_center_id": "1"}
        asked = [(path, of_one), (f"{path}/summary", of_one), (f"{path}/summary", of_none)]
        assert [asker.get(*each).status_code for each in asked] == [404, 404, 200]

    def test_an_account_is_sensible_with_type_and_name_alone(self) -> None:
        for account_type, root in (
            (AccountType.ORGANIZATION, "organizations"),
            (AccountType.USER, "users"),
            (AccountType.ENTERPRISE, "enterprises"),
        ):
            asker = Asker(SimulatedAccount(account_type, "new"))
            assert asker.rows(f"/{root}/new/settings/billing/usage/summary")
            assert asker.github.account(account_type, "New").plan in ("team", "pro", "enterprise")
            with pytest.raises(KeyError):
                asker.github.account(account_type, "old")

    def test_rows_of_a_test_take_the_place_of_generated_ones(self) -> None:
        asker = Asker()
        row = asker.rows(ACME_SUMMARY)[0]
        account = asker.github.account(AccountType.ORGANIZATION, "ACME")
        account.usage_items = [row]
        assert asker.rows(ACME_SUMMARY) == [row]
        assert summed(asker.rows(f"{ACME_BILL}/usage"), "quantity") == row["grossQuantity"]
        account.usage_items = lambda year, month: [row] * (month == 9)
        assert asker.rows(ACME_SUMMARY) == []


class TestLegacy:
    def test_figures_are_multiplied_and_rounded_for_organizations_alone(self) -> None:
        asker = Asker()
        corp = asker.github.account(AccountType.ENTERPRISE, "acme-corp")
        corp.platform = Platform.LEGACY
        town = asker.get("/orgs/oldtown/settings/billing/actions").json()
        breakdown = town["minutes_used_breakdown"]
        assert {"UBUNTU", "WINDOWS", "MACOS", "ubuntu_4_core", "total"} == set(breakdown)
        assert breakdown["total"] == sum(breakdown.values()) / 2 == town["total_minutes_used"]
        assert all(minutes == int(minutes) for minutes in breakdown.values())
        assert town["included_minutes"] == 3000 < town["total_minutes_used"]
        whole = asker.get("/enterprises/acme-corp/settings/billing/actions").json()
        assert whole["minutes_used_breakdown"]["MACOS"] % 1 > 0

    def test_figures_grow_with_the_month(self) -> None:
        asker = Asker()
        paths = [f"/orgs/oldtown/settings/billing/{family}" for family in ("actions", "packages")]
        early = [asker.get(path).json() for path in paths]
        asker.clock.now += timedelta(days=5)
        late = [asker.get(path).json() for path in paths]
        assert late[0]["total_minutes_used"] > early[0]["total_minutes_used"]
        used = "total_gigabytes_bandwidth_used"
        assert late[1][used] > early[1][used]

    def test_the_day_of_the_move_closes_one_door_and_opens_the_other(self) -> None:
        asker = Asker()
        closed = "/orgs/oldtown/settings/billing/actions"
        opened = "/organizations/oldtown/settings/billing/usage/summary"
        assert [asker.get(closed).status_code, asker.get(opened).status_code] == [200, 404]
        asker.github.account(AccountType.ORGANIZATION, "oldtown").platform = Platform.USAGE
        assert asker.get(closed).json() == {
            "message": "This endpoint has been moved.",
            "documentation_url": "https://gh.io/billing-api-updates-org",
            "status": "410",
        }
        assert [asker.get(closed).status_code, asker.get(opened).status_code] == [410, 200]

    def test_a_body_of_a_test_takes_the_place_of_a_generated_one(self) -> None:
        asker = Asker()
        town = asker.github.account(AccountType.ORGANIZATION, "oldtown")
        town.legacy = {"packages": {"included_gigabytes_bandwidth": 7}}
        answers = [
            asker.get(f"/orgs/oldtown/settings/billing/{family}").json()
            for family in ("packages", "shared-storage")
        ]
        assert answers[0] == {"included_gigabytes_bandwidth": 7}
        assert answers[1]["days_left_in_billing_cycle"] == 11


class TestAdvancedSecurity:
    PATH = f"{CLASSIC_ACME}/advanced-security"

    def test_split_products_must_be_named_and_the_bundle_must_not(self) -> None:
        asker = Asker()
        product = {"advanced_security_product": "secret_protection"}
        corp = "/enterprises/acme-corp/settings/billing/advanced-security"
        asked = [(self.PATH, None), (self.PATH, product), (corp, None), (corp, product)]
        statuses = [asker.get(path, params).status_code for path, params in asked]
        assert statuses == [200, 422, 422, 200]
        assert asker.get(self.PATH, {"page": "first"}).status_code == 400

    def test_pages_hold_all_repositories_once_and_repeat_the_totals(self) -> None:
        asker = Asker()
        whole = asker.get(self.PATH).json()
        answers = [asker.get(self.PATH, {"per_page": "2", "page": page}) for page in "123"]
        pages = [answer.json() for answer in answers]
        assert [len(page["repositories"]) for page in pages] == [2, 1, 0]
        assert [each for page in pages for each in page["repositories"]] == whole["repositories"]
        assert {page["total_count"] for page in pages} == {3}
        assert not any("link" in answer.headers for answer in answers)


class TestProfiles:
    def test_the_plan_is_absent_without_the_right(self) -> None:
        asker = Asker()
        assert asker.get("/orgs/acme").json()["plan"]["name"] == "team"
        assert asker.get("/orgs/acme").json()["plan"]["filled_seats"] == 12
        assert "plan" not in asker.get("/orgs/sandbox").json()

    def test_the_user_is_the_one_behind_the_credential(self) -> None:
        payload = Asker().get("/user").json()
        assert (payload["login"], payload["plan"]["name"]) == ("mona", "free")


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            f"{CLASSIC_ACME}/usage",
            f"{CLASSIC_ACME}/usage/summary",
            f"{ACME_BILL}/actions",
            f"{ACME_BILL}/advanced-security",
            f"{ACME_BILL}/usage/",
            f"{ACME_BILL}/cost-centers",
            f"{ACME_BILL}/budgets/nothing",
            f"{CLASSIC_ACME}/budgets",
            "/users/mona/settings/billing/budgets",
            "/users/mona/copilot/billing",
            "/enterprises/acme-corp/copilot/billing",
            "/organizations/acme/copilot/billing/seats",
            "/organizations/nobody/settings/billing/usage",
            "/users/acme/settings/billing/usage",
            "/users/mona/settings/billing/advanced-security",
            "/",
        ],
    )
    def test_what_stands_elsewhere_or_nowhere_is_not_found(self, path: str) -> None:
        response = Asker().get(path)
        assert response.status_code == 404
        assert response.json()["message"] == "Not Found"

    def test_names_are_found_in_any_case_and_answered_in_their_own(self) -> None:
        payload = Asker().get("/organizations/AcMe/settings/billing/usage/summary").json()
        assert payload["organization"] == "acme"


class TestHeaders:
    def test_an_unchanged_answer_costs_nothing(self) -> None:
        asker = Asker()
        first = asker.get(f"{ACME_BILL}/usage")
        again = asker.get(f"{ACME_BILL}/usage", if_none_match=first.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        left = "x-ratelimit-remaining"
        assert first.headers[left] == again.headers[left] == "4999"
        asker.clock.now += timedelta(hours=1)
        changed = asker.get(f"{ACME_BILL}/usage", if_none_match=first.headers["etag"])
        assert changed.status_code == 200
        assert changed.headers["etag"].startswith('W/"')

    def test_the_limit_ends_with_the_hour(self) -> None:
        asker = Asker()
        asker.github.rate_limit = 1
        assert [asker.get("/user").status_code for _ in range(2)] == [200, 403]
        refused = asker.get("/user")
        assert "rate limit exceeded" in refused.json()["message"]
        assert refused.headers["x-ratelimit-remaining"] == "0"
        reset = datetime.fromtimestamp(int(refused.headers["x-ratelimit-reset"]), UTC)
        assert reset == datetime(2026, 10, 20, 10, tzinfo=UTC)
        assert asker.get("/rate_limit").json()["resources"]["core"]["remaining"] == 0
        asker.clock.now = reset
        assert asker.get("/user").status_code == 200

    def test_each_refusal_says_what_was_missing(self) -> None:
        asker = Asker()
        assert asker.get("/user", user_agent=None).status_code == 403
        assert asker.get("/user", authorization=None).json()["message"] == "Requires authentication"
        assert asker.get("/user", authorization="Bearer x").json()["message"] == "Bad credentials"
        assert asker.get("/user", x_github_api_version="2000-01-01").status_code == 400
        for wrong in ({"month": "13"}, {"month": "x"}, {"month": "2", "day": "30"}, {"year": "1"}):
            for path in (f"{ACME_BILL}/usage", ACME_SUMMARY):
                assert asker.get(path, wrong).status_code == 400

    def test_rate_went_with_the_newer_version(self) -> None:
        asker = Asker()
        assert "rate" in asker.get("/rate_limit").json()
        newer = asker.get("/rate_limit", x_github_api_version="2026-03-10")
        assert "rate" not in newer.json()
        assert newer.headers["x-github-api-version-selected"] == "2026-03-10"

    def test_every_answer_has_an_id_of_its_own_and_says_when_the_token_ends(self) -> None:
        asker = Asker(expires=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
        answers = [asker.get("/user"), asker.get("/nowhere"), asker.get("/user", user_agent=None)]
        assert len({answer.headers["x-github-request-id"] for answer in answers}) == 3
        ends = {answer.headers["github-authentication-token-expiration"] for answer in answers}
        assert ends == {"2026-12-31 23:59:59 UTC"}

    def test_bodies_are_compressed_for_those_who_ask(self) -> None:
        asker = Asker()
        packed, plain = (asker.get("/user", accept_encoding=c) for c in ("gzip", "identity"))
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.json() == plain.json()

    def test_requests_are_kept(self) -> None:
        asker = Asker()
        asker.get(f"{ACME_BILL}/usage", OCTOBER)
        (seen,) = asker.github.requests
        assert (seen.method, seen.path, seen.query) == ("GET", f"{ACME_BILL}/usage", OCTOBER)
        assert (seen.status, seen.at, seen.headers["user-agent"]) == (200, NOW, "test")

"""The files of simulated report exports: columns, and sums equal to the usage summary."""

from collections import defaultdict
from collections.abc import Mapping
from math import isclose

import pytest

from exporter.accounts import AccountType
from tests.support.exports import MONTH, rows_of
from tests.support.paths import CORP_SUMMARY
from tests.support.simulator_client import JSON, OCTOBER, Asker


class TestFiles:
    def sums(self, rows: list[dict[str, str]], field: str) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for row in rows:
            found[row["sku"]] += float(row[field])
        return found

    @pytest.mark.parametrize("kind", ["detailed", "summarized"])
    @pytest.mark.parametrize(
        ("field", "in_summary"),
        [
            ("quantity", "grossQuantity"),
            ("gross_amount", "grossAmount"),
            ("discount_amount", "discountAmount"),
            ("net_amount", "netAmount"),
        ],
    )
    @pytest.mark.parametrize(
        "replaced",
        [
            {},
            {"report_rows": 5_000},
            {
                "usage_items": [
                    {
                        "product": "Actions",
                        "sku": "actions_linux",
                        "unitType": "minutes",
                        "pricePerUnit": 0.006,
                        "grossQuantity": 100.0,
                        "grossAmount": 0.6,
                        "discountQuantity": 50.0,
                        "discountAmount": 0.3,
                        "netQuantity": 50.0,
                        "netAmount": 0.3,
                        **more,
                    }
                    for more in ({}, {"workflowPath": ".github/workflows/a.yml"})
                ]
            },
        ],
        ids=["generated", "bulk", "given"],
    )
    def test_rows_sum_to_the_summary(
        self, kind: str, field: str, in_summary: str, replaced: Mapping[str, JSON]
    ) -> None:
        asker = Asker()
        corp = asker.github.account(AccountType.ENTERPRISE, "acme-corp")
        for name, value in replaced.items():
            setattr(corp, name, value)
        summary: dict[str, float] = defaultdict(float)
        for row in asker.rows(CORP_SUMMARY):
            summary[row["sku"]] += row[in_summary]
        found = self.sums(rows_of(asker, {**MONTH, "report_type": kind}), field)
        assert set(found) == set(summary)
        for sku, value in summary.items():
            assert isclose(found[sku], value, rel_tol=1e-9, abs_tol=1e-9), sku

    def test_minutes_are_of_workflows_and_the_rest_is_not(self) -> None:
        rows = rows_of(Asker())
        of_minutes = {row["workflow_path"] for row in rows if row["unit_type"] == "minutes"}
        assert {path.partition("/")[0] for path in of_minutes} == {".github", "dynamic", "required"}
        assert {row["workflow_path"] for row in rows if row["unit_type"] != "minutes"} == {""}
        assert {row["repository"] for row in rows} >= {"billing", "gateway", ""}

    def test_persons_and_bots_are_named_but_not_for_storage(self) -> None:
        rows = rows_of(Asker())
        names = {row["username"] for row in rows if row["unit_type"] == "minutes"}
        assert {"dependabot[bot]", "github-advanced-security[bot]"} < names
        assert any("[bot]" not in name for name in names)
        storage = {row["username"] for row in rows if row["unit_type"] == "gigabyte-hours"}
        assert storage == {""}

    def test_a_workflow_has_several_users_a_day(self) -> None:
        users = defaultdict(set)
        for row in rows_of(Asker()):
            keys = ("date", "sku", "organization", "repository", "workflow_path")
            users[tuple(row[key] for key in keys)].add(row["username"])
        assert max(map(len, users.values())) > 1

    def test_each_row_names_the_cost_center_that_pays(self) -> None:
        centers = {
            (row["organization"], row["repository"]): row["cost_center_name"]
            for row in rows_of(Asker())
        }
        assert centers["acme-platform", "billing"] == "Platform"
        assert centers["acme-research", "models"] == "Research"
        assert centers["acme-mobile", "app"] == ""

    def test_a_window_of_two_months_has_the_days_of_both(self) -> None:
        window = {**MONTH, "start_date": "2026-09-25", "end_date": "2026-10-05"}
        days = sorted({row["date"] for row in rows_of(Asker(), window)})
        assert (days[0], days[-1], len(days)) == ("2026-09-25", "2026-10-05", 11)

    def test_each_type_has_its_columns(self) -> None:
        asker = Asker()
        (detailed, *_) = rows_of(asker)
        (summarized, *_) = rows_of(asker, {**MONTH, "report_type": "summarized"})
        (of_autumn, *_) = rows_of(asker, {**MONTH, "report_type": "ai_credit"})
        summer = {"report_type": "ai_credit", "start_date": "2026-07-01", "end_date": "2026-07-31"}
        (of_summer, *_) = rows_of(asker, summer)
        assert [len(row) for row in (detailed, summarized)] == [14, 12]
        assert [len(row) for row in (of_autumn, of_summer)] == [21, 17]
        assert set(detailed) - set(summarized) == {"username", "workflow_path"}
        assert set(of_autumn) - set(of_summer) == {"input", "output", "cache_read", "cache_write"}
        asker.github.account(AccountType.ENTERPRISE, "acme-corp").ai = "requests"
        (premium, *_) = rows_of(asker, {**MONTH, "report_type": "premium_request"})
        assert len(premium) == 17
        assert (premium["sku"], premium["total_monthly_quota"]) == (
            "copilot_premium_request",
            "300",
        )

    def test_credits_are_split_by_model_and_sum_to_the_summary(self) -> None:
        asker = Asker()
        params = {**OCTOBER, "sku": "copilot_ai_unit"}
        (row,) = asker.rows(CORP_SUMMARY, params)
        rows = rows_of(asker, {**MONTH, "report_type": "ai_credit"})
        assert len({each["model"] for each in rows}) == 4
        assert isclose(sum(float(each["quantity"]) for each in rows), row["grossQuantity"])

    def test_given_rows_keep_their_workflow_and_user(self) -> None:
        given = {
            "product": "Actions",
            "sku": "actions_linux",
            "unitType": "minutes",
            "pricePerUnit": 0.006,
            "grossQuantity": 3.0,
            "grossAmount": 0.018,
            "discountAmount": 0.0,
            "netAmount": 0.018,
            "organizationName": "acme-mobile",
            "repositoryName": "app",
            "workflowPath": ".github/workflows/a,b.yml",
            "username": "ada",
        }
        asker = Asker()
        asker.github.account(AccountType.ENTERPRISE, "acme-corp").usage_items = [given]
        (row,) = rows_of(asker)
        assert row["workflow_path"] == ".github/workflows/a,b.yml"
        assert (row["username"], row["quantity"], row["discount_amount"]) == ("ada", "3", "0")
        (in_summary,) = asker.rows(CORP_SUMMARY)
        assert {"workflowPath", "username"}.isdisjoint(in_summary)

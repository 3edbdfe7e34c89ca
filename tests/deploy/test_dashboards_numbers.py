"""Panels whose cases the demo lacks: handwritten series, evaluated by promtool."""

from pathlib import Path
from typing import ClassVar

import pytest

from tests.support.shown import shown

EXPORTER = "github_billing_exporter"
COLLECTOR = f"{EXPORTER}_collector"
MOVED_BACK = {
    f'{COLLECTOR}_{name}{{account_type="enterprise",account="acme",collector="{of}"}}': value
    for of, last, available in (("usage", 0, 0), ("legacy_actions", 9 * 3600, 1))
    for name, value in (
        ("last_success_timestamp_seconds", last),
        ("stale_after_seconds", 7200),
        ("available", available),
    )
}
"""An account moved back from the usage platform. ``usage`` last succeeded ten hours ago."""


class TestRepositories:
    def spent(self, organization: str, repository: str) -> str:
        return (
            'github_billing_repository_usage_net_usd{account_type="enterprise",account="acme",'
            f'organization="{organization}",repository="{repository}",product="actions",sku="a"}}'
        )

    def test_of_one_name_in_two_organizations_are_two(self, tmp_path: Path) -> None:
        series = {self.spent("first", "web"): 7, self.spent("second", "web"): 5}
        shown(
            tmp_path, "costs", "Which repository costs most?", series,
            '{organization="first", repository="first/web"} 7',
            '{organization="second", repository="second/web"} 5',
        )  # fmt: skip

    def test_are_not_what_belongs_to_none(self, tmp_path: Path) -> None:
        series = {self.spent("first", "web"): 7, self.spent("first", ""): 900}
        shown(
            tmp_path, "costs", "Which repository costs most?", series,
            '{organization="first", repository="first/web"} 7',
        )  # fmt: skip

    def test_beyond_the_first_ten_are_one(self, tmp_path: Path) -> None:
        series = {self.spent("first", f"r{number}"): 20 + number for number in range(10)}
        series |= {self.spent("first", "small"): 3, self.spent("second", "small"): 4}
        largest = [
            f'{{organization="first", repository="first/r{number}"}} {20 + number}'
            for number in range(10)
        ]
        title = "Which repository costs most?"
        shown(tmp_path, "costs", title, series, *largest, '{repository="other"} 7')


class TestAges:
    """After a move back to the legacy platform the usage collector is not offered."""

    def test_of_the_bill_are_of_what_is_offered(self, tmp_path: Path) -> None:
        shown(tmp_path, "overview", "Age of billing data", MOVED_BACK, "{} 3600")

    def test_of_the_oldest_reading_are_too(self, tmp_path: Path) -> None:
        title = "Oldest data, % of limit"
        shown(tmp_path, "overview", title, MOVED_BACK, "{} 0.5")

    def test_of_old_readings_are_too(self, tmp_path: Path) -> None:
        labels = '{account_type="enterprise", account="acme", collector="legacy_actions"}'
        title = "Oldest data by collector"
        shown(tmp_path, "exporter", title, MOVED_BACK, f"{labels} 0.5")


class TestTheRateLimit:
    @pytest.mark.parametrize(("success", "left"), [(1, ["{} 0.9"]), (0, [])], ids=["ok", "refused"])
    def test_is_judged_unless_github_refuses_all(
        self, tmp_path: Path, success: int, left: list[str]
    ) -> None:
        series = {
            f'{EXPORTER}_api_rate_limit_remaining{{credential="a"}}': 900,
            f'{EXPORTER}_api_rate_limit{{credential="a"}}': 1000,
            f'{EXPORTER}_collector_success{{account_type="enterprise",collector="usage"}}': success,
            f'{EXPORTER}_collector_success{{account_type="enterprise",collector="budgets"}}': 0,
        }
        shown(tmp_path, "overview", "Rate limit remaining", series, *left)


class TestMinutes:
    """GitHub multiplies those of the legacy platform by operating system."""

    @pytest.mark.parametrize(("heading", "minutes"), [("", 7), (" (legacy)", 40)])
    def test_of_one_platform_are_not_added_to_the_other(
        self, tmp_path: Path, heading: str, minutes: int
    ) -> None:
        series: dict[str, float] = {}
        for account, platform, used in (("new", "usage", 7), ("old", "legacy", 40)):
            labels = f'account_type="enterprise",account="{account}"'
            series[f'github_billing_account_info{{{labels},platform="{platform}"}}'] = 1
            runner = f'{labels},os="macos",runner="macos"'
            series[f"github_billing_actions_runner_used_minutes{{{runner}}}"] = used
        title = f"Which runner uses most minutes?{heading}"
        shown(tmp_path, "actions", title, series, f'{{runner="macos"}} {minutes}')


class TestTeams:
    ZERO = '{accounts="1 account"} 0'

    def sums(self, kind: str, **teams: float) -> dict[str, float]:
        name = f"account_team:github_billing_team_{kind}_usd:sum"
        collector = 'account_type="enterprise",account="acme",collector="usage_teams"'
        return {
            f"{COLLECTOR}_last_success_timestamp_seconds{{{collector}}}": 9 * 3600,
            f"{COLLECTOR}_stale_after_seconds{{{collector}}}": 7200,
            **{
                f'{name}{{account_type="enterprise",account="acme",team="{team}"}}': value
                for team, value in teams.items()
            },
        }

    def test_and_what_no_team_has_share_all_of_it(self, tmp_path: Path) -> None:
        teams = {f"t{number}": 60.0 for number in range(10)} | {"small": 25, "(unallocated)": 375}
        shown(
            tmp_path, "teams", "Who has which share of repository usage?",
            self.sums("repository_usage_gross", **teams),
            *(f'{{team="t{number}"}} 0.06' for number in range(10)),
            '{team="other"} 0.025',
            '{team="(unallocated)"} 0.375',
        )  # fmt: skip

    def test_may_have_everything(self, tmp_path: Path) -> None:
        shown(tmp_path, "teams", "Unallocated", self.sums("usage_net", web=7), self.ZERO)

    def test_may_have_nothing(self, tmp_path: Path) -> None:
        rest = {"(unallocated)": 7.0}
        shown(tmp_path, "teams", "Allocated to teams", self.sums("usage_net", **rest), self.ZERO)
        title, gross = "Repository usage allocated", self.sums("repository_usage_gross", **rest)
        shown(tmp_path, "teams", title, gross, self.ZERO)

    def test_that_only_last_month_has_are_in_the_table(self, tmp_path: Path) -> None:
        name = "account_team:github_billing_previous_cycle_team_usage_net_usd:sum"
        gone = f'{name}{{account_type="enterprise",account="acme",team="gone"}}'
        series = self.sums("usage_net", web=7) | {gone: 5}
        title = "What does each team cost?"
        shown(tmp_path, "teams", title, series, '{team="web"} 7', '{team="gone"} 0')


class TestSelfHosted:
    """A day of each side: the other side's price is known for systems that both have."""

    SERIES: ClassVar[dict[str, float]] = {
        f'github_billing_{metric}{{account_type="enterprise",account="acme",product="actions",'
        f'sku="{sku}"{unit}}}': value
        for metric, sku, unit, value in (
            ("usage_gross_quantity", "actions_linux", ',unit="minutes"', 100),
            ("usage_gross_quantity", "actions_linux_4_core", ',unit="minutes"', 100),
            ("usage_gross_quantity", "actions_macos", ',unit="minutes"', 10),
            ("usage_gross_quantity", "actions_self_hosted_linux", ',unit="minutes"', 1000),
            ("usage_gross_quantity", "actions_self_hosted_windows", ',unit="minutes"', 50),
            ("usage_gross_quantity", "actions_storage", ',unit="gigabyte_hours"', 9000),
            ("usage_gross_usd", "actions_linux", "", 0.5),
            ("usage_gross_usd", "actions_linux_4_core", "", 1.5),
            ("usage_gross_usd", "actions_macos", "", 0.5),
            ("usage_gross_usd", "actions_self_hosted_linux", "", 0),
            ("usage_gross_usd", "actions_storage", "", 77),
            ("own_estimated_usd", "actions_self_hosted_linux", "", 4),
        )
    }

    def test_cost_by_the_minute_as_the_other_side_does(self, tmp_path: Path) -> None:
        title = "Self-hosted beside hosted: what would the minutes cost on the other side?"
        columns: tuple[dict[str, float], ...] = (
            {"linux": 200, "macos": 10, "windows": 0},
            {"linux": 2, "macos": 0.5},
            {"linux": 0.01, "macos": 0.05},
            {"linux": 0.8},
            {"linux": 1000, "windows": 50},
            {"linux": 4},
            {"linux": 0.004},
            {"linux": 10},
        )
        for query, column in enumerate(columns):
            rows = [f'{{os="{os}"}} {value}' for os, value in column.items()]
            shown(tmp_path, "actions", title, self.SERIES, *rows, query=query)

    def test_are_compared_by_workflow_too(self, tmp_path: Path) -> None:
        flow = (
            'account_type="enterprise",account="acme",organization="acme",repository="web",'
            'workflow=".github/workflows/ci.yml"'
        )
        quantity = "github_billing_workflow_usage_gross_quantity"
        series = self.SERIES | {
            f'{quantity}{{{flow},sku="actions_linux",unit="minutes"}}': 50,
            f'{quantity}{{{flow},sku="actions_macos",unit="minutes"}}': 5,
            f'{quantity}{{{flow},sku="actions_self_hosted_linux",unit="minutes"}}': 200,
            f'{quantity}{{{flow},sku="actions_self_hosted_windows",unit="minutes"}}': 50,
        }
        title = "Which workflow would cost less on the other side?"
        labels = '{organization="acme", repository="web", workflow="acme/web/ci.yml"}'
        for query, value in ((0, 250), (2, 2), (3, 55), (5, 0.2)):
            shown(tmp_path, "workflows", title, series, f"{labels} {value}", query=query)

"""Panels whose cases the demo lacks: handwritten series, evaluated by promtool."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.support.dashboards import asked, filled
from tests.support.programs import program

COLLECTOR = "github_billing_exporter_collector"
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


def shown(
    tmp_path: Path, board: str, title: str, series: Mapping[str, float], *expected: str
) -> None:
    """Assert the series of a panel's first expression after ten hours."""
    expr = next(each.expr for each in asked(board) if each.title == title)
    samples = [{"labels": said, "value": float(value)} for said, value in map(_parts, expected)]
    test = {
        "interval": "1h",
        "input_series": [{"series": name, "values": f"{v}x12"} for name, v in series.items()],
        "promql_expr_test": [{"expr": filled(expr), "eval_time": "10h", "exp_samples": samples}],
    }
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}))
    done = subprocess.run(
        [program("promtool"), "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _parts(sample: str) -> tuple[str, str]:
    labels, _, value = sample.rpartition(" ")
    return labels, value


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
        title = "Oldest data, % of maximum age"
        shown(tmp_path, "overview", title, MOVED_BACK, "{} 0.5")

    def test_of_old_readings_are_too(self, tmp_path: Path) -> None:
        labels = '{account_type="enterprise", account="acme", collector="legacy_actions"}'
        title = "Oldest data by collector"
        shown(tmp_path, "exporter", title, MOVED_BACK, f"{labels} 0.5")

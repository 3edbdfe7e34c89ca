"""Recording and alert rules: their metrics, promtool, and the runbook of each alert."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.prometheus import alerts
from deploy.prometheus.alert import Board, Severity
from deploy.prometheus.labels import JOB
from deploy.prometheus.thresholds import DEFAULTS, Thresholds
from exporter.billing.skus import AI_CREDIT_SKUS, STANDARD_RUNNERS
from exporter.metrics import catalogue
from tests.support.paths import ROOT
from tests.support.programs import Version, fetch, program, prometheus
from tests.support.promql import labels, metrics, selectors
from tests.support.rule_tests import reduced
from tests.support.spellings import EVERY_SKU

PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"
FILES = [PROMETHEUS / "recording.yml", PROMETHEUS / "alerts.yml"]
LINKED = alerts.rule_file(DEFAULTS.text(), "https://wiki", "https://grafana")
UNIT_TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
SECTIONS = ["What it means", "How to see it", "What to do"]
OF_PANELS = {"quota_nearly_spent_ratio"}
"""Thresholds that only color panels."""

each_version = pytest.mark.parametrize("version", ["oldest", "newest"])


def groups(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["groups"]
    return found


def rules(path: Path) -> list[dict[str, Any]]:
    return [rule for group in groups(path) for rule in group["rules"]]


RECORDS: list[dict[str, Any]] = rules(FILES[0])
ALERTS: list[dict[str, Any]] = rules(FILES[1])
each_rule = pytest.mark.parametrize(
    "rule",
    RECORDS + ALERTS,
    ids=lambda rule: str(rule.get("alert") or rule["record"]),
)
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))


def level(record: str) -> set[str]:
    """Return the labels of a recorded series, from the first part of its name."""
    account, *others = record.partition(":")[0].split("_")
    assert account == "account"
    return {*JOB.split(", "), "account_type", "account", *others}


SCRAPED = {*JOB.split(", "), "instance"}
OWN: Mapping[str, set[str]] = {
    "prometheus_rule_group_rules": {"rule_group"},
    "prometheus_tsdb_lowest_timestamp_seconds": set(),
    "prometheus_tsdb_size_retentions_total": set(),
    "prometheus_tsdb_time_retentions_total": set(),
}
"""Metrics of Prometheus itself, with their labels."""

KNOWN: Mapping[str, set[str]] = {
    **{name: SCRAPED | own for name, own in OWN.items()},
    "up": SCRAPED,
    "ALERTS": SCRAPED | {"alertname", "alertstate"},
    **{metric.name: SCRAPED.union(metric.all_labels) for metric in catalogue.ALL},
    **{rule["record"]: level(rule["record"]) for rule in RECORDS},
}


def promtool(version: Version, *args: str | Path) -> None:
    """Run promtool. Its errors fail the test."""
    done = subprocess.run(
        [program("promtool", version), *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def alert_cases() -> Iterator[tuple[str, bool]]:
    """Yield the alert of each unit test, and whether it should fire."""
    for path in UNIT_TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test.get("alert_rule_test", ()):
                yield case["alertname"], bool(case.get("exp_alerts"))


class TestPromtool:
    @each_version
    def test_finds_no_fault(self, version: Version) -> None:
        promtool(version, "check", "rules", *FILES)

    @each_version
    @pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.stem)
    def test_gets_what_each_unit_test_expects(
        self, path: Path, version: Version, tmp_path: Path
    ) -> None:
        promtool(version, "test", "rules", reduced(path, tmp_path))

    @pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.stem)
    def test_evaluates_the_groups_as_they_stand_in_the_files(self, path: Path) -> None:
        # In another order a rule could miss a series that is recorded later.
        test = yaml.safe_load(path.read_text())
        files = [path.parent / name for name in test["rule_files"]]
        names = [group["name"] for file in files for group in groups(file)]
        assert test["group_eval_order"] == names

    @each_alert
    def test_sees_each_alert_fire_and_be_quiet(self, alert: dict[str, Any]) -> None:
        assert {fires for name, fires in alert_cases() if name == alert["alert"]} == {True, False}

    @each_version
    def test_reads_metrics_that_prometheus_has_of_itself(self, version: Version) -> None:
        with prometheus(yaml.dump({"rule_files": [str(path) for path in FILES]}), version) as url:
            families = text_string_to_metric_families(fetch(f"{url}/metrics").text)
            found = {each.name: each.labels for family in families for each in family.samples}
        assert {name: found[name].keys() for name in OWN} == OWN
        assert re.fullmatch(
            ".*;github-billing-.*", found["prometheus_rule_group_rules"]["rule_group"]
        )

    def test_asks_for_every_recorded_series_or_for_what_is_made_of_it(self) -> None:
        asked: set[str] = set()
        for path in UNIT_TESTS:
            for test in yaml.safe_load(path.read_text())["tests"]:
                for case in test.get("promql_expr_test", ()):
                    asked |= metrics(case["expr"])
        used = set().union(*(metrics(rule["expr"]) for rule in RECORDS + ALERTS))
        assert {rule["record"] for rule in RECORDS} <= asked | used


class TestRules:
    @each_rule
    def test_read_metrics_and_labels_that_there_are(self, rule: dict[str, Any]) -> None:
        assert metrics(rule["expr"]) <= KNOWN.keys()
        for metric, matched in selectors(rule["expr"]):
            assert matched <= KNOWN[metric]
        there = set().union(*(KNOWN[metric] for metric in metrics(rule["expr"])))
        assert labels(rule["expr"]) <= there

    @each_rule
    def test_aggregate_what_is_scraped(self, rule: dict[str, Any]) -> None:
        # A new pod must not start a new series. Recorded series are aggregated already.
        if metrics(rule["expr"]) & {metric.name for metric in catalogue.ALL}:
            assert re.search(r"\b(max|min|sum|count|group) by ", rule["expr"])

    @pytest.mark.parametrize("path", [FILES[0], ROOT / "docs" / "moving.md"], ids=lambda p: p.name)
    def test_call_a_quota_spent_by_every_standard_runner_and_no_other(self, path: Path) -> None:
        (pattern,) = set(re.findall(r'sku=~"(actions_.+?)"', path.read_text()))
        matched = {each.sku for each in EVERY_SKU if re.fullmatch(pattern, each.sku)}
        assert matched == {f"actions_{runner}" for runner in STANDARD_RUNNERS}

    def test_forecast_all_ai_credits_and_nothing_else_as_one_target(self) -> None:
        (pattern,) = re.findall(r':forecast\{sku=~"(.+?)"', FILES[0].read_text())
        matched = {each.sku for each in EVERY_SKU if re.fullmatch(pattern, each.sku)}
        assert matched == AI_CREDIT_SKUS


class TestAlerts:
    @each_alert
    def test_have_a_severity_and_an_area_of_few(self, alert: dict[str, Any]) -> None:
        assert alert["labels"].keys() == {"severity", "area"}
        assert alert["labels"]["severity"] in get_args(Severity)
        assert alert["labels"]["area"] in {"exporter", "bill"}

    def test_page_for_a_stopped_budget_alone(self) -> None:
        critical = [rule["alert"] for rule in ALERTS if rule["labels"]["severity"] == "critical"]
        assert critical == ["GitHubBillingHardBudgetExhausted"]

    @each_alert
    def test_wait_before_they_fire(self, alert: dict[str, Any]) -> None:
        assert re.fullmatch(r"(\d+h)?(\d+m)?", alert["for"])

    @each_alert
    def test_sum_up_without_labels_and_describe_with_them(self, alert: dict[str, Any]) -> None:
        told = alert["annotations"]
        assert re.fullmatch(r"[A-Z][^{}]+\.", told["summary"])
        named = set(re.findall(r"\$labels\.(\w+)", told["description"]))
        there = labels(alert["expr"]).union(*(KNOWN[metric] for metric in metrics(alert["expr"])))
        assert named
        assert named <= there
        assert set(re.findall(r"\bgithub_billing_\w+", told["description"])) <= KNOWN.keys()

    @each_alert
    def test_name_the_dashboard_and_the_runbook(self, alert: dict[str, Any]) -> None:
        (linked,) = (
            rule["annotations"]
            for group in yaml.safe_load(LINKED)["groups"]
            for rule in group["rules"]
            if rule["alert"] == alert["alert"]
        )
        assert linked["dashboard_url"].removeprefix("https://grafana/d/") in get_args(Board)
        assert linked["runbook_url"] == f"https://wiki/{alert['alert']}.md"

    def test_use_every_threshold(self) -> None:
        used = set(re.findall(r"<<(\w+)>>", alerts.rule_file(alerts.PLACEHOLDERS)))
        assert used == {field.name for field in fields(Thresholds)} - OF_PANELS

    def test_have_placeholders_in_their_expressions_alone(self) -> None:
        built = yaml.safe_load(alerts.rule_file(alerts.PLACEHOLDERS))
        for group in built["groups"]:
            for rule in group["rules"]:
                del rule["expr"]
        assert "<<" not in yaml.dump(built)

    def test_are_the_same_with_placeholders_and_with_numbers(self) -> None:
        text = alerts.rule_file(alerts.PLACEHOLDERS)
        for name, value in DEFAULTS.text().items():
            text = text.replace(f"<<{name}>>", value)
        assert text == FILES[1].read_text()


class TestRunbooks:
    def test_are_one_for_each_alert(self) -> None:
        assert {path.stem for path in RUNBOOKS.glob("*.md")} == {
            "README",
            *(alert["alert"] for alert in ALERTS),
        }

    @each_alert
    def test_say_what_it_means_how_to_see_it_and_what_to_do(self, alert: dict[str, Any]) -> None:
        page = (RUNBOOKS / f"{alert['alert']}.md").read_text()
        assert re.findall(r"^# (.+)$", page, re.MULTILINE) == [alert["alert"]]
        assert re.findall(r"^## (.+)$", page, re.MULTILINE) == SECTIONS
        said = re.split(r"^##? .+$", page, flags=re.MULTILINE)[2:]
        assert all(section.strip() for section in said)

    @each_alert
    def test_ask_for_what_there_is(self, alert: dict[str, Any]) -> None:
        page = (RUNBOOKS / f"{alert['alert']}.md").read_text()
        asked = re.findall(r"^```promql\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)
        assert asked
        for expression in asked:
            assert metrics(expression) <= KNOWN.keys()
            for metric, matched in selectors(expression):
                assert matched <= KNOWN[metric]

    @each_alert
    def test_link_to_pages_that_there_are(self, alert: dict[str, Any]) -> None:
        page = (RUNBOOKS / f"{alert['alert']}.md").read_text()
        for link in re.findall(r"\]\(([^)#]+)", page):
            assert (RUNBOOKS / link).exists(), link

"""The chart's objects for the Prometheus Operator."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.chart_readme import CHART
from deploy.prometheus.thresholds import DEFAULTS
from tests.support.helm import (
    RELEASE,
    TOKEN,
    Manifests,
    Object,
    feature,
    merged,
    rendered,
    templating,
)
from tests.support.paths import ROOT
from tests.support.programs import Version, program

ALERTS = """
groups:
  - name: github-billing-money-alerts
    rules:
      - alert: GitHubBillingBudgetNearlyConsumed
        expr: ratio >= <<budget_used_ratio>> and limit > <<spend_jump_floor_usd>>
        for: 10m
        labels: { severity: warning }
        annotations:
          summary: '{{ $value | humanizePercentage }} of a budget is consumed'
      - alert: GitHubBillingBudgetExhausted
        expr: ratio >= 1
        labels: { severity: critical, scope: budget }
  - name: github-billing-seats-alerts
    interval: 5m
    rules:
      - alert: GitHubBillingSeatsUnused
        expr: unused > <<seats_unused_ratio>>
        for: 14d
        labels: { severity: info }
"""
"""Alert rules with named thresholds, as in the chart."""

NEARLY, EXHAUSTED, UNUSED = (
    "GitHubBillingBudgetNearlyConsumed",
    "GitHubBillingBudgetExhausted",
    "GitHubBillingSeatsUnused",
)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the chart with the rules above."""
    copy = tmp_path_factory.mktemp("chart") / CHART.name
    shutil.copytree(CHART, copy)
    (copy / "files" / "rules" / "alerts.yaml").write_text(ALERTS)
    return copy


def with_values(**values: Any) -> Manifests:
    return rendered(merged(TOKEN, values))


def groups(manifests: Manifests) -> dict[str, Object]:
    return {group["name"]: group for group in manifests.one("PrometheusRule")["spec"]["groups"]}


def alerts(
    chart: Path, thresholds: Mapping[str, float] | None = None, **settings: Any
) -> dict[str, Object]:
    """Render the rules above with `settings` of `prometheusRule`, by alert."""
    values = {"thresholds": thresholds or {}, "prometheusRule": {"enabled": True, **settings}}
    found = groups(rendered(merged(TOKEN, values), chart=chart))
    return {
        rule["alert"]: rule
        for group in found.values()
        for rule in group["rules"]
        if "alert" in rule
    }


class TestTheRules:
    def test_are_those_of_the_repository(self) -> None:
        files = [yaml.safe_load(path.read_text()) for path in ROOT.glob("deploy/prometheus/*.yml")]
        own = {group["name"]: group for file in files for group in file.get("groups", ())}
        assert own
        assert groups(feature("monitoring")) == own

    def test_give_the_names_of_other_exporters_where_asked(self) -> None:
        theirs = {
            group["name"]: group
            for exporter in ("borisputerka-github_billing_exporter", "promhippie-github_exporter")
            for group in yaml.safe_load(
                (ROOT / f"deploy/prometheus/compat/{exporter}.yml").read_text()
            )["groups"]
        }
        del theirs["compat-promhippie-4"]
        assert theirs
        found = groups(feature("compat"))
        assert {name: found[name] for name in theirs} == theirs
        assert "compat-promhippie-4" not in found

    @pytest.mark.parametrize("name", ["monitoring", "compat"])
    @pytest.mark.parametrize("version", ["oldest", "newest"])
    def test_are_good_to_promtool(self, version: Version, name: str, tmp_path: Path) -> None:
        rules = tmp_path / "rules.yml"
        rules.write_text(yaml.safe_dump(feature(name).one("PrometheusRule")["spec"]))
        command = [str(program("promtool", version)), "check", "rules", str(rules)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    @pytest.mark.parametrize("folder", ["https://wiki.example.com/bill", "http://wiki/bill/"])
    def test_lead_to_the_users_runbooks(self, folder: str) -> None:
        rule = {"enabled": True, "runbookUrl": folder}
        found = [
            (alert["annotations"]["runbook_url"], f"{folder.rstrip('/')}/{alert['alert']}.md")
            for group in groups(with_values(prometheusRule=rule)).values()
            for alert in group["rules"]
            if "alert" in alert
        ]
        assert found
        assert all(said == wanted for said, wanted in found)

    @pytest.mark.parametrize("server", ["https://grafana.example.com", "http://grafana/billing/"])
    def test_lead_to_the_users_dashboards(self, server: str) -> None:
        rule = {"enabled": True, "grafanaUrl": server}
        found = [
            alert["annotations"]["dashboard_url"]
            for group in groups(with_values(prometheusRule=rule)).values()
            for alert in group["rules"]
            if "alert" in alert
        ]
        assert found
        assert all(url.startswith(f"{server.rstrip('/')}/d/github-billing-") for url in found)

    def test_keep_the_templates_of_alerts(self, chart: Path) -> None:
        summary = "{{ $value | humanizePercentage }} of a budget is consumed"
        assert alerts(chart)[NEARLY]["annotations"]["summary"] == summary

    def test_have_the_default_thresholds(self, chart: Path) -> None:
        assert alerts(chart)[NEARLY]["expr"] == "ratio >= 0.8 and limit > 10"

    def test_have_the_users_thresholds(self, chart: Path) -> None:
        changed = alerts(chart, thresholds={"budget_used_ratio": 0.5, "spend_jump_floor_usd": 0})
        assert changed[NEARLY]["expr"] == "ratio >= 0.5 and limit > 0"
        assert changed[UNUSED]["expr"] == f"unused > {asdict(DEFAULTS)['seats_unused_ratio']}"

    def test_do_not_render_with_a_threshold_that_has_no_value(self, chart: Path) -> None:
        values = {"prometheusRule": {"enabled": True}, "thresholds": {"budget_used_ratio": None}}
        ended = templating(merged(TOKEN, values), chart=chart)
        assert ended.returncode != 0
        assert "thresholds has no value for <<budget_used_ratio>>" in ended.stderr

    def test_can_be_left_out_by_name(self, chart: Path) -> None:
        assert set(alerts(chart, alerts={NEARLY: {"enabled": False}})) == {EXHAUSTED, UNUSED}
        assert set(alerts(chart, disabledGroups=["github-billing-money-alerts"])) == {UNUSED}

    def test_leave_no_empty_group(self, chart: Path) -> None:
        settings = {"enabled": True, "alerts": {UNUSED: {"enabled": False}}}
        left = groups(rendered({**TOKEN, "prometheusRule": settings}, chart=chart))
        assert "github-billing-seats-alerts" not in left
        assert "github-billing-money-alerts" in left

    def test_take_severity_and_patience_of_the_user(self, chart: Path) -> None:
        changed = alerts(chart, alerts={NEARLY: {"severity": "critical", "for": "1h"}})
        assert changed[NEARLY]["labels"] == {"severity": "critical"}
        assert changed[NEARLY]["for"] == "1h"
        assert {k: changed[k] for k in (EXHAUSTED, UNUSED)} == {
            k: alerts(chart)[k] for k in (EXHAUSTED, UNUSED)
        }

    def test_take_labels_that_do_not_rule_over_their_own(self, chart: Path) -> None:
        changed = alerts(chart, additionalRuleLabels={"team": "tools", "scope": "other"})
        assert changed[NEARLY]["labels"] == {
            "severity": "warning", "team": "tools", "scope": "other",
        }  # fmt: skip
        assert changed[EXHAUSTED]["labels"] == {
            "severity": "critical", "team": "tools", "scope": "budget",
        }  # fmt: skip

    def test_take_labels_annotations_and_patience_of_one_alert(self, chart: Path) -> None:
        change = {
            "keep_firing_for": "1d",
            "labels": {"severity": "page", "team": "tools"},
            "annotations": {"summary": "Too much"},
        }
        changed = alerts(
            chart,
            alerts={NEARLY: change},
            additionalRuleLabels={"team": "all", "stage": "production"},
            additionalRuleAnnotations={"wiki": "https://wiki.example.com"},
        )
        assert changed[NEARLY]["keep_firing_for"] == "1d"
        assert changed[NEARLY]["labels"] == {
            "severity": "page", "team": "tools", "stage": "production",
        }  # fmt: skip
        wiki = {"wiki": "https://wiki.example.com"}
        assert changed[NEARLY]["annotations"] == {"summary": "Too much", **wiki}
        assert changed[EXHAUSTED]["annotations"] == wiki
        assert changed[EXHAUSTED]["labels"]["severity"] == "critical"

    def test_stand_beside_those_of_the_user(self) -> None:
        own = {"alert": "Mine", "expr": "up == 0", "annotations": {"summary": "{{ $value }}"}}
        found = groups(with_values(prometheusRule={"enabled": True, "rules": [own]}))
        added = found.keys() - groups(feature("monitoring")).keys()
        assert [found[name]["rules"] for name in added] == [[own]]

    def test_are_found_by_the_labels_that_prometheus_selects(self) -> None:
        for kind in ("PrometheusRule", "ServiceMonitor"):
            assert feature("monitoring").one(kind)["metadata"]["labels"]["release"] == "prometheus"


class TestTheServiceMonitor:
    def test_scrapes_the_page_without_wait_for_github(self) -> None:
        (endpoint,) = feature("monitoring").one("ServiceMonitor")["spec"]["endpoints"]
        assert endpoint == {
            "port": "metrics",
            "path": "/metrics",
            "scheme": "http",
            "interval": "1m",
            "scrapeTimeout": "10s",
            "honorLabels": False,
        }

    def test_scrapes_over_tls_with_a_password(self) -> None:
        (endpoint,) = feature("web-config").one("ServiceMonitor")["spec"]["endpoints"]
        assert endpoint["scheme"] == "https"
        assert endpoint["tlsConfig"]["serverName"] == "github-billing.example.com"
        assert endpoint["basicAuth"]["username"]["name"] == "github-billing-scrape"

    def test_names_the_job_after_the_release(self) -> None:
        manifests = feature("monitoring")
        label = manifests.one("ServiceMonitor")["spec"]["jobLabel"]
        assert manifests.one("Service")["metadata"]["labels"][label] == RELEASE

    def test_looks_only_in_the_releases_namespace(self) -> None:
        spec = feature("monitoring").one("ServiceMonitor")["spec"]
        assert spec["namespaceSelector"] == {"matchNames": ["billing"]}

    def test_may_be_in_another_namespace(self) -> None:
        there = {"enabled": True, "namespace": "monitoring"}
        manifests = with_values(serviceMonitor=there, prometheusRule=there)
        for kind in ("ServiceMonitor", "PrometheusRule"):
            assert manifests.one(kind)["metadata"]["namespace"] == "monitoring"
        spec = manifests.one("ServiceMonitor")["spec"]
        assert spec["namespaceSelector"] == {"matchNames": ["billing"]}

    def test_takes_labels_metadata_and_a_limit(self) -> None:
        settings = {
            "jobLabel": "team",
            "targetLabels": ["team"],
            "podTargetLabels": ["version"],
            "sampleLimit": 2000000,
            "attachMetadata": {"node": True},
        }
        monitor = {"enabled": True, **settings}
        spec = with_values(serviceMonitor=monitor).one("ServiceMonitor")["spec"]
        assert {key: spec[key] for key in settings} == settings
        assert "sampleLimit" not in feature("monitoring").one("ServiceMonitor")["spec"]

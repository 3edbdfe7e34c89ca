"""The mixin, evaluated by a Jsonnet."""

import json
from pathlib import Path
from typing import Any

import rjsonnet
import yaml

from exporter.cli import main
from tests.support.paths import ROOT

CHART = ROOT / "deploy/helm/github-billing-exporter/files"


def evaluated(config: str = "", mixin: Path = ROOT / "deploy/mixin.libsonnet") -> dict[str, Any]:
    program = f"""
        local mixin = (import '{mixin}') + {{ _config+:: {{ {config} }} }};
        {{
          alerts: mixin.prometheusAlerts,
          rules: mixin.prometheusRules,
          dashboards: mixin.grafanaDashboards,
        }}
    """
    found: dict[str, Any] = json.loads(rjsonnet.evaluate_snippet("test", program))
    return found


def annotations(found: dict[str, Any]) -> list[dict[str, str]]:
    rules = (rule for group in found["alerts"]["groups"] for rule in group["rules"])
    return [rule["annotations"] for rule in rules]


def test_has_the_rules_and_dashboards_of_the_files() -> None:
    found = evaluated()
    for kind, name in (("alerts", "alerts.yml"), ("rules", "recording.yml")):
        assert found[kind] == yaml.safe_load((ROOT / "deploy/prometheus" / name).read_text())
    assert found["dashboards"] == {
        path.name: json.loads(path.read_text()) for path in CHART.glob("dashboards/*.json")
    }


def test_is_the_same_among_the_assets(tmp_path: Path) -> None:
    main(["assets", "--output", str(tmp_path)])
    assert evaluated(mixin=tmp_path / "mixin/mixin.libsonnet") == evaluated()


def test_takes_thresholds_and_links() -> None:
    found = evaluated(
        "thresholds+: { budget_used_ratio: 0.65 }, "
        "runbookUrl: 'https://wiki.example', grafanaUrl: 'https://grafana.example/g'"
    )
    rules = [rule for group in found["alerts"]["groups"] for rule in group["rules"]]
    assert "> 0.65" in next(r["expr"] for r in rules if "BudgetNearlyConsumed" in r["alert"])
    for rule in rules:
        told = rule["annotations"]
        assert told["dashboard_url"].startswith("https://grafana.example/g/d/github-billing-")
        assert told["runbook_url"] == f"https://wiki.example/{rule['alert']}.md"


def test_links_to_no_dashboard_without_a_host() -> None:
    assert all("dashboard_url" not in told for told in annotations(evaluated()))

"""The chart's dashboards, for Grafana's sidecar and the Grafana Operator."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.chart_readme import CHART
from deploy.prometheus.thresholds import DEFAULTS, Thresholds
from tests.support.helm import (
    FULLNAME,
    TOKEN,
    VERSIONS,
    HelmVersion,
    Manifests,
    Object,
    feature,
    merged,
    rendered,
    templating,
)
from tests.support.paths import ROOT

BOARD = '{"title": "Überblick", "legend": "{{account}}"}\n'
"""A minimal dashboard, with braces and an umlaut that Helm must keep."""

BOARDS = {
    path.name: json.loads(path.read_text()) for path in ROOT.glob("grafana/dashboards/*.json")
}
PLACES = yaml.safe_load((CHART / "files" / "dashboard_thresholds.yaml").read_text())
NAMES = [field.name for field in fields(Thresholds)]
OTHER = {name: 1000 + position for position, name in enumerate(NAMES)}
"""Thresholds of a user, each unlike any other."""


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the chart with the dashboard above."""
    copy = tmp_path_factory.mktemp("chart") / CHART.name
    shutil.copytree(CHART, copy, ignore=shutil.ignore_patterns("dashboards"))
    (copy / "files" / "dashboards").mkdir()
    (copy / "files" / "dashboards" / "overview.json").write_text(BOARD)
    return copy


def with_boards(chart: Path = CHART, **settings: Any) -> Manifests:
    return rendered({**TOKEN, "dashboards": {"enabled": True, **settings}}, chart=chart)


def maps(manifests: Manifests) -> dict[str, Object]:
    found = manifests.all("ConfigMap")
    return {each["metadata"]["name"]: each for each in found if "dashboard" in str(each)}


def boards(manifests: Manifests) -> dict[str, Any]:
    """Return the dashboards by file."""
    files = {k: v for each in maps(manifests).values() for k, v in each["data"].items()}
    return {name: json.loads(text) for name, text in files.items()}


def values(node: Any, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every plain value with its path."""
    if isinstance(node, dict | list):
        children = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in children:
            yield from values(child, f"{path}/{key}")
    else:
        yield path, node


class TestTheDashboards:
    def test_are_a_labelled_configmap_each_with_the_very_json(self, chart: Path) -> None:
        made = maps(with_boards(chart))["bill-github-billing-exporter-dashboard-overview"]
        assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert made["data"] == {"overview.json": BOARD}

    def test_take_labels_annotations_and_namespace(self, chart: Path) -> None:
        found = maps(
            with_boards(
                chart,
                namespace="grafana",
                labels={"grafana_dashboard": None, "board": "yes"},
                annotations={"grafana_folder": "Billing"},
            )
        )
        assert len(found) == 1
        for made in found.values():
            assert made["metadata"]["namespace"] == "grafana"
            assert made["metadata"]["labels"]["board"] == "yes"
            assert "grafana_dashboard" not in made["metadata"]["labels"]
            assert made["metadata"]["annotations"] == {"grafana_folder": "Billing"}

    def test_are_those_of_the_repository(self) -> None:
        assert boards(feature("monitoring")) == BOARDS


class TestTheColors:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_follow_the_thresholds(self, version: HelmVersion) -> None:
        changed = merged(TOKEN, {"dashboards": {"enabled": True}, "thresholds": OTHER})
        found = boards(rendered(changed, version=version))
        for name, board in BOARDS.items():
            before, after = dict(values(board)), dict(values(found[name]))
            differing = {path: after[path] for path in before if before[path] != after[path]}
            assert differing == {
                f"/{path}/value": OTHER[threshold] for path, threshold in PLACES[name].items()
            }

    def test_take_a_fraction_that_set_writes_as_text(self) -> None:
        changed = {"dashboards": {"enabled": True}, "thresholds": {"seats_unused_ratio": "0.6"}}
        found = boards(rendered(merged(TOKEN, changed)))["github-billing-seats.json"]
        assert 0.6 in [value for path, value in values(found) if path.endswith("/value")]

    def test_are_thresholds_or_the_limit_itself(self) -> None:
        for name, board in BOARDS.items():
            places = {f"/{path}/value": threshold for path, threshold in PLACES[name].items()}
            for path, value in values(board):
                if path in places:
                    assert value == getattr(DEFAULTS, places[path])
                elif re.search(r"/steps/\d+/value$", path):
                    assert value in {None, 0, 1}

    def test_need_every_threshold(self) -> None:
        changed = {"dashboards": {"enabled": True}, "thresholds": {"budget_used_ratio": None}}
        ended = templating(merged(TOKEN, changed))
        assert ended.returncode != 0
        assert "thresholds has no value for budget_used_ratio" in ended.stderr


class TestTheGrafanaOperator:
    def test_finds_a_dashboard_in_each_configmap(self) -> None:
        operator = {"enabled": True, "matchLabels": {"dashboards": "grafana"}, "folder": "Billing"}
        manifests = with_boards(namespace="monitoring", grafanaOperator=operator)
        assert len(BOARDS) == len(manifests.all("GrafanaDashboard"))
        for made in manifests.all("GrafanaDashboard"):
            reference = made["spec"].pop("configMapRef")
            assert made["spec"] == {
                "allowCrossNamespaceImport": True,
                "instanceSelector": {"matchLabels": {"dashboards": "grafana"}},
                "folder": "Billing",
            }
            read = maps(manifests)[reference["name"]]
            assert reference["key"] in read["data"]
            assert made["metadata"]["namespace"] == read["metadata"]["namespace"] == "monitoring"

    def test_is_not_needed(self) -> None:
        assert not feature("monitoring").all("GrafanaDashboard")
        assert FULLNAME in next(iter(maps(feature("monitoring"))))

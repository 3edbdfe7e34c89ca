"""The dashboards by what makes one good: nothing here asks a Prometheus."""

from typing import Any

import pytest
import yaml

from tests.support.dashboards import (
    BOARDS,
    FOLDER,
    asked,
    labels_of_series,
    panels,
)
from tests.support.paths import ROOT

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
LABELS = labels_of_series()
SAID_BY_A_PROCESS = {name for name, labels in LABELS.items() if "account" not in labels}
EVERY_EXPRESSION = [each for name in BOARDS for each in asked(name)]
EVERY_PANEL = [
    pytest.param(panel, id=f"{name}: {panel['title']}") for name in BOARDS for panel in panels(name)
]

DOCS = ROOT / "docs"


def provisioned(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER.parent / "provisioning" / name).read_text())
    return read


every_board = pytest.mark.parametrize("name", BOARDS)
every_panel = pytest.mark.parametrize("panel", EVERY_PANEL)
every_expression = pytest.mark.parametrize(
    "each", EVERY_EXPRESSION, ids=lambda each: f"{each.board}: {each.title}"
)


class TestProvisioning:
    def test_is_read_only(self) -> None:
        (provider,) = provisioned("dashboards/github-billing.yml")["providers"]
        assert provider["allowUiUpdates"] is False
        assert provider["options"] == {"path": "/var/lib/grafana/dashboards"}

    def test_knows_the_data_source_that_the_boards_offer(self) -> None:
        (source,) = provisioned("datasources/prometheus.yml")["datasources"]
        assert (source["type"], source["uid"]) == ("prometheus", "prometheus")
        assert source["url"] == "http://prometheus:9090"


class TestColours:
    def test_of_a_product_are_the_same_everywhere(self) -> None:
        seen: dict[str, set[str]] = {}
        for panel in (panel for name in BOARDS for panel in panels(name)):
            if "product" not in panel["title"] and "{{product}}" not in str(panel["targets"]):
                continue
            for override in panel["fieldConfig"]["overrides"]:
                for each in override["properties"]:
                    if each["id"] == "color":
                        colour = each["value"]["fixedColor"]
                        seen.setdefault(override["matcher"]["options"], set()).add(colour)
        assert {"actions", "copilot", "other"} <= seen.keys()
        assert all(len(colours) == 1 for colours in seen.values())

"""Conventions of the dashboards, checked without a Prometheus."""

import itertools
import json
import re
from dataclasses import astuple
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.prometheus.thresholds import DEFAULTS
from tests.support.dashboards import (
    BOARDS,
    FOLDER,
    Asked,
    asked,
    board,
    filled,
    labels_of_series,
    nodes,
    panels,
    selectors,
    unaggregated,
)
from tests.support.paths import ROOT

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
LABELS = labels_of_series()
SAID_BY_A_PROCESS = {name for name, labels in LABELS.items() if "account" not in labels}
EVERY_EXPRESSION = [each for name in BOARDS for each in asked(name)]
EVERY_PANEL = [
    pytest.param(panel, id=f"{name}: {panel['title']}") for name in BOARDS for panel in panels(name)
]

SELECTION = ["cluster", "job", "account_type", "account"]
HIDDEN = 2
"""Grafana's value of a variable without a box."""

DRAWN_AS_A_VALUE = {"stat", "bargauge"}
"""Panels in which Grafana draws the text for no data as if it were a value."""

DOCS = ROOT / "docs"


def shown_variables(name: str) -> list[dict[str, Any]]:
    return [each for each in board(name)["templating"]["list"] if each.get("hide") != HIDDEN]


def provisioned(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER.parent / "provisioning" / name).read_text())
    return read


def width_at_1280(panel: dict[str, Any]) -> float:
    """Return a panel's width on a screen of 1280 pixels, without the gap to the next."""
    columns: int = panel["gridPos"]["w"]
    return columns * (1280 - 32 + 8) / 24 - 8


every_board = pytest.mark.parametrize("name", BOARDS)
every_panel = pytest.mark.parametrize("panel", EVERY_PANEL)
every_expression = pytest.mark.parametrize(
    "each", EVERY_EXPRESSION, ids=lambda each: f"{each.board}: {each.title}"
)


@every_board
class TestABoard:
    def test_has_a_place_of_its_own(self, name: str) -> None:
        read = board(name)
        assert read["uid"] == f"github-billing-{name}"
        assert read["title"].startswith("GitHub billing / ")
        assert read["description"]
        assert read["tags"] == ["github-billing"]

    def test_shows_a_month_in_utc(self, name: str) -> None:
        read = board(name)
        assert read["timezone"] == "utc"
        assert read["time"] == {"from": "now-30d", "to": "now"}
        assert read["refresh"] == "5m"
        assert read["graphTooltip"] == 1

    def test_leads_to_the_others_with_time_and_variables(self, name: str) -> None:
        (link,) = board(name)["links"]
        assert link["tags"] == board(name)["tags"]
        assert (link["type"], link["includeVars"], link["keepTime"]) == ("dashboards", True, True)

    def test_chooses_one_type_of_account_and_any_number_of_accounts(self, name: str) -> None:
        first, *others = shown_variables(name)
        assert (first["type"], first["query"]) == ("datasource", "prometheus")
        assert (first["name"], first["label"]) == ("datasource", "Data source")
        assert [each["name"] for each in others[:4]] == SELECTION
        for each in others:
            several = each["name"] != "account_type"
            assert each.get("multi", False) is each.get("includeAll", False) is several
            assert each.get("allValue") == (".*" if several else None)
            assert each["datasource"] == DATASOURCE
            assert each["sort"] == 1

    def test_offers_what_the_choices_before_leave(self, name: str) -> None:
        _, *others = shown_variables(name)
        for place, each in enumerate(others):
            used = re.findall(r"\$([a-z_]+)", each["query"])
            assert used == SELECTION[:place]

    def test_is_as_the_sdk_reads_and_writes_it(self, name: str) -> None:
        register_default_plugins()
        read = board(name)
        for mark in read["annotations"]["list"]:
            for unknown_to_it in ("useValueForTime", "titleFormat"):
                mark.pop(unknown_to_it, None)
        written = JSONEncoder(sort_keys=True, indent=2).encode(Dashboard.from_json(read))
        assert json.loads(written) == read
        assert read["schemaVersion"] == 41

    def test_links_repositories_to_the_website_of_the_accounts(self, name: str) -> None:
        hidden = [each for each in board(name)["templating"]["list"] if each.get("hide") == HIDDEN]
        linked = "https://${host}/" in json.dumps(board(name))
        assert [each["name"] for each in hidden] == (["host"] if linked else [])
        for each in hidden:
            (website,) = re.findall("/(.+)/", each["regex"])
            hosts = ("api.github.com", "api.acme.ghe.com", "github.example.com")
            assert [re.sub(website, r"\1", host) for host in hosts] == [
                "github.com",
                "acme.ghe.com",
                "github.example.com",
            ]
            assert re.findall(r"\$([a-z_]+)", each["query"]) == SELECTION

    def test_has_no_variable_that_nothing_uses(self, name: str) -> None:
        listed = {each["name"] for each in shown_variables(name)}
        used = set(re.findall(r"\$([a-z_]+)", " ".join(each.expr for each in asked(name))))
        assert listed == used | {"datasource"}

    def test_lays_its_panels_beside_each_other(self, name: str) -> None:
        shown = board(name)["panels"]
        for read in (shown, *(panel["panels"] for panel in shown if panel.get("collapsed"))):
            cells = [
                (place["x"] + x, place["y"] + y)
                for place in (panel["gridPos"] for panel in read)
                for x, y in itertools.product(range(place["w"]), range(place["h"]))
            ]
            assert len(cells) == len(set(cells)), "two panels overlap"
            assert max(x for x, _ in cells) < 24
        every = [*panels(name), *(panel for panel in shown if panel["type"] == "row")]
        assert len({panel["id"] for panel in every}) == len(every)

    def test_has_panels_within_a_row_only_if_it_is_folded(self, name: str) -> None:
        for row in (panel for panel in board(name)["panels"] if panel["type"] == "row"):
            assert bool(row["panels"]) is row["collapsed"]

    def test_says_whether_to_believe_it(self, name: str) -> None:
        titles = [panel["title"] for panel in panels(name)]
        assert "Failing collectors" in titles
        assert "Oldest data, % of limit" in titles

    def test_marks_what_happened(self, name: str) -> None:
        marks = board(name)["annotations"]["list"]
        assert [mark["name"] for mark in marks] == [
            "New billing cycle",
            "Moved to another billing platform",
            "Exporter restarted",
        ]
        assert all(mark["datasource"] == DATASOURCE for mark in marks)
        # Cycles and restarts take their time from the value; a move is marked when first scraped.
        assert [mark.get("useValueForTime", False) for mark in marks] == [True, False, True]


@every_panel
class TestAPanel:
    def test_explains_itself(self, panel: dict[str, object]) -> None:
        description = str(panel["description"])
        assert panel["title"]
        assert re.search(r"\bFrom (the (daily )?increase of )?`\w", description), (
            "it names no source"
        )
        assert re.search(r"\b(month|cycle|now|days?|hours?|age|ago|over time)\b", description), (
            "it names no period"
        )

    def test_has_a_unit_and_a_data_source(self, panel: dict[str, Any]) -> None:
        assert panel["fieldConfig"]["defaults"]["unit"] not in {"", "m", "min", "h", "d"}
        assert panel["datasource"] == DATASOURCE

    def test_without_data_says_why(self, panel: dict[str, Any]) -> None:
        blank = panel["fieldConfig"]["defaults"]["noValue"]
        if panel["type"] in DRAWN_AS_A_VALUE:
            assert len(blank) <= 12, "Grafana fits it into one line"
            assert re.search(rf"\n\n`{blank}` means: .{{9,}}\.$", panel["description"])
        else:
            assert len(blank) > 8

    def test_judges_no_missing_value(self, panel: dict[str, Any]) -> None:
        config = panel["fieldConfig"]
        judged = [config["defaults"]] if panel["type"] in DRAWN_AS_A_VALUE else []
        for override in config["overrides"]:
            properties = {each["id"]: each["value"] for each in override["properties"]}
            if override["matcher"]["options"] == ".*" or "mappings" in properties:
                judged.append(properties)
        assert judged or panel["type"] == "timeseries"
        for each in judged:
            (missing,) = (m["options"] for m in each["mappings"] if m["type"] == "special")
            assert (missing["match"], missing["result"]["color"]) == ("null+nan", "text")

    def test_judges_by_the_numbers_of_the_alerts(self, panel: dict[str, object]) -> None:
        config = panel["fieldConfig"]
        judged = [config["defaults"]["thresholds"]]  # type: ignore[index]
        judged += [
            each["value"]
            for override in config["overrides"]  # type: ignore[index]
            for each in override["properties"]
            if each["id"] == "thresholds"
        ]
        for thresholds in judged:
            first, *others = thresholds["steps"]
            assert first["value"] is None, (
                "without a first step Grafana uses green, and red from 80"
            )
            assert {step["value"] for step in others} <= {0, 1, *astuple(DEFAULTS)}

    def test_of_one_bar_names_it(self, panel: dict[str, Any]) -> None:
        # Grafana leaves out the legend of a single bar.
        if panel["type"] == "bargauge":
            name = panel["fieldConfig"]["defaults"]["displayName"]
            legend = re.sub(r"\$\{__field\.labels\.(\w+)\}", r"{{\1}}", name)
            assert {target["legendFormat"] for target in panel["targets"]} == {legend}
            assert "{{" in legend

    def test_has_room_for_its_title_on_a_small_screen(self, panel: dict[str, Any]) -> None:
        # A letter has up to 7.5 pixels, margins and the description's icon have 40.
        assert 7.5 * len(panel["title"]) <= width_at_1280(panel) - 40

    def test_that_is_a_table_has_room_for_its_columns(self, panel: dict[str, Any]) -> None:
        fixed = {
            override["matcher"]["options"]: each["value"]
            for override in panel["fieldConfig"]["overrides"]
            for each in override["properties"]
            if each["id"] == "custom.width"
        }
        for organized in panel.get("transformations", ()):
            columns = organized["options"].get("renameByName", {}).values()
            # Grafana makes other columns at least 150 pixels wide.
            assert sum(fixed.get(name, 150) for name in columns) <= width_at_1280(panel) - 16

    def test_that_is_a_table_is_sorted_by_itself(self, panel: dict[str, Any]) -> None:
        # Grafana's transformation "Sort by" compares a missing value with none.
        assert "sortBy" not in [each["id"] for each in panel.get("transformations", ())]
        organized = [t for t in panel.get("transformations", ()) if t["id"] == "organize"]
        headings = {name for t in organized for name in t["options"]["renameByName"].values()}
        for sort in panel["options"].get("sortBy", ()):
            assert sort["displayName"] in headings

    def test_of_single_values_asks_for_now_alone(self, panel: dict[str, object]) -> None:
        over_time = panel["type"] == "timeseries"
        for target in panel["targets"]:  # type: ignore[attr-defined]
            assert target["range"] is over_time
            assert target["instant"] is not over_time


@every_expression
class TestAnExpression:
    def test_names_what_there_is(self, each: Asked) -> None:
        for selector in selectors(promql_parser.parse(filled(each.expr))):
            assert selector.name in LABELS
            matched = {matcher.name for matcher in selector.matchers.matchers}
            assert matched <= LABELS[str(selector.name)]

    def test_groups_by_labels_that_there_are(self, each: Asked) -> None:
        parsed = promql_parser.parse(filled(each.expr))
        made = set(re.findall(r'label_replace\(.*?, "(\w+)", "', each.expr))
        for node in nodes(parsed):
            if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
                there = set().union(*(LABELS[str(s.name)] for s in selectors(node.expr)))
                assert set(node.modifier.labels) <= there | made

    def test_is_free_of_the_pod(self, each: Asked) -> None:
        left = set(unaggregated(promql_parser.parse(filled(each.expr))))
        assert not {name for name in left if ":" not in name}

    def test_joins_one_description_of_a_thing(self, each: Asked) -> None:
        # While two pods describe it differently, the join would fail.
        for node in nodes(promql_parser.parse(filled(each.expr))):
            if isinstance(node, promql_parser.BinaryExpr) and node.modifier:
                many = node.modifier.card == promql_parser.VectorMatchCardinality.ManyToOne
                if many and any(str(s.name).endswith("_info") for s in selectors(node.rhs)):
                    assert "topk by" in str(node.rhs)

    def test_is_of_the_selected_accounts(self, each: Asked) -> None:
        for selector in selectors(promql_parser.parse(each.expr)):
            matched = {f"{m.name}: {m.value}" for m in selector.matchers.matchers}
            wanted = SELECTION[:2] if selector.name in SAID_BY_A_PROCESS else SELECTION
            assert {f"{name}: ${name}" for name in wanted} <= matched


@every_board
class TestAPicture:
    def test_is_shown_by_the_docs(self, name: str) -> None:
        picture = f"images/github-billing-{name}.png"
        assert picture in (DOCS / "dashboards.md").read_text()
        assert (DOCS / picture).stat().st_size < 400_000


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

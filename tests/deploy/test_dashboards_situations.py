"""The dashboards in situations that the demo lacks, queried from one real Prometheus."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.board_answers import answered
from tests.support.dashboards import BOARDS, filled, panels
from tests.support.programs import query
from tests.support.situations import SMALL, Situation, remembered

NAMED = {each.name: each for each in SMALL}
DAY = 86_400


def recorded(name: str) -> str:
    return f'account:github_billing_{name}{{cluster="HERE"}}'


NET, GROSS = recorded("usage_net_usd:sum"), recorded("usage_gross_usd:sum")
LAST_MONTH = recorded("previous_cycle_usage_net_usd:sum")
STARTED = recorded("cycle_start_timestamp_seconds:max")
ELAPSED = recorded("cycle_elapsed:seconds")
INFO = 'github_billing_account_info{cluster="HERE"}'
RATE_LIMIT = 'github_billing_exporter_api_rate_limit{cluster="HERE"}'
SEATS = 'github_billing_advanced_security_used_seats{cluster="HERE"}'

Row = Mapping[str, str]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Prometheus that scraped all situations, apart by their cluster."""
    with remembered(tmp_path_factory.mktemp("situations"), *SMALL) as base_url:
        yield base_url


def asked(target: Mapping[str, Any], situation: Situation) -> str:
    return filled(target["expr"].replace("$cluster", situation.name), situation.account_type.value)


def rows(url: str, target: Mapping[str, Any], situation: Situation) -> list[Row]:
    """Return the labels of an instant query's result, which has a value for each."""
    found = answered(url, "query", query=asked(target, situation), time=situation.now.timestamp())
    assert all(each["value"][1] != "NaN" for each in found), target["expr"]
    return [each["metric"] for each in found]


def sources(panel: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the label or the query, as ``Value #A``, of each heading."""
    (arranged,) = (each["options"] for each in panel["transformations"] if each["id"] == "organize")
    return {title: source for source, title in arranged["renameByName"].items()}


def joins(one: Row, other: Row) -> bool:
    """Return whether Grafana merges two rows: the labels that both have are equal."""
    return all(one[label] == other[label] for label in one.keys() & other.keys())


class TestSituations:
    @pytest.mark.parametrize(
        ("name", "expression", "expected"),
        [
            ("personal", f"sum({NET})", 0),
            ("personal", f"sum({GROSS}) > bool 1", 1),
            ("covered", f"sum({NET})", 0),
            ("covered", f"sum({LAST_MONTH})", 64.8),
            ("legacy", f'count({INFO[:-1]},platform="legacy"}})', 2),
            ("unreadable", f"count({INFO})", 4),
            ("unreadable", f"count({NET})", 3),
            ("unreadable", f"count({NET} offset 2d)", 4),
            ("refused", f"count({NET}) or vector(0)", 0),
            ("refused", f"count({NET} offset 84h)", 4),
            ("empty", f"count({STARTED})", 1),
            ("empty", f"sum({NET})", 0),
            ("first", f"max({ELAPSED}) < bool {DAY}", 1),
            ("gap", f"count({NET} offset 36h) or vector(0)", 0),
            ("gap", f"count({NET} offset 84h)", 4),
            ("server", f"count({RATE_LIMIT}) or vector(0)", 0),
            ("server", f"count({SEATS})", 1),
            ("huge", f"count({NET})", 1),
            ("many", f"count({NET})", 30),
        ],
    )
    def test_are_what_they_claim(
        self, url: str, name: str, expression: str, expected: float
    ) -> None:
        (point,) = query(url, expression.replace("HERE", name), NAMED[name].now)
        assert point.value == pytest.approx(expected)


@pytest.mark.parametrize("name", BOARDS)
class TestABoard:
    def test_is_an_error_nowhere(self, url: str, name: str) -> None:
        targets = [target for panel in panels(name) for target in panel.get("targets", ())]
        for situation, target in itertools.product(SMALL, targets):
            expr, end = asked(target, situation), situation.now.timestamp()
            span = {"start": end - DAY, "end": end, "step": situation.step.total_seconds()}
            path, when = ("query_range", span) if target["range"] else ("query", {"time": end})
            answered(url, path, query=expr, **when)

    def test_has_tables_that_sort_themselves(self, name: str) -> None:
        for panel in panels(name):
            used = {each["id"] for each in panel.get("transformations", ())}
            assert "sortBy" not in used, "it leaves rows in any order if a cell is empty"

    def test_has_tables_sorted_by_a_column_that_holds(self, url: str, name: str) -> None:
        tables = [panel for panel in panels(name) if panel["type"] == "table"]
        for panel, situation in itertools.product(tables, SMALL):
            queries = {f"Value #{each['refId']}": each for each in panel["targets"]}
            for by in panel["options"].get("sortBy") or ():
                source = sources(panel)[by["displayName"]]
                if source not in queries:
                    continue
                having = rows(url, queries[source], situation)
                # A table puts empty cells last only in descending order.
                for other in () if by["desc"] else queries.values():
                    for row in rows(url, other, situation):
                        found = any(joins(row, each) for each in having)
                        assert found, f"{panel['title']} in {situation.name}: {row}"

"""Compatibility rules with the metric names of other exporters: lint, unit tests, a real run."""

import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import yaml

from exporter.metrics import catalogue
from tests.support.paths import ROOT
from tests.support.programs import (
    Version,
    fetch,
    program,
    prometheus,
    query,
    running,
    until,
)
from tests.support.promql import labels, metrics, selectors

PROMETHEUS = ROOT / "deploy" / "prometheus"
FILES = sorted((PROMETHEUS / "compat").glob("*.yml"))
EXPORTERS = {
    "borisputerka-github_billing_exporter",
    "nashiox-github-billing-exporter",
    "promhippie-github_exporter",
    "raynigon-github_billing_exporter",
}
OURS = {metric.name: set(metric.all_labels) for metric in catalogue.ALL}

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
each_version = pytest.mark.parametrize("version", ["oldest", "newest"])


class Rule(NamedTuple):
    record: str
    expr: str


def rules(file: Path) -> list[Rule]:
    return [
        Rule(rule["record"], rule["expr"])
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]


RULES = [(file, rule) for file in FILES for rule in rules(file)]
each_rule = pytest.mark.parametrize(
    ("file", "rule"), RULES, ids=[f"{file.stem}:{rule.record}" for file, rule in RULES]
)


def unit_tests(file: Path) -> Path:
    return PROMETHEUS / "tests" / "compat" / file.name


def promtool(version: Version, *args: str | Path) -> None:
    """Run promtool. Its errors fail the test."""
    done = subprocess.run(
        [program("promtool", version), *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


class TestFiles:
    def test_there_is_one_for_each_exporter(self) -> None:
        assert {file.stem for file in FILES} == EXPORTERS

    @each_version
    @each_file
    def test_promtool_finds_no_fault(self, file: Path, version: Version) -> None:
        promtool(version, "check", "rules", file)

    @each_version
    @each_file
    def test_give_the_numbers_that_their_unit_tests_expect(
        self, file: Path, version: Version
    ) -> None:
        promtool(version, "test", "rules", unit_tests(file))

    @each_file
    def test_have_every_rule_in_their_unit_tests(self, file: Path) -> None:
        asked = {
            metric
            for test in yaml.safe_load(unit_tests(file).read_text())["tests"]
            for case in test["promql_expr_test"]
            for metric in metrics(case["expr"])
        }
        # Names with a colon are intermediate.
        recorded = {rule.record for rule in rules(file) if ":" not in rule.record}
        assert recorded <= asked

    def test_can_be_loaded_together_and_beside_our_own_series(self) -> None:
        names = [rule.record for _, rule in RULES]
        assert len(names) == len(set(names))
        assert not set(names) & OURS.keys()


class TestRules:
    @each_rule
    def test_read_metrics_and_labels_of_the_catalogue(self, file: Path, rule: Rule) -> None:
        known = OURS | {other.record: set() for other in rules(file) if ":" in other.record}
        assert metrics(rule.expr) <= known.keys()
        for metric, matched in selectors(rule.expr):
            assert matched <= known[metric]
        assert labels(rule.expr) <= set().union(*(known[metric] for metric in metrics(rule.expr)))


class _Evaluated(msgspec.Struct, rename="camel"):
    name: str
    health: str
    last_error: str = ""


class _Group(msgspec.Struct):
    rules: list[_Evaluated]


class _Groups(msgspec.Struct):
    groups: list[_Group]


class _Answer(msgspec.Struct):
    data: _Groups


def documented(key: str) -> dict[str, Any]:
    """Return the only YAML example of docs/moving.md with this key."""
    text = (ROOT / "docs" / "moving.md").read_text()
    fences = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (found,) = [example for example in map(yaml.safe_load, fences) if key in example]
    return dict(found)


@pytest.fixture(scope="module")
def scraper() -> Iterator[str]:
    """Run a Prometheus on the demo, configured as in docs/moving.md, with every rule file."""
    with running(["demo", "--poll.interval", "4s", "--poll.timeout", "4s"], {}) as exporter:
        config = documented("scrape_configs")
        (job,) = config["scrape_configs"]
        job["static_configs"] = [{"targets": [exporter.base_url.removeprefix("http://")]}]
        config["global"] = {"scrape_interval": "5s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(file) for file in FILES]
        with prometheus(yaml.safe_dump(config), "newest") as url:
            yield url


class TestPrometheus:
    def test_records_every_series_from_the_demo(self, scraper: str) -> None:
        for _, rule in RULES:
            until(partial(query, scraper, rule.record))

    def test_evaluates_every_rule(self, scraper: str) -> None:
        def evaluated() -> list[_Evaluated] | None:
            answer = fetch(f"{scraper}/api/v1/rules").content
            found = [
                rule
                for group in msgspec.json.decode(answer, type=_Answer).data.groups
                for rule in group.rules
            ]
            return None if any(rule.health == "unknown" for rule in found) else found

        found = until(evaluated)
        assert len(found) == len(RULES)
        assert [rule for rule in found if rule.health != "ok"] == []

    def test_shows_both_platforms_under_the_names_of_organizations(self, scraper: str) -> None:
        until(partial(query, scraper, 'total_minutes_used{owner="oldtown"} > 0'))
        until(partial(query, scraper, 'total_minutes_used{owner="acme"} > 0'))

    @pytest.mark.parametrize(
        "name",
        [
            "actions_used_minutes",
            "actions_paid_minutes",
            "actions_included_minutes",
            "cycle_remaining_days",
        ],
    )
    def test_gives_names_that_are_ours_too_the_label_of_organizations(
        self, scraper: str, name: str
    ) -> None:
        metric = f"github_billing_{name}"
        until(partial(query, scraper, f'{metric}{{org="acme"}}'))
        points = query(scraper, metric)
        assert {point.labels["account_type"] for point in points if "org" in point.labels} == {
            "organization"
        }
        assert all(
            point.labels.get("org") == point.labels["account"]
            for point in points
            if point.labels["account_type"] == "organization"
        )

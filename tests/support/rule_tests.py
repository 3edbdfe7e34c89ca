"""A unit test of rules, with only the rules that it needs: promtool evaluates every rule."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.support.promql import metrics

_ALERTS = "ALERTS"


def reduced(path: Path, folder: Path) -> Path:
    """Write a unit test and its rule files into ``folder``, and return the test's path.

    Rules that neither the test nor a rule that it needs reads are left out.
    """
    text = path.read_text()
    test = yaml.safe_load(text)
    files = {name: yaml.safe_load((path.parent / name).read_text()) for name in test["rule_files"]}
    rules = [rule for file in files.values() for group in file["groups"] for rule in group["rules"]]
    needed = _needed(rules, set(_asked(test)))
    written = folder / path.parent.name / path.name
    written.parent.mkdir()
    for name, file in files.items():
        for group in file["groups"]:
            group["rules"] = [rule for rule in group["rules"] if _name(rule) in needed]
            if not group["rules"]:
                text = text.replace(f"  - {group['name']}\n", "")
        file["groups"] = [group for group in file["groups"] if group["rules"]]
        (written.parent / name).write_text(yaml.safe_dump(file))
    # Only as text: YAML reads values such as 0x60, which promtool repeats, as a number.
    written.write_text(text)
    return written


def _name(rule: dict[str, Any]) -> str:
    name: str = rule.get("alert") or rule["record"]
    return name


def _asked(test: dict[str, Any]) -> Iterator[str]:
    for each in test["tests"]:
        yield from (case["alertname"] for case in each.get("alert_rule_test", ()))
        for case in each.get("promql_expr_test", ()):
            yield from _read(case["expr"])


def _read(expression: str) -> set[str]:
    named = set(re.findall(r'ALERTS\{alertname="(\w+)"', expression))
    return metrics(expression) - {_ALERTS} | named if named else metrics(expression)


def _needed(rules: Sequence[dict[str, Any]], names: set[str]) -> set[str]:
    read = {_ALERTS: {_name(rule) for rule in rules if "alert" in rule}}
    for rule in rules:
        read.setdefault(_name(rule), set()).update(_read(rule["expr"]))
    while more := set().union(*(read.get(name, ()) for name in names)) - names:
        names = names | more
    return names

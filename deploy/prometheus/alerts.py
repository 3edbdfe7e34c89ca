"""The rule file of all alerts, built from data, and the index of their runbooks."""

import re
from collections.abc import Mapping
from dataclasses import fields
from inspect import cleandoc

import yaml

from deploy.prometheus.alert import Alert, Group
from deploy.prometheus.bill_alerts import BUDGETS, QUOTAS, SEATS, SPEND
from deploy.prometheus.exporter_alerts import EXPORTER
from deploy.prometheus.thresholds import Thresholds

GROUPS = (EXPORTER, QUOTAS, BUDGETS, SPEND, SEATS)
PREFIX = "GitHubBilling"
RUNBOOKS = (
    "https://github.com/github-billing-exporter/github-billing-exporter/blob/main/docs/runbooks"
)
PLACEHOLDERS = {field.name: f"<<{field.name}>>" for field in fields(Thresholds)}
"""Each threshold as the chart's template replaces it, for `build`."""

_HEADER = "# Built by `python -m deploy` from deploy/prometheus/*alerts.py: change it there.\n"
_THRESHOLD = re.compile(r"<<(\w+)>>")


def build(thresholds: Mapping[str, str]) -> dict[str, object]:
    """Give the rule file as data; ``thresholds`` are text by name, all that stands in an expr."""
    return {
        "groups": [
            {
                "name": group.name,
                "rules": [_rule(alert, group, thresholds) for alert in group.alerts],
            }
            for group in GROUPS
        ]
    }


def rule_file(thresholds: Mapping[str, str]) -> str:
    """Give the rule file as YAML."""
    return _HEADER + yaml.dump(
        build(thresholds), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000
    )


def index() -> str:
    """Tabulate the runbooks."""
    rows = "".join(
        f"| [{PREFIX}{alert.name}]({PREFIX}{alert.name}.md) | {alert.severity} "
        f"| {group.area} | {alert.summary} |\n"
        for group in GROUPS
        for alert in group.alerts
    )
    return (
        "# Runbooks\n\n<!-- Written by `python -m deploy`. -->\n\n"
        "One page an alert. Critical is for a human now, warning for a ticket, info for whoever "
        "looks. How to load the alerts and change their thresholds: "
        "[running](../running.md#alerts).\n\n"
        f"| alert | severity | area | says |\n|---|---|---|---|\n{rows}"
    )


def _rule(alert: Alert, group: Group, thresholds: Mapping[str, str]) -> dict[str, object]:
    name = f"{PREFIX}{alert.name}"
    return {
        "alert": name,
        "expr": _THRESHOLD.sub(lambda found: thresholds[found[1]], cleandoc(alert.expr)),
        "for": alert.hold,
        **({"keep_firing_for": alert.keep} if alert.keep else {}),
        "labels": {"severity": alert.severity, "area": group.area},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "dashboard": f"/d/{alert.board}",
            "runbook_url": f"{RUNBOOKS}/{name}.md",
        },
    }


class _Dumper(yaml.SafeDumper):
    """Writes lines as lines."""


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _string)

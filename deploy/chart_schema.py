"""The schema of the chart's values, with the exporter's schema of ``config``."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from deploy.chart_readme import CHART
from deploy.prometheus.thresholds import Thresholds
from exporter.collectors import ALL
from exporter.settings.schema import json_schema

_WIDTH = 100
_SECRETS = ("token", "app_private_key")
"""Keys for which the chart has errors of its own, without the value."""


def schema(chart: Path = CHART) -> str:
    """Return values.schema.json with the current definitions of ``config`` and thresholds."""
    values = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    values["definitions"] |= {"config": _config(), "thresholds": _thresholds()}
    return "".join(_written(values)) + "\n"


def _config() -> dict[str, Any]:
    config = json_schema(ALL, root="#/definitions/config")
    del config["$schema"]
    github = config["definitions"]["GitHubSettings"]["properties"]
    github.update(dict.fromkeys(_SECRETS, True))
    return config


def _thresholds() -> dict[str, Any]:
    # Helm's `--set` writes a fraction as a string.
    number = {"type": ["number", "string"], "minimum": 0, "pattern": "^[0-9.]+$"}
    names = (field.name for field in fields(Thresholds))
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(names, number),
    }


def _written(node: Any, indent: str = "", before: str = "") -> Iterator[str]:
    """Write JSON with each value in one line if it fits."""
    line = json.dumps(node, ensure_ascii=False)
    if len(f"{indent}{before}{line},") <= _WIDTH or not isinstance(node, dict | list):
        yield line
        return
    opening, closing = "{}" if isinstance(node, dict) else "[]"
    yield opening
    for position, (name, child) in enumerate(_named(node)):
        yield f"{',' if position else ''}\n{indent}  {name}"
        yield from _written(child, f"{indent}  ", name)
    yield f"\n{indent}{closing}"


def _named(node: dict[str, Any] | list[Any]) -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [(f"{json.dumps(key)}: ", child) for key, child in node.items()]
    return [("", child) for child in node]

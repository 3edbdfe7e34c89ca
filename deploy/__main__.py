"""Write what is built here: python -m deploy [--check]."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy import chart_readme
from deploy.prometheus import alerts
from deploy.prometheus.thresholds import DEFAULTS

ROOT = Path(__file__).parent.parent
RULES = ROOT / "deploy" / "prometheus"
CHART = chart_readme.CHART / "files"


def files() -> Mapping[Path, str]:
    """Give the text of every file that code builds or that the chart has a copy of."""
    dashboards = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
    return {
        RULES / "alerts.yml": alerts.rule_file(DEFAULTS.text()),
        ROOT / "docs" / "runbooks" / "README.md": alerts.index(),
        chart_readme.CHART / "README.md": chart_readme.readme(),
        CHART / "rules" / "recording.yaml": _read(RULES / "recording.yml"),
        CHART / "rules" / "alerts.yaml": _template_of_alerts(),
        **{
            CHART / "rules" / "compat" / f"{rules.stem}.yaml": _read(rules)
            for rules in sorted((RULES / "compat").glob("*.yml"))
        },
        **{CHART / "dashboards" / board.name: _read(board) for board in dashboards},
    }


def abandoned(built: Mapping[Path, str]) -> list[Path]:
    """List the chart's copies of what is no longer there."""
    return [path for path in CHART.glob("*/**/*") if path.is_file() and path not in built]


def main(arguments: list[str]) -> int:
    """Write, or name what differs; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("--check", action="store_true", help="name the files that differ; exit 1")
    built = files()
    differing = [
        *(path for path, text in built.items() if not path.exists() or _read(path) != text),
        *abandoned(built),
    ]
    if parser.parse_args(arguments).check:
        for path in differing:
            print(f"{path.relative_to(ROOT)} is not as `python -m deploy` writes it")
        return 1 if differing else 0
    for path in differing:
        if path not in built:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(built[path], encoding="utf-8")
    return 0


def _template_of_alerts() -> str:
    text = alerts.rule_file(alerts.PLACEHOLDERS)
    return text.replace(alerts.RUNBOOKS, "<<runbook_url>>")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

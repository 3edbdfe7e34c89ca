"""What a panel shows of handwritten series, evaluated by promtool."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.support.dashboards import asked, filled
from tests.support.programs import program

Series = Mapping[str, float | str]
"""A value that stays, or promtool's notation of values, an hour apart, by selector."""


def shown(
    tmp_path: Path,
    board: str,
    title: str,
    series: Series,
    *expected: str,
    query: int = 0,
    at: str = "10h",
    account_type: str = "enterprise",
) -> None:
    """Assert the series of one of a panel's expressions."""
    days(tmp_path, board, title, series, {at: expected}, query=query, account_type=account_type)


def days(
    tmp_path: Path,
    board: str,
    title: str,
    series: Series,
    expected: Mapping[str, tuple[str, ...]],
    *,
    query: int = 0,
    account_type: str = "enterprise",
) -> None:
    """Assert the series of one of a panel's expressions at several times."""
    expr = filled([each.expr for each in asked(board) if each.title == title][query], account_type)
    test = {
        "interval": "1h",
        "input_series": [
            {"series": name, "values": v if isinstance(v, str) else f"{v}x12"}
            for name, v in series.items()
        ],
        "promql_expr_test": [
            {"expr": expr, "eval_time": at, "exp_samples": list(map(_sample, samples))}
            for at, samples in expected.items()
        ],
    }
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}))
    done = subprocess.run(
        [program("promtool"), "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _sample(sample: str) -> dict[str, str | float]:
    labels, _, value = sample.rpartition(" ")
    return {"labels": labels, "value": float(value)}

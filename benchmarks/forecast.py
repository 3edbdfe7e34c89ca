"""Errors of the forecasts of a month's net dollars, on four days of months of several shapes.

Run ``.venv/bin/python benchmarks/forecast.py``. The recording rules are evaluated by the Prometheus
of ``make test``. Exits with 1 if a forecast misses its goal.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.forecast_months import (
    DAYS,
    FORECAST,
    RUN_RATE,
    SHAPES,
    SLOPE,
    errors,
    forecast_months,
    misses,
)

Errors = Mapping[str, Sequence[float]]


def table(*forecasts: Errors) -> str:
    days = " | ".join(f"day {day}" for day in DAYS)
    lines = [f"| month | {days} | goal on day 10 |", "|---" * (len(DAYS) + 2) + "|"]
    for shape in SHAPES:
        each = zip(*(found[shape.title] for found in forecasts), strict=True)
        cells = [" / ".join(f"{round(100 * error):+d}%" for error in day) for day in each]
        goal = "none" if shape.goal is None else f"{shape.goal:.0%}"
        lines.append(f"| {' | '.join((shape.title, *cells, goal))} |")
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, forecast_months(Path(folder)) as url:
        found = {name: errors(url, name) for name in (FORECAST, RUN_RATE, SLOPE)}
    print(table(*found.values()))
    sys.exit("\n".join(misses(found[FORECAST], found[RUN_RATE])) or None)


if __name__ == "__main__":
    main()

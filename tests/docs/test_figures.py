"""Figures of the benchmarks are the same in docs/performance.md, the chart and its README."""

import re

import pytest

from deploy.chart_readme import CHART
from docs import figures
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "performance.md").read_text()
VALUES = (CHART / "values.yaml").read_text()
MEASURED = figures.Measured(PAGE)


def test_follow_the_tables() -> None:
    row = f"| peak memory, MB | {' | '.join(MEASURED.cells('Many accounts', 'peak memory'))} |"
    assert PAGE.count(row) == 1
    page = PAGE.replace(row, "| peak memory, MB | 71 | 1,234 | 17 |")
    assert "| 500 organizations, peak memory | 180 MB | 1,234 MB |" in figures.filled(page)
    values = re.sub(r"\n# ", " ", figures.with_resources(VALUES, page))
    assert " measures 71 MB with 5 organizations, 1,234 MB with 500; " in values


def test_are_in_a_row() -> None:
    with pytest.raises(KeyError, match="no row"):
        MEASURED.cells("Scrapes", "peak memory")


def test_of_the_chart_suffice() -> None:
    request, limit = (int(each) * 1.048576 for each in re.findall(r"#    memory: (\d+)Mi", VALUES))
    few, most = (MEASURED.number("Many accounts", "peak memory", column=each) for each in (0, 1))
    assert request > few
    assert limit > most + MEASURED.number("A month of a million rows", "peak memory")

"""Figures of the benchmarks are the same in docs/performance.md, the chart and its README."""

import re

import pytest

from deploy.chart_readme import CHART
from docs import figures
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "performance.md").read_text()
VALUES = (CHART / "values.yaml").read_text()
MEASURED = figures.Measured(PAGE)
FEW, MANY = (MEASURED.number("Many accounts", "peak memory", column=each) for each in (0, 1))
NGINX = float(MEASURED.times("Scrapes", "1,000", "gzip", column=4))
TEXT, BLOCKS = (
    MEASURED.number("Past months", f"15 SKUs, 5m, {kind}", column=3) for kind in ("text", "blocks")
)


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


@pytest.mark.parametrize(
    ("page", "sentence", "figure"),
    [
        (
            "performance",
            r"Idle memory is (\S+) MB larger",
            MEASURED.number("The process", "memory, MB", column=1) - 55,
        ),
        ("performance", r"nginx answers (\S+) times", 1 / NGINX),
        ("performance", r"grows by (\S+) KB per organization", (MANY - FEW) * 1000 / (500 - 5)),
        ("history", r"which take (\S+) MB per month", TEXT / 24),
        ("history", r"\s(\S+) GB in all", TEXT / 1000),
        ("history", r"has blocks instead, some (\S+) MB per month", BLOCKS / 24),
    ],
)
def test_in_sentences_are_rounded(page: str, sentence: str, figure: float) -> None:
    (said,) = re.findall(sentence, (ROOT / "docs" / f"{page}.md").read_text())
    assert float(said) == pytest.approx(figure, rel=0.15)


def test_of_the_chart_suffice() -> None:
    request, limit = (int(each) * 1.048576 for each in re.findall(r"#    memory: (\d+)Mi", VALUES))
    assert request > FEW
    assert limit > MANY + MEASURED.number("A month of a million rows", "peak memory")

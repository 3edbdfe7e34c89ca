"""Every path that the Markdown files name exists; test_site.py checks their links."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)
FOLDERS = "benchmarks|deploy|docs|examples|exporter|grafana|scripts|tests"


def code_spans(page: Path) -> Iterator[str]:
    yield from re.findall(rf"`((?:{FOLDERS})/[\w./*-]+)`", page.read_text())


def test_there_are_pages_with_paths() -> None:
    assert ROOT / "CONTRIBUTING.md" in PAGES
    assert any(path for page in PAGES for path in code_spans(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    assert not [path for path in code_spans(page) if not any(ROOT.glob(path.rstrip("/")))]

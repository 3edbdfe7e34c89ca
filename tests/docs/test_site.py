"""The site of the documentation: no dead link, nothing of other servers, pages as on GitHub."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.paths import ROOT
from tests.support.programs import HANG_SECONDS

GITHUB = MarkdownIt("commonmark").enable("table")
ELEMENTS = re.compile(r"<(blockquote|em|h[1-6]|img|li|ol|pre|strong|t[dhr]|ul)[ >]")
LOADED = re.compile(r"""(?:\ssrc=|<link[^>]*\shref=|url\(|@import\s)["']?([^"')>\s]+)""")
PERMALINK = re.compile(r'<a class="headerlink".*?</a>')


def built(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of the repository in ``root`` as ``make docs`` does."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = built(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a folder with the repository's files, of which docs/ and the README are copies."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for path in ROOT.iterdir():
        (folder / path.name).symlink_to(path)
    for name in ("docs", "README.md"):
        (folder / name).unlink()
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "README.md", folder)
    return folder


def sources(site: Path) -> Iterator[tuple[Path, str]]:
    """Yield the Markdown file of each page, with the page's own part of the HTML."""
    for page in site.rglob("index.html"):
        path = page.parent.relative_to(site)
        source = ROOT / path / "README.md"
        article = page.read_text().partition("<article")[2].partition("</article>")[0]
        yield (
            source if source.exists() else ROOT / f"{path}.md",
            PERMALINK.sub("", article.partition(">")[2]),
        )


def shown(html: str) -> tuple[list[str], list[str]]:
    """Return the words and the names of the elements; spans only color code."""
    text = re.sub(r"<!--.*?-->|</?span[^>]*>|<wbr>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", text)).split(), ELEMENTS.findall(html)


class TestTheSite:
    def test_has_every_page_of_the_documentation(self, site: Path) -> None:
        pages = {source for source, _ in sources(site)}
        assert pages >= {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")}

    def test_shows_what_github_shows(self, site: Path) -> None:
        """Only the paragraphs of lists differ. In a list Python-Markdown needs four spaces."""
        for source, article in sources(site):
            assert shown(article) == shown(GITHUB.render(source.read_text())), source

    def test_loads_nothing_from_other_servers(self, site: Path) -> None:
        texts = [path.read_text() for each in ("*.html", "*.css") for path in site.rglob(each)]
        loaded = {address for text in texts for address in LOADED.findall(text)}
        assert any(address.endswith(".css") for address in loaded)
        assert not [address for address in loaded if re.match(r"(?!data:)\w+:|//", address)]
        # With its own link to a repository the theme asks api.github.com for the stars.
        assert not any('data-md-component="source"' in text for text in texts)

    def test_has_an_index_for_the_search(self, site: Path) -> None:
        index = json.loads((site / "search" / "search_index.json").read_text())
        found = {page["location"] for page in index["docs"] if "usage_teams" in page["text"]}
        assert any(location.startswith("docs/teams/#") for location in found)


def test_a_dead_link_or_anchor_and_a_forgotten_page_fail(repository: Path, tmp_path: Path) -> None:
    with (repository / "README.md").open("a") as readme:
        readme.write("[a](docs/none.md) [b](tests/none.py) [c](#none) ![d](docs/images/none.png)\n")
    with (repository / "docs" / "bill.md").open("a") as page:
        page.write("[e](../SECURITY.md#none) [f](/docs/running.md) [g](../exporter/cli.py)\n")
    (repository / "docs" / "forgotten.md").write_text("# Forgotten\n")

    done = built(repository, tmp_path / "site")

    warnings = done.stderr.split("WARNING")[1:]
    assert done.returncode == 1
    faults = (
        "forgotten",
        "docs/none.md",
        "tests/none.py",
        "none.png",
        "/docs/running.md",
        "'#none'",
        "SECURITY.md#none",
    )
    assert all(any(fault in warning for warning in warnings) for fault in faults), done.stderr
    assert len(warnings) == len(faults), done.stderr

"""The landing page as a reader sees it: its tables, figures and details."""

from collections.abc import Sequence
from datetime import datetime
from html.parser import HTMLParser

from exporter.metrics.page import AccountFacts, Build, JobFacts, Page
from exporter.web.landing import render
from tests.support.simulator_client import NOW


class Landing(HTMLParser):
    """The parts of a page: ``tables`` are rows of cells by the table's class.

    ``figures`` are the descriptions of amounts, one mapping per account; ``summaries`` and ``open``
    are those of the details.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.figures: list[dict[str, str]] = []
        self.summaries: list[str] = []
        self.open: list[bool] = []
        self._rows: list[list[str]] = []
        self._term = ""
        self._in: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.targets += [value or "" for name, value in attrs if name in {"src", "href", "action"}]
        match tag:
            case "details":
                self.open.append("open" in given)
            case "summary":
                self.summaries.append("")
            case "table":
                self._rows = self.tables.setdefault(given.get("class") or "", [])
            case "tr":
                self._rows.append([])
            case "td" | "th":
                self._rows[-1].append("")
            case "dl":
                self.figures.append({})
            case "dt":
                self._term = ""
            case "small":
                self.handle_data(" | ")
        if tag in {"td", "th", "dt", "dd", "summary"}:
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        match self._in[-1:]:
            case ["td" | "th"]:
                self._rows[-1][-1] += data
            case ["summary"]:
                self.summaries[-1] += data.replace("\n", " ")
            case ["dt"]:
                self._term += data
            case ["dd"]:
                known = self.figures[-1]
                known[self._term] = known.get(self._term, "") + data


def account(*jobs: JobFacts, name: str = "acme", platform: str = "usage") -> AccountFacts:
    return AccountFacts("organization", name, "api.github.com", platform, jobs)


def landing(
    *accounts: AccountFacts, now: datetime = NOW, amounts: bool = True, notice: str = ""
) -> Landing:
    page = Page(accounts, Build("1.2.3", "abc", notice), now)
    return Landing(render(page, now, amounts=amounts))


def collectors(*jobs: JobFacts, platform: str = "usage") -> Sequence[list[str]]:
    """Return the rows of collectors of an account."""
    return landing(account(*jobs, platform=platform)).tables["collectors"][1:]

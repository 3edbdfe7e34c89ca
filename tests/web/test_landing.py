"""The landing page shows the state of each job, no amounts and nothing external."""

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from exporter.metrics.model import Known
from exporter.metrics.page import AccountFacts, Build, JobFacts, Page
from exporter.web.landing import render
from tests.support.job_facts import READING, WORKING
from tests.support.simulator_client import NOW

FAILING = replace(
    WORKING, failure="unauthorized", detail="GitHub answered 401", hint="Make a new token."
)
NOT_OFFERED = replace(
    WORKING,
    collector="plan",
    known=Known(False),
    detail="GitHub answered 404",
    hint="Required: owner.",
)
STANDING_BY = replace(WORKING, known=Known(), standing_by=True, next_attempt=None)
NOT_ASKED = replace(WORKING, known=Known(), last_attempt=None, next_attempt=NOW)
TOO_OLD = replace(WORKING, known=Known(True, NOW - timedelta(hours=3)))

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "a", "b", "span"),
    *("details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
}


class Reader(HTMLParser):
    """Collect the tags, link targets, accounts and table rows of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.accounts: list[str] = []
        self.open: list[bool] = []
        self.rows: list[list[str]] = []
        self._in_cell = False
        self._in_summary = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in {"src", "href", "action"}]
        if tag == "details":
            self.open.append("open" in dict(attrs))
        if tag == "summary":
            self.accounts.append("")
            self._in_summary = True
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in {"td", "th"}
        self._in_summary = self._in_summary and tag != "summary"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data
        if self._in_summary:
            self.accounts[-1] += data.replace("\n", " ")


def html(*jobs: JobFacts, account: str = "acme", platform: str = "usage") -> str:
    facts = AccountFacts("organization", account, "api.github.com", platform, jobs)
    return render(Page([facts], Build("1.2.3", "abc"), NOW), NOW)


def row(job: JobFacts) -> list[str]:
    _, cells = Reader(html(job)).rows
    return cells


class TestRow:
    @pytest.mark.parametrize(
        ("job", "state", "age", "following"),
        [
            (WORKING, "works", "7 min", "in 8 min"),
            (FAILING, "fails", "7 min", "in 8 min"),
            (NOT_OFFERED, "not offered", "-", "in 8 min"),
            (STANDING_BY, "standby", "-", "-"),
            (NOT_ASKED, "not polled yet", "-", "now"),
            (TOO_OLD, "stale", "3 h, no longer shown", "in 8 min"),
        ],
    )
    def test_tells_state_age_and_next_attempt(
        self, job: JobFacts, state: str, age: str, following: str
    ) -> None:
        assert row(job)[:4] == [job.collector, state, age, following]

    @pytest.mark.parametrize(
        ("job", "words"),
        [
            (WORKING, ""),
            (FAILING, "unauthorized: GitHub answered 401. Make a new token."),
            (NOT_OFFERED, "GitHub answered 404. Required: owner."),
            (STANDING_BY, "Not needed: the account is on the other billing platform."),
            (
                replace(NOT_OFFERED, collector="usage", detail="", hint=""),
                "The account is on the legacy platform; usage is requested again at every poll.",
            ),
        ],
    )
    def test_tells_reason_and_hint(self, job: JobFacts, words: str) -> None:
        assert row(job)[4] == words

    @pytest.mark.parametrize(
        ("age", "words"),
        [
            (timedelta(0), "0 s"),
            (timedelta(seconds=119), "119 s"),
            (timedelta(minutes=119), "119 min"),
            (timedelta(hours=47), "47 h"),
            (timedelta(days=40), "40 d"),
            (timedelta(seconds=-30), "0 s"),
        ],
    )
    def test_spells_spans_in_one_unit(self, age: timedelta, words: str) -> None:
        reading = replace(READING, taken=NOW)
        assert row(replace(WORKING, known=Known(True, NOW - age, reading)))[2] == words

    def test_there_is_one_for_each_job(self) -> None:
        jobs = [replace(WORKING, collector=f"collector_{number}") for number in range(5)]
        _, *rows = Reader(html(*jobs)).rows
        assert [cells[0] for cells in rows] == [job.collector for job in jobs]


class TestPage:
    def test_markup_in_what_it_shows_is_text(self) -> None:
        evil = "<script src=\"https://evil.example/\">alert('x')</script>"
        job = replace(FAILING, collector=evil, failure=evil, detail=evil, hint=f"'\"&{evil}")
        page = html(job, account=evil, platform=evil)
        reader = Reader(page)
        assert reader.tags <= TAGS
        _, cells = reader.rows
        assert reader.accounts == [f"{evil} organization · {evil} platform · fails: 1"]
        assert cells[0] == evil
        assert cells[4] == f"{evil}: {evil}. '\"&{evil}"
        assert "'\"&" not in page

    def test_no_amount_is_on_it(self) -> None:
        page = html(WORKING)
        assert "works" in page
        assert "8675" not in page
        assert "actions_linux" not in page

    @pytest.mark.parametrize(
        "job", [WORKING, FAILING, NOT_OFFERED, STANDING_BY, NOT_ASKED, TOO_OLD]
    )
    def test_nothing_comes_from_elsewhere(self, job: JobFacts) -> None:
        page = html(job)
        reader = Reader(page)
        assert reader.targets == ["metrics", "healthz", "readyz"]
        assert reader.tags <= TAGS
        assert "url(" not in page
        assert "@import" not in page

    def test_counts_what_fails(self) -> None:
        assert '1 account · <span class="fails">2 failing</span>' in html(FAILING, WORKING, FAILING)
        assert "1 account · no failures" in html(WORKING, NOT_OFFERED, STANDING_BY)

    def test_names_version_and_time(self) -> None:
        page = html(WORKING)
        assert "Version 1.2.3 ·" in page
        assert "2026-10-20 09:30:00 UTC" in page

    def test_no_account_is_no_fault(self) -> None:
        reader = Reader(render(Page([], Build("1.2.3", ""), NOW), NOW))
        assert (reader.accounts, reader.rows) == ([], [])


class TestAccounts:
    def test_those_where_something_fails_come_first_and_lie_open(self) -> None:
        accounts = [
            AccountFacts("organization", name, "api.github.com", "usage", jobs)
            for name, jobs in (
                ("fine", (WORKING,)),
                ("broken", (WORKING, STANDING_BY, FAILING)),
                ("bare", (NOT_OFFERED,)),
            )
        ]
        reader = Reader(render(Page(accounts, Build("1.2.3", ""), NOW), NOW))
        assert [told.split()[0] for told in reader.accounts] == ["broken", "fine", "bare"]
        assert reader.open == [True, False, False]

    def test_one_alone_lies_open(self) -> None:
        assert Reader(html(WORKING)).open == [True]

    def test_each_says_how_many_jobs_stand_how(self) -> None:
        assert Reader(html(WORKING, FAILING, WORKING, STANDING_BY)).accounts == [
            "acme organization · usage platform · fails: 1 · works: 2 · standby: 1"
        ]

    def test_an_undecided_platform_is_not_named(self) -> None:
        assert Reader(html(NOT_ASKED, platform="")).accounts == [
            "acme organization · not polled yet: 1"
        ]

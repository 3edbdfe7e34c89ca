"""The landing page shows the state of each job, and nothing external."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exporter.metrics.model import Known
from exporter.metrics.page import JobFacts
from tests.support.job_facts import READING, WORKING
from tests.support.landing import account, collectors, landing
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
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "a", "b", "span"),
    *("details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "small"),
    *("dl", "dt", "dd", "div"),
}


def row(job: JobFacts) -> list[str]:
    (cells,) = collectors(job, platform="legacy")
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
            (
                STANDING_BY,
                "Not polled: the account is not known to be on this collector's platform.",
            ),
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

    def test_those_that_fail_come_first_then_those_that_work(self) -> None:
        jobs = (NOT_OFFERED, WORKING, replace(WORKING, collector="budgets"), FAILING)
        assert [cells[0] for cells in collectors(*jobs)] == ["usage", "usage", "budgets", "plan"]
        assert [cells[1] for cells in collectors(*jobs)] == [
            *("fails", "works", "works", "not offered")
        ]

    def test_of_the_closed_platform_is_only_shown_off_the_usage_platform(self) -> None:
        legacy = replace(STANDING_BY, collector="legacy_actions")
        assert [cells[0] for cells in collectors(legacy, WORKING)] == ["usage"]
        page = landing(account(legacy, WORKING))
        assert "legacy" not in page.html.replace("landing", "")
        assert "standby" not in page.html
        assert len(collectors(legacy, WORKING, platform="")) == 2


class TestPage:
    def test_markup_in_what_it_shows_is_text(self) -> None:
        evil = "<script src=\"https://evil.example/\">alert('x')</script>"
        job = replace(FAILING, collector=evil, failure=evil, detail=evil, hint=f"'\"&{evil}")
        page = landing(*[account(job, name=evil, platform=evil)] * 2)
        assert page.tags <= TAGS
        _, cells, _, _ = page.tables["collectors"]
        assert page.summaries[0] == f"{evil} organization · {evil} platform · fails: 1"
        assert cells[0] == evil
        assert cells[4] == f"{evil}: {evil}. '\"&{evil}"
        _, (listed, *_), _ = page.tables["accounts"]
        assert listed == f"{evil} | organization · 1 fails: {evil} ({evil})"
        assert "'\"&" not in page.html

    @pytest.mark.parametrize(
        "job", [WORKING, FAILING, NOT_OFFERED, STANDING_BY, NOT_ASKED, TOO_OLD]
    )
    def test_nothing_comes_from_elsewhere(self, job: JobFacts) -> None:
        page = landing(account(job), account(job, name="other"))
        own = {"metrics", "healthz", "readyz", "#organization/acme", "#organization/other"}
        assert set(page.targets) == own
        assert page.tags <= TAGS
        assert "url(" not in page.html
        assert "@import" not in page.html

    def test_counts_what_fails(self) -> None:
        two = landing(account(FAILING, WORKING, FAILING)).html
        assert '1 account · <span class="fails">1 failing</span>: 2 collectors' in two
        assert "1 account · no failures" in landing(account(WORKING, NOT_OFFERED)).html

    def test_names_version_and_time(self) -> None:
        page = landing(account(WORKING), notice="All is made up.").html
        assert "Version 1.2.3 ·" in page
        assert "2026-10-20 09:30:00 UTC" in page
        assert page.index("All is made up.") < page.index("Version")

    def test_no_account_is_no_fault(self) -> None:
        page = landing()
        assert (page.summaries, page.tables) == ([], {})


class TestAccounts:
    def test_those_where_something_fails_come_first_and_all_are_folded(self) -> None:
        page = landing(
            account(WORKING, name="fine"),
            account(WORKING, STANDING_BY, FAILING, name="broken"),
            account(NOT_OFFERED, name="bare"),
        )
        assert [told.split()[0] for told in page.summaries] == ["broken", "fine", "bare"]
        assert [cells[0] for cells in page.tables["accounts"][1:]] == [
            "broken | organization · 1 fails: usage (unauthorized)",
            "fine | organization · works",
            "bare | organization · not offered",
        ]
        assert page.open == [False] * 3

    def test_a_row_links_into_its_details(self) -> None:
        page = landing(account(WORKING, name="fine"), account(WORKING, name="other"))
        links = [target for target in page.targets if target.startswith("#")]
        assert links == [f"#{each}" for each in page.ids]
        # A target inside of folded details unfolds them.
        assert page.html.index("<summary>") < page.html.index('id="organization/fine"')

    def test_many_failing_collectors_are_counted(self) -> None:
        jobs = [replace(FAILING, collector=f"c{number}") for number in range(5)]
        page = landing(account(*jobs), account(WORKING, name="fine"))
        assert page.tables["accounts"][1][0] == (
            "acme | organization · 5 fail: "
            "c0 (unauthorized), c1 (unauthorized), c2 (unauthorized), 2 more"
        )

    def test_one_alone_lies_open_without_a_table(self) -> None:
        page = landing(account(WORKING))
        assert page.open == [True]
        assert "accounts" not in page.tables

    def test_each_says_how_many_jobs_stand_how(self) -> None:
        page = landing(account(WORKING, FAILING, WORKING, STANDING_BY, platform="legacy"))
        assert page.summaries == [
            "acme organization · legacy platform · fails: 1 · works: 2 · standby: 1"
        ]

    def test_an_undecided_platform_is_not_named(self) -> None:
        page = landing(account(NOT_ASKED, platform=""))
        assert page.summaries == ["acme organization · not polled yet: 1"]

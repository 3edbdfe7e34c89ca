"""The landing page shows each account's money as /metrics has it: absent is never 0."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Reading, Sample
from exporter.metrics.page import AccountFacts, JobFacts
from tests.support.job_facts import WORKING
from tests.support.landing import Landing, account, landing
from tests.support.web_application import Server

START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
AT = START + (END - START) / 4
CYCLE = (
    catalogue.CYCLE_START(START.timestamp()),
    catalogue.CYCLE_END(END.timestamp()),
    catalogue.CYCLE_REMAINING_DAYS(23),
)
SPENT, FORECAST, LAST = "Spent this month", "Forecast for the month", "Last month"
LEFT, BUDGET = "Days left", "Fullest budget"
NONE = "\N{EN DASH}"


def job(collector: str, *samples: Sample, at: datetime = AT) -> JobFacts:
    reading = Reading(at - timedelta(minutes=7), samples, cycle_end=END)
    known = Known(True, reading.taken, reading)
    return replace(WORKING, collector=collector, known=known, last_attempt=reading.taken)


def usd(net: float, discount: float = 0.0, product: str = "actions") -> tuple[Sample, ...]:
    return catalogue.USAGE_USD((net + discount, discount, net), product=product, sku="sku")


def usage(*samples: Sample) -> JobFacts:
    return job("usage", *CYCLE, *samples)


def previous(net: float, discount: float = 0.0) -> JobFacts:
    samples = catalogue.PREVIOUS_CYCLE_USAGE_USD(
        (net + discount, discount, net), product="actions", sku="sku"
    )
    return job("usage_previous_cycle", *samples)


def figures(*jobs: JobFacts, platform: str = "usage", at: datetime = AT) -> Mapping[str, str]:
    (found,) = landing(account(*jobs, platform=platform), now=at).figures
    return found


def budget(
    name: str, limit: float, consumed: float | None, scope: str = "organization", target: str = ""
) -> tuple[Sample, ...]:
    info = catalogue.BUDGET_INFO(
        1,
        budget=name,
        type="productpricing",
        scope=scope,
        entity="",
        target=target,
        hard="false",
        alerting="false",
    )
    used = () if consumed is None else (catalogue.BUDGET_CONSUMED_USD(consumed, budget=name),)
    return (catalogue.BUDGET_LIMIT_USD(limit, budget=name), info, *used)


class TestSpent:
    @pytest.mark.parametrize(
        ("net", "words"),
        [
            (1234567.891, "$1,234,567.89"),
            (0.0, "$0.00"),
            (-12.5, "-$12.50"),
            (0.005 + 1e-9, "$0.01"),
        ],
    )
    def test_has_two_decimals(self, net: float, words: str) -> None:
        assert figures(usage(*usd(net)))[SPENT] == words

    def test_a_month_without_usage_is_0(self) -> None:
        shown = figures(usage(), job("usage_previous_cycle"))
        assert (shown[SPENT], shown[LAST]) == ("$0.00", "$0.00")

    @pytest.mark.parametrize(
        ("facts", "why"),
        [
            (replace(usage(), known=Known(), last_attempt=None), " | not polled yet"),
            (replace(usage(), known=Known(), failure="unauthorized"), " | unauthorized"),
            (replace(usage(), known=Known(False)), " | not offered"),
            (
                replace(usage(), known=Known(True, AT - timedelta(hours=5))),
                " | not read for 5 h",
            ),
            (job("plan"), " | usage is off"),
        ],
    )
    def test_what_is_not_known_is_absent_with_the_reason(self, facts: JobFacts, why: str) -> None:
        shown = figures(facts)
        assert shown[SPENT] == f"{NONE}{why}"
        assert (shown[FORECAST], shown[LEFT]) == (NONE, NONE)
        assert "$" not in "".join(shown.values())

    @pytest.mark.parametrize(
        ("facts", "age"),
        [
            (usage(*usd(5)), ""),
            (replace(usage(*usd(5)), failure="unreachable"), " | 7 min old"),
            (replace(usage(*usd(5)), stale_after=timedelta(minutes=10)), " | 7 min old"),
        ],
    )
    def test_what_is_not_renewed_shows_its_age(self, facts: JobFacts, age: str) -> None:
        assert figures(facts)[SPENT] == f"$5.00{age}"

    def test_an_ended_month_is_not_this_month(self) -> None:
        shown = figures(usage(*usd(5)), previous(6), at=END)
        assert shown[SPENT] == shown[LAST] == f"{NONE} | not read this month yet"
        assert (shown[FORECAST], shown[LEFT]) == (NONE, NONE)


class TestForecast:
    """At a quarter of the month, as the recording rules forecast until they know three days."""

    @pytest.mark.parametrize(
        ("jobs", "dollars"),
        [
            ((usage(*usd(10)), previous(0)), "$40.00"),
            ((usage(*usd(10)), previous(0.009, 999)), "$40.00"),
            # 100 dollars of usage by the end, of which a quota covers 60.
            ((usage(*usd(0, 25)), previous(7, 60)), "$40.00"),
            ((usage(*usd(10, 25)), previous(7, 20)), "$115.00"),
            ((usage(*usd(10, 5)), previous(7, 500)), "$40.00"),
            ((usage(), previous(0)), "$0.00"),
            ((usage(*usd(10)),), f"{NONE} | usage_previous_cycle is off"),
        ],
    )
    def test_knows_what_plans_cover(self, jobs: tuple[JobFacts, ...], dollars: str) -> None:
        assert figures(*jobs)[FORECAST] == dollars

    @pytest.mark.parametrize(
        ("last", "dollars"), [(0.0, "$10.00"), (8.0, "$10.00"), (25.0, "$25.00"), (99.0, "$40.00")]
    )
    def test_licenses_are_at_most_those_of_last_month(self, last: float, dollars: str) -> None:
        seats = catalogue.USAGE_QUANTITY(
            (1, 0, 1), product="actions", sku="sku", unit="user_months"
        )
        assert figures(usage(*usd(10), *seats), previous(last))[FORECAST] == dollars

    def test_waits_for_the_second_day(self) -> None:
        early = START + timedelta(hours=23, minutes=59)
        jobs = (usage(*usd(10)), previous(0))
        assert figures(*jobs, at=early)[FORECAST] == f"{NONE} | from the second day"
        assert figures(*jobs, at=START + timedelta(days=1))[FORECAST] == "$310.00"


class TestProducts:
    @staticmethod
    def rows(*samples: Sample) -> list[list[str]]:
        return landing(account(usage(*samples)), now=AT).tables.get("products", [])[1:]

    def test_the_most_expensive_come_first_with_their_share(self) -> None:
        amounts = usd(25), usd(75, product="copilot"), usd(0, 9, product="packages")
        assert self.rows(*sum(amounts, ())) == [
            ["copilot", "$75.00", "75.0%"],
            ["actions", "$25.00", "25.0%"],
        ]

    def test_those_without_cost_are_named(self) -> None:
        page = landing(account(usage(*usd(0), *usd(0, product="git_lfs"))), now=AT)
        assert "$0.00: actions, git_lfs" in page.html
        assert "products" not in page.tables

    def test_cents_add_up_to_the_account(self) -> None:
        thirds = [usd(10 / 3, product=name) for name in "abc"]
        cells = [cents for _, cents, _ in self.rows(*sum(thirds, ()))]
        assert cells == ["$3.34", "$3.33", "$3.33"]

    def test_a_small_share_is_not_0_nor_the_rest_all(self) -> None:
        amounts = usd(99_999), usd(1, product="copilot")
        shares = [share for _, _, share in self.rows(*sum(amounts, ()))]
        assert shares == ["99.9%", "under 0.1%"]

    def test_a_credit_leaves_no_shares(self) -> None:
        assert self.rows(*usd(25), *usd(-5, product="copilot")) == [
            ["actions", "$25.00", NONE],
            ["copilot", "-$5.00", NONE],
        ]


class TestBudget:
    def test_is_the_fullest_by_what_github_reports_or_the_estimate(self) -> None:
        budgets = job("budgets", *budget("half", 10, 5), *budget("most", 100, None, target="ghas"))
        estimates = [
            catalogue.BUDGET_ESTIMATED_CONSUMED_USD(usd_, budget=name)
            for name, usd_ in (("half", 9.9), ("most", 70))
        ]
        shown = figures(usage(), budgets, job("budget_estimates", *estimates))
        assert shown[BUDGET] == "70.0% | acme: ghas | $70.00 of $100.00, estimated"
        said = "50.0% | acme: all usage | $5.00 of $10.00"
        assert figures(usage(), budgets)[BUDGET] == said
        failing = replace(budgets, failure="unreachable")
        assert figures(usage(), failing)[BUDGET] == f"{said} | 7 min old"

    def test_of_ones_own_is_called_by_its_name(self) -> None:
        samples = (
            *budget("own:mobile", 10, None),
            catalogue.BUDGET_ESTIMATED_CONSUMED_USD(12, budget="own:mobile"),
        )
        shown = figures(usage(), job("own_budgets", *samples))
        assert shown[BUDGET] == "120.0% | mobile | $12.00 of $10.00, estimated"

    @pytest.mark.parametrize(
        "samples",
        [
            budget("zero", 0, 5),
            budget("unknown", 10, None),
            budget("person", 10, 5, scope="user"),
            budget("people", 10, 5, scope="multi_user_customer"),
            (),
        ],
    )
    def test_without_a_share_is_none(self, samples: tuple[Sample, ...]) -> None:
        shown = figures(usage(), job("budgets", *samples))
        assert shown[BUDGET] == f"{NONE} | no budget whose used share is known"

    def test_is_absent_with_the_reason(self) -> None:
        assert figures(usage())[BUDGET] == f"{NONE} | budgets is off"
        failing = replace(job("budgets"), known=Known(), failure="forbidden")
        assert figures(usage(), failing)[BUDGET] == f"{NONE} | forbidden"


class TestLegacy:
    def test_shows_minutes_and_no_dollars(self) -> None:
        minutes = (catalogue.ACTIONS_USED_MINUTES(5200), catalogue.ACTIONS_INCLUDED_MINUTES(3000))
        storage = job("legacy_shared_storage", catalogue.CYCLE_REMAINING_DAYS(12))
        facts = (job("legacy_actions", *minutes), storage, replace(usage(), known=Known(False)))
        assert figures(*facts, platform="legacy") == {
            "Actions minutes used, of those included": "5,200 of 3,000",
            SPENT: f"{NONE} | no dollars on the legacy platform",
            FORECAST: NONE,
            LAST: NONE,
            LEFT: "12",
            BUDGET: NONE,
        }


class TestTable:
    def test_orders_accounts_by_money_and_repeats_their_figures(self) -> None:
        def named(name: str, *jobs: JobFacts) -> AccountFacts:
            return account(*jobs, name=name)

        unread = replace(usage(), known=Known(), last_attempt=None)
        rich = usage(*usd(500)), previous(400), job("budgets", *budget("b", 1000, 500))
        page = landing(
            named("unread", unread),
            named("none", usage()),
            named("rich", *rich),
            named("failing", replace(usage(*usd(1)), failure="unreachable")),
            now=AT,
        )
        rows = page.tables["accounts"][1:]
        assert [cells[0].split()[0] for cells in rows] == ["failing", "rich", "none", "unread"]
        assert rows[1][1:] == ["$500.00", "$2,000.00", "$400.00", "23", "50.0% | rich: all usage"]

    def test_no_total_adds_an_enterprise_to_its_organizations(self) -> None:
        page = landing(*(account(usage(*usd(7)), name=name) for name in "ab"), now=AT)
        assert "$14.00" not in page.html


class TestWithoutAmounts:
    def test_no_amount_is_on_the_page_but_the_states_are(self) -> None:
        jobs = usage(*usd(8675.3)), previous(4321.0), job("budgets", *budget("b", 9000, 7777))
        both = [account(*jobs, name=name) for name in ("one", "two")]
        full, hidden = (landing(*both, now=AT, amounts=amounts) for amounts in (True, False))
        amounts = _amounts(full)
        assert len(amounts) > 5
        assert not {each for each in amounts if each in hidden.html}
        assert not _amounts(hidden)
        assert (hidden.figures, set(hidden.tables)) == ([], {"accounts", "collectors"})
        assert hidden.tables["collectors"] == full.tables["collectors"]
        assert hidden.tables["accounts"][1:] == [
            ["one | organization", "works"],
            ["two | organization", "works"],
        ]

    def test_the_setting_hides_nothing_on_metrics(self) -> None:
        server = Server(settings={"web": {"no_amounts": True}})
        page = server.polled("/").text
        assert "works" in page
        assert "$" not in page
        assert "github_billing_usage_net_usd{" in asyncio.run(server.ask("/metrics")).text

    def test_without_the_setting_they_are_shown(self) -> None:
        page = Landing(Server().polled("/").text)
        assert re.fullmatch(r"\$[\d,]+\.\d\d", page.figures[0][SPENT])


def _amounts(page: Landing) -> set[str]:
    _, body = page.html.split("</style>")
    return {*re.findall(r"\$[\d,]+\.\d\d|\d+\.\d%", body)}

"""The panels of the dashboards, ten months back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import promql_parser
import pytest

from exporter.history.wanted import Wanted
from tests.support.board_answers import within
from tests.support.dashboards import BOARDS, Asked, asked, filled, selectors
from tests.support.past_months import blocks, demo_at, past
from tests.support.programs import prometheus

NOW = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
TEN_MONTHS_AGO = datetime(2025, 12, 31, 18, tzinfo=UTC)

WITHOUT_A_PAST = {
    "process_start_time_seconds": "about the exporter",
    "github_billing_exporter_": "about the exporter",
    "github_billing_budget_": "GitHub has only today's budgets",
    "account_budget:": "GitHub has only today's budgets",
    "github_billing_advanced_security_": "GitHub has only today's seats",
    "github_billing_copilot_": "GitHub has only today's seats",
    "github_billing_license": "GitHub has only today's licenses",
    "github_billing_plan_": "GitHub has only today's seats",
    "account_product:github_billing_seats:": "GitHub has only today's seats",
    "github_billing_cost_center_ai_pool_": "GitHub has only the current pools",
    "github_billing_actions_included_": "a plan of the past is unknown",
    "github_billing_packages_included_": "a plan of the past is unknown",
    "github_billing_shared_storage_included_": "a plan of the past is unknown",
    "github_billing_team_": "the allocation to teams is of today",
    "github_billing_previous_cycle_team_": "the allocation to teams is of today",
    "github_billing_repository_team_info": "the allocation to teams is of today",
    "account_team:": "the allocation to teams is of today",
    "github_billing_workflow_": "GitHub's exports are of the current month",
    "account_organization_repository_workflow:": "GitHub's exports are of the current month",
    "github_billing_usage_latest_item_": "about GitHub's reports of today",
    "github_billing_own_estimated_usd": "the own prices of the demo begin in 2026",
    "account_quota:github_billing_included:used": "of the legacy platform, which has no past",
    "account_quota:github_billing_included:limit": "of the legacy platform, which has no past",
}
"""Why a panel that reads a metric whose name begins so has no past."""

OPTIONAL = {
    "github_billing_exporter_collector_success",
    "github_billing_exporter_collector_available",
    "github_billing_exporter_collector_last_success_timestamp_seconds",
    "github_billing_exporter_collector_stale_after_seconds",
}
"""What totals read to say how many accounts they cover."""

UNANSWERED = {
    "Moved to another billing platform": "an account is on one platform all the time",
    "What grew most?": "November has a day less than October, so that no SKU of the demo grew",
    "Which prices changed?": "the prices of the demo never change",
    "Spend and forecast this month, 1": "no account is missing",
    "Daily spend by product, 2": "there is no gap",
    "Unread accounts": "no account is missing",
    "What does each account cost?, 9": "the demo is not on github.com",
    "Which cost center changed most this week?": "cost centers of the demo cost the same each week",
    "What is charged to each cost center?, 3": "the previous cycle by cost center is of today",
    "Daily minutes by operating system (legacy)": "of the legacy platform",
    "Which runner uses most minutes? (legacy)": "of the legacy platform",
}
"""By title, or by title and the number of the query."""

ANSWERED = {
    "What does a minute cost?": "hosted minutes have a price before own prices begin",
    "How much is left of each quota?, 0": "minutes of the usage platform against last month's",
}
"""Panels that show a part of their metrics."""

EVERY_EXPRESSION = [each for name in BOARDS for each in asked(name)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("prometheus")
    _, app = demo_at(NOW)
    accounts = "acme", "mona", "acme-corp"
    year_ago = past(Wanted(22, timedelta(hours=1), NOW), app, *accounts, most=1)
    last_two = past(Wanted(11, timedelta(hours=1), NOW), app, *accounts, most=2)
    blocks((*year_ago, *last_two), data)
    with prometheus("{}", "newest", data=data, flags=["--storage.tsdb.retention.time=10y"]) as it:
        yield it


def has_a_past(each: Asked) -> bool:
    names = {str(one.name) for one in selectors(promql_parser.parse(filled(each.expr)))}
    names = names - OPTIONAL or names
    beside = [one for one in asked(each.board) if one.title == each.title]
    keys = {each.title, f"{each.title}, {beside.index(each)}"}
    return not keys.isdisjoint(ANSWERED) or (
        keys.isdisjoint(UNANSWERED)
        and not any(name.startswith(tuple(WITHOUT_A_PAST)) for name in names)
    )


def test_most_panels_of_dollars_and_quantities_have_a_past() -> None:
    assert sum(map(has_a_past, EVERY_EXPRESSION)) > 50


@pytest.mark.parametrize("each", EVERY_EXPRESSION, ids=lambda each: f"{each.board}:{each.title}")
def test_answers_if_its_metrics_have_a_past(url: str, each: Asked) -> None:
    assert within(url, each, TEN_MONTHS_AGO) == has_a_past(each)

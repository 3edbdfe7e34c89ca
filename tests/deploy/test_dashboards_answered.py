"""Every expression of the dashboards, queried from a Prometheus that scraped the demo."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import fsum

import pytest
import yaml

from tests.support.blocks import RECORDING
from tests.support.board_answers import answered, within
from tests.support.dashboards import ACCOUNT_TYPES, BOARDS, Asked, asked, filled
from tests.support.month_of_demo import NOW, remembered
from tests.support.programs import (
    prometheus,
    running,
    until,
)

WITHOUT_CASE = {
    "What does each account cost?": 'host="api.github.com"',
    "Spend and forecast this month": " and on () (",
}
"""Parts of expressions that the demo never answers: it is not GitHub, and no account is missing."""

EVERY_EXPRESSION = [
    each
    for name in BOARDS
    for each in asked(name)
    if each.title not in WITHOUT_CASE or WITHOUT_CASE[each.title] not in each.expr
]
TAKES_A_DAY = (
    *("offset", "[1d]", "spend1d", "spend7d", "forecast", "elapsed", "shared_storage"),
    *("previous_cycle_team", "previous_cycle_cost_center"),
)
"""Expressions with these need a day of scrapes or the first days of a month."""

SPENT = next(each for each in EVERY_EXPRESSION if each.title == "Spent this month")


def values(url: str, each: Asked, at: datetime) -> list[float]:
    """Return the values for the enterprise at a time."""
    found = answered(url, "query", query=filled(each.expr), time=at.timestamp())
    return [float(series["value"][1]) for series in found]


def now(url: str, each: Asked) -> bool:
    """Return whether any type of account has a result."""
    kinds = [answered(url, "query", query=filled(each.expr, kind)) for kind in ACCOUNT_TYPES]
    return any(kinds)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Prometheus with more than a month of the demo, including moves."""
    with remembered(tmp_path_factory.mktemp("month")) as url:
        yield url


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Prometheus that starts to scrape the demo, with the recording rules."""
    rules = yaml.safe_load(RECORDING.read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
    file = tmp_path_factory.mktemp("rules") / "recording.yml"
    file.write_text(yaml.safe_dump(rules))
    with running(["demo"], {}) as exporter:
        target = exporter.base_url.removeprefix("http://")
        config = {
            "global": {"scrape_interval": "5s", "scrape_timeout": "5s"},
            "rule_files": [str(file)],
            "scrape_configs": [
                {"job_name": "github-billing", "static_configs": [{"targets": [target]}]}
            ],
        }
        with prometheus(yaml.safe_dump(config), "newest") as url:
            yield url


class TestAMonth:
    @pytest.mark.parametrize(
        "each", EVERY_EXPRESSION, ids=lambda each: f"{each.board}:{each.title}"
    )
    def test_answers_what_a_panel_asks(self, month: str, each: Asked) -> None:
        assert within(month, each, NOW)

    def test_sums_its_days_to_its_bill(self, month: str) -> None:
        midnight = NOW.replace(hour=0, minute=0)
        days = [midnight - timedelta(days=number) for number in range(NOW.day - 1)]
        bars = [each for each in asked("overview") if each.title == "Daily spend by product"]
        shown = fsum(value for bar in bars for day in days for value in values(month, bar, day))
        assert shown == pytest.approx(sum(values(month, SPENT, midnight)))


class TestAFreshInstall:
    def test_is_an_error_nowhere(self, fresh: str) -> None:
        for each in EVERY_EXPRESSION:
            now(fresh, each)

    def test_is_answered_by_the_first_scrapes_where_no_day_is_needed(self, fresh: str) -> None:
        at_once = [
            each for each in EVERY_EXPRESSION if not any(word in each.expr for word in TAKES_A_DAY)
        ]
        assert len(at_once) > len(EVERY_EXPRESSION) / 2

        waiting = list(at_once)

        def all_answered() -> bool:
            waiting[:] = [each for each in waiting if not now(fresh, each)]
            return not waiting

        until(all_answered)

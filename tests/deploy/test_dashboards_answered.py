"""Every expression of the dashboards and of docs/money.md, asked of a month of the demo."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import fsum

import pytest

from tests.support.board_answers import EVERY_EXPRESSION, answered, within
from tests.support.dashboards import Asked, asked, filled
from tests.support.month_of_demo import NOW, remembered
from tests.support.questions import QUESTIONS, Question

SPENT = next(each for each in EVERY_EXPRESSION if each.title == "Spent this month")


def values(url: str, each: Asked, at: datetime) -> list[float]:
    """Return the values for the enterprise at a time."""
    found = answered(url, "query", query=filled(each.expr), time=at.timestamp())
    return [float(series["value"][1]) for series in found]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Prometheus with more than a month of the demo, including moves."""
    with remembered(tmp_path_factory.mktemp("month")) as url:
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

    @pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.title)
    def test_answers_a_question_about_money(self, month: str, question: Question) -> None:
        found = answered(month, "query", query=question.query, time=NOW.timestamp())
        assert bool(found) == (question.empty is None)

"""What a Prometheus answers to the panels of the dashboards."""

from datetime import datetime, timedelta
from typing import Any

from tests.support.dashboards import ACCOUNT_TYPES, BOARDS, Asked, asked, filled
from tests.support.programs import fetch

MONTH = timedelta(days=30)

WITHOUT_CASE = {
    "What does each account cost?": 'host="api.github.com"',
    "Spend and forecast this month": " and on () (",
    "Daily spend by product": " > 0 unless on (",
}
"""Parts of expressions that the demo never answers: it is not GitHub, no account is missing, and
there is no gap."""

EVERY_EXPRESSION = [
    each
    for name in BOARDS
    for each in asked(name)
    if each.title not in WITHOUT_CASE or WITHOUT_CASE[each.title] not in each.expr
]


def answered(url: str, path: str, **question: str | float) -> list[dict[str, Any]]:
    """Return the series of a query. An error fails the test."""
    answer = fetch(f"{url}/api/v1/{path}", params=question)
    assert answer.status_code == 200, f"{question['query']}: {answer.text}"
    result: list[dict[str, Any]] = answer.json()["data"]["result"]
    return result


def within(url: str, each: Asked, end: datetime) -> bool:
    """Return whether the panel's query has a result, over the month before `end` or at `end`."""
    span = {"start": (end - MONTH).timestamp(), "end": end.timestamp(), "step": 6 * 3600}
    path, when = ("query_range", span) if each.ranged else ("query", {"time": end.timestamp()})
    kinds = [answered(url, path, query=filled(each.expr, kind), **when) for kind in ACCOUNT_TYPES]
    return any(kinds)

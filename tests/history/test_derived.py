"""Recorded series of accounts whose usage begins within a month."""

from datetime import UTC, datetime, timedelta

import pytest

from exporter.billing.cycle import Cycle
from exporter.history.curves import Line, sum_of
from exporter.history.derived import Forecast, Hourly, OfTime, RunRate, Spend
from exporter.history.forecasts import Covered, Licenses, SumOf, Usage
from exporter.history.times import Times
from exporter.history.windows import by_hour, means, slopes

MAY = Cycle.at(datetime(2026, 5, 1, tzinfo=UTC))
TIMES = Times(MAY, MAY.end, MAY.end)
SIX_HOURS = TIMES.days(timedelta(hours=6))
HOURS = TIMES.days(timedelta(hours=1))


def growing(first: int, a_day: float) -> Line:
    """Return a line that begins with a day."""
    line = Line(31)
    for day in range(first, 31):
        line.set(day, (day - first) * a_day, (day - first + 1) * a_day)
    return line


def test_a_product_that_begins_had_spent_nothing_the_day_before() -> None:
    line, account = growing(4, 8.0), growing(0, 10.0)
    assert Spend(line, account).values(3, SIX_HOURS[3]) == ()
    assert Spend(line, account).values(4, SIX_HOURS[4]) == [2.0, 4.0, 6.0, 8.0]
    assert Spend(line, account).values(5, SIX_HOURS[5]) == [8.0] * 4


def test_an_account_that_begins_has_no_spend_until_it_has_a_day_before() -> None:
    account = growing(4, 8.0)
    assert Spend(account, account).values(4, SIX_HOURS[4]) == ()
    assert Spend(account, account).values(5, SIX_HOURS[5]) == [8.0] * 4


def test_a_correction_downwards_is_no_spend() -> None:
    line = growing(0, 8.0)
    line.set(10, 80.0, 40.0)
    assert Spend(line, line).values(10, SIX_HOURS[10]) == [0.0] * 4


def test_a_run_rate_needs_a_day() -> None:
    elapsed = growing(0, 1 / 31)
    line = growing(0, 10.0)
    assert RunRate(line, elapsed).values(0, SIX_HOURS[0]) == ()
    assert RunRate(line, elapsed).values(1, SIX_HOURS[1]) == pytest.approx([310.0] * 4)


def test_a_forecast_needs_two_days_and_an_hour() -> None:
    line, first = growing(0, 24.0), int(MAY.start.timestamp())
    slope = Hourly(slopes(by_hour(line, HOURS)), first)
    forecast = Forecast(line, slope, MAY.end.timestamp())
    assert [value > 0 for value in forecast.values(2, HOURS[2])] == [False] * 2 + [True] * 22
    # The value at an hour is that of the hour that begins.
    assert forecast.values(30, HOURS[30]) == pytest.approx([31 * 24.0 + 1] * 24)


ELAPSED = OfTime(lambda at: (at - MAY.start.timestamp()) / (31 * 86_400))


def constant(value: float, first: int = 0) -> Line:
    line = Line(31)
    for day in range(first, 31):
        line.set(day, value, value)
    return line


def licenses(net: Line, previous: Line) -> Licenses:
    return Licenses(net, RunRate(net, ELAPSED), previous, int(MAY.start.timestamp()))


def test_licenses_of_the_1st_are_not_paced() -> None:
    found = licenses(constant(100.0), constant(130.0))
    assert found.values(0, SIX_HOURS[0]) == []
    assert found.values(1, SIX_HOURS[1]) == [130.0] * 4
    assert found.values(3, SIX_HOURS[3]) == [100.0] * 4


def test_licenses_by_the_day_are_paced() -> None:
    found = licenses(growing(0, 10.0), constant(200.0))
    assert found.values(2, SIX_HOURS[2]) == [200.0] * 4
    assert found.values(9, SIX_HOURS[9])[0] == pytest.approx(310.0 * 9.25 / 9)


def test_licenses_bought_within_three_days_are_not_paced() -> None:
    bought = constant(50.0, first=10)
    found = licenses(bought, Line(31))
    assert found.values(11, SIX_HOURS[11]) == [50.0] * 4


def test_a_quota_ends_where_it_did_last_month_and_then_where_it_did_this_month() -> None:
    gross, net, discount = growing(0, 10.0), Line(31), Line(31)
    for day in range(31):
        edges = day * 10.0, day * 10.0 + 10.0
        discount.set(day, *(min(edge, 120.0) for edge in edges))
        net.set(day, *(max(edge - 120.0, 0.0) for edge in edges))
    until_then = Covered(RunRate(net, ELAPSED), discount, constant(100.0))
    found = Usage(net, gross, ELAPSED, until_then)
    assert found.values(8, SIX_HOURS[8])[3] == pytest.approx(310.0 * 9 / 8.75 - 100)
    assert found.values(20, SIX_HOURS[20])[3] == pytest.approx(310.0 * 21 / 20.75 - 120)


def test_a_sum_of_curves_leaves_out_those_of_other_days() -> None:
    total = SumOf([growing(0, 4.0), growing(2, 8.0)])
    assert total.values(1, SIX_HOURS[1]) == [5.0, 6.0, 7.0, 8.0]
    assert total.values(2, SIX_HOURS[2]) == [11.0, 14.0, 17.0, 20.0]


def test_a_mean_needs_a_week() -> None:
    found = means([5.0] * 240, [])
    assert [value == 5.0 for value in found].index(True) == 8 * 24 - 1
    assert means([5.0] * 24, [3.0] * 744) == [3.0] * 24


def test_a_sum_has_only_the_lines_of_a_day() -> None:
    total = sum_of([growing(0, 1.0), growing(2, 10.0)], 31)
    assert (total.last[1], total.last[2]) == (2.0, 13.0)
    assert not sum_of([], 31).has(0)

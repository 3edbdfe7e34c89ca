"""How a month's sums grow from day to day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from exporter.history.shape import Shape, Used
from exporter.history.wanted import Wanted
from tests.support.past_months import NOW, SIX_HOURS, Labels, Values, demo_at, past, values
from tests.support.usage_rows import row_of

DAY = timedelta(days=1)
FIRST = datetime(2026, 9, 1, tzinfo=UTC)
NET = "github_billing_usage_net_usd"


def of(found: Values, name: str, **labels: str) -> Mapping[datetime, float]:
    """Return the values of the only series with these labels."""
    wanted = {"__name__": name, **labels}.items()
    (its,) = (values for key, values in found.items() if wanted <= dict(key).items())
    return its


def sums_of_days(found: Values) -> dict[Labels, list[float]]:
    """Return the values of each day's last sample, by series in dollars."""
    return {
        labels: [its[at] for at in sorted(its) if (at + SIX_HOURS).date() != at.date()]
        for labels, its in found.items()
        if dict(labels)["__name__"] == NET
    }


def test_grows_evenly_within_a_day() -> None:
    _, app = demo_at(NOW)
    found = values(past(Wanted(1, timedelta(hours=1), NOW), app, "acme"))
    linux = of(found, "github_billing_usage_gross_quantity", sku="actions_linux")
    assert len(linux) == 30 * 24
    for day in range(1, 30):
        start = FIRST + day * DAY
        before, last = linux[start - timedelta(hours=1)], linux[start + timedelta(hours=23)]
        for hour in range(24):
            grown = before + (last - before) * (hour + 1) / 24
            assert linux[start + timedelta(hours=hour)] == pytest.approx(grown)


def test_the_first_of_the_next_month_starts_again() -> None:
    _, app = demo_at(NOW)
    found = values(past(Wanted(2, SIX_HOURS, NOW), app, "acme"))
    linux = of(found, NET, sku="actions_linux")
    assert linux[FIRST] < linux[FIRST - SIX_HOURS] / 100
    assert max(linux) < FIRST + 30 * DAY


def test_days_have_the_same_sums_if_each_is_requested() -> None:
    github, app = demo_at(NOW)
    by_report = sums_of_days(values(past(Wanted(1, SIX_HOURS, NOW), app, "mona")))
    requests = len(github.requests)
    github, app = demo_at(NOW)
    by_day = sums_of_days(values(past(Wanted(1, SIX_HOURS, NOW, daily=True), app, "mona")))
    assert len(github.requests) == requests + 30 + 31 - 2  # and the month before
    assert by_day.keys() == by_report.keys()
    for labels, days in by_day.items():
        assert days == pytest.approx(by_report[labels])


def test_a_month_grows_evenly_if_github_refuses_the_report() -> None:
    _, app = demo_at(NOW)
    known = sums_of_days(values(past(Wanted(1, SIX_HOURS, NOW), app, "mona")))
    _, app = demo_at(NOW, refused="/billing/usage")
    (month,) = past(Wanted(1, SIX_HOURS, NOW), app, "mona")
    assert "usage report cannot be read" in "".join(month.notes)
    for labels, days in sums_of_days(values([month])).items():
        end = known[labels][-1]
        assert days == pytest.approx([end * day / 30 for day in range(1, 31)])
        assert days[-1] == end


def test_a_month_grows_as_outside_of_cost_centers_that_github_refuses_to_list() -> None:
    _, app = demo_at(NOW, refused="/cost-centers", all_collectors=False)
    (month,) = past(Wanted(1, SIX_HOURS, NOW), app, "acme-corp")
    assert "cost centers cannot be read" in "".join(month.notes)
    assert "usage report cannot be read" not in "".join(month.notes)
    assert values([month])


class TestShape:
    def used(self, day: int, price: float, quantity: float) -> Used:
        cost = price * quantity
        return Used(day, "actions", "actions_linux", "minutes", price, quantity, cost, 0.0, cost)

    def test_a_row_begins_with_the_day_of_its_first_usage(self) -> None:
        shape = Shape(30)
        shape.add(self.used(10, 0.006, 40.0))
        shape.add(self.used(29, 0.006, 60.0))
        row = row_of(price_per_unit=0.006, gross_quantity=1000.0, gross_amount=6.0)
        assert shape.at([row], 9) == ([], [])
        (before,), (last,) = shape.at([row], 10)
        assert before.gross_quantity == 0.0
        assert last.gross_quantity == pytest.approx(400.0)
        assert shape.at([row], 29)[1] == [row]

    def test_each_price_has_its_days(self) -> None:
        shape = Shape(2)
        shape.add(self.used(0, 0.008, 10.0))
        shape.add(self.used(1, 0.006, 20.0))
        old = row_of(price_per_unit=0.008, gross_quantity=10.0)
        new = row_of(price_per_unit=0.006, gross_quantity=20.0)
        assert shape.at([old, new], 0)[1] == [old]
        assert shape.at([old, new], 1)[1] == [old, new]

    def test_a_discount_that_the_report_lacks_has_the_shape_of_the_quantity(self) -> None:
        shape = Shape(2)
        shape.add(self.used(0, 0.07, 30.0))
        shape.add(self.used(1, 0.07, 10.0))
        row = row_of(price_per_unit=0.07, gross_quantity=40.0, discount_amount=2.8)
        assert [each.discount_amount for each in shape.at([row], 0)[1]] == [pytest.approx(2.1)]

    def test_another_product_of_the_same_sku_has_its_shape(self) -> None:
        shape = Shape(2)
        shape.add(self.used(0, 0.04, 30.0))
        shape.add(self.used(1, 0.04, 10.0))
        row = row_of(product="other", price_per_unit=1.0, gross_quantity=4.0)
        assert [each.gross_quantity for each in shape.at([row], 0)[1]] == [pytest.approx(3.0)]


def test_the_current_month_ends_before_the_first_scrape() -> None:
    _, app = demo_at(NOW)
    until = datetime(2026, 10, 10, 14, 5, tzinfo=UTC)
    found = values(past(Wanted(1, timedelta(minutes=5), NOW, until=until), app, "mona"))
    linux = of(found, NET, sku="actions_linux")
    assert max(linux) == until - timedelta(minutes=5)
    assert min(linux) == FIRST


def test_today_grows_to_what_github_has_now() -> None:
    _, app = demo_at(NOW)
    found = values(past(Wanted(1, timedelta(hours=1), NOW, until=NOW), app, "mona"))
    gross = of(found, "github_billing_usage_gross_quantity", sku="actions_linux")
    now = max(gross)
    assert now == NOW.replace(minute=0)
    rate = gross[now] / ((NOW - FIRST - 30 * DAY) / DAY)
    yesterday = gross[NOW.replace(hour=0, minute=0) - timedelta(hours=1)]
    assert yesterday == pytest.approx(rate * 11)

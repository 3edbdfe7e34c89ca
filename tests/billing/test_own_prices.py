"""Prices of one's own: the price of a month, and the estimates of usage without a price."""

from datetime import UTC, date, datetime
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.billing.own_prices import estimated, prices_of
from exporter.billing.reports import Names
from exporter.billing.sums import Sums
from exporter.own import Price

LINUX, WINDOWS = "actions_self_hosted_linux", "actions_self_hosted_windows"
BY_REPOSITORY = attrgetter("repository", "sku")


def month(year: int, number: int) -> datetime:
    return datetime(year, number, 1, tzinfo=UTC)


def names(sku: str = LINUX, repository: str = "web", unit: str = "minutes") -> Names:
    return Names("acme", repository, "actions", sku, unit)


class TestThePriceOfAMonth:
    PRICES = (
        Price(LINUX, 3, date(2026, 7, 1)),
        Price(LINUX, 2, date(2026, 3, 1)),
        Price(WINDOWS, 9, date(2026, 6, 1)),
    )

    @pytest.mark.parametrize(
        ("at", "found"),
        [
            (month(2026, 2), {}),
            (month(2026, 3), {LINUX: 2}),
            (month(2026, 6), {LINUX: 2, WINDOWS: 9}),
            (month(2026, 7), {LINUX: 3, WINDOWS: 9}),
            (month(2030, 1), {LINUX: 3, WINDOWS: 9}),
        ],
    )
    def test_is_the_latest_that_has_begun(self, at: datetime, found: dict[str, float]) -> None:
        assert prices_of(self.PRICES, at) == found


class TestEstimates:
    def test_are_quantities_at_the_price_by_key(self) -> None:
        parts = [
            (names(), Sums(100, 0, 0, 0)),
            (names(repository="api"), Sums(10, 0, 0, 0)),
            (names(), Sums(50, 0, 0, 0)),
            (names("actions_linux"), Sums(1_000, 6, 6, 0)),
        ]
        found = estimated(parts, BY_REPOSITORY, {LINUX: 0.5})
        assert found.usd == {("web", LINUX): 75, ("api", LINUX): 5}
        assert found.notes == ()

    def test_of_a_price_of_0_are_0(self) -> None:
        assert estimated([(names(), Sums(7, 0, 0, 0))], BY_REPOSITORY, {LINUX: 0}).usd == {
            ("web", LINUX): 0
        }

    @pytest.mark.parametrize(("gross", "billed"), [(0.002, set[str]()), (0, {LINUX})])
    def test_leave_a_sku_out_that_github_bills(self, gross: float, billed: set[str]) -> None:
        parts = [
            (names(), Sums(1, gross, 0, gross)),
            (names(repository="api"), Sums(1, 0, 0, 0)),
            (names(WINDOWS), Sums(2, 0, 0, 0)),
        ]
        found = estimated(parts, BY_REPOSITORY, {LINUX: 1, WINDOWS: 1}, billed=billed)
        assert found.usd == {("web", WINDOWS): 2}
        assert found.notes == (f"No estimate for {LINUX}: GitHub bills it.",)

    def test_leave_a_sku_out_in_another_unit(self) -> None:
        parts = [(names(unit="hours"), Sums(1, 0, 0, 0)), (names(), Sums(1, 0, 0, 0))]
        found = estimated(parts, BY_REPOSITORY, {LINUX: 1})
        assert found.usd == {}
        assert found.notes == (f"No estimate for {LINUX}: its unit is not minutes.",)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e9))))
    def test_of_repositories_sum_to_that_of_all(self, rows: list[tuple[str, float]]) -> None:
        parts = [(names(repository=name), Sums(minutes, 0, 0, 0)) for name, minutes in rows]
        each = estimated(parts, BY_REPOSITORY, {LINUX: 0.0031}).usd
        whole = estimated(parts, attrgetter("sku"), {LINUX: 0.0031}).usd
        assert sum(each.values()) == pytest.approx(whole.get(LINUX, 0))

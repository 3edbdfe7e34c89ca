"""Sums of rows by dimensions, in memory and on disk."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.ledger.row import Dimension, Row
from exporter.ledger.totals import Totals

AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=18)
NAMES = st.sampled_from(["", "api", "web", "Ünïcode", "a\x1fb", "~"])
ROWS = st.lists(
    st.builds(
        Row,
        account_type=st.just("organization"),
        account=st.sampled_from(["acme", "beta"]),
        date=st.sampled_from(["2026-09-30", "2026-10-01", "2026-10-31"]),
        organization=NAMES,
        repository=NAMES,
        product=st.just("actions"),
        sku=st.sampled_from(["actions_linux", "actions_windows"]),
        unit=st.just("minutes"),
        price=st.sampled_from([Decimal("0.006"), Decimal("0.0060"), Decimal("0.01")]),
        quantity=AMOUNTS,
        gross=AMOUNTS,
        discount=AMOUNTS,
        net=AMOUNTS,
    ),
    max_size=60,
)
BY = st.lists(st.sampled_from(list(Dimension)), unique=True, max_size=4)


def row(**fields: object) -> Row:
    given = {"account_type": "organization", "account": "acme", "product": "actions"} | fields
    return Row(**given)  # type: ignore[arg-type]


def summed(rows: Sequence[Row], by: Sequence[Dimension], **options: int) -> list[Row]:
    totals = Totals(by, **options)  # type: ignore[arg-type]
    for each in rows:
        totals.add(each)
    return list(totals.rows())


class TestTooManySums:
    def test_are_an_error_if_they_must_stay_in_memory(self) -> None:
        rows = [row(repository=name) for name in ("a", "b", "a", "c")]
        by = (Dimension.REPOSITORY,)
        assert len(summed(rows[:3], by, most=2)) == 2
        with pytest.raises(ValueError, match="more than 2 sums"):
            summed(rows, by, most=2)


class TestSums:
    @given(ROWS, BY)
    def test_on_disk_are_those_in_memory(self, rows: list[Row], by: list[Dimension]) -> None:
        assert summed(rows, by, in_memory=2) == summed(rows, by)

    @given(ROWS)
    def test_are_exact_and_sorted(self, rows: list[Row]) -> None:
        expected: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for each in rows:
            assert each.net is not None
            expected[each.account, each.repository] += Fraction(each.net)
        found = summed(rows, [Dimension.REPOSITORY])
        pairs = [(each.account, each.repository) for each in found]
        assert pairs == sorted(expected)
        for pair, each in zip(pairs, found, strict=True):
            assert each.net is not None
            assert Fraction(each.net) == expected[pair]

    @given(ROWS, BY)
    def test_can_be_read_twice(self, rows: list[Row], by: list[Dimension]) -> None:
        totals = Totals(by, in_memory=3)
        totals.update(rows)
        assert list(totals.rows()) == list(totals.rows())

    def test_have_only_the_fields_of_their_dimensions(self) -> None:
        (found,) = summed([row(date="2026-10-31", sku="actions_linux")], [Dimension.SKU])
        assert (found.sku, found.product, found.date) == ("actions_linux", "", "")

    def test_of_a_month_have_its_date(self) -> None:
        (found,) = summed([row(date="2026-10-31")], [Dimension.MONTH])
        assert found.date == "2026-10"


class TestUnits:
    def test_that_differ_leave_quantity_and_price_empty(self) -> None:
        minutes = row(unit="minutes", quantity=Decimal(1), price=Decimal(2), net=Decimal(3))
        hours = row(unit="gigabyte_hours", quantity=Decimal(1), price=Decimal(2), net=Decimal(4))
        for rows in ([minutes, hours, minutes], [hours, minutes, minutes]):
            (found,) = summed(rows, [Dimension.PRODUCT])
            assert (found.unit, found.quantity, found.price) == (None, None, None)
            assert found.net == Decimal(sum(each.net or 0 for each in rows))

    def test_at_two_prices_have_a_quantity_and_no_price(self) -> None:
        rows = [row(unit="minutes", quantity=Decimal(1), price=Decimal(price)) for price in (1, 2)]
        (found,) = summed(rows, [Dimension.PRODUCT])
        assert (found.quantity, found.price) == (Decimal(2), None)

    def test_and_prices_are_kept_apart_if_split(self) -> None:
        rows = [
            row(unit="minutes", price=Decimal("1.0"), quantity=Decimal(1)),
            row(unit="minutes", price=Decimal(1), quantity=Decimal(2)),
            row(unit="minutes", price=Decimal(2), quantity=Decimal(4)),
        ]
        found = summed(rows, [Dimension.PRODUCT], split=True)
        assert [(each.price, each.quantity) for each in found] == [
            (Decimal(1), Decimal(3)),
            (Decimal(2), Decimal(4)),
        ]


class TestAMissingAmount:
    def test_leaves_the_sum_unknown(self) -> None:
        rows = [row(net=Decimal(1)), row(net=None), row(net=Decimal(2))]
        (found,) = summed(rows, [Dimension.PRODUCT])
        assert found.net is None

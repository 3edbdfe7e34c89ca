"""Rows of the bill: dimensions, numbers and their text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.ledger.row import Dimension, checked, complete, plain, share, sum_of


class TestDimensions:
    def test_of_a_repository_and_a_workflow_have_their_owners_first(self) -> None:
        by = [Dimension.DAY, Dimension.WORKFLOW, Dimension.REPOSITORY]
        assert complete(by) == ("day", "organization", "repository", "workflow")

    def test_keep_their_order(self) -> None:
        by = [Dimension.REPOSITORY, Dimension.ORGANIZATION, Dimension.SKU]
        assert complete(by) == ("organization", "repository", "sku")


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "plain_text"),
        [
            ("9.4086E-05", "0.000094086"),
            ("1E+3", "1000"),
            ("100", "100"),
            ("0.500", "0.5"),
            ("-0.0", "0"),
            ("-1.50", "-1.5"),
            ("0", "0"),
        ],
    )
    def test_are_written_plainly(self, text: str, plain_text: str) -> None:
        assert plain(Decimal(text)) == plain_text

    @given(st.decimals(min_value=-(10**15), max_value=10**15))
    def test_keep_their_value_to_thirty_decimals(self, number: Decimal) -> None:
        text = plain(checked("net", number))
        assert abs(Decimal(text) - number) <= Decimal("1e-30")
        assert len(text) < 60

    @pytest.mark.parametrize("text", ["NaN", "Infinity", "-sNaN", "1e16", "-2e15"])
    def test_that_no_bill_has_are_errors(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"^netAmount "):
            checked("netAmount", Decimal(text))

    def test_are_shared_downwards(self) -> None:
        two, three = Decimal(2), Decimal(3)
        assert share(Decimal(100), two, three) == Decimal("66.666666666666")
        assert share(Decimal(-100), two, three) == Decimal("-66.666666666666")
        assert share(Decimal("1e15"), three, three) == Decimal("1e15")

    def test_that_are_missing_add_nothing(self) -> None:
        assert sum_of([Decimal("0.1"), None, Decimal("0.2")]) == Decimal("0.3")

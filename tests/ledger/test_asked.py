"""Rows of a month as they are requested: each dollar once, whatever the dimensions."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from exporter.accounts import AccountType
from exporter.github.errors import InvalidPayload
from exporter.ledger.asked import Month, add_month
from exporter.ledger.row import Dimension, Row
from exporter.ledger.totals import Totals
from tests.support.books import CREDITS, LINUX, STORAGE, Books, dated, item


def rows(books: Books, *by: Dimension, kind: AccountType = AccountType.ENTERPRISE) -> Sequence[Row]:
    async def read(month: Month) -> list[Row]:
        totals = Totals(by)
        net = await add_month(month, by, totals)
        found = list(totals.rows())
        assert net == sum(row.net or 0 for row in found)
        return found

    return books.read(read, kind)


def net(found: Sequence[Row], **names: str) -> Decimal:
    """Return the net of the rows with these names, rounded to a millionth."""
    return round(
        sum(
            (
                row.net or Decimal()
                for row in found
                if all(getattr(row, name) == value for name, value in names.items())
            ),
            Decimal(),
        ),
        6,
    )


WHOLE = Decimal("6.34408")


class TestCostCenters:
    def test_and_usage_outside_them_sum_to_the_account(self) -> None:
        for by in ([Dimension.COST_CENTER], [Dimension.COST_CENTER, Dimension.DAY]):
            found = rows(Books(), *by)
            assert net(found) == WHOLE
            assert net(found, cost_center="Research") == 2
            assert net(found, cost_center="none") == WHOLE - 2

    def test_count_once_by_their_id(self) -> None:
        books = Books()
        books.listed["active"] *= 2
        books.listed["deleted"] = [{"id": "c1", "name": "Before"}, {"id": "none"}]
        assert net(rows(books, Dimension.COST_CENTER)) == WHOLE
        assert net(rows(books, Dimension.REPOSITORY)) == WHOLE

    def test_that_are_deleted_keep_their_usage(self) -> None:
        books = Books()
        books.listed = {"active": [], "deleted": [{"id": "c1"}]}
        assert net(rows(books, Dimension.COST_CENTER), cost_center="c1") == 2

    def test_are_not_requested_for_an_organization(self) -> None:
        books = Books()
        found = rows(books, Dimension.ORGANIZATION, kind=AccountType.ORGANIZATION)
        assert net(found, organization="acme") == WHOLE - 2
        assert len(books.asked) == 1


class TestModels:
    def test_stand_instead_of_the_skus_of_the_summary(self) -> None:
        found = rows(Books(), Dimension.SKU, Dimension.MODEL)
        assert net(found) == WHOLE
        assert net(found, model="GPT-5") == 2
        assert net(found, sku="copilot_ai_credits", model="") == 0

    def test_that_explain_a_part_leave_a_row_without_a_model(self) -> None:
        books = Books(models=[{**item("copilot_ai_credits", 120, 0.01), "model": " GPT-5 "}])
        found = rows(books, Dimension.SKU, Dimension.MODEL)
        assert net(found) == WHOLE
        assert net(found, model="GPT-5") == Decimal("1.2")
        assert net(found, sku="copilot_ai_credits", model="") == Decimal("0.8")

    def test_of_another_product_have_that_of_the_summary(self) -> None:
        books = Books(models=[{**CREDITS, "product": "Copilot AI Credits", "model": "GPT-5"}])
        books.rows = [{**row, "product": "spark"} for row in (LINUX, STORAGE, CREDITS)]
        found = rows(books, Dimension.PRODUCT, Dimension.MODEL)
        assert net(found) == net(found, product="spark") == WHOLE

    def test_are_not_requested_without_usage_of_ai(self) -> None:
        books = Books(rows=[LINUX, STORAGE], statuses={"ai_credit": 403, "premium_request": 403})
        assert net(rows(books, Dimension.SKU, Dimension.MODEL)) == WHOLE - 2


class TestTheReport:
    def test_has_days_in_utc(self) -> None:
        books = Books(report=[dated(LINUX, "2026-10-31T23:30:00-05:00"), dated(STORAGE)])
        found = rows(books, Dimension.DAY)
        assert {row.date for row in found} == {"2026-10-12", "2026-10-31"}

    @pytest.mark.parametrize("date", ["2026-09-12", "2026-11-12T00:00:00Z", "soon", ""])
    def test_of_another_month_is_invalid(self, date: str) -> None:
        with pytest.raises(InvalidPayload, match="date is"):
            rows(Books(report=[dated(LINUX, date)]), Dimension.DAY)

    @pytest.mark.parametrize("amount", [1e300, -1e16])
    def test_with_an_impossible_number_is_invalid(self, amount: float) -> None:
        books = Books(report=[{**dated(LINUX), "netAmount": amount}])
        with pytest.raises(InvalidPayload, match="netAmount is not a number that a bill"):
            rows(books, Dimension.DAY)
        books = Books(rows=[{**LINUX, "netAmount": amount}])
        with pytest.raises(InvalidPayload, match="net_amount is not a number that a bill"):
            rows(books, Dimension.SKU)

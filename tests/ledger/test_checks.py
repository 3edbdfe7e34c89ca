"""Checks of a closed month: each source that differs is found, and no other."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exporter.accounts import AccountType
from exporter.ledger import checks
from exporter.ledger.asked import Month
from exporter.ledger.checks import Check, Source
from tests.support.books import CREDITS, LINUX, STORAGE, Books, Item, dated, item

OF_ENTERPRISE = {Source.COST_CENTERS, Source.ORGANIZATIONS}
DEARER = item("actions_linux", 1000, 0.006, 400)
LONGER = item("actions_linux", 1010, 0.006, 500)


async def of_month(month: Month) -> list[Check]:
    return await checks.of_month(month, await month.summary())


def found(books: Books, kind: AccountType = AccountType.ENTERPRISE) -> dict[Source, Check]:
    return {check.source: check for check in books.read(of_month, kind)}


def differing(books: Books) -> set[Source]:
    return {source for source, check in found(books).items() if check.differences}


def more(row: Item, **amounts: float) -> Item:
    return {**row, **amounts}


def report(books: Books) -> None:
    books.report = [dated(LONGER), dated(STORAGE)]


def lost_rows(books: Books) -> None:
    books.of_center = []


def year(books: Books) -> None:
    books.year = [dated(DEARER, "2026-10-01T00:00:00Z"), dated(CREDITS, "2026-10-01T00:00:00Z")]


def cost_centers(books: Books) -> None:
    books.centers["c1"] = []


def organizations(books: Books) -> None:
    books.organizations["acme"] = [LINUX, STORAGE, LINUX]


def models(books: Books) -> None:
    books.models = [{**item("copilot_ai_credits", 290, 0.01), "model": "GPT-5"}]


def no_models(books: Books) -> None:
    books.models = []


class TestAMonth:
    def test_that_agrees_has_no_difference(self) -> None:
        result = found(Books())
        assert set(result) == set(Source) - {Source.INVOICE}
        assert {(str(check), check.difference) for check in result.values() if not check.note} == {
            (f"{source}: agrees", Decimal(0))
            for source in ("report", "price", "discount", "cost_centers", "models")
        }

    def test_of_an_organization_has_no_cost_centers(self) -> None:
        books = Books()
        books.report = [dated(row) for row in (LINUX, STORAGE, CREDITS)]
        result = found(books, AccountType.ORGANIZATION)
        assert not OF_ENTERPRISE & set(result)
        assert not any(check.differences for check in result.values())
        assert not any("cost-centers" in url for url in books.asked)

    @pytest.mark.parametrize(
        ("change", "source"),
        [
            (report, Source.REPORT),
            (lost_rows, Source.REPORT),
            (year, Source.YEAR),
            (cost_centers, Source.COST_CENTERS),
            (organizations, Source.ORGANIZATIONS),
            (models, Source.MODELS),
            (no_models, Source.MODELS),
        ],
    )
    def test_names_the_source_that_differs(
        self, change: Callable[[Books], None], source: Source
    ) -> None:
        books = Books()
        change(books)
        assert differing(books) == {source}

    def test_may_have_a_wrong_price_or_discount(self) -> None:
        books = Books()
        books.rows = [more(LINUX, pricePerUnit=0.007), STORAGE, CREDITS]
        assert differing(books) == {Source.PRICE}
        books.rows = [more(LINUX, discountAmount=2.0), STORAGE, CREDITS]
        assert differing(books) == {Source.DISCOUNT}

    def test_may_have_more_than_its_organizations(self) -> None:
        books = Books()
        books.organizations["acme"] = []
        assert differing(books) == set()

    def test_compares_no_storage_with_the_year(self) -> None:
        books = Books()
        books.year = [
            dated(row, "2026-10-01T00:00:00Z")
            for row in (LINUX, item("actions_storage", 5000, 0.00033602, 5000), CREDITS)
        ]
        assert differing(books) == set()

    def test_agrees_within_a_cent(self) -> None:
        books = Books()
        books.report = [more(dated(LINUX), grossAmount=6.0099), dated(STORAGE)]
        assert differing(books) == set()
        books.report = [more(dated(LINUX), grossAmount=6.01), dated(STORAGE)]
        assert differing(books) == {Source.REPORT}

    def test_says_by_how_much_and_which_skus(self) -> None:
        books = Books()
        books.centers = {"none": [], "c1": [CREDITS]}
        check = found(books)[Source.COST_CENTERS]
        assert round(check.difference, 8) == Decimal("4.34408")
        assert str(check) == (
            "cost_centers: differs by 4.34 USD: actions_linux -3.00, actions_storage -1.34"
        )

    def test_agrees_whatever_the_product_of_a_sku(self) -> None:
        books = Books()
        books.report = [dated(LINUX), {**dated(STORAGE), "product": "sharedStorage"}]
        assert differing(books) == set()

    def test_asks_no_organization_of_a_person(self) -> None:
        books = Books(report=[dated(LINUX), dated(STORAGE, organization="octo_acme")])
        assert differing(books) == set()
        assert not any("organization=%28user" in url or "octo" in url for url in books.asked)


class TestASourceThatCannotBeRead:
    @pytest.mark.parametrize("status", [403, 404, 422, 502])
    def test_is_not_compared(self, status: int) -> None:
        books = Books(statuses={"ai_credit": status, "premium_request": status})
        check = found(books)[Source.MODELS]
        assert (check.differences, bool(check.unread)) == ({}, True)
        assert str(check).startswith("models: not compared: its source cannot be read")
        assert differing(books) == set()

    def test_of_premium_requests_alone_is_not_compared(self) -> None:
        books = Books(models=[], statuses={"premium_request": 404})
        assert found(books)[Source.MODELS].unread
        assert differing(books) == set()


class TestAnInvoice:
    async def _rows(self, month: Month) -> Check:
        return checks.of_invoice(await month.summary(), self.amount)

    amount = Decimal(0)

    @pytest.mark.parametrize(
        ("amount", "agrees"),
        [("6.34", True), ("6.35", True), ("6.36", False), ("6.33", True), ("0", False)],
    )
    def test_agrees_within_half_a_cent_per_sku(self, amount: str, *, agrees: bool) -> None:
        self.amount = Decimal(amount)
        check = Books().read(self._rows)
        assert (not check.differences) is agrees

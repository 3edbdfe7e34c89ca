"""Last month's bill compared with GitHub's other sources, which may differ or be unreadable."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount
from exporter.github import errors
from exporter.web.landing import render
from tests.support.accounts import ACME
from tests.support.books import CREDITS, LINUX, NOW, STORAGE, Books, dated, item
from tests.support.collect import COLLECTORS, Says, read, said
from tests.support.faults.fault import Fault
from tests.support.last_month import (
    CHECKS,
    NAMED,
    OF_ALL,
    OF_ENTERPRISES,
    acme_corp,
    differences,
)
from tests.support.paths import ACME_SUMMARY
from tests.support.world import World, in_virtual_time, organization, row, user, virtual

OCTOBER = "2026-10-01T00:00:00Z"


def compared(books: Books, kind: AccountType = AccountType.ENTERPRISE) -> dict[str, float]:
    """Poll the checks once, and return the differences on the page."""
    found: dict[str, float] = {}

    async def scenario() -> None:
        settings = {f"{kind}s": ["acme"], **NAMED}
        transport = httpx.MockTransport(books)
        world = World(start=NOW, settings=settings, transport=transport, collectors=())
        await world.app.once()
        assert world.about("success", CHECKS) == 1
        found.update(differences(world))

    virtual(scenario)
    return found


def less_and_more(books: Books) -> None:
    books.report = [dated(item("actions_linux", 500, 0.006)), dated(STORAGE)]
    books.of_center = [dated(item("copilot_ai_credits", 400, 0.01))]


def other_name(books: Books) -> None:
    books.report = [dated({**LINUX, "sku": "Actions Penguin"}), dated(STORAGE)]


def other_discount(books: Books) -> None:
    undiscounted = item("actions_linux", 1000, 0.006)
    books.year = [dated(row, OCTOBER) for row in (undiscounted, STORAGE, CREDITS)]


def refund(books: Books) -> None:
    books.rows = [{**LINUX, "grossAmount": 5.5}, STORAGE, CREDITS]
    books.report = [{**dated(LINUX), "grossAmount": 5.5}, dated(STORAGE)]


def lost_center(books: Books) -> None:
    books.centers["c1"] = []


def lost_model(books: Books) -> None:
    books.models = [{**item("copilot_ai_credits", 120, 0.01), "model": "GPT-5"}]


def storage_of_year(books: Books) -> None:
    undiscounted = item("actions_storage", 5000, 0.00033602)
    books.year = [dated(row, OCTOBER) for row in (LINUX, undiscounted, CREDITS)]


def storage_of_report(books: Books) -> None:
    books.report = [dated(LINUX), dated(item("actions_storage", 5000, 0.00033602, 5000))]


def summary_of(gross: str) -> Says:
    """Return a GitHub that has only a usage summary, with one number as it is written."""
    period = {"year": 2026, "month": 9}
    body = json.dumps({"timePeriod": period, "usageItems": [row(grossAmount=4711)]})
    return Says({ACME_SUMMARY: body.replace("4711", gross).encode()})


class TestADifference:
    @pytest.mark.parametrize(
        ("account", "checks"),
        [
            (organization(), OF_ALL),
            (organization(ai="requests_only"), OF_ALL),
            (organization(copilot=False), OF_ALL),
            (organization(usage_items=[]), OF_ALL),
            (user(), OF_ALL),
            (acme_corp(), OF_ENTERPRISES),
        ],
    )
    def test_is_0_if_the_sources_agree(self, account: SimulatedAccount, checks: set[str]) -> None:
        async def scenario() -> None:
            async with World(account, settings=NAMED) as world:
                assert differences(world) == dict.fromkeys(checks, 0)

        virtual(scenario)

    @pytest.mark.parametrize(
        ("change", "check", "usd"),
        [
            (less_and_more, "report", 3 + 1),
            (other_name, "report", 6 + 6),
            (other_discount, "year", 3),
            (refund, "price", 0.5),
            (lost_center, "cost_centers", 2),
            (lost_model, "models", 1.8),
        ],
    )
    def test_is_the_absolute_differences_by_sku_of_its_source(
        self, change: Callable[[Books], None], check: str, usd: float
    ) -> None:
        books = Books()
        assert compared(books) == dict.fromkeys(OF_ENTERPRISES, 0)
        change(books)
        expected = {**dict.fromkeys(OF_ENTERPRISES, 0), check: pytest.approx(usd)}
        assert compared(books) == expected

    @pytest.mark.parametrize("change", [storage_of_year, storage_of_report])
    def test_counts_no_discount_of_storage(self, change: Callable[[Books], None]) -> None:
        books = Books()
        change(books)
        assert compared(books) == dict.fromkeys(OF_ENTERPRISES, 0)

    @pytest.mark.parametrize(("net", "usd"), [(3.009, 0), (3.01, 0.01)])
    def test_counts_from_a_cent_on(self, net: float, usd: float) -> None:
        rows: list[Any] = [{**LINUX, "netAmount": net}, STORAGE, CREDITS]
        books = Books(year=[dated(row, OCTOBER) for row in rows])
        assert compared(books)["year"] == usd


class TestASourceThatIsNotRead:
    @pytest.mark.parametrize(
        ("account", "read"),
        [
            (organization(hidden={"models"}), {"report", "year", "price"}),
            (acme_corp(hidden={"cost_centers"}), {"price", "models"}),
            (acme_corp(day_reports_only=True), OF_ENTERPRISES - {"year"}),
        ],
    )
    def test_is_absent_and_named(self, account: SimulatedAccount, read: set[str]) -> None:
        async def scenario() -> None:
            async with World(account, settings=NAMED) as world:
                await world.passes(minutes=1)
                assert differences(world) == dict.fromkeys(read, 0)
                assert world.about("success", CHECKS) == 1
                page = render(world.app.poller.page(), world.clock())
                named = {check for check in OF_ENTERPRISES if f"{check}: not compared:" in page}
                kinds = OF_ENTERPRISES if account.cost_centers else OF_ALL
                assert named == kinds - read

        virtual(scenario)

    @in_virtual_time
    async def test_fails_with_the_summary(self) -> None:
        async with World(organization(hidden={"usage"}), settings=NAMED) as world:
            assert differences(world) == {}
            assert world.reason(CHECKS) in {"forbidden", "not_found"}

    @pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
    def test_fails_with_a_row_of_another_time(self, date: str) -> None:
        async def scenario() -> None:
            books = Books(report=[dated(LINUX, date)])
            settings = {"organizations": ["acme"], **NAMED}
            transport = httpx.MockTransport(books)
            world = World(start=NOW, settings=settings, transport=transport, collectors=())
            await world.app.once()
            assert world.reason(CHECKS) == "invalid_payload"

        virtual(scenario)

    @in_virtual_time
    async def test_leaves_the_last_reading_if_github_is_away(self) -> None:
        async with World(organization(), settings=NAMED) as world:
            world.github.faults.add(Fault.server_error())
            await world.passes(hours=25)
            assert world.reason(CHECKS) == "unreachable"
            assert differences(world) == dict.fromkeys(OF_ALL, 0)

    @pytest.mark.parametrize("number", ["1e1000000", "-1e16", "Infinity", '"NaN"'])
    def test_fails_with_a_number_of_no_bill(self, number: str) -> None:
        with pytest.raises(errors.InvalidPayload, match=r"gross_amount|JSON"):
            read(COLLECTORS[CHECKS], ACME, summary_of(number))

    @pytest.mark.parametrize("number", [f"123456.{'7' * 50}", "123456.8e-100000"])
    def test_may_have_a_number_of_any_length(self, number: str) -> None:
        found = said(read(COLLECTORS[CHECKS], ACME, summary_of(number)))
        usd = pytest.approx(float(number))
        assert found == {"previous_cycle_difference_usd price": usd}

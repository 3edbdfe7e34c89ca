"""Last month's bill compared with GitHub's other sources: what differs, and what is not read."""

import json
from collections.abc import Mapping

import pytest

from exporter.demo import SimulatedAccount
from exporter.github import errors
from exporter.web.landing import render
from tests.support.accounts import ACME
from tests.support.collect import COLLECTORS, Says, read, said
from tests.support.faults.fault import Fault
from tests.support.last_month import (
    AI,
    BILL,
    CHECKS,
    LINUX,
    NAMED,
    OF_ALL,
    OF_ENTERPRISES,
    Change,
    Row,
    acme_corp,
    contradicted,
    differences,
    is_report,
)
from tests.support.paths import ACME_SUMMARY, SUMMARY
from tests.support.world import World, in_virtual_time, organization, row, user, virtual


def changed(rows: list[Row], sku: str, /, **fields: object) -> list[Row]:
    """Return the rows with other fields for one SKU."""
    assert any(each["sku"] == sku for each in rows)
    return [{**each, **fields} if each["sku"] == sku else each for each in rows]


def less_and_more(path: str, query: Mapping[str, str], rows: list[Row]) -> list[Row]:
    if not is_report(path, query, of_year=False):
        return rows
    less = changed(rows, "Actions Linux", quantity=500, grossAmount=4.0)
    return changed(less, "Copilot AI Credits", quantity=500, grossAmount=5.0)


def other_name(path: str, query: Mapping[str, str], rows: list[Row]) -> list[Row]:
    if not is_report(path, query, of_year=False):
        return rows
    return changed(rows, "Actions Linux", sku="Actions Penguin")


def other_discount(path: str, query: Mapping[str, str], rows: list[Row]) -> list[Row]:
    if not is_report(path, query, of_year=True):
        return rows
    return changed(rows, "Actions Linux", discountAmount=0.0, netAmount=8.0)


def no_first_model(path: str, _: Mapping[str, str], rows: list[Row]) -> list[Row]:
    return rows[1:] if path.endswith("/ai_credit/usage") else rows


def no_platform(path: str, query: Mapping[str, str], rows: list[Row]) -> list[Row]:
    of_platform = path.endswith(SUMMARY) and query.get("cost_center_id") == "platform"
    return [] if of_platform else rows


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
        ("check", "change", "usd"),
        [
            ("report", less_and_more, 4 + 1),
            ("report", other_name, 8 + 8),
            ("year", other_discount, 2),
            ("models", no_first_model, 4 * 0.46),
        ],
    )
    def test_is_the_absolute_differences_by_sku_of_its_source(
        self, check: str, change: Change, usd: float
    ) -> None:
        async def scenario() -> None:
            async with contradicted(organization(usage_items=BILL), change) as world:
                assert differences(world) == {**dict.fromkeys(OF_ALL, 0), check: pytest.approx(usd)}

        virtual(scenario)

    @in_virtual_time
    async def test_of_the_price_is_within_the_summary(self) -> None:
        refunded = {**LINUX, "grossAmount": 7.5, "netAmount": 5.5}
        async with World(organization(usage_items=[refunded, AI]), settings=NAMED) as world:
            assert differences(world) == {**dict.fromkeys(OF_ALL, 0), "price": 0.5}

    @in_virtual_time
    async def test_of_cost_centers_is_what_the_list_leaves_out(self) -> None:
        named = {"organizationName": "acme", "repositoryName": "web"}
        bill = [{**LINUX, **named}, {**AI, **named}, {**LINUX, "organizationName": "labs"}]
        async with contradicted(acme_corp(usage_items=bill), no_platform) as world:
            agreeing = dict.fromkeys(OF_ENTERPRISES, 0)
            assert differences(world) == {**agreeing, "cost_centers": 6 + 4}

    @pytest.mark.parametrize("of_year", [True, False])
    def test_counts_no_discount_of_storage(self, of_year: bool) -> None:
        def undiscounted(path: str, query: Mapping[str, str], rows: list[Row]) -> list[Row]:
            if not is_report(path, query, of_year=of_year):
                return rows
            return changed(rows, "Actions storage", discountAmount=0.0, netAmount=1.0)

        async def scenario() -> None:
            async with contradicted(organization(usage_items=BILL), undiscounted) as world:
                assert differences(world) == dict.fromkeys(OF_ALL, 0)

        virtual(scenario)

    @pytest.mark.parametrize(("net", "usd"), [(6.009, 0), (6.01, 0.01)])
    def test_counts_from_a_cent_on(self, net: float, usd: float) -> None:
        def rounded(path: str, query: Mapping[str, str], rows: list[Row]) -> list[Row]:
            of_year = is_report(path, query, of_year=True)
            return changed(rows, "Actions Linux", netAmount=net) if of_year else rows

        async def scenario() -> None:
            async with contradicted(organization(usage_items=BILL), rounded) as world:
                assert differences(world)["year"] == usd

        virtual(scenario)


class TestASourceThatIsNotRead:
    @pytest.mark.parametrize(
        ("account", "unread"),
        [
            (organization(hidden={"models"}), {"models"}),
            (acme_corp(hidden={"cost_centers"}), {"report", "year", "cost_centers"}),
        ],
    )
    def test_is_absent_and_named_if_github_refuses_it(
        self, account: SimulatedAccount, unread: set[str]
    ) -> None:
        async def scenario() -> None:
            async with World(account, settings=NAMED) as world:
                assert differences(world).keys() == OF_ENTERPRISES - unread - (
                    {"cost_centers"} if account.name == "acme" else set()
                )
                assert world.about("success", CHECKS) == 1
                page = render(world.app.poller.page(), world.clock())
                for check in unread:
                    assert f"{check}: not compared: GitHub refuses the request" in page

        virtual(scenario)

    @in_virtual_time
    async def test_fails_with_the_summary(self) -> None:
        async with World(organization(hidden={"usage"}), settings=NAMED) as world:
            assert differences(world) == {}
            assert world.reason(CHECKS) in {"forbidden", "not_found"}

    @in_virtual_time
    async def test_leaves_the_last_reading_if_github_fails(self) -> None:
        async with World(organization(), settings=NAMED) as world:
            world.github.faults.add(Fault.server_error(match="/ai_credit"))
            await world.passes(hours=25)
            assert world.reason(CHECKS) == "unreachable"
            assert differences(world) == dict.fromkeys(OF_ALL, 0)

    @pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
    def test_is_invalid_with_a_row_of_another_time(self, date: str) -> None:
        def dated(path: str, query: Mapping[str, str], rows: list[Row]) -> list[Row]:
            of_month = is_report(path, query, of_year=False)
            return changed(rows, "Actions Linux", date=date) if of_month else rows

        async def scenario() -> None:
            async with contradicted(organization(usage_items=BILL), dated) as world:
                assert world.reason(CHECKS) == "invalid_payload"

        virtual(scenario)

    @pytest.mark.parametrize("number", ["1e1000000", "-1e16", "Infinity", '"NaN"'])
    def test_is_invalid_with_a_number_of_no_bill(self, number: str) -> None:
        with pytest.raises(errors.InvalidPayload, match=r"gross_amount|JSON"):
            read(COLLECTORS[CHECKS], ACME, summary_of(number))

    @pytest.mark.parametrize("number", [f"123456.{'7' * 50}", "123456.8e-0", "123456.8e-100000"])
    def test_is_compared_with_a_number_of_any_length(self, number: str) -> None:
        found = said(read(COLLECTORS[CHECKS], ACME, summary_of(number)))
        usd = pytest.approx(float(number))
        assert found == {"previous_cycle_difference_usd price": usd}

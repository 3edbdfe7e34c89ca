"""A bill shared by cost centers: every part counts once, even if negative."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum

import httpx
import pytest

from exporter.accounts import Account, AccountType
from exporter.collectors import Collector
from exporter.github import errors
from exporter.metrics.model import Reading
from exporter.own import Own, Rule
from tests.support.accounts import CORP as CORPORATION
from tests.support.collect import COLLECTORS, answer, read, said
from tests.support.world import row

BILLING = "/enterprises/acme-corp/settings/billing"
BY_ORGANIZATION = COLLECTORS["usage_organizations"]
BY_REPOSITORY = COLLECTORS["usage_repositories"]
BY_TEAM = COLLECTORS["usage_teams"]
BY_COST_CENTER = COLLECTORS["usage_cost_centers"]
ALL = (BY_ORGANIZATION, BY_REPOSITORY, BY_TEAM, BY_COST_CENTER)
CORP = replace(
    CORPORATION,
    own=Own(rules=(Rule(cost_center=True), Rule(organizations=("*",), team="everyone"))),
)

Row = Mapping[str, object]
NONE = "none"


def used(minutes: float, gross: float, net: float | None = None) -> Row:
    """Return a summary row of Linux minutes and their cost."""
    net = gross if net is None else net
    return row(
        pricePerUnit=0.006,
        grossQuantity=minutes,
        netQuantity=minutes,
        grossAmount=gross,
        discountAmount=gross - net,
        netAmount=net,
    )


def reported(of: Row) -> Row:
    """Return the same row as the usage report has it."""
    return {
        "date": "2026-10-02T03:00:00Z",
        "product": "actions",
        "sku": "Actions Linux",
        "unitType": "Minutes",
        "quantity": of["grossQuantity"],
        **{name: of[name] for name in ("grossAmount", "discountAmount", "netAmount")},
        "organizationName": "acme",
        "repositoryName": "web",
    }


@dataclass
class Shared:
    """Answer with the bill by payer: ``none`` or the id of a cost center.

    ``late``: a row that only the summaries have. ``refused``: the status of the list of centers.
    """

    paid: Mapping[str, Row]
    active: Sequence[str] = ()
    deleted: Sequence[str] = ()
    late: Row | None = None
    refused: int | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        center = query.get("cost_center_id")
        match request.url.path.removeprefix(BILLING):
            case "/cost-centers":
                if self.refused:
                    return answer(self.refused)
                listed = self.active if query["state"] == "active" else self.deleted
                return answer({"costCenters": [{"id": each, "name": each} for each in listed]})
            case "/usage/summary":
                late = [self.late] if self.late and center in {None, NONE} else []
                rows = [*self.paid.values()] if center is None else [self.paid[center]]
                period = {"year": 2026, "month": 10}
                return answer({"timePeriod": period, "usageItems": [*rows, *late]})
            case "/usage":
                self.asked.append(center or NONE)
                return answer({"usageItems": [reported(self.paid[center or NONE])]})
        return answer(404)


def total(reading: Reading, what: str) -> float:
    return fsum(value for name, value in said(reading).items() if f"_usage_{what} " in name)


@pytest.mark.parametrize("collector", ALL, ids=lambda each: each.name)
class TestACostCenter:
    @pytest.mark.parametrize(
        ("active", "deleted"),
        [
            (["a", "d"], ["a", "d"]),
            (["a", "d", "a"], []),
            (["a"], ["d", "a", "d"]),
            ([], ["a", "d"]),
        ],
        ids=str,
    )
    def test_counts_once_in_whatever_lists_it_stands(
        self, collector: Collector, active: list[str], deleted: list[str]
    ) -> None:
        paid = {NONE: used(4_000, 40), "a": used(3_500, 35), "d": used(2_000, 20)}
        github = Shared(paid, active, deleted)
        reading = read(collector, CORP, github)
        assert total(reading, "gross_usd") == pytest.approx(95)
        assert total(reading, "gross_quantity") == pytest.approx(9_500)

    @pytest.mark.parametrize(
        "lost",
        [used(0, -31), used(5_040, 0), used(100, 2, net=-1), used(0, 0.004)],
        ids=["refund", "free minutes", "credit", "half a cent"],
    )
    @pytest.mark.parametrize("late", [None, used(-300, -3), used(300, 3)], ids=str)
    def test_that_was_deleted_keeps_what_it_paid_for(
        self, collector: Collector, lost: Row, late: Row | None
    ) -> None:
        paid = {NONE: used(4_000, 40), "a": used(3_500, 35), "d": lost}
        github = Shared(paid, ["a"], ["d"], late=late)
        found = said(read(collector, CORP, github))
        if collector is BY_COST_CENTER:
            money = found["cost_center_usage_net_usd d actions actions_linux"]
            minutes = found["cost_center_usage_gross_quantity d actions actions_linux minutes"]
            assert (money, minutes) == (lost["netAmount"], lost["grossQuantity"])
        else:
            assert "d" in github.asked


class TestByCostCenter:
    @pytest.mark.parametrize("late", [used(-700, -7), used(700, 7), used(0, 0, net=-2)], ids=str)
    def test_parts_sum_to_the_summary_of_the_same_reading(self, late: Row) -> None:
        """GitHub's bill changes between the answers. The difference belongs to no cost center."""
        paid = {NONE: used(4_000, 40), "a": used(3_500, 35)}
        calls = 0

        def github(request: httpx.Request) -> httpx.Response:
            nonlocal calls
            summaries = request.url.path.endswith("/usage/summary")
            calls += summaries
            first = summaries and calls == 1
            return Shared(paid, ["a"], late=late if first else None)(request)

        reading = read(BY_COST_CENTER, CORP, github)
        whole = [*paid.values(), late]
        for what, name in (
            ("gross_quantity", "grossQuantity"),
            ("gross_usd", "grossAmount"),
            ("discount_usd", "discountAmount"),
            ("net_usd", "netAmount"),
        ):
            expected = fsum(float(str(each[name])) for each in whole)
            assert total(reading, what) == pytest.approx(expected)
        of_a = said(reading)["cost_center_usage_net_usd a actions actions_linux"]
        assert of_a == 35, "GitHub's own figure of a cost center stays"


class TestByTeam:
    def test_cost_centers_have_their_usage_and_no_team_has_what_the_report_lacks(self) -> None:
        paid = {NONE: used(4_000, 40), "a": used(3_500, 35), "d": used(2_000, 20)}
        found = said(read(BY_TEAM, CORP, Shared(paid, ["a"], ["d"], late=used(0, -3))))
        assert {
            team: found[f"team_usage_gross_usd {team} actions actions_linux"]
            for team in ("a", "d", "everyone", "(unallocated)")
        } == {"a": 35, "d": 20, "everyone": 40, "(unallocated)": -3}


class TestByOrganization:
    def test_a_refund_is_not_lost_while_the_quantity_lags(self) -> None:
        late = used(20, -11)
        github = Shared({NONE: used(100, 95)}, late=late)
        reading = read(BY_ORGANIZATION, CORP, github)
        assert total(reading, "net_usd") == pytest.approx(84)
        assert total(reading, "gross_quantity") == 100, "late minutes are not reported yet"

    @pytest.mark.parametrize("status", [403, 404])
    def test_an_organizations_report_needs_no_summary(self, status: int) -> None:
        def github(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/usage"):
                return answer({"usageItems": [reported(used(100, 95))]})
            return answer(status)

        reading = read(BY_REPOSITORY, Account(AccountType.ORGANIZATION, "acme"), github)
        assert total(reading, "gross_usd") == 95


@pytest.mark.parametrize("collector", ALL[:3], ids=lambda each: each.name)
class TestHiddenCostCenters:
    def test_fail_the_reading_only_if_one_of_them_paid(self, collector: Collector) -> None:
        paid = {NONE: used(4_000, 40), "a": used(3_500, 35)}
        with pytest.raises(errors.Forbidden):
            read(collector, CORP, Shared(paid, ["a"], refused=403))

    @pytest.mark.parametrize(
        ("late", "gross"), [(used(-300, -3), 37), (used(300, 3), 40)], ids=["report", "summary"]
    )
    def test_are_no_matter_where_one_answer_is_only_fresher(
        self, collector: Collector, late: Row, gross: float
    ) -> None:
        github = Shared({NONE: used(4_000, 40)}, refused=404, late=late)
        reading = read(collector, CORP, github)
        assert total(reading, "gross_usd") == gross

"""The usage report on the page: every dollar of the bill once, by owner."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import fsum
from typing import Any

import pytest
from structlog.testing import capture_logs

from exporter.demo import SimulatedAccount
from exporter.demo.accounts import SimulatedCostCenter
from exporter.metrics.series_limit import OTHER
from exporter.web.landing import render
from tests.support.faults.fault import Fault
from tests.support.world import START, World, enterprise, organization, user, virtual

BY_REPOSITORY = {"collectors": ["usage_repositories"]}
BY_ORGANIZATION = {"collectors": ["usage_organizations"]}
A_MINUTE = 1 / (24 * 60 * (START.day - 1))
"""One minute's usage as a fraction of the usage of the month so far."""


def asked(world: World) -> list[Mapping[str, str]]:
    """Return the queries of the requested usage reports, without summaries."""
    return [r.query for r in world.github.requests if r.path.endswith("/settings/billing/usage")]


def acme_corp(**fields: Any) -> SimulatedAccount:
    return enterprise(
        repositories=["acme/web", "acme/ios", "research/models", "labs/paper"],
        cost_centers=[
            SimulatedCostCenter("Platform", [("Org", "acme")]),
            SimulatedCostCenter("Research", [("Repo", "research/models")], state="deleted"),
        ],
        **fields,
    )


def dollars(world: World, kind: str, by: str) -> dict[tuple[str, str], float]:
    """Sum `kind` dollars by product and SKU."""
    sums: dict[tuple[str, str], list[float]] = {}
    for labels, value in world.series(f"{by}usage_{kind}_usd").items():
        found = dict(labels)
        sums.setdefault((found["product"], found["sku"]), []).append(value)
    return {names: fsum(values) for names, values in sums.items()}


def labels_of(world: World, name: str, label: str) -> set[str]:
    return {dict(labels)[label] for labels in world.series(name)}


def assert_adds_up(world: World, by: str, *, drift: float = 1e-6) -> None:
    """Assert that the parts sum to the summary, SKU by SKU."""
    for kind in ("gross", "discount", "net"):
        whole = dollars(world, kind, "")
        assert sum(whole.values()) > 0
        assert dollars(world, kind, by) == pytest.approx(whole, rel=drift, abs=1e-6)


class TestUsageByRepository:
    @pytest.mark.parametrize("account", [organization(), user(), enterprise(), acme_corp()])
    def test_adds_up_to_the_summary(self, account: SimulatedAccount) -> None:
        async def scenario() -> None:
            async with World(account, settings=BY_REPOSITORY) as world:
                assert_adds_up(world, "repository_")

        virtual(scenario)

    def test_names_repositories_by_owner_and_bare_name(self) -> None:
        async def scenario() -> None:
            account = enterprise(repositories=["acme/web", "labs/paper"])
            async with World(account, settings=BY_REPOSITORY) as world:
                pairs = {
                    (dict(labels)["organization"], dict(labels)["repository"])
                    for labels in world.series(
                        "repository_usage_gross_usd", sku="actions_linux", product="actions"
                    )
                }
                assert pairs == {("acme", "web"), ("labs", "paper")}

        virtual(scenario)

    def test_says_that_what_a_user_pays_for_is_the_users(self) -> None:
        async def scenario() -> None:
            async with World(user("mona"), settings=BY_REPOSITORY) as world:
                owners = labels_of(world, "repository_usage_gross_usd", "organization")
                assert owners == {"mona"}

        virtual(scenario)

    def test_tells_quantities_by_unit(self) -> None:
        async def scenario() -> None:
            async with World(organization(), settings=BY_REPOSITORY) as world:
                minutes = world.series("repository_usage_gross_quantity", sku="actions_linux")
                assert {dict(labels)["unit"] for labels in minutes} == {"minutes"}
                assert fsum(minutes.values()) == pytest.approx(
                    world.value("usage_gross_quantity", sku="actions_linux")
                )

        virtual(scenario)

    def test_tells_how_far_the_report_reaches(self) -> None:
        async def scenario() -> None:
            async with World(organization(), settings=BY_REPOSITORY) as world:
                newest = world.value("usage_latest_item_timestamp_seconds")
                assert newest == START.replace(minute=0).timestamp()

        virtual(scenario)

    def test_of_a_month_without_use_is_said_to_reach_nowhere(self) -> None:
        async def scenario() -> None:
            account = organization(usage_items=[])
            async with World(account, settings=BY_REPOSITORY) as world:
                assert world.value("exporter_collector_success", collector="usage_repositories")
                assert world.value("usage_latest_item_timestamp_seconds") is None
                assert not world.series("repository_usage_gross_usd")

        virtual(scenario)

    def test_is_asked_of_a_month_and_never_of_a_year(self) -> None:
        async def scenario() -> None:
            async with World(acme_corp(), settings=BY_REPOSITORY) as world:
                assert len(asked(world)) == 3
                assert all((q["year"], q["month"]) == ("2026", "10") for q in asked(world))

        virtual(scenario)

    def test_goes_with_its_month(self) -> None:
        async def scenario() -> None:
            start = datetime(2026, 10, 31, 20, tzinfo=UTC)
            async with World(organization(), start=start, settings=BY_REPOSITORY) as world:
                before = sum(dollars(world, "gross", "repository_").values())
                await world.passes_until(datetime(2026, 11, 1, 0, 30, tzinfo=UTC))
                assert 0 < sum(dollars(world, "gross", "repository_").values()) < before

        virtual(scenario)


class TestAMonthThatGitHubCutsOff:
    def test_is_asked_day_by_day_and_adds_up_all_the_same(self) -> None:
        async def scenario() -> None:
            account = organization(day_reports_only=True)
            async with World(account, settings=BY_REPOSITORY) as world:
                await world.passes(minutes=2)
                days = [query["day"] for query in asked(world) if "day" in query]
                assert days == [str(day) for day in range(1, START.day + 1)]
                assert_adds_up(world, "repository_", drift=A_MINUTE)

        virtual(scenario)

    def test_of_a_cost_center_too(self) -> None:
        async def scenario() -> None:
            account = acme_corp(day_reports_only=True)
            async with World(account, settings=BY_ORGANIZATION) as world:
                await world.passes(minutes=5)
                assert_adds_up(world, "organization_", drift=A_MINUTE)

        virtual(scenario)


class TestCostCenters:
    def test_of_an_enterprise_all_count(self) -> None:
        async def scenario() -> None:
            account = acme_corp()
            async with World(account, settings=BY_ORGANIZATION) as world:
                assert_adds_up(world, "organization_")
                organizations = labels_of(world, "organization_usage_gross_usd", "organization")
                assert {"acme", "research", "labs"} <= organizations
                centers = [query.get("cost_center_id") for query in asked(world)]
                assert centers == [None, *(center.id for center in account.cost_centers)]

        virtual(scenario)

    def test_that_were_deleted_are_asked_only_where_dollars_are_missing(self) -> None:
        async def scenario() -> None:
            account = acme_corp()
            account.cost_centers[1].resources = []
            async with World(account, settings=BY_ORGANIZATION) as world:
                assert_adds_up(world, "organization_")
                centers = [query.get("cost_center_id") for query in asked(world)]
                assert centers == [None, account.cost_centers[0].id]

        virtual(scenario)

    @pytest.mark.parametrize("status", [403, 404])
    def test_are_none_where_the_enterprise_is_without_them(self, status: int) -> None:
        async def scenario() -> None:
            account = enterprise()
            async with World(account, settings=BY_ORGANIZATION) as world:
                world.github.faults.add(Fault(match="/cost-centers", status=status, body=b"{}"))
                await world.passes(hours=7)
                assert world.value("exporter_collector_success", collector="usage_organizations")
                assert sum(dollars(world, "gross", "organization_").values()) > 0

        virtual(scenario)

    def test_that_fail_fail_the_reading(self) -> None:
        async def scenario() -> None:
            async with World(acme_corp(), settings=BY_ORGANIZATION) as world:
                world.github.faults.add(
                    Fault(match="/cost-centers", status=400, body=b'{"message":"no"}')
                )
                await world.passes(hours=7)
                assert (
                    world.value("exporter_collector_success", collector="usage_organizations") == 0
                )

        virtual(scenario)


class TestTheSeriesLimit:
    def test_folds_the_smallest_and_says_so(self) -> None:
        async def scenario() -> None:
            account = organization(repositories=[f"repo-{n}" for n in range(20)])
            async with World(account, settings=BY_REPOSITORY) as world:
                assert world.value("exporter_repositories_folded") == 0
                job = world.job("usage_repositories")
                job.known = job.known._replace(reading=None)
                world.job("usage_repositories").series_limit = 100
                await world.passes(hours=7)
                assert len(world.series("repository_usage_gross_usd")) <= 100
                assert world.series("repository_usage_gross_usd", repository=OTHER)
                folded = world.value("exporter_repositories_folded")
                assert folded is not None
                assert folded > 0
                assert_adds_up_roughly(world)
                page = render(world.app.poller.page(), world.clock())
                assert f"without their own series, due to the series limit: {folded:.0f}" in page

        virtual(scenario)

    def test_that_is_too_low_for_the_organizations_is_warned_of_once(self) -> None:
        async def scenario() -> None:
            settings = {**BY_REPOSITORY, "series_limit": 30}
            with capture_logs() as log:
                async with World(acme_corp(), settings=settings) as world:
                    await world.passes(hours=7)
                    assert world.series("repository_usage_gross_usd", organization=OTHER)
                    page = render(world.app.poller.page(), world.clock())
            (warning,) = (line for line in log if line["event"] == "series limit too low")
            assert warning["log_level"] == "warning"
            assert warning["collector"] == "usage_repositories"
            hint = re.fullmatch(r"Set series-limit to at least (\d+)\.", warning["hint"])
            assert hint is not None
            assert f"set series-limit to at least {hint[1]}." in page
            async with World(acme_corp(), settings=settings | {"series_limit": hint[1]}) as world:
                assert not world.series("repository_usage_gross_usd", organization=OTHER)

        virtual(scenario)

    def test_is_not_spoken_of_where_no_repositories_are(self) -> None:
        async def scenario() -> None:
            async with World(organization()) as world:
                assert world.value("exporter_repositories_folded") is None

        virtual(scenario)


def assert_adds_up_roughly(world: World) -> None:
    """Assert it for readings of different hours."""
    whole = sum(dollars(world, "gross", "").values())
    assert sum(dollars(world, "gross", "repository_").values()) == pytest.approx(whole, rel=0.05)


class TestTheInterval:
    def test_is_six_hours(self) -> None:
        async def scenario() -> None:
            async with World(organization(), settings=BY_REPOSITORY) as world:
                await world.passes(hours=5)
                assert len(asked(world)) == 1
                await world.passes(hours=2)
                assert len(asked(world)) == 2

        virtual(scenario)

"""Each kind of fault: the last good value stays until it is too old; a new one follows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from exporter.demo import SimulatedBudget
from tests.support.faults.fault import Fault
from tests.support.faults.faulty_wire import Wire
from tests.support.faults.kinds import KINDS, LIMITS, Kind, heal
from tests.support.world import SPINE, World, in_virtual_time, organization, row, user

STALE = {
    "usage": timedelta(minutes=45),
    "usage_repositories": timedelta(minutes=45),
    "budgets": timedelta(hours=3),
}
SHOWS = {
    "usage": "usage_net_usd",
    "usage_repositories": "repository_usage_net_usd",
    "budgets": "budget_limit_usd",
}
OTHERS = ("globex", "mona")
OPTED = {"usage_repositories"}


def world(*opted: str) -> tuple[World, Wire]:
    """Return a world of three accounts with one credential and different bills."""
    accounts = [
        organization(
            name,
            usage_items=[row(netAmount=float(number))],
            budgets=[SimulatedBudget("actions", number, "organization", entity=name)],
        )
        for number, name in enumerate(("acme", "globex"), 1)
    ]
    wire = Wire()
    mona = user(usage_items=[row(netAmount=3.0)])
    settings = {
        "collectors": list(opted),
        "collector_settings": {name: {"interval": "15m"} for name in opted},
    }
    made = World(*accounts, mona, transport=wire, collectors=[*SPINE, "budgets"], settings=settings)
    wire.leads_to(made.github, made.clock)
    return made, wire


Page = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def of_account(page: Page, account: str) -> Page:
    return {key: value for key, value in page.items() if ("account", account) in key[1]}


def bill(page: Page, *accounts: str) -> Page:
    """Return the samples of these accounts' bills."""
    return {
        key: value
        for account in accounts
        for key, value in of_account(page, account).items()
        if "exporter" not in key[0]
    }


def shown(page: Page, kind: Kind) -> Page:
    """Return the samples of the metric that the fault affects."""
    name = f"github_billing_{SHOWS[kind.collector]}"
    return {key: value for key, value in of_account(page, "acme").items() if key[0] == name}


def about(page: Page, what: str, collector: str, account: str) -> float | None:
    """Return a job's value on the page."""
    wanted = {("collector", collector), ("account", account)}
    name = f"github_billing_exporter_collector_{what}"
    return next((value for key, value in page.items() if key[0] == name and wanted <= key[1]), None)


def reasons(page: Page) -> set[tuple[str, str, str]]:
    """Return account, collector and reason of each failure."""
    found = [dict(key[1]) for key in page if key[0].endswith("_collector_failure_info")]
    return {(each["account"], each["collector"], each["reason"]) for each in found}


async def recovered(world: World, kind: Kind) -> Page:
    """Let time pass until the collector works again, at most 75 minutes."""
    for _ in range(15):
        await world.passes(minutes=5)
        page = world.samples()
        if about(page, "success", kind.collector, "acme") == 1:
            return page
    raise AssertionError(f"{kind.collector} has not recovered")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
class TestAFault:
    @in_virtual_time
    async def test_ages_what_it_befalls_then_hides_it_and_touches_nothing_else(
        self, kind: Kind
    ) -> None:
        made, wire = world(*OPTED & {kind.collector})
        collector = kind.collector
        async with made:
            before = made.samples()
            good, others = shown(before, kind), bill(before, *OTHERS)
            taken = about(before, "last_success_timestamp_seconds", collector, "acme")
            assert good
            assert taken is not None
            stale = datetime.fromtimestamp(taken, UTC) + STALE[collector]
            kind.befall(wire, "acme")

            await made.passes_until(stale - timedelta(seconds=1))
            page = made.samples()
            assert shown(page, kind) == good
            assert ("acme", collector, kind.reason) in reasons(page)
            assert about(page, "success", collector, "acme") == 0
            assert about(page, "last_success_timestamp_seconds", collector, "acme") == taken
            assert bill(page, *OTHERS) == others

            await made.passes_until(stale)
            page = made.samples()
            assert shown(page, kind) == {}
            assert about(page, "last_success_timestamp_seconds", collector, "acme") == taken
            assert {account for account, _, _ in reasons(page) - limited(kind)} == {"acme"}
            for name in OTHERS:
                assert about(page, "success", "usage", name) == 1
            assert bill(page, *OTHERS) == others

            heal(wire)
            after = await recovered(made, kind)
            assert shown(after, kind) == good
            assert bill(after, *OTHERS) == others
            assert reasons(after) <= limited(kind)

    @in_virtual_time
    async def test_from_the_first_poll_on_puts_nothing_in_place_of_what_is_not_known(
        self, kind: Kind
    ) -> None:
        made, wire = world(*OPTED & {kind.collector})
        kind.befall(wire, "acme")
        async with made:
            await made.passes(minutes=2)
            page = made.samples()
            assert shown(page, kind) == {}
            assert about(page, "last_success_timestamp_seconds", kind.collector, "acme") is None
            befallen = {("acme", kind.collector, kind.reason)}
            assert {each for each in reasons(page) if each not in befallen} <= limited(kind)
            assert bill(page, *OTHERS)


def limited(kind: Kind) -> set[tuple[str, str, str]]:
    """Return the other failures that a limit causes: it interrupts attempts of two requests."""
    names = ("acme", "globex") if kind in LIMITS else ()
    return {(name, "advanced_security", "rate_limited") for name in names}


class TestAnEndpointThatCloses:
    @pytest.mark.parametrize("collector", ["usage", "advanced_security"])
    @in_virtual_time
    async def test_after_it_has_worked_is_a_failure_unless_it_is_a_legacy_one(
        self, collector: str
    ) -> None:
        alone = {"no_collectors": ["legacy_actions", "legacy_packages", "legacy_shared_storage"]}
        async with World(organization(ghas="bundled"), settings=alone) as made:
            made.github.faults.add(Fault.moved())
            await made.passes(minutes=16)
            assert made.reason(collector) == "closed"
            assert made.about("success", collector) == 0

    @in_virtual_time
    async def test_before_it_ever_worked_is_not_offered(self) -> None:
        made = World(organization(ghas="bundled"))
        made.github.faults.add(Fault.moved(match="advanced-security"))
        async with made:
            assert made.about("available", "advanced_security") == 0
            assert made.reason("advanced_security") is None


class TestAListThatChangesWhileItIsRead:
    @in_virtual_time
    async def test_is_not_told_by_halves(self) -> None:
        made, wire = world()
        acme = made.github.accounts[0]
        acme.budgets = [SimulatedBudget(f"sku-{n}", n, "organization") for n in range(150)]
        names = {budget.id for budget in acme.budgets}

        def shift(path: str, query: Mapping[str, str]) -> None:
            if "/acme/" in path and query.get("page") == "2" and len(acme.budgets) == 150:
                del acme.budgets[0]

        def listed() -> set[str]:
            found = made.series("budget_limit_usd", account="acme")
            return {dict(labels)["budget"] for labels in found}

        async with made:
            assert listed() == names
            wire.before = shift
            await made.passes(minutes=61)
            assert listed() == names
            assert made.reason("budgets", "acme") == "invalid_payload"
            await made.passes(minutes=16)
            assert listed() == {budget.id for budget in acme.budgets}
            assert len(listed()) == 149

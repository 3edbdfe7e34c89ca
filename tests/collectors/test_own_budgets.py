"""Budgets of the settings: their limits, and their consumption from other readings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exporter.accounts import Account, AccountType
from exporter.collectors import own_budgets
from exporter.collectors.own_budgets import OWN_BUDGETS
from exporter.collectors.usage_teams import BLIND
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample
from exporter.metrics.series_limit import limited
from exporter.own import Budget, Own, Scope

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
NEXT_END = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

CONSUMED = "github_billing_budget_estimated_consumed_usd"
CI = ".github/workflows/ci.yml"

USAGE = catalogue.USAGE_USD.net
REPOSITORY = catalogue.REPOSITORY_USAGE_USD.net
ORGANIZATION = catalogue.ORGANIZATION_USAGE_USD.net
COST_CENTER = catalogue.COST_CENTER_USAGE_USD.net
TEAM = catalogue.TEAM_USAGE_USD.net
WORKFLOW = catalogue.WORKFLOW_USAGE_NET_USD
SKUS = (("actions", "actions_linux", 2.0), ("actions", "actions_windows", 3.0))


def reading(*samples: Sample, taken: datetime = NOW, cycle_end: datetime = END) -> Reading:
    return Reading(taken, samples, cycle_end=cycle_end)


def rows(metric: Metric, *names: str) -> list[Sample]:
    """Return samples of 2 and 3 dollars of Actions, and of 10 of Packages."""
    money = [*SKUS, ("packages", "packages_storage", 10.0)]
    return [Sample(metric, (*names, product, sku), usd) for product, sku, usd in money]


def of_workflow(*names: str, usd: float = 4.0) -> Sample:
    return Sample(WORKFLOW, (*names, "actions_linux"), usd)


def collected(
    budget: Budget,
    readings: Mapping[str, Reading],
    kind: AccountType = AccountType.ENTERPRISE,
    name: str = "acme-corp",
) -> Reading:
    account = Account(kind, name, own=Own(budgets=(budget,)))
    found = own_budgets.collect(account, readings, NOW)
    OWN_BUDGETS.check(found)
    return found


def consumed(found: Reading) -> float | None:
    """Return the estimate of the only budget; the limit and the description must be there."""
    values = {sample.metric.name: sample.value for sample in found.samples}
    assert len(values) == len(found.samples)
    assert {catalogue.BUDGET_LIMIT_USD.name, catalogue.BUDGET_INFO.name} <= values.keys()
    return values.get(CONSUMED)


class TestDescription:
    @pytest.mark.parametrize(
        ("budget", "labels"),
        [
            (Budget("b", 500), ("own:b", "own", "account", "", "", "false", "false")),
            (
                Budget("b", 500, Scope.TEAM, "platform", product="actions"),
                ("own:b", "own", "team", "platform", "actions", "false", "false"),
            ),
            (
                Budget("b", 500, Scope.REPOSITORY, "acme/web", sku="actions_linux"),
                ("own:b", "own", "repository", "acme/web", "actions_linux", "false", "false"),
            ),
        ],
    )
    def test_is_that_of_githubs_budgets(self, budget: Budget, labels: tuple[str, ...]) -> None:
        found = collected(budget, {})
        assert set(found.samples) == {
            Sample(catalogue.BUDGET_LIMIT_USD, ("own:b",), 500),
            Sample(catalogue.BUDGET_INFO, labels, 1),
        }
        assert (found.taken, found.cycle_end, found.notes) == (NOW, None, ())


class TestConsumption:
    READINGS: Mapping[str, Reading] = {
        "usage": reading(*rows(USAGE)),
        "usage_organizations": reading(
            *rows(ORGANIZATION, "acme"), Sample(ORGANIZATION, ("", "copilot", "seats"), 100)
        ),
        "usage_repositories": reading(*rows(REPOSITORY, "acme", "web")),
        "usage_teams": reading(*rows(TEAM, "platform"), *rows(TEAM, "(unallocated)")),
        "usage_cost_centers": reading(*rows(COST_CENTER, "c-1"), *rows(COST_CENTER, "none")),
        "usage_workflows": reading(of_workflow("acme", "web", CI), of_workflow("acme", "web", "x")),
        "cost_centers": reading(
            *(
                catalogue.COST_CENTER_INFO(1, cost_center=center, name=name, state=state)
                for center, name, state in [
                    ("c-1", "Platform", "active"),
                    ("c-0", "Platform", "deleted"),
                    ("c-2", "Idle", "active"),
                ]
            )
        ),
    }

    @pytest.mark.parametrize(
        ("scope", "entity", "usd"),
        [
            (Scope.ACCOUNT, "", 15),
            (Scope.ORGANIZATION, "ACME", 15),
            (Scope.ORGANIZATION, "labs", 0),
            (Scope.REPOSITORY, "acme/Web", 15),
            (Scope.REPOSITORY, "acme/api", 0),
            (Scope.REPOSITORY, "labs/web", 0),
            (Scope.TEAM, "Platform", 15),
            (Scope.TEAM, "(unallocated)", 15),
            (Scope.TEAM, "idle", 0),
            (Scope.COST_CENTER, "platform", 15),
            (Scope.COST_CENTER, "c-1", 15),
            (Scope.COST_CENTER, "c-0", 0),
            (Scope.COST_CENTER, "none", 15),
            (Scope.COST_CENTER, "Idle", 0),
            (Scope.COST_CENTER, "Unheard of", None),
            (Scope.WORKFLOW, f"acme/web/{CI}", 4),
            (Scope.WORKFLOW, "acme/web/other.yml", 0),
        ],
    )
    def test_is_the_net_of_the_scope(self, scope: Scope, entity: str, usd: float | None) -> None:
        assert consumed(collected(Budget("b", 5, scope, entity), self.READINGS)) == usd

    @pytest.mark.parametrize(
        ("product", "sku", "usd"),
        [
            ("actions", "", 5),
            ("packages", "", 10),
            ("copilot", "", 0),
            ("", "actions_windows", 3),
            ("", "actions_macos", 0),
            ("acttions", "", None),
            ("", "actions_linus", None),
        ],
    )
    def test_is_of_the_product_or_sku(self, product: str, sku: str, usd: float | None) -> None:
        for scope, entity in [(Scope.ACCOUNT, ""), (Scope.REPOSITORY, "acme/web")]:
            found = collected(Budget("b", 5, scope, entity, product, sku), self.READINGS)
            assert consumed(found) == usd
            assert bool(found.notes) == (usd is None)

    def test_of_a_product_that_github_does_not_publish_is_known_if_used(self) -> None:
        usage = reading(Sample(USAGE, ("quantum", "qubits"), 7))
        budget = Budget("b", 5, product="quantum")
        assert consumed(collected(budget, {"usage": usage})) == 7

    @pytest.mark.parametrize("product", ["", "actions"])
    def test_of_a_month_without_usage_is_0(self, product: str) -> None:
        assert consumed(collected(Budget("b", 5, product=product), {"usage": reading()})) == 0

    def test_of_an_organization_is_that_of_its_account(self) -> None:
        budget = Budget("b", 5, Scope.ORGANIZATION, "Acme")
        organization = collected(budget, self.READINGS, AccountType.ORGANIZATION, "acme")
        assert consumed(organization) == 15

    @pytest.mark.parametrize("entity", ["c-1", "none"])
    def test_of_a_cost_center_by_id_needs_no_names(self, entity: str) -> None:
        readings = {"usage_cost_centers": self.READINGS["usage_cost_centers"]}
        assert consumed(collected(Budget("b", 5, Scope.COST_CENTER, entity), readings)) == 15

    def test_of_a_cost_center_by_name_is_absent_without_names(self) -> None:
        readings = {"usage_cost_centers": self.READINGS["usage_cost_centers"]}
        found = collected(Budget("b", 5, Scope.COST_CENTER, "Platform"), readings)
        assert consumed(found) is None
        assert found.notes == (
            "No estimate for own:b: no cost center with this name or ID is known.",
        )

    @pytest.mark.parametrize(("team", "usd"), [("platform", 2), ("mobile", None)])
    def test_of_a_team_without_usage_is_absent_if_a_rule_is_blind(
        self, team: str, usd: float | None
    ) -> None:
        shown = Sample(TEAM, ("platform", "actions", "actions_linux"), 2.0)
        seen = Reading(NOW, (shown,), cycle_end=END)
        budget = Budget("b", 5, Scope.TEAM, team)
        assert consumed(collected(budget, {"usage_teams": seen})) == (usd or 0)
        found = collected(budget, {"usage_teams": replace(seen, facts={BLIND: "yes"})})
        assert consumed(found) == usd

    @pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.ACCOUNT])
    def test_is_absent_without_the_reading_of_the_scope(self, scope: Scope) -> None:
        readings = {"usage": self.READINGS["usage"]}
        assert consumed(collected(Budget("b", 5, scope, "a/b/c"), readings)) is None


class TestFolding:
    def folded(self) -> Reading:
        """Return a reading within its series limit: one repository of each organization."""
        samples = [
            Sample(metric, (owner, name, product, sku), usd)
            for metric in catalogue.REPOSITORY_USAGE_USD
            for owner, name, factor in [
                ("acme", "web", 9),
                ("acme", "api", 1),
                ("acme", "docs", 2),
                ("labs", "paper", 8),
            ]
            for product, sku, usd in [("actions", "actions_linux", factor * 1.0)]
        ]
        found = limited(reading(*samples), None, 3)
        assert found.folded == 2
        return found

    @pytest.mark.parametrize(
        ("entity", "product", "usd"),
        [
            ("acme/web", "", 9),
            ("acme/api", "", None),
            ("acme/unheard-of", "", None),
            ("acme/api", "packages", 0),
            ("labs/paper", "", 8),
            ("labs/unheard-of", "", 0),
        ],
    )
    def test_leaves_a_repository_without_an_estimate_that_may_be_folded(
        self, entity: str, product: str, usd: float | None
    ) -> None:
        budget = Budget("b", 5, Scope.REPOSITORY, entity, product)
        found = collected(budget, {"usage_repositories": self.folded()})
        assert consumed(found) == usd
        note = "No estimate for own:b: (other) may contain their usage, due to the series limit."
        assert found.notes == ((note,) if usd is None else ())

    @pytest.mark.parametrize(
        ("other", "usd"),
        [
            (("acme", "web", "(other)"), None),
            (("acme", "(other)", "(other)"), None),
            (("(other)", "(other)", "(other)"), None),
            (("acme", "api", "(other)"), 0),
            (("labs", "(other)", "(other)"), 0),
        ],
    )
    def test_of_workflows_ends_in_the_repository_or_beyond(
        self, other: tuple[str, str, str], usd: float | None
    ) -> None:
        readings = {"usage_workflows": reading(of_workflow(*other))}
        budget = Budget("b", 5, Scope.WORKFLOW, f"acme/web/{CI}")
        assert consumed(collected(budget, readings)) == usd


class TestTime:
    BUDGETS = (Budget("all", 5), Budget("web", 5, Scope.REPOSITORY, "acme/web"))

    def both(self, usage: Reading, repositories: Reading) -> Reading:
        account = Account(AccountType.ENTERPRISE, "acme-corp", own=Own(budgets=self.BUDGETS))
        readings = {"usage": usage, "usage_repositories": repositories}
        return own_budgets.collect(account, readings, NOW)

    def test_is_that_of_the_oldest_reading_used(self) -> None:
        old = reading(*rows(REPOSITORY, "acme", "web"), taken=NOW - 5 * HOUR)
        found = self.both(reading(*rows(USAGE), taken=NOW - HOUR), old)
        assert (found.taken, found.cycle_end) == (NOW - 5 * HOUR, END)

    def test_leaves_the_old_month_out_once_one_reading_is_of_the_new(self) -> None:
        old = reading(*rows(REPOSITORY, "acme", "web"), taken=NOW - 5 * HOUR)
        found = self.both(reading(*rows(USAGE), cycle_end=NEXT_END), old)
        estimates = [s.labels for s in found.samples if s.metric.name == CONSUMED]
        assert estimates == [("own:all",)]
        assert (found.taken, found.cycle_end) == (NOW, NEXT_END)

"""Budgets of the settings: their limits, and their consumption from other readings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exporter.accounts import Account, AccountType
from exporter.collectors import own_budgets
from exporter.collectors.usage_teams import BLIND
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample
from exporter.metrics.series_limit import limited
from exporter.own import Budget, Own, Rule, Scope
from tests.support.own_budgets import (
    CI,
    CONSUMED,
    END,
    FOLDED,
    NOW,
    READINGS,
    REPOSITORY,
    TEAM,
    UNUSED,
    USAGE,
    collected,
    consumed,
    no_usage_of,
    of_workflow,
    reading,
    rows,
    shown_entity,
)

NEXT_END = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


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

    @pytest.mark.parametrize(
        ("scope", "given", "spelled"),
        [
            (Scope.ORGANIZATION, "ACME", "acme"),
            (Scope.REPOSITORY, "Acme/WEB", "acme/web"),
            (Scope.WORKFLOW, f"Acme/WEB/{CI}", f"acme/web/{CI}"),
            (Scope.TEAM, "Platform", "platform"),
            (Scope.COST_CENTER, "PLATFORM", "Platform"),
            (Scope.COST_CENTER, "C-1", "c-1"),
            (Scope.TEAM, "Unheard of", "Unheard of"),
            (Scope.COST_CENTER, "Unheard of", "Unheard of"),
        ],
    )
    def test_spells_the_entity_as_its_usage_does(
        self, scope: Scope, given: str, spelled: str
    ) -> None:
        assert shown_entity(collected(Budget("b", 5, scope, given), READINGS)) == spelled

    @pytest.mark.parametrize("readings", [READINGS, UNUSED, {}])
    def test_spells_a_team_as_the_first_rule_does(self, readings: Mapping[str, Reading]) -> None:
        rules = tuple(Rule(organizations=("acme",), team=team) for team in ("Payments", "payments"))
        found = collected(Budget("b", 5, Scope.TEAM, "PAYMENTS"), readings, rules=rules)
        assert shown_entity(found) == "Payments"

    def test_spells_an_organization_as_its_account(self) -> None:
        budget = Budget("b", 5, Scope.ORGANIZATION, "Acme")
        assert shown_entity(collected(budget, {}, AccountType.ORGANIZATION, "acme")) == "acme"


class TestConsumption:
    @pytest.mark.parametrize(
        ("scope", "entity", "usd"),
        [
            (Scope.ACCOUNT, "", 15),
            (Scope.ORGANIZATION, "ACME", 15),
            (Scope.ORGANIZATION, "labs", None),
            (Scope.REPOSITORY, "acme/Web", 15),
            (Scope.REPOSITORY, "acme/api", None),
            (Scope.REPOSITORY, "labs/web", None),
            (Scope.TEAM, "Platform", 15),
            (Scope.TEAM, "(unallocated)", 15),
            (Scope.TEAM, "idle", None),
            (Scope.COST_CENTER, "platform", 15),
            (Scope.COST_CENTER, "c-1", 15),
            (Scope.COST_CENTER, "c-0", 0),
            (Scope.COST_CENTER, "none", 15),
            (Scope.COST_CENTER, "Idle", 0),
            (Scope.COST_CENTER, "Unheard of", None),
            (Scope.WORKFLOW, f"acme/web/{CI}", 4),
            (Scope.WORKFLOW, "acme/web/other.yml", None),
        ],
    )
    def test_is_the_net_of_the_scope(self, scope: Scope, entity: str, usd: float | None) -> None:
        assert consumed(collected(Budget("b", 5, scope, entity), READINGS)) == usd

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
            found = collected(Budget("b", 5, scope, entity, product, sku), READINGS)
            assert consumed(found) == usd
            assert bool(found.notes) == (usd is None)

    def test_of_a_product_that_github_does_not_publish_is_known_if_used(self) -> None:
        usage = reading(Sample(USAGE, ("quantum", "qubits"), 7))
        budget = Budget("b", 5, product="quantum")
        assert consumed(collected(budget, {"usage": usage})) == 7

    @pytest.mark.parametrize("product", ["", "actions"])
    def test_of_a_month_without_usage_is_0(self, product: str) -> None:
        assert consumed(collected(Budget("b", 5, product=product), {"usage": reading()})) == 0

    @pytest.mark.parametrize(
        ("scope", "given", "shown"),
        [
            (Scope.ORGANIZATION, "acme-mobil", "organization acme-mobil"),
            (Scope.REPOSITORY, "acme/wbe", "repository acme/wbe"),
            (Scope.TEAM, "plattform", "team plattform"),
            (Scope.WORKFLOW, "acme/web/ci.yml", "workflow acme/web/ci.yml"),
        ],
    )
    @pytest.mark.parametrize("product", ["", "packages"])
    @pytest.mark.parametrize("readings", [READINGS, UNUSED])
    def test_of_an_entity_without_usage_is_absent(
        self, scope: Scope, given: str, shown: str, product: str, readings: Mapping[str, Reading]
    ) -> None:
        found = collected(Budget("b", 5, scope, given, product), readings)
        assert consumed(found) is None
        assert found.notes == (no_usage_of(shown),)

    @pytest.mark.parametrize(
        ("scope", "given"),
        [
            (Scope.ACCOUNT, ""),
            (Scope.TEAM, "PLATFORM"),
            (Scope.TEAM, "(unallocated)"),
            (Scope.COST_CENTER, "platform"),
            (Scope.COST_CENTER, "c-2"),
            (Scope.COST_CENTER, "none"),
        ],
    )
    def test_of_an_entity_that_is_known_without_usage_is_0(self, scope: Scope, given: str) -> None:
        rules = (Rule(repositories=("acme/web",), team="platform"),)
        found = collected(Budget("b", 5, scope, given), UNUSED, rules=rules)
        assert (consumed(found), found.notes) == (0, ())

    @pytest.mark.parametrize(
        ("scope", "given"),
        [
            (Scope.ORGANIZATION, "acme"),
            (Scope.REPOSITORY, "acme/web"),
            (Scope.TEAM, "platform"),
            (Scope.WORKFLOW, f"acme/web/{CI}"),
        ],
    )
    def test_of_an_entity_with_other_usage_is_0(self, scope: Scope, given: str) -> None:
        found = collected(Budget("b", 5, scope, given, sku="actions_macos"), READINGS)
        assert (consumed(found), found.notes) == (0, ())

    def test_of_an_organization_is_that_of_its_account(self) -> None:
        budget = Budget("b", 5, Scope.ORGANIZATION, "Acme")
        organization = collected(budget, READINGS, AccountType.ORGANIZATION, "acme")
        assert consumed(organization) == 15

    @pytest.mark.parametrize("entity", ["c-1", "none"])
    def test_of_a_cost_center_by_id_needs_no_names(self, entity: str) -> None:
        readings = {"usage_cost_centers": READINGS["usage_cost_centers"]}
        assert consumed(collected(Budget("b", 5, Scope.COST_CENTER, entity), readings)) == 15

    def test_of_a_cost_center_by_name_is_absent_without_names(self) -> None:
        readings = {"usage_cost_centers": READINGS["usage_cost_centers"]}
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
        rules = (Rule(organizations=("labs",), team="mobile"),)
        assert consumed(collected(budget, {"usage_teams": seen}, rules=rules)) == (usd or 0)
        blind = {"usage_teams": replace(seen, facts={BLIND: "yes"})}
        found = collected(budget, blind, rules=rules)
        assert consumed(found) == usd

    @pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.ACCOUNT])
    def test_is_absent_without_the_reading_of_the_scope(self, scope: Scope) -> None:
        readings = {"usage": READINGS["usage"]}
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
        ],
    )
    def test_leaves_a_repository_without_an_estimate_that_may_be_folded(
        self, entity: str, product: str, usd: float | None
    ) -> None:
        budget = Budget("b", 5, Scope.REPOSITORY, entity, product)
        found = collected(budget, {"usage_repositories": self.folded()})
        assert consumed(found) == usd
        assert found.notes == ((FOLDED,) if usd is None else ())

    @pytest.mark.parametrize(
        "other",
        [
            ("acme", "web", "(other)"),
            ("acme", "(other)", "(other)"),
            ("(other)", "(other)", "(other)"),
        ],
    )
    def test_of_workflows_ends_in_the_repository_or_beyond(
        self, other: tuple[str, str, str]
    ) -> None:
        found = self.of_ci(other)
        assert consumed(found) is None
        assert found.notes == (FOLDED,)

    @pytest.mark.parametrize(
        "other", [("acme", "api", "(other)"), ("labs", "(other)", "(other)"), ("labs", "web", CI)]
    )
    def test_elsewhere_leaves_a_workflow_without_usage(self, other: tuple[str, str, str]) -> None:
        found = self.of_ci(other)
        assert consumed(found) is None
        assert found.notes == (no_usage_of(f"workflow acme/web/{CI}"),)

    def test_elsewhere_leaves_a_repository_without_usage(self) -> None:
        budget = Budget("b", 5, Scope.REPOSITORY, "labs/unheard-of")
        found = collected(budget, {"usage_repositories": self.folded()})
        assert consumed(found) is None
        assert found.notes == (no_usage_of("repository labs/unheard-of"),)

    def of_ci(self, other: tuple[str, str, str]) -> Reading:
        readings = {"usage_workflows": reading(of_workflow(*other))}
        return collected(Budget("b", 5, Scope.WORKFLOW, f"acme/web/{CI}"), readings)


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

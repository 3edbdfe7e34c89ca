"""Readings for budgets of the settings, and what the collector makes of them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from exporter.accounts import Account, AccountType
from exporter.collectors import own_budgets
from exporter.collectors.own_budgets import OWN_BUDGETS
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample
from exporter.own import Budget, Own, Rule

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)

CONSUMED = "github_billing_budget_estimated_consumed_usd"
CI = ".github/workflows/ci.yml"
FOLDED = "No estimate for own:b: (other) may contain their usage, due to the series limit."

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


def no_usage_of(entity: str) -> str:
    return f"No estimate for own:b: no usage of the {entity} this month."


def collected(
    budget: Budget,
    readings: Mapping[str, Reading],
    kind: AccountType = AccountType.ENTERPRISE,
    name: str = "acme-corp",
    rules: tuple[Rule, ...] = (),
) -> Reading:
    account = Account(kind, name, own=Own(rules=rules, budgets=(budget,)))
    found = own_budgets.collect(account, readings, NOW)
    OWN_BUDGETS.check(found)
    return found


def consumed(found: Reading) -> float | None:
    """Return the estimate of the only budget; the limit and the description must be there."""
    values = {sample.metric.name: sample.value for sample in found.samples}
    assert len(values) == len(found.samples)
    assert {catalogue.BUDGET_LIMIT_USD.name, catalogue.BUDGET_INFO.name} <= values.keys()
    return values.get(CONSUMED)


def shown_entity(found: Reading) -> str:
    """Return the entity of the only budget."""
    (labels,) = [each.labels for each in found.samples if each.metric is catalogue.BUDGET_INFO]
    return labels[catalogue.BUDGET_INFO.labels.index("entity")]


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
UNUSED: Mapping[str, Reading] = {
    name: reading() if name.startswith("usage") else found for name, found in READINGS.items()
}
"""The first day of a month, before any usage."""

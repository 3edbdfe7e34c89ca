"""Endpoints about a bill: their paths, refusals and answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exporter.accounts import AccountType, Platform
from exporter.demo.accounts import Family, SimulatedAccount
from exporter.demo.answer import (
    NO_USAGE_DATA,
    NOT_FOR_THIS_TOKEN,
    NOT_FOUND,
    UNABLE_TO_GET_BUDGETS,
    Answer,
    moved,
)
from exporter.demo.endpoints import (
    advanced_security,
    budgets,
    copilot,
    cost_centers,
    exports,
    legacy,
    licenses,
    models,
    reports,
)
from exporter.demo.question import Question

_ALL = frozenset({"organizations", "users", "enterprises"})
_ALL_CLASSIC = frozenset({"orgs", "users", "enterprises"})
_MANY = frozenset({"organizations", "enterprises"})
_MANY_CLASSIC = frozenset({"orgs", "enterprises"})
_ORGANIZATIONS = frozenset({"orgs"})
_ENTERPRISES = frozenset({"enterprises"})

_HIDDEN: Mapping[Family, Answer] = {
    "usage": NO_USAGE_DATA,
    "models": NO_USAGE_DATA,
    "budgets": UNABLE_TO_GET_BUDGETS,
    "cost_centers": NOT_FOR_THIS_TOKEN,
    "exports": NOT_FOR_THIS_TOKEN,
    "copilot": NOT_FOR_THIS_TOKEN,
}
"""Refusals of hidden families; all others are 404."""

_OF_LEGACY: frozenset[Family] = frozenset({"legacy"})
_OF_USAGE: frozenset[Family] = frozenset({"usage", "models", "budgets", "cost_centers", "exports"})
_OF_THE_PAYER: frozenset[Family] = frozenset({"usage", "models"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint under ``/{root}/{account}/`` for each of its ``roots``."""

    roots: frozenset[str]
    family: Family
    answer: Callable[[Question], Answer]

    def refusal(self, account: SimulatedAccount) -> Answer | None:
        """Return a refusal if it is on the other platform, billed to the owner or hidden."""
        if self.family in _OF_LEGACY and account.platform is Platform.USAGE:
            return moved(account.type)
        if self.family in _OF_USAGE and account.platform is Platform.LEGACY:
            return NOT_FOUND
        owned = account.type is AccountType.ORGANIZATION and account.enterprise
        if self.family in _OF_THE_PAYER and account.billed_to_owner and owned:
            return NOT_FOUND
        return _HIDDEN.get(self.family, NOT_FOUND) if self.family in account.hidden else None


_BILLING = "settings/billing"

ENDPOINTS: Mapping[str, Endpoint] = {
    f"{_BILLING}/usage": Endpoint(_ALL, "usage", reports.report),
    f"{_BILLING}/usage/summary": Endpoint(_ALL, "usage", reports.summary),
    f"{_BILLING}/ai_credit/usage": Endpoint(_ALL, "models", models.ai_credits),
    f"{_BILLING}/premium_request/usage": Endpoint(_ALL, "models", models.premium_requests),
    f"{_BILLING}/budgets": Endpoint(_MANY, "budgets", budgets.listed),
    f"{_BILLING}/budgets/{{id}}": Endpoint(_MANY, "budgets", budgets.one),
    f"{_BILLING}/budgets/{{id}}/user-states": Endpoint(
        _ENTERPRISES, "budgets", budgets.user_states
    ),
    f"{_BILLING}/cost-centers": Endpoint(_ENTERPRISES, "cost_centers", cost_centers.listed),
    f"{_BILLING}/cost-centers/{{id}}": Endpoint(_ENTERPRISES, "cost_centers", cost_centers.one),
    f"{_BILLING}/reports": Endpoint(_ENTERPRISES, "exports", exports.listed),
    f"{_BILLING}/reports/{{id}}": Endpoint(_ENTERPRISES, "exports", exports.one),
    f"{_BILLING}/advanced-security": Endpoint(
        _MANY_CLASSIC, "advanced_security", advanced_security.committers
    ),
    f"{_BILLING}/actions": Endpoint(_ALL_CLASSIC, "legacy", legacy.actions),
    f"{_BILLING}/packages": Endpoint(_ALL_CLASSIC, "legacy", legacy.packages),
    f"{_BILLING}/shared-storage": Endpoint(_ALL_CLASSIC, "legacy", legacy.shared_storage),
    "copilot/billing": Endpoint(_ORGANIZATIONS, "copilot", copilot.billing),
    "copilot/billing/seats": Endpoint(_MANY_CLASSIC, "copilot", copilot.seats),
    "consumed-licenses": Endpoint(_ENTERPRISES, "licenses", licenses.consumed),
    "license-sync-status": Endpoint(_ENTERPRISES, "license_sync", licenses.synchronised),
}
"""Answers to GET, by the rest of the path after the account's name."""

POSTS: Mapping[str, Endpoint] = {
    f"{_BILLING}/reports": Endpoint(_ENTERPRISES, "exports", exports.make),
}

"""Root paths of an account's endpoints."""

from collections.abc import Mapping

from exporter.accounts import AccountType

USAGE_ROOTS: Mapping[AccountType, str] = {
    AccountType.ORGANIZATION: "/organizations/{account}",
    AccountType.USER: "/users/{account}",
    AccountType.ENTERPRISE: "/enterprises/{account}",
}
"""Roots of the usage reports, AI credits and budgets (OpenAPI 23.0.2)."""

CLASSIC_ROOTS = {**USAGE_ROOTS, AccountType.ORGANIZATION: "/orgs/{account}"}
"""Roots of the legacy endpoints, GHAS and Copilot."""

HIDDEN = (403, 404)
"""Statuses with which GitHub hides an endpoint, for any reason."""

"""Included quotas of one account by plan: no endpoint returns them.

Docs: Product usage included, Actions included quotas, GitHub Packages billing.
"""

from dataclasses import asdict, replace

from exporter.accounts import AccountType, Quotas

_ENTERPRISE_CLOUD = Quotas(
    actions_minutes=50_000, packages_bandwidth_gigabytes=100, shared_storage_gigabytes=50
)
_FREE = Quotas(actions_minutes=2_000, packages_bandwidth_gigabytes=1, shared_storage_gigabytes=0.5)
_PRO = Quotas(actions_minutes=3_000, packages_bandwidth_gigabytes=10, shared_storage_gigabytes=1)
_TEAM = Quotas(actions_minutes=3_000, packages_bandwidth_gigabytes=10, shared_storage_gigabytes=2)

# Not `enterprise`: its organizations share the enterprise's quota, which must count only once.
_PLANS = {
    (AccountType.ORGANIZATION, "free"): _FREE,
    (AccountType.ORGANIZATION, "team"): _TEAM,
    (AccountType.USER, "free"): _FREE,
    (AccountType.USER, "pro"): _PRO,
}


def plan_quotas(account_type: AccountType, plan: str | None) -> Quotas:
    """Return the quotas of a plan, named as GitHub does in any case; all None if it is unknown.

    An enterprise has the quotas of Enterprise Cloud, whatever the plan.
    """
    if account_type is AccountType.ENTERPRISE:
        return _ENTERPRISE_CLOUD
    return _PLANS.get((account_type, (plan or "").strip().lower()), Quotas())


def merged(own: Quotas, plan: Quotas) -> Quotas:
    """Return the plan's quotas, replaced by those that the user set, including 0."""
    changes = {name: value for name, value in asdict(own).items() if value is not None}
    return replace(plan, **changes)

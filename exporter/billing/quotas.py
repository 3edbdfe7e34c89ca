"""What a plan includes in a month: no endpoint tells it, so it is looked up.

Free use is a billing account's, not a seat's (docs: Product usage included, Actions included
quotas, GitHub Packages billing).
"""

from collections.abc import Mapping
from dataclasses import asdict, replace

from exporter.accounts import AccountType, Quotas

_ENTERPRISE_CLOUD = Quotas(
    actions_minutes=50_000, packages_bandwidth_gigabytes=100, shared_storage_gigabytes=50
)
_FREE = Quotas(actions_minutes=2_000, packages_bandwidth_gigabytes=1, shared_storage_gigabytes=0.5)
_PRO = Quotas(actions_minutes=3_000, packages_bandwidth_gigabytes=10, shared_storage_gigabytes=1)
_TEAM = Quotas(actions_minutes=3_000, packages_bandwidth_gigabytes=10, shared_storage_gigabytes=2)

_UNKNOWN = Quotas()

# An organization on the plan `enterprise` draws on its enterprise's quota: given to each of
# them, one quota would be counted many times.
_PLANS: Mapping[tuple[AccountType, str], Quotas] = {
    (AccountType.ORGANIZATION, "free"): _FREE,
    (AccountType.ORGANIZATION, "team"): _TEAM,
    (AccountType.USER, "free"): _FREE,
    (AccountType.USER, "pro"): _PRO,
}


def plan_quotas(account_type: AccountType, plan: str | None) -> Quotas:
    """Look up what the plan includes, all unknown where it is not in GitHub's table.

    ``plan`` is GitHub's word for it, in any case; an enterprise has Enterprise Cloud's quotas
    whatever the word.
    """
    if account_type is AccountType.ENTERPRISE:
        return _ENTERPRISE_CLOUD
    return _PLANS.get((account_type, (plan or "").strip().lower()), _UNKNOWN)


def merged(own: Quotas, plan: Quotas) -> Quotas:
    """Let each quota that the user set, 0 included, rule over the plan's."""
    return replace(
        plan, **{name: value for name, value in asdict(own).items() if value is not None}
    )

"""The account's plan: its quotas, and an organization's seats."""

from datetime import datetime

import msgspec

from exporter.accounts import Account, AccountType, Platform, Quotas
from exporter.billing import quotas
from exporter.billing.values import Number, Text
from exporter.collectors.collector import HOURLY, Collector
from exporter.github.api import GitHub
from exporter.github.endpoints import HIDDEN
from exporter.github.errors import NotFound
from exporter.github.permissions import Permission
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, present

_ORGANIZATION = "/orgs/{account}"
_USER = "/user"


class Plan(msgspec.Struct, frozen=True):
    name: Text | None = None
    filled_seats: Number | None = None
    seats: Number | None = None


class Organization(msgspec.Struct, frozen=True):
    """``plan`` is absent if the credential may not see it (OpenAPI 23.0.2)."""

    plan: Plan | None = None


class User(msgspec.Struct, frozen=True):
    """The credential's user. ``plan`` needs the scope ``user``."""

    login: str
    plan: Plan | None = None


async def _ask(github: GitHub, account: Account) -> Plan | None:
    if account.type is AccountType.ORGANIZATION:
        organization = await github.get_or_none(
            _ORGANIZATION, Organization, absent=HIDDEN, account=account.name
        )
        return organization.plan if organization else None
    user = await github.get_or_none(_USER, User, absent=HIDDEN)
    is_own = user is not None and user.login.casefold() == account.name.casefold()
    return user.plan if user and is_own else None


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    """Return quotas and seats. Raises `NotFound` if neither GitHub nor the settings have any."""
    is_enterprise = account.type is AccountType.ENTERPRISE
    plan = None if is_enterprise else await _ask(github, account)
    if plan is None and not is_enterprise and account.quotas == Quotas():
        raise NotFound(
            detail="GitHub does not show the account's plan to this credential",
            hint="Quotas and seats are missing. Set the quota.* settings, or fix the credential. "
            "Required: {permission}.",
        )
    name = (plan.name or "").strip().lower() if plan else ""
    included = quotas.merged(account.quotas, quotas.plan_quotas(account.type, name or None))
    samples = present(
        (catalogue.ACTIONS_INCLUDED_MINUTES, included.actions_minutes),
        (catalogue.PACKAGES_INCLUDED_BANDWIDTH, included.packages_bandwidth_gigabytes),
        (catalogue.SHARED_STORAGE_INCLUDED, included.shared_storage_gigabytes),
        (catalogue.PLAN_FILLED_SEATS, plan.filled_seats if plan else None),
        (catalogue.PLAN_PURCHASED_SEATS, plan.seats if plan else None),
    )
    return Reading(now, samples, facts={"plan": name})


PLAN = Collector(
    name="plan",
    summary="Quotas in the account's plan; an organization's filled and purchased seats",
    endpoints=(_ORGANIZATION, _USER),
    permissions={
        AccountType.ORGANIZATION: Permission(
            "an owner",
            classic="admin:org",
            fine_grained="Administration: read",
            app="Organization plan: read",
        ),
        AccountType.USER: Permission("the user itself", classic="user"),
        AccountType.ENTERPRISE: Permission(
            note="none: an enterprise has the quotas of Enterprise Cloud"
        ),
    },
    metrics=(
        catalogue.ACTIONS_INCLUDED_MINUTES,
        catalogue.PACKAGES_INCLUDED_BANDWIDTH,
        catalogue.SHARED_STORAGE_INCLUDED,
        catalogue.PLAN_FILLED_SEATS,
        catalogue.PLAN_PURCHASED_SEATS,
    ),
    collect=collect,
    platform=Platform.USAGE,
    instead_of=("legacy_actions", "legacy_packages"),
    interval=HOURLY,
)

"""The three endpoint families that GitHub closed in September 2025 (OpenAPI of December 2024)."""

from datetime import datetime
from math import fsum

import msgspec

from exporter.accounts import CLASSIC_ROOTS, Account, AccountType, Platform
from exporter.billing import skus
from exporter.billing.values import Number, Text
from exporter.collectors.collector import Collector
from exporter.github.api import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Reading

_PERMISSIONS = {
    AccountType.ORGANIZATION: "owner; classic token with repo or admin:org, or fine-grained "
    "token with Administration: read",
    AccountType.USER: "the user's own classic token with user, or fine-grained token with "
    "Plan: read",
    AccountType.ENTERPRISE: "enterprise administrator; classic token with "
    "manage_billing:enterprise",
}


class Actions(msgspec.Struct, frozen=True):
    """Minutes; the breakdown's key ``total`` is the sum of the others."""

    total_minutes_used: Number
    total_paid_minutes_used: Number
    included_minutes: Number
    minutes_used_breakdown: dict[Text, Number | None]


class Packages(msgspec.Struct, frozen=True):
    """Gigabytes of data transferred out."""

    total_gigabytes_bandwidth_used: Number
    total_paid_gigabytes_bandwidth_used: Number
    included_gigabytes_bandwidth: Number


class SharedStorage(msgspec.Struct, frozen=True):
    """Days, and gigabytes as GitHub estimates them for the whole cycle."""

    days_left_in_billing_cycle: Number
    estimated_paid_storage_for_month: Number
    estimated_storage_for_month: Number


def _endpoint(account: Account, family: str) -> str:
    return f"{CLASSIC_ROOTS[account.type]}/settings/billing/{family}"


async def collect_actions(github: GitHub, account: Account, now: datetime) -> Reading:
    actions = await github.get(_endpoint(account, "actions"), Actions, account=account.name)
    by_runner: dict[str, list[float]] = {}
    for key, minutes in actions.minutes_used_breakdown.items():
        runner = skus.runner_of_legacy_key(key)
        if runner is not None and minutes is not None:
            by_runner.setdefault(runner, []).append(minutes)
    return Reading(
        taken=now,
        samples=(
            catalogue.ACTIONS_USED_MINUTES(actions.total_minutes_used),
            catalogue.ACTIONS_PAID_MINUTES(actions.total_paid_minutes_used),
            catalogue.ACTIONS_INCLUDED_MINUTES(actions.included_minutes),
            *(
                catalogue.ACTIONS_RUNNER_USED_MINUTES(
                    fsum(minutes), os=skus.operating_system(runner), runner=runner
                )
                for runner, minutes in by_runner.items()
            ),
        ),
    )


async def collect_packages(github: GitHub, account: Account, now: datetime) -> Reading:
    packages = await github.get(_endpoint(account, "packages"), Packages, account=account.name)
    return Reading(
        taken=now,
        samples=(
            catalogue.PACKAGES_USED_BANDWIDTH(packages.total_gigabytes_bandwidth_used),
            catalogue.PACKAGES_PAID_BANDWIDTH(packages.total_paid_gigabytes_bandwidth_used),
            catalogue.PACKAGES_INCLUDED_BANDWIDTH(packages.included_gigabytes_bandwidth),
        ),
    )


async def collect_shared_storage(github: GitHub, account: Account, now: datetime) -> Reading:
    storage = await github.get(
        _endpoint(account, "shared-storage"), SharedStorage, account=account.name
    )
    return Reading(
        taken=now,
        samples=(
            catalogue.CYCLE_REMAINING_DAYS(storage.days_left_in_billing_cycle),
            catalogue.SHARED_STORAGE_ESTIMATED(storage.estimated_storage_for_month),
            catalogue.SHARED_STORAGE_ESTIMATED_PAID(storage.estimated_paid_storage_for_month),
        ),
    )


def _endpoints(family: str) -> tuple[str, ...]:
    return tuple(f"{CLASSIC_ROOTS[kind]}/settings/billing/{family}" for kind in AccountType)


LEGACY_ACTIONS = Collector(
    name="legacy_actions",
    summary="Actions minutes by runner, on the closed endpoint",
    endpoints=_endpoints("actions"),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.ACTIONS_USED_MINUTES,
        catalogue.ACTIONS_PAID_MINUTES,
        catalogue.ACTIONS_INCLUDED_MINUTES,
        catalogue.ACTIONS_RUNNER_USED_MINUTES,
    ),
    collect=collect_actions,
    platform=Platform.LEGACY,
    required=True,
)
LEGACY_PACKAGES = Collector(
    name="legacy_packages",
    summary="Packages bandwidth, on the closed endpoint",
    endpoints=_endpoints("packages"),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.PACKAGES_USED_BANDWIDTH,
        catalogue.PACKAGES_PAID_BANDWIDTH,
        catalogue.PACKAGES_INCLUDED_BANDWIDTH,
    ),
    collect=collect_packages,
    platform=Platform.LEGACY,
    required=True,
)
LEGACY_SHARED_STORAGE = Collector(
    name="legacy_shared_storage",
    summary="Shared storage and days left in the cycle, on the closed endpoint",
    endpoints=_endpoints("shared-storage"),
    permissions=_PERMISSIONS,
    metrics=(
        catalogue.CYCLE_REMAINING_DAYS,
        catalogue.SHARED_STORAGE_ESTIMATED,
        catalogue.SHARED_STORAGE_ESTIMATED_PAID,
    ),
    collect=collect_shared_storage,
    platform=Platform.LEGACY,
    required=True,
)

"""The endpoints that GitHub closed in September 2025 (OpenAPI of December 2024)."""

from dataclasses import replace
from datetime import datetime
from math import fsum
from typing import TypeVar

import msgspec

from exporter.accounts import Account, AccountType, Platform
from exporter.billing import skus
from exporter.billing.values import Number, Text
from exporter.collectors.collector import Collect, Collector
from exporter.collectors.usage import USAGE
from exporter.github.api import GitHub
from exporter.github.endpoints import CLASSIC_ROOTS
from exporter.github.permissions import Permission
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading

T = TypeVar("T")

_PERMISSIONS = {
    AccountType.ORGANIZATION: replace(
        USAGE.permissions[AccountType.ORGANIZATION], of="an owner", app=""
    ),
    AccountType.USER: USAGE.permissions[AccountType.USER],
    AccountType.ENTERPRISE: Permission(
        "an enterprise administrator", classic="manage_billing:enterprise"
    ),
}


class Actions(msgspec.Struct, frozen=True):
    """Minutes. The breakdown's key ``total`` is the sum of the others."""

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


async def _ask(github: GitHub, account: Account, family: str, model: type[T]) -> T:
    endpoint = f"{CLASSIC_ROOTS[account.type]}/settings/billing/{family}"
    return await github.get(endpoint, model, account=account.name)


async def collect_actions(github: GitHub, account: Account, now: datetime) -> Reading:
    actions = await _ask(github, account, "actions", Actions)
    by_runner: dict[str, list[float]] = {}
    for key, minutes in actions.minutes_used_breakdown.items():
        runner = skus.runner_of_legacy_key(key)
        if runner is not None and minutes is not None:
            by_runner.setdefault(runner, []).append(minutes)
    samples = (
        catalogue.ACTIONS_USED_MINUTES(actions.total_minutes_used),
        catalogue.ACTIONS_PAID_MINUTES(actions.total_paid_minutes_used),
        catalogue.ACTIONS_INCLUDED_MINUTES(actions.included_minutes),
        *(
            catalogue.ACTIONS_RUNNER_USED_MINUTES(
                fsum(minutes), os=skus.operating_system(runner), runner=runner
            )
            for runner, minutes in by_runner.items()
        ),
    )
    return Reading(now, samples)


async def collect_packages(github: GitHub, account: Account, now: datetime) -> Reading:
    packages = await _ask(github, account, "packages", Packages)
    samples = (
        catalogue.PACKAGES_USED_BANDWIDTH(packages.total_gigabytes_bandwidth_used),
        catalogue.PACKAGES_PAID_BANDWIDTH(packages.total_paid_gigabytes_bandwidth_used),
        catalogue.PACKAGES_INCLUDED_BANDWIDTH(packages.included_gigabytes_bandwidth),
    )
    return Reading(now, samples)


async def collect_shared_storage(github: GitHub, account: Account, now: datetime) -> Reading:
    storage = await _ask(github, account, "shared-storage", SharedStorage)
    samples = (
        catalogue.CYCLE_REMAINING_DAYS(storage.days_left_in_billing_cycle),
        catalogue.SHARED_STORAGE_ESTIMATED(storage.estimated_storage_for_month),
        catalogue.SHARED_STORAGE_ESTIMATED_PAID(storage.estimated_paid_storage_for_month),
    )
    return Reading(now, samples)


def _legacy(family: str, what: str, collect: Collect, *metrics: Metric) -> Collector:
    return Collector(
        name=f"legacy_{family.replace('-', '_')}",
        summary=f"{what}, from the legacy endpoint",
        endpoints=tuple(f"{root}/settings/billing/{family}" for root in CLASSIC_ROOTS.values()),
        permissions=_PERMISSIONS,
        metrics=metrics,
        collect=collect,
        platform=Platform.LEGACY,
        required=True,
    )


LEGACY_ACTIONS = _legacy(
    "actions",
    "Actions minutes by runner",
    collect_actions,
    catalogue.ACTIONS_USED_MINUTES,
    catalogue.ACTIONS_PAID_MINUTES,
    catalogue.ACTIONS_INCLUDED_MINUTES,
    catalogue.ACTIONS_RUNNER_USED_MINUTES,
)
LEGACY_PACKAGES = _legacy(
    "packages",
    "Packages bandwidth",
    collect_packages,
    catalogue.PACKAGES_USED_BANDWIDTH,
    catalogue.PACKAGES_PAID_BANDWIDTH,
    catalogue.PACKAGES_INCLUDED_BANDWIDTH,
)
LEGACY_SHARED_STORAGE = _legacy(
    "shared-storage",
    "Shared storage and days left in the cycle",
    collect_shared_storage,
    catalogue.CYCLE_REMAINING_DAYS,
    catalogue.SHARED_STORAGE_ESTIMATED,
    catalogue.SHARED_STORAGE_ESTIMATED_PAID,
)

"""The closed endpoints: month-to-date figures with the plan's quotas."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil, fsum

from exporter.demo.accounts import LegacyFamily
from exporter.demo.answer import Answer, ok
from exporter.demo.consumption import Month, Use
from exporter.demo.meters import Plan, plan
from exporter.demo.question import Question

_STANDARD_RUNNERS = {
    "actions_linux": ("UBUNTU", 1),
    "actions_windows": ("WINDOWS", 2),
    "actions_macos": ("MACOS", 10),
}
_LARGER_RUNNERS = {"actions_linux_4_core": "ubuntu_4_core"}


def actions(question: Question) -> Answer:
    """Answer the minutes of the month.

    Organizations and users get whole numbers with operating-system multipliers, enterprises
    raw numbers (OpenAPI 17.0.0, descriptions).
    """
    found, included = question.uses(question.month), plan(question.account)
    return _replaced(question, "actions") or ok(
        _actions(found, included, raw=question.of_enterprise)
    )


def packages(question: Question) -> Answer:
    found, included = question.uses(question.month), plan(question.account)
    return _replaced(question, "packages") or ok(_packages(found, included))


def shared_storage(question: Question) -> Answer:
    found, included = question.uses(question.month), plan(question.account)
    return _replaced(question, "shared-storage") or ok(
        _shared_storage(found, included, question.month, question.now)
    )


def _replaced(question: Question, family: LegacyFamily) -> Answer | None:
    bodies = question.account.legacy or {}
    return ok(bodies[family]) if family in bodies else None


def _quantity(found: Iterable[Use], *skus: str) -> float:
    return fsum(use.quantity for use in found if use.meter.sku in skus)


def _actions(found: Sequence[Use], included: Plan, *, raw: bool) -> Mapping[str, object]:
    standard: dict[str, float] = {}
    for sku, (key, multiplier) in _STANDARD_RUNNERS.items():
        minutes = _quantity(found, sku)
        standard[key] = minutes if raw else ceil(minutes * multiplier)
    larger: dict[str, float] = {}
    for sku, key in _LARGER_RUNNERS.items():
        minutes = _quantity(found, sku)
        larger[key] = minutes if raw else ceil(minutes)
    beyond = max(0.0, fsum(standard.values()) - included.minutes)
    breakdown = standard | larger
    total = fsum(breakdown.values())
    return {
        "total_minutes_used": total,
        "total_paid_minutes_used": beyond + fsum(larger.values()),
        "included_minutes": float(included.minutes),
        "minutes_used_breakdown": breakdown | {"total": total},
    }


def _packages(found: Sequence[Use], included: Plan) -> Mapping[str, object]:
    used = ceil(_quantity(found, "packages_bandwidth"))
    return {
        "total_gigabytes_bandwidth_used": used,
        "total_paid_gigabytes_bandwidth_used": max(0, used - ceil(included.transfer)),
        "included_gigabytes_bandwidth": ceil(included.transfer),
    }


def _shared_storage(
    found: Sequence[Use], included: Plan, month: Month, now: datetime
) -> Mapping[str, object]:
    held = _quantity(found, "actions_storage", "packages_storage") / month.hours
    return {
        "days_left_in_billing_cycle": month.length - now.day,
        "estimated_paid_storage_for_month": ceil(max(0.0, held - included.storage)),
        "estimated_storage_for_month": ceil(held),
    }

"""The oracle: the expected samples, computed only from the true state of the simulated GitHub.

It has its own sums and its own table of names, so as not to repeat a mistake of the exporter.
Amounts in rows are dyadic, so all sums are exact.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
Payload = Any
Labels = frozenset[tuple[str, str]]
Samples = dict[tuple[str, Labels], float]

SKUS = {
    "actions_linux": ("Actions", "minutes"),
    "actions_windows": ("Actions", "minutes"),
    "actions_macos": ("Actions", "minutes"),
    "actions_linux_4_core": ("Actions", "minutes"),
    "actions_storage": ("Actions", "gigabyte-hours"),
    "packages_storage": ("Packages", "gigabyte-hours"),
    "packages_bandwidth": ("Packages", "gigabytes"),
    "git_lfs_bandwidth": ("Git LFS", "gigabytes"),
    "copilot_for_business": ("Copilot", "user-months"),
    "copilot_ai_unit": ("Copilot", "ai-units"),
    "quantum_qubit": ("Quantum", "hours"),
}
"""SKUs as in the usage summary, with product and unit; the last is made up."""

_RUNNERS = {
    "actions_linux": ("linux", "linux"),
    "actions_windows": ("windows", "windows"),
    "actions_macos": ("macos", "macos"),
    "actions_linux_4_core": ("linux", "linux_4_core"),
}
_LEGACY_RUNNERS = {
    "UBUNTU": ("linux", "linux"),
    "WINDOWS": ("windows", "windows"),
    "MACOS": ("macos", "macos"),
    "ubuntu_4_core": ("linux", "linux_4_core"),
}
_PLANS = {"team": (3000.0, 10.0, 2.0), "free": (2000.0, 1.0, 0.5), "pro": (3000.0, 10.0, 1.0)}
_CLOUD = (50_000.0, 100.0, 50.0)
QUOTAS = (
    "actions_included_minutes",
    "packages_included_bandwidth_gigabytes",
    "shared_storage_included_gigabytes",
)
_DAY = timedelta(days=1)
_SHOWN = {"copilot_ai_unit": "copilot_ai_credits"}
_KINDS = ("gross", "discount", "net")


def series(metric: str, /, **labels: str) -> tuple[str, Labels]:
    return metric, frozenset(labels.items())


def month_end(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _names(row: Row) -> dict[str, str]:
    return {
        "product": row["product"].lower().replace(" ", "_"),
        "sku": _SHOWN.get(row["sku"], row["sku"]),
    }


def _unit(row: Row) -> str:
    unit = str(row["unitType"])
    return {"ai-units": "ai_credits"}.get(unit, unit.replace("-", "_"))


def _add(samples: Samples, value: float, metric: str, /, **labels: str) -> None:
    key = series(metric, **labels)
    samples[key] = samples.get(key, 0.0) + value


def _total(rows: Iterable[Row], field: str, *skus: str) -> float:
    return sum((row[field] for row in rows if row["sku"] in skus), 0.0)


def usage(rows: Sequence[Row], year: int, month: int, taken: datetime) -> Samples:
    """Return the samples of a month's usage summary read at ``taken``."""
    start, end = datetime(year, month, 1, tzinfo=UTC), month_end(year, month)
    hours = (min(taken, end) - start) / timedelta(hours=1)
    stored = "actions_storage", "packages_storage"
    minutes = tuple(_RUNNERS)
    priced = [row for row in rows if row["pricePerUnit"] > 0]
    samples = {
        series("cycle_remaining_days"): float(max((end - _DAY).day - taken.day, 0))
        if taken < end
        else 0.0,
        series("cycle_start_timestamp_seconds"): start.timestamp(),
        series("cycle_end_timestamp_seconds"): end.timestamp(),
        series("actions_used_minutes"): _total(rows, "grossQuantity", *minutes),
        series("actions_paid_minutes"): _total(priced, "netQuantity", *minutes),
        series("packages_used_bandwidth_gigabytes"): _total(
            rows, "grossQuantity", "packages_bandwidth"
        ),
        series("packages_paid_bandwidth_gigabytes"): _total(
            priced, "netQuantity", "packages_bandwidth"
        ),
        series("shared_storage_estimated_paid_gigabytes"): _total(priced, "netQuantity", *stored)
        / 744,
    }
    if hours >= 72:
        average = _total(rows, "grossQuantity", *stored) / hours
        samples[series("shared_storage_estimated_gigabytes")] = average
    for row in rows:
        if row["sku"] in _RUNNERS:
            os, runner = _RUNNERS[row["sku"]]
            _add(samples, row["grossQuantity"], "actions_runner_used_minutes", os=os, runner=runner)
    return samples | by_sku(rows, "usage")


def by_sku(rows: Sequence[Row], prefix: str) -> Samples:
    """Sum quantities and US dollars by SKU; the price is only of a SKU that has a single one."""
    samples = money(rows, prefix, lambda _: {})
    prices: dict[tuple[str, Labels], set[float]] = {}
    for row in rows:
        names, unit = _names(row), _unit(row)
        for kind in _KINDS:
            _add(samples, row[f"{kind}Quantity"], f"{prefix}_{kind}_quantity", **names, unit=unit)
        price = series(f"{prefix}_price_usd", **names, unit=unit)
        prices.setdefault(price, set()).add(row["pricePerUnit"])
    return samples | {key: price for key, (price, *more) in prices.items() if not more}


def money(rows: Iterable[Row], prefix: str, of: Callable[[Row], Mapping[str, str]]) -> Samples:
    """Sum US dollars by product, SKU and the labels that ``of`` returns for a row."""
    samples: Samples = {}
    for row in rows:
        for kind in _KINDS:
            _add(samples, row[f"{kind}Amount"], f"{prefix}_{kind}_usd", **of(row), **_names(row))
    return samples


def divided(rows: Iterable[Row], prefix: str, of: Callable[[Row], Mapping[str, str]]) -> Samples:
    """Sum gross quantities and US dollars by the labels that ``of`` returns for a row."""
    listed = list(rows)
    samples = money(listed, prefix, of)
    for row in listed:
        labels = {**of(row), **_names(row), "unit": _unit(row)}
        _add(samples, row["grossQuantity"], f"{prefix}_gross_quantity", **labels)
    return samples


def estimates(rows: Iterable[Row], budgets: Iterable[Payload]) -> Samples:
    """Return the consumption of each account-wide budget in dollars for a product or SKU."""
    listed = list(rows)
    return {
        series("budget_estimated_consumed_usd", budget=each["id"]): sum(
            (r["netAmount"] for r in listed if each["budget_product_sku"] in _names(r).values()),
            0.0,
        )
        for each in budgets
        if each["budget_product_sku"] != "copilot_for_business"
    }


def models(payload: Payload) -> Samples:
    """Return the samples of an AI report by model, with rows of one product."""
    samples: Samples = {}
    for row in payload["usageItems"]:
        names = {"product": "copilot", "sku": "copilot_ai_credits", "model": row["model"]}
        for kind in _KINDS:
            quantity = f"model_usage_{kind}_quantity"
            _add(samples, row[f"{kind}Quantity"], quantity, **names, unit="ai_credits")
            _add(samples, row[f"{kind}Amount"], f"model_usage_{kind}_usd", **names)
    return samples


def legacy_actions(payload: Payload) -> Samples:
    samples = {
        series("actions_used_minutes"): float(payload["total_minutes_used"]),
        series("actions_paid_minutes"): float(payload["total_paid_minutes_used"]),
        series("actions_included_minutes"): float(payload["included_minutes"]),
    }
    for key, minutes in payload["minutes_used_breakdown"].items():
        if key != "total":
            os, runner = _LEGACY_RUNNERS[key]
            _add(samples, minutes, "actions_runner_used_minutes", os=os, runner=runner)
    return samples


def legacy_packages(payload: Payload) -> Samples:
    return {
        series("packages_used_bandwidth_gigabytes"): payload["total_gigabytes_bandwidth_used"],
        series("packages_paid_bandwidth_gigabytes"): payload["total_paid_gigabytes_bandwidth_used"],
        series("packages_included_bandwidth_gigabytes"): payload["included_gigabytes_bandwidth"],
    }


def legacy_storage(payload: Payload) -> Samples:
    return {
        series("cycle_remaining_days"): payload["days_left_in_billing_cycle"],
        series("shared_storage_estimated_gigabytes"): payload["estimated_storage_for_month"],
        series("shared_storage_estimated_paid_gigabytes"): payload[
            "estimated_paid_storage_for_month"
        ],
    }


def plan(payload: Payload) -> Samples:
    """Return the plan's samples; an organization on ``enterprise`` has no quota."""
    told = payload.get("plan") or {}
    samples = _quotas(_PLANS.get(told.get("name", ""), ()))
    for key, name in (("filled_seats", "plan_filled_seats"), ("seats", "plan_purchased_seats")):
        if key in told:
            samples[series(name)] = told[key]
    return samples


def enterprise_plan() -> Samples:
    return _quotas(_CLOUD)


def _quotas(included: Iterable[float]) -> Samples:
    return {series(name): value for name, value in zip(QUOTAS, included, strict=False)}


def budgets(payload: Payload) -> Samples:
    samples: Samples = {}
    for each in payload["budgets"]:
        target = each["budget_product_sku"]
        unit = "seats" if target == "copilot_for_business" else "usd"
        samples[series(f"budget_limit_{unit}", budget=each["id"])] = each["budget_amount"]
        info = {
            "budget": each["id"],
            "type": {"S": "sku", "P": "product"}[each["budget_type"][0]] + "_pricing",
            "scope": each["budget_scope"],
            "entity": each["budget_entity_name"] * (each["budget_scope"] == "organization"),
            "target": target,
            "hard": str(each["prevent_further_usage"]).lower(),
            "alerting": str(each["budget_alerting"]["will_alert"]).lower(),
        }
        samples[series("budget_info", **info)] = 1.0
    return samples


def advanced_security(payload: Payload, product: str) -> Samples:
    told = {
        "used_seats": "total_advanced_security_committers",
        "maximum_seats": "maximum_advanced_security_committers",
        "purchased_seats": "purchased_advanced_security_committers",
        "repositories": "total_count",
    }
    return {
        series(f"advanced_security_{name}", product=product): payload[field]
        for name, field in told.items()
    }


def committers(payload: Payload, product: str) -> Samples:
    samples: Samples = {}
    for each in payload["repositories"]:
        organization, _, repository = each["name"].rpartition("/")
        labels = {"product": product, "organization": organization, "repository": repository}
        name = "advanced_security_repository_committers"
        samples[series(name, **labels)] = each["advanced_security_committers"]
    return samples


def copilot(payload: Payload) -> Samples:
    if "total_seats" in payload:
        return {series("copilot_seats"): payload["total_seats"]}
    told = {
        "seats": "total",
        "active_seats": "active_this_cycle",
        "inactive_seats": "inactive_this_cycle",
        "added_seats": "added_this_cycle",
        "pending_invitation_seats": "pending_invitation",
        "pending_cancellation_seats": "pending_cancellation",
    }
    seats = payload["seat_breakdown"]
    samples = {series(f"copilot_{name}"): seats[field] for name, field in told.items()}
    return samples | {series("copilot_info", plan_type=payload["plan_type"]): 1.0}


def licenses(payload: Payload) -> Samples:
    return {
        series("licenses_consumed_seats"): payload["total_seats_consumed"],
        series("licenses_purchased_seats"): payload["total_seats_purchased"],
    }


def license_sync(payload: Payload) -> Samples:
    samples: Samples = {}
    for each in payload["server_instances"]:
        server, last = each["server_id"], each["last_sync"]
        samples[series("license_sync_info", server=server, hostname=each["hostname"])] = 1.0
        samples[series("license_sync_success", server=server)] = float(last["status"] == "success")
        at = datetime.fromisoformat(last["date"]).timestamp()
        samples[series("license_sync_timestamp_seconds", server=server)] = at
    return samples


def cost_centers(payloads: Iterable[Payload]) -> Samples:
    return {
        series(
            "cost_center_info", cost_center=each["id"], name=each["name"], state=each["state"]
        ): 1.0
        for payload in payloads
        for each in payload["costCenters"]
    }

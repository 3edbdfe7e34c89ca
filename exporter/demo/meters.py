"""SKUs with their prices and spellings, and the quotas of plans."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Literal

from exporter.accounts import AccountType
from exporter.demo.accounts import SimulatedAccount


class Pool(StrEnum):
    """A monthly quota, shared by several SKUs, in their unit."""

    MINUTES = auto()
    STORAGE = auto()
    TRANSFER = auto()
    LFS_STORAGE = auto()
    LFS_TRANSFER = auto()
    CODESPACES_COMPUTE = auto()
    CODESPACES_STORAGE = auto()
    AI_CREDITS = auto()
    PREMIUM_REQUESTS = auto()


@dataclass(frozen=True, slots=True)
class Meter:
    """A SKU: its name in the usage summary, its display name in the usage report, its price in USD.

    ``rate`` is in units per hour of an account of size 1, per hour of a seat or per month of a
    seat, depending on ``per``. Prices are GitHub's published prices of 2026.
    """

    product: str
    sku: str
    display: str
    unit: str
    price: float
    rate: float
    pool: Pool | None = None
    per: Literal["account", "seat", "seat_month"] = "account"


_GB_HOUR = 0.00033602
_GB_HOUR_OF_CHEAP_STORAGE = 0.07 / 744

_FOR_ALL = (
    Meter("Actions", "actions_linux", "Actions Linux", "minutes", 0.006, 5.3, Pool.MINUTES),
    Meter("Actions", "actions_windows", "Actions Windows", "minutes", 0.010, 0.9, Pool.MINUTES),
    Meter("Actions", "actions_macos", "Actions macOS 3-core", "minutes", 0.062, 0.5, Pool.MINUTES),
    Meter("Actions", "actions_linux_arm", "Actions Linux ARM", "minutes", 0.005, 0.7, Pool.MINUTES),
    Meter("Actions", "actions_linux_4_core", "Actions Linux 4-core", "minutes", 0.012, 1.1),
    Meter(
        "Actions",
        "actions_storage",
        "Actions storage",
        "gigabyte-hours",
        _GB_HOUR,
        1.2,
        Pool.STORAGE,
    ),
    Meter(
        "Packages",
        "packages_storage",
        "Packages storage",
        "gigabyte-hours",
        _GB_HOUR,
        1.5,
        Pool.STORAGE,
    ),
    Meter(
        "Packages",
        "packages_bandwidth",
        "Packages data transfer",
        "gigabytes",
        0.50,
        0.021,
        Pool.TRANSFER,
    ),
    Meter(
        "Git LFS",
        "git_lfs_storage",
        "Git LFS storage",
        "gigabyte-hours",
        _GB_HOUR_OF_CHEAP_STORAGE,
        14.0,
        Pool.LFS_STORAGE,
    ),
    Meter(
        "Git LFS",
        "git_lfs_bandwidth",
        "Git LFS bandwidth",
        "gigabytes",
        0.0875,
        0.03,
        Pool.LFS_TRANSFER,
    ),
    Meter(
        "Codespaces",
        "codespaces_compute_d2",
        "Codespaces compute D2",
        "hours",
        0.18,
        0.11,
        Pool.CODESPACES_COMPUTE,
    ),
    Meter(
        "Codespaces",
        "codespaces_storage",
        "Codespaces storage",
        "gigabyte-hours",
        _GB_HOUR_OF_CHEAP_STORAGE,
        9.0,
        Pool.CODESPACES_STORAGE,
    ),
)


_SELF_HOSTED = (
    Meter(
        "Actions",
        "actions_self_hosted_linux",
        "Actions self-hosted Linux",
        "minutes",
        0.0,
        6.2,
    ),
    Meter(
        "Actions",
        "actions_self_hosted_windows",
        "Actions self-hosted Windows",
        "minutes",
        0.0,
        0.7,
    ),
)


def _licence(product: str, sku: str, display: str, price: float) -> Meter:
    return Meter(product, sku, display, "user-months", price, 1.0, per="seat_month")


_PREVIEW = (
    Meter("Actions", "actions_linux_128_core", "Actions Linux 128-core", "minutes", 0.332, 0.02),
)
_AI_CREDITS = Meter(
    "Copilot",
    "copilot_ai_unit",
    "Copilot AI Credits",
    "ai-units",
    0.01,
    3.1,
    Pool.AI_CREDITS,
    per="seat",
)
_PREMIUM_REQUESTS = Meter(
    "Copilot",
    "copilot_premium_request",
    "Copilot Premium Request",
    "requests",
    0.04,
    0.57,
    Pool.PREMIUM_REQUESTS,
    per="seat",
)
_COPILOT_LICENCE = _licence("Copilot", "copilot_for_business", "Copilot Business", 19.0)
_FOR_ENTERPRISES = (_licence("GHEC", "ghec_licenses", "GHEC licenses", 21.0),)
_ADVANCED_SECURITY = {
    "none": (),
    "bundled": (_licence("GHAS", "ghas_licenses", "GHAS licenses", 49.0),),
    "split": (
        _licence("GHAS", "ghas_code_security_licenses", "GHAS Code Security licenses", 30.0),
        _licence(
            "GHAS", "ghas_secret_protection_licenses", "GHAS Secret Protection licenses", 19.0
        ),
    ),
}

AI_SKUS = frozenset({_AI_CREDITS.sku, _PREMIUM_REQUESTS.sku})
SEAT_SKUS = frozenset(
    meter.sku
    for group in ((_COPILOT_LICENCE,), _FOR_ENTERPRISES, *_ADVANCED_SECURITY.values())
    for meter in group
)
DISPLAY_NAMES = {
    meter.sku: meter.display
    for group in (
        _FOR_ALL,
        _PREVIEW,
        _SELF_HOSTED,
        (_AI_CREDITS, _PREMIUM_REQUESTS, _COPILOT_LICENCE),
        _FOR_ENTERPRISES,
        *_ADVANCED_SECURITY.values(),
    )
    for meter in group
}


def meters(account: SimulatedAccount) -> tuple[Meter, ...]:
    """Return the SKUs that the account uses."""
    ai = _AI_CREDITS if account.ai == "credits" else _PREMIUM_REQUESTS
    listed = (
        *_FOR_ALL,
        *(_PREVIEW if account.preview else ()),
        *(_SELF_HOSTED if account.self_hosted else ()),
        *([ai] if account.copilot else ()),
    )
    if account.type is AccountType.USER:
        return listed
    if account.copilot:
        listed += (_COPILOT_LICENCE,)
    listed += _ADVANCED_SECURITY[account.ghas]
    return listed + _FOR_ENTERPRISES if account.type is AccountType.ENTERPRISE else listed


@dataclass(frozen=True, slots=True)
class Plan:
    """Monthly quotas of a plan: minutes, and GB of storage, transfer and LFS."""

    minutes: float = 0.0
    storage: float = 0.0
    transfer: float = 0.0
    lfs: float = 0.0
    codespaces_core_hours: float = 0.0
    codespaces_storage: float = 0.0


_USER_PLANS = {
    "free": Plan(2_000, 0.5, 1, 10, 120, 15),
    "pro": Plan(3_000, 1, 10, 10, 180, 20),
}
_OTHER_PLANS = {
    "free": Plan(2_000, 0.5, 1, 10),
    "team": Plan(3_000, 2, 10, 250),
    "enterprise": Plan(50_000, 50, 100, 250),
}


def plan(account: SimulatedAccount) -> Plan:
    """Return the quotas of the account's plan (docs: product usage included), 0 if unknown."""
    table = _USER_PLANS if account.type is AccountType.USER else _OTHER_PLANS
    return table.get(account.plan, Plan())

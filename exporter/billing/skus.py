"""One name for every product, SKU, unit and runner, however GitHub spells it.

The usage report has ``Actions Linux``, the usage summary ``actions_linux``; the examples of OpenAPI
23.0.2 mix both. Known names come from GitHub's docs page on product and SKU names and from its
runner price tables; unknown names keep their normal form.
"""

import re
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache

STANDARD_RUNNERS = frozenset(
    {"linux", "linux_slim", "linux_arm", "windows", "windows_arm", "macos"}
)
"""Runners to which a plan's quota applies (docs: Actions runner pricing)."""

_BOTH = ("linux", "windows")
_LARGER_RUNNERS = (
    {"linux_2_core_advanced", "windows_2_core_advanced", "linux_4_core_gpu", "windows_4_core_gpu"}
    | {"macos_l", "macos_xl", "windows_2_core"}
    | {f"{os}_{n}_core" for os in _BOTH for n in (4, 8, 16, 32, 64, 96)}
    | {f"{os}_{n}_core_arm" for os in _BOTH for n in (2, 4, 8, 16, 32, 64)}
)

# Published until 2026 and then removed: old bills still have them.
_FORMER_RUNNERS = (
    {"beta_classroom_repository", "beta_custom_runner_azure", "beta_macos_xl_runner"}
    | {"beta_public_repository", "beta_self_hosted_runner", "macos_8_core", "unknown"}
    | {"linux_4_core_advanced", "linux_16_core_perf", "linux_20_core_mem"}
    | {"windows_8_core_mem", "windows_176_core_perf"}
    | {f"{os}_{n}_core_stor" for os in _BOTH for n in (8, 32)}
    | {f"{os}_{gpu}_gpu" for os in _BOTH for gpu in ("a10_36_core", "a100_24_core")}
)

_SELF_HOSTED = "self_hosted"
_SELF_HOSTED_RUNNERS = {
    _SELF_HOSTED,
    *(f"{_SELF_HOSTED}_{os}" for os in ("linux", "macos", "windows", "unknown")),
}
SELF_HOSTED_SKUS = frozenset(f"actions_{runner}" for runner in _SELF_HOSTED_RUNNERS)
"""SKUs that GitHub counts in minutes and does not bill."""

_RUNNERS = STANDARD_RUNNERS | _LARGER_RUNNERS | _FORMER_RUNNERS | _SELF_HOSTED_RUNNERS

# GitHub says unit or credit, one or many (docs: product and SKU names; usage exports of 2026).
_CREDITS = {
    "coding_agent": "coding_agent_ai_credit",
    "code_quality": "code_quality_ai_credit",
    "copilot": "copilot_ai_credits",
    "spark": "spark_ai_credits",
}
_REQUESTS = {
    "coding_agent": "copilot_agent_premium_request",
    "copilot": "copilot_premium_request",
    "copilot_agent": "copilot_agent_premium_request",
    "spark": "spark_premium_request",
}
AI_CREDIT_SKUS = frozenset(_CREDITS.values())
PREMIUM_REQUEST_SKUS = frozenset(_REQUESTS.values())

# GitHub does not publish which AI product each of these is billed under.
_AI = AI_CREDIT_SKUS | PREMIUM_REQUEST_SKUS

_COPILOT_SEATS = {"copilot_enterprise", "copilot_for_business", "copilot_standalone"}
_GHAS = {"ghas_code_security_licenses", "ghas_licenses", "ghas_secret_protection_licenses"}
SEAT_SKUS = frozenset({"code_quality_licenses", "ghec_licenses", *_COPILOT_SEATS, *_GHAS})
"""SKUs billed in user-months (docs: product and SKU names)."""

_ACTIONS_STORAGE = {"actions_cache_storage", "actions_custom_image_storage", "actions_storage"}
_CODESPACES_STORAGE = {"codespaces_prebuild_storage", "codespaces_storage"}
_CORES = (2, 4, 8, 16, 32)
_KNOWN: Mapping[str, Set[str]] = {
    "actions": _ACTIONS_STORAGE | {f"actions_{runner}" for runner in _RUNNERS},
    "code_quality": _AI | {"code_quality_licenses"},
    "codespaces": _CODESPACES_STORAGE | {f"codespaces_compute_d{cores}" for cores in _CORES},
    "copilot": _AI | _COPILOT_SEATS,
    "ghas": _GHAS,
    "ghec": {"ghec_licenses"},
    "git_lfs": {"git_lfs_bandwidth", "git_lfs_storage"},
    "models": {"models_inference"},
    "packages": {"packages_bandwidth", "packages_storage"},
    "sandbox": {"sandbox_linux", "sandbox_memory", "sandbox_snapshot"},
    "spark": _AI,
}

_PRODUCT_ALIASES = {"copilot_ai_credits": "copilot"}

_SKU_ALIASES: Mapping[str, str] = {
    "actions_linux_arm64": "actions_linux_arm",
    "actions_linux_runners": "actions_linux",
    "actions_macos_3_core": "actions_macos",
    "actions_macos_4_core": "actions_macos",
    "actions_macos_5_core": "actions_macos_xl",
    "actions_macos_6_core": "actions_macos_xl",
    "actions_macos_12_core": "actions_macos_l",
    "actions_macos_large": "actions_macos_l",
    "actions_macos_runners": "actions_macos",
    "actions_windows_arm64": "actions_windows_arm",
    "actions_windows_runners": "actions_windows",
    "ai_credit": "copilot_ai_credits",
    "ai_credits": "copilot_ai_credits",
    "copilot_business": "copilot_for_business",
    "github_enterprise_cloud_licenses": "ghec_licenses",
    "packages_data_transfer": "packages_bandwidth",
    # Price tables omit the product (docs: Actions runner pricing).
    **{runner: f"actions_{runner}" for runner in STANDARD_RUNNERS | _LARGER_RUNNERS},
    **{f"codespaces_compute_{n}_core": f"codespaces_compute_d{n}" for n in _CORES},
    **{
        f"{family}_ai_{word}": sku
        for family, sku in _CREDITS.items()
        for word in ("credit", "credits", "unit", "units")
    },
    **{
        f"{family}_premium_{word}": sku
        for family, sku in _REQUESTS.items()
        for word in ("request", "requests")
    },
}

_UNIT_ALIASES: Mapping[str, str] = {
    "ai_units": "ai_credits",
    "credits": "ai_credits",
    "gb_hours": "gigabyte_hours",
    "request": "requests",
}

WORDS = frozenset(
    word
    for name in (*_KNOWN, *_SKU_ALIASES, *(sku for known in _KNOWN.values() for sku in known))
    for word in name.split("_")
)
"""The words of all published products and SKUs, in lower case."""

_SYSTEMS = {"linux": "linux", "macos": "macos", "ubuntu": "linux", "windows": "windows"}

# A capital followed by two small letters starts a word; macOS and GitHub are one word each.
_WORD_WITHIN = re.compile(r"(?<=[A-Za-z0-9])(?!Hub)(?=[A-Z][a-z]{2})")
_BETWEEN_WORDS = re.compile(r"[\W_]+")

# A report of millions of rows has a few dozen spellings.
_remembered = lru_cache(maxsize=1024)


def normal_form(text: str) -> str:
    """Return any text in lower snake case: ``GigabyteHours`` → ``gigabyte_hours``.

    Keeps the letters and digits of every script; a text without any becomes empty.
    """
    words = _WORD_WITHIN.sub("_", text).lower()
    return _BETWEEN_WORDS.sub("_", words).strip("_")


@_remembered
def product_name(text: str) -> str:
    """Return the name of a product: ``Git LFS`` → ``git_lfs``."""
    name = normal_form(text)
    return _PRODUCT_ALIASES.get(name, name)


@_remembered
def sku_name(text: str) -> str:
    """Return a SKU's name in the price tables: ``Actions macOS 3-core`` → ``actions_macos``."""
    # Display names separate words by spaces, so a capital does not start one.
    name = normal_form(text.lower())
    return _SKU_ALIASES.get(name, name)


@_remembered
def unit_name(text: str) -> str:
    """Return the name of a unit: ``AICredits``, ``ai-units`` and ``credits`` → ``ai_credits``."""
    name = normal_form(text)
    return _UNIT_ALIASES.get(name, name)


def is_known(product: str, sku: str) -> bool:
    """Return whether GitHub publishes this SKU for this product, in any spelling."""
    return sku_name(sku) in _KNOWN.get(product_name(product), ())


def is_known_product(product: str) -> bool:
    """Return whether GitHub publishes a product, in any spelling."""
    return product_name(product) in _KNOWN


def is_known_sku(sku: str) -> bool:
    """Return whether GitHub publishes a SKU for some product, in any spelling."""
    return any(sku_name(sku) in known for known in _KNOWN.values())


def unknown(pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the pairs of product and SKU that GitHub does not publish."""
    return frozenset(pair for pair in pairs if not is_known(*pair))


def runner_of_sku(sku: str) -> str:
    """Return the runner that a SKU bills: ``actions_linux_4_core`` → ``linux_4_core``."""
    return sku_name(sku).removeprefix("actions_")


def runner_of_legacy_key(key: str) -> str | None:
    """Return the runner of a key in the legacy minutes breakdown; None for the sum, ``total``.

    ``UBUNTU`` → ``linux``, ``macos_12_core`` → ``macos_l`` (OpenAPI of December 2024).
    """
    name = normal_form(key.lower())
    if name == "total":
        return None
    system, bar, size = name.partition("_")
    sku = f"actions_{_SYSTEMS.get(system, system)}{bar}{size}"
    return _SKU_ALIASES.get(sku, sku).removeprefix("actions_")


def operating_system(runner_or_sku: str) -> str:
    """Return the operating system of a runner or of its SKU: linux, windows, macos or other."""
    runner = runner_of_sku(runner_or_sku).removeprefix(f"{_SELF_HOSTED}_")
    system, _, _ = runner.partition("_")
    return _SYSTEMS.get(system, "other")

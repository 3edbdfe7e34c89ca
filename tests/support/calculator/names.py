"""Every SKU that GitHub documents or was seen to send, in every spelling.

They are listed, not derived by a rule, as a rule would repeat the exporter's. The usage report has
the display names; the usage summary, exports and docs have the keys; the docs have the labels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PRODUCTS: Mapping[str, tuple[str, ...]] = {
    "actions": ("actions", "Actions"),
    "code_quality": ("code_quality", "Code Quality"),
    "codespaces": ("codespaces", "Codespaces"),
    "copilot": ("copilot", "Copilot", "Copilot AI Credits"),
    "ghas": ("ghas", "GHAS"),
    "ghec": ("ghec", "GHEC"),
    "git_lfs": ("git_lfs", "Git LFS"),
    "models": ("models", "Models"),
    "packages": ("packages", "Packages"),
    "quantum": ("quantum", "Quantum"),
    "sandbox": ("sandbox", "Sandbox"),
    "spark": ("spark", "Spark"),
}
UNITS: Mapping[str, tuple[str, ...]] = {
    "ai_credits": ("AICredits", "ai-units", "ai-credits", "credits"),
    "gigabyte_hours": ("GigabyteHours", "gigabyte-hours", "GB-hours"),
    "gigabytes": ("Gigabytes", "gigabytes"),
    "hours": ("Hours", "hours"),
    "minutes": ("Minutes", "minutes"),
    "requests": ("Requests", "requests", "request"),
    "user_months": ("UserMonths", "user-months"),
}


@dataclass(frozen=True)
class Sku:
    """``spellings`` are those besides the key; only minutes have an ``os`` and a ``runner``."""

    key: str
    product: str
    unit: str
    spellings: tuple[str, ...] = ()
    os: str = ""
    runner: str = ""
    documented: bool = True

    @property
    def spelt(self) -> tuple[str, ...]:
        return (self.key, *self.spellings)


def _minutes(os: str, runner: str, *spellings: str) -> Sku:
    return Sku(f"actions_{runner}", "actions", "minutes", spellings, os, runner)


STANDARD_RUNNERS = (
    _minutes("linux", "linux", "Actions Linux", "Actions Linux runners"),
    _minutes("linux", "linux_slim", "Actions Linux slim"),
    _minutes("linux", "linux_arm", "Actions Linux ARM", "Actions Linux arm64"),
    _minutes("windows", "windows", "Actions Windows", "Actions Windows runners"),
    _minutes("windows", "windows_arm", "Actions Windows ARM"),
    _minutes("macos", "macos", "Actions macOS 3-core", "Actions macOS runners"),
)
LARGER_RUNNERS = (
    *(
        _minutes(system.lower(), f"{system.lower()}_{n}_core", f"Actions {system} {n}-core")
        for system in ("Linux", "Windows")
        for n in (4, 8, 16, 32, 64, 96)
    ),
    *(
        _minutes(system.lower(), f"{system.lower()}_{n}_core_arm", f"Actions {system} {n}-core ARM")
        for system in ("Linux", "Windows")
        for n in (2, 4, 8, 16, 32, 64)
    ),
    _minutes("linux", "linux_2_core_advanced"),
    _minutes("linux", "linux_4_core_gpu"),
    _minutes("windows", "windows_2_core", "Actions Windows 2-core"),
    _minutes("windows", "windows_2_core_advanced"),
    _minutes("windows", "windows_4_core_gpu"),
    _minutes("macos", "macos_l", "Actions macOS large"),
    _minutes(
        "macos", "macos_xl", "Actions macOS XL", "Actions macOS 5-core", "Actions macOS 6-core"
    ),
)
SELF_HOSTED_RUNNERS = (
    _minutes("linux", "self_hosted_linux"),
    _minutes("windows", "self_hosted_windows"),
    _minutes("macos", "self_hosted_macos"),
    _minutes("other", "self_hosted_unknown"),
)
FORMER_RUNNERS = (
    *(
        _minutes("linux", f"linux_{size}")
        for size in (
            "4_core_advanced",
            "16_core_perf",
            "20_core_mem",
            "8_core_stor",
            "32_core_stor",
            "a10_36_core_gpu",
            "a100_24_core_gpu",
        )
    ),
    *(
        _minutes("windows", f"windows_{size}")
        for size in (
            "8_core_mem",
            "8_core_stor",
            "32_core_stor",
            "176_core_perf",
            "a10_36_core_gpu",
            "a100_24_core_gpu",
        )
    ),
    _minutes("macos", "macos_8_core"),
    _minutes("other", "unknown"),
    *(
        _minutes("other", f"beta_{name}")
        for name in (
            "classroom_repository",
            "custom_runner_azure",
            "macos_xl_runner",
            "public_repository",
            "self_hosted_runner",
        )
    ),
)
"""Formerly in the docs, including ``actions_unknown``."""

NAMED_TWICE = _minutes("macos", "macos_12_core")
"""Known but in no sum: the price table has ``actions_macos_l``, and the docs had both keys."""

_AI_CREDITS = (
    Sku(
        "copilot_ai_credits",
        "copilot",
        "ai_credits",
        ("Copilot AI Credits", "AI Credit", "copilot_ai_unit", "copilot_ai_credit"),
    ),
    Sku(
        "coding_agent_ai_credit",
        "copilot",
        "ai_credits",
        ("coding_agent_ai_credits", "coding_agent_ai_unit", "coding_agent_ai_units"),
    ),
    Sku("spark_ai_credits", "spark", "ai_credits", ("spark_ai_credit", "spark_ai_unit")),
    Sku("code_quality_ai_credit", "code_quality", "ai_credits"),
)
_PREMIUM_REQUESTS = (
    Sku("copilot_premium_request", "copilot", "requests", ("Copilot Premium Request",)),
    Sku("copilot_agent_premium_request", "copilot", "requests", ("coding_agent_premium_request",)),
    Sku("spark_premium_request", "spark", "requests"),
)
BUNDLES: Mapping[str, frozenset[str]] = {
    "ai_credits": frozenset(sku.key for sku in _AI_CREDITS),
    "premium_requests": frozenset(sku.key for sku in _PREMIUM_REQUESTS),
}

SEATS = (
    Sku(
        "copilot_for_business",
        "copilot",
        "user_months",
        ("Copilot for Business", "Copilot Business"),
    ),
    Sku("copilot_enterprise", "copilot", "user_months", ("Copilot Enterprise",)),
    Sku("copilot_standalone", "copilot", "user_months"),
    Sku("ghas_licenses", "ghas", "user_months"),
    Sku("ghas_code_security_licenses", "ghas", "user_months"),
    Sku("ghas_secret_protection_licenses", "ghas", "user_months"),
    Sku("ghec_licenses", "ghec", "user_months", ("GitHub Enterprise Cloud licenses",)),
    Sku("code_quality_licenses", "code_quality", "user_months"),
)
_OTHERS = (
    Sku("actions_storage", "actions", "gigabyte_hours", ("Actions storage", "Actions Storage")),
    Sku("actions_cache_storage", "actions", "gigabyte_hours", ("Actions cache storage",)),
    Sku(
        "actions_custom_image_storage",
        "actions",
        "gigabyte_hours",
        ("Actions custom image storage",),
    ),
    Sku("packages_storage", "packages", "gigabyte_hours", ("Packages storage",)),
    Sku("packages_bandwidth", "packages", "gigabytes", ("Packages data transfer",)),
    Sku("git_lfs_storage", "git_lfs", "gigabyte_hours"),
    Sku("git_lfs_bandwidth", "git_lfs", "gigabytes"),
    *(
        Sku(
            f"codespaces_compute_d{cores}",
            "codespaces",
            "hours",
            (f"Codespaces compute {cores}-core", f"Codespaces compute ({cores}-core)"),
        )
        for cores in (2, 4, 8, 16, 32)
    ),
    Sku("codespaces_storage", "codespaces", "gigabyte_hours"),
    Sku(
        "codespaces_prebuild_storage",
        "codespaces",
        "gigabyte_hours",
        ("Codespaces prebuild storage",),
    ),
    Sku("models_inference", "models", "requests"),
    # No answer with the sandbox's seconds or GiB was seen yet, so any unit will do.
    Sku("sandbox_linux", "sandbox", "hours"),
    Sku("sandbox_memory", "sandbox", "hours"),
    Sku("sandbox_snapshot", "sandbox", "hours"),
)
UNDOCUMENTED = Sku("quantum_qubits", "quantum", "hours", ("Quantum Qubits",), documented=False)

MINUTES = (*STANDARD_RUNNERS, *LARGER_RUNNERS, *SELF_HOSTED_RUNNERS, *FORMER_RUNNERS)
DOCUMENTED = (*MINUTES, *_AI_CREDITS, *_PREMIUM_REQUESTS, *SEATS, *_OTHERS)
SKUS: Mapping[str, Sku] = {sku.key: sku for sku in (*DOCUMENTED, NAMED_TWICE, UNDOCUMENTED)}

SKU_OF = {spelling: sku for sku in SKUS.values() for spelling in sku.spelt}
PRODUCT_OF = {spelling: name for name, spelt in PRODUCTS.items() for spelling in spelt}
UNIT_OF = {spelling: name for name, spelt in UNITS.items() for spelling in spelt}

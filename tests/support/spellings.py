"""Every SKU that GitHub publishes, in each known spelling."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    product: str
    sku: str
    unit: str


@dataclass(frozen=True)
class Sku:
    """The canonical names and the display name of one SKU."""

    product: str
    sku: str
    display: str
    unit: str
    in_summary: str

    @property
    def canonical(self) -> Names:
        return Names(self.product, self.sku, self.unit)

    @property
    def report(self) -> Names:
        return Names(self.product, self.display, UNITS[self.unit][0])

    @property
    def summary(self) -> Names:
        return Names(PRODUCT_TITLES[self.product], self.in_summary, UNITS[self.unit][1])

    @property
    def example(self) -> Names:
        """The spelling in the examples of GitHub's OpenAPI description."""
        return Names(PRODUCT_TITLES[self.product], self.display, UNITS[self.unit][2])

    @property
    def spellings(self) -> tuple[Names, Names, Names]:
        return self.report, self.summary, self.example


UNITS = {
    "minutes": ("Minutes", "minutes", "minutes"),
    "gigabyte_hours": ("GigabyteHours", "gigabyte-hours", "GB-hours"),
    "gigabyte_months": ("GigabyteMonths", "gigabyte-months", "GigabyteMonths"),
    "gigabytes": ("Gigabytes", "gigabytes", "gigabytes"),
    "hours": ("Hours", "hours", "hours"),
    "user_months": ("UserMonths", "user-months", "UserMonths"),
    "requests": ("Requests", "requests", "request"),
    "ai_credits": ("AICredits", "ai-units", "credits"),
}

PRODUCT_TITLES = {
    "actions": "Actions",
    "code_quality": "Code Quality",
    "codespaces": "Codespaces",
    "copilot": "Copilot",
    "ghas": "GHAS",
    "ghec": "GHEC",
    "git_lfs": "Git LFS",
    "models": "Models",
    "packages": "Packages",
    "sandbox": "Sandbox",
    "spark": "Spark",
}


def _sku(product: str, sku: str, display: str, unit: str, in_summary: str | None = None) -> Sku:
    return Sku(product, sku, display, unit, in_summary or sku)


def _runner(sku: str, display: str) -> Sku:
    return _sku("actions", sku, display, "minutes")


STANDARD_MINUTES = (
    _runner("actions_linux", "Actions Linux"),
    _runner("actions_linux_slim", "Actions Linux slim"),
    _runner("actions_linux_arm", "Actions Linux ARM"),
    _runner("actions_windows", "Actions Windows"),
    _runner("actions_windows_arm", "Actions Windows ARM"),
    _runner("actions_macos", "Actions macOS 3-core"),
)
OTHER_MINUTES = (
    _runner("actions_linux_2_core_advanced", "Actions Linux 2-core advanced"),
    *(
        _runner(f"actions_{system.lower()}_{cores}_core", f"Actions {system} {cores}-core")
        for system in ("Linux", "Windows")
        for cores in (4, 8, 16, 32, 64, 96)
    ),
    *(
        _runner(f"actions_{system.lower()}_{cores}_core_arm", f"Actions {system} {cores}-core ARM")
        for system in ("Linux", "Windows")
        for cores in (2, 4, 8, 16, 32, 64)
    ),
    _runner("actions_macos_l", "Actions macOS 12-core"),
    _runner("actions_macos_xl", "Actions macOS XL"),
    _runner("actions_linux_4_core_gpu", "Actions Linux 4-core GPU"),
    _runner("actions_windows_4_core_gpu", "Actions Windows 4-core GPU"),
    _runner("actions_windows_2_core", "Actions Windows 2-core"),
    _runner("actions_windows_2_core_advanced", "Actions Windows 2-core advanced"),
    _runner("actions_self_hosted", "Actions self-hosted"),
)
OTHER_SKUS = (
    _sku("actions", "actions_storage", "Actions Storage", "gigabyte_hours"),
    _sku("actions", "actions_cache_storage", "Actions cache storage", "gigabyte_hours"),
    _sku(
        "actions", "actions_custom_image_storage", "Actions custom image storage", "gigabyte_hours"
    ),
    _sku("packages", "packages_bandwidth", "Packages data transfer", "gigabytes"),
    _sku("packages", "packages_storage", "Packages storage", "gigabyte_hours"),
    _sku("git_lfs", "git_lfs_bandwidth", "Git LFS bandwidth", "gigabytes"),
    _sku("git_lfs", "git_lfs_storage", "Git LFS storage", "gigabyte_hours"),
    *(
        _sku("codespaces", f"codespaces_compute_d{n}", f"Codespaces compute D{n}", "hours")
        for n in (2, 4, 8, 16, 32)
    ),
    _sku("codespaces", "codespaces_storage", "Codespaces storage", "gigabyte_hours"),
    _sku(
        "codespaces",
        "codespaces_prebuild_storage",
        "Codespaces prebuild storage",
        "gigabyte_months",
    ),
    _sku("copilot", "copilot_for_business", "Copilot Business", "user_months"),
    _sku("copilot", "copilot_enterprise", "Copilot Enterprise", "user_months"),
    _sku("copilot", "copilot_standalone", "Copilot standalone", "user_months"),
    _sku("copilot", "copilot_premium_request", "Copilot Premium Request", "requests"),
    _sku("copilot", "copilot_agent_premium_request", "Copilot agent premium request", "requests"),
    _sku("spark", "spark_premium_request", "Spark premium request", "requests"),
    _sku("copilot", "copilot_ai_credits", "Copilot AI Credits", "ai_credits", "copilot_ai_unit"),
    _sku("spark", "spark_ai_credits", "Spark AI credits", "ai_credits"),
    _sku("copilot", "coding_agent_ai_credit", "Coding agent AI credit", "ai_credits"),
    _sku("code_quality", "code_quality_ai_credit", "Code quality AI credit", "ai_credits"),
    _sku("models", "models_inference", "Models inference", "requests"),
    _sku("ghas", "ghas_licenses", "GHAS licenses", "user_months"),
    _sku("ghas", "ghas_code_security_licenses", "GHAS Code Security licenses", "user_months"),
    _sku(
        "ghas", "ghas_secret_protection_licenses", "GHAS Secret Protection licenses", "user_months"
    ),
    _sku("ghec", "ghec_licenses", "GHEC licenses", "user_months"),
    _sku("sandbox", "sandbox_linux", "Sandbox Linux", "hours"),
    _sku("sandbox", "sandbox_memory", "Sandbox memory", "gigabyte_hours"),
    _sku("sandbox", "sandbox_snapshot", "Sandbox snapshot", "gigabyte_months"),
    _sku("code_quality", "code_quality_licenses", "Code Quality licenses", "user_months"),
)
EVERY_SKU = STANDARD_MINUTES + OTHER_MINUTES + OTHER_SKUS

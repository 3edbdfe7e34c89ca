"""Account, billing cycle, and usage that plans include: both billing platforms."""

from exporter.metrics.catalogue.declare import bill

_ASSUMED = "Enterprises: Enterprise Cloud is assumed."
ACCOUNT_INFO = bill(
    "account_info",
    "Account with its billing platform (empty until known), plan and host.",
    "platform",
    "plan",
    "host",
)
CYCLE_REMAINING_DAYS = bill(
    "cycle_remaining_days", "Days left in the billing cycle after today; 0 on the last day."
)
CYCLE_START = bill(
    "cycle_start_timestamp_seconds",
    "Unix time at which the billing cycle began. Usage platform only.",
)
CYCLE_END = bill(
    "cycle_end_timestamp_seconds", "Unix time at which the billing cycle ends. Usage platform only."
)
ACTIONS_USED_MINUTES = bill(
    "actions_used_minutes",
    "Actions minutes used this cycle. Usage platform: raw minutes, including public repositories, "
    "self-hosted and larger runners. Legacy: private repositories, with OS multipliers for "
    "organizations and users.",
)
ACTIONS_PAID_MINUTES = bill(
    "actions_paid_minutes",
    "Actions minutes paid for this cycle: beyond the quota, or on runners that no quota covers.",
)
ACTIONS_INCLUDED_MINUTES = bill(
    "actions_included_minutes",
    "Actions minutes per month included in the plan, for standard runners in private repositories. "
    f"Usage platform: not comparable with actions_used_minutes. {_ASSUMED}",
)
ACTIONS_RUNNER_USED_MINUTES = bill(
    "actions_runner_used_minutes",
    "Actions minutes used this cycle, by operating system and runner.",
    "os",
    "runner",
)
PACKAGES_USED_BANDWIDTH = bill(
    "packages_used_bandwidth_gigabytes",
    "Data transferred out of Packages this cycle, in gigabytes.",
)
PACKAGES_PAID_BANDWIDTH = bill(
    "packages_paid_bandwidth_gigabytes",
    "Data transferred out of Packages and paid for this cycle, in gigabytes.",
)
PACKAGES_INCLUDED_BANDWIDTH = bill(
    "packages_included_bandwidth_gigabytes",
    f"Data transfer out of Packages per month included in the plan, in gigabytes. {_ASSUMED}",
)
SHARED_STORAGE_ESTIMATED = bill(
    "shared_storage_estimated_gigabytes",
    "Storage of Actions artifacts and Packages, in gigabytes. Usage platform: average of this "
    "cycle so far, absent in its first 72 hours. Legacy: GitHub's estimate for the whole cycle.",
)
SHARED_STORAGE_ESTIMATED_PAID = bill(
    "shared_storage_estimated_paid_gigabytes",
    "Paid storage of Actions artifacts and Packages, in gigabyte-months. Usage platform: billed "
    "this cycle so far. Legacy: GitHub's estimate for the whole cycle.",
)
SHARED_STORAGE_INCLUDED = bill(
    "shared_storage_included_gigabytes",
    "Storage of Actions artifacts and Packages included in the plan, in gigabytes. Usage platform "
    f"only. {_ASSUMED}",
)

"""What the legacy endpoints and the usage summary both feed: the account, its cycle, its quotas."""

from functools import partial

from exporter.metrics.catalogue.declare import POLLED, bill

_either = partial(
    bill,
    source="From the legacy endpoint or the usage summary, as account_info's platform says. Cycle "
    "to date: on usage the calendar month, UTC, on legacy by the account's billing date. It falls "
    f"at the cycle's edge, so rate() and increase() on it are mistakes. {POLLED}",
)
_plan = partial(
    bill,
    source="Usage platform: a setting, else the table of GitHub's plans; legacy: GitHub's own. "
    f"{POLLED}",
)
_ASSUMED = "assumed to be that of Enterprise Cloud, as GitHub says no enterprise's plan"
_polled = partial(bill, source=POLLED)
ACCOUNT_INFO = _polled(
    "account_info",
    "The account: the billing platform it is read from (empty while undecided), its plan in "
    "GitHub's word, and the host asked. Always 1.",
    "platform",
    "plan",
    "host",
)
CYCLE_REMAINING_DAYS = _polled(
    "cycle_remaining_days",
    "Days left in the billing cycle after today, 0 on the last day. Legacy: GitHub's own number; "
    "usage: by the calendar month, UTC.",
)
CYCLE_START = _polled(
    "cycle_start_timestamp_seconds",
    "When the billing cycle began: the calendar month, UTC. Usage platform only.",
)
CYCLE_END = _polled(
    "cycle_end_timestamp_seconds",
    "When the billing cycle ends: the next month's first instant, UTC. Usage platform only.",
)
ACTIONS_USED_MINUTES = _either(
    "actions_used_minutes",
    "Actions minutes used. Legacy: private repositories, with OS multipliers for organizations "
    "and users; usage: raw minutes, free ones of public repositories and of self-hosted runners "
    "and those of larger runners included.",
)
ACTIONS_PAID_MINUTES = _either(
    "actions_paid_minutes",
    "Actions minutes paid for: beyond the quota, or on runners that no quota covers. Usage: net "
    "minutes at a price; those of self-hosted runners have none.",
)
ACTIONS_INCLUDED_MINUTES = _plan(
    "actions_included_minutes",
    "Actions minutes a month that the plan includes, for standard runners on private "
    "repositories. On the usage platform used / included is no quota. Of an enterprise it is "
    f"{_ASSUMED}.",
)
ACTIONS_RUNNER_USED_MINUTES = _either(
    "actions_runner_used_minutes",
    "Actions minutes used by operating system and runner.",
    "os",
    "runner",
)
PACKAGES_USED_BANDWIDTH = _either(
    "packages_used_bandwidth_gigabytes", "Data transferred out of Packages, in gigabytes."
)
PACKAGES_PAID_BANDWIDTH = _either(
    "packages_paid_bandwidth_gigabytes",
    "Data transferred out of Packages and paid for, in gigabytes.",
)
PACKAGES_INCLUDED_BANDWIDTH = _plan(
    "packages_included_bandwidth_gigabytes",
    "Data transfer out of Packages a month that the plan includes, in gigabytes. Of an enterprise "
    f"it is {_ASSUMED}.",
)
SHARED_STORAGE_ESTIMATED = _either(
    "shared_storage_estimated_gigabytes",
    "Storage of Actions artifacts and Packages together, in gigabytes. Legacy: GitHub's estimate "
    "for the whole cycle; usage: our average of the cycle so far, absent in its first 72 hours, as "
    "reports lag by up to three days. It leaves out caches, custom images, Codespaces and Git LFS, "
    "and the hours that GitHub has not reported yet make it too small.",
)
SHARED_STORAGE_ESTIMATED_PAID = _either(
    "shared_storage_estimated_paid_gigabytes",
    "Storage of Actions artifacts and Packages paid for, in gigabytes of a whole month. Legacy: "
    "GitHub's estimate for the cycle; usage: what is billed so far, in gigabyte-months of the 744 "
    "hours that GitHub's price is made of, and its discount on storage is unverified.",
)
SHARED_STORAGE_INCLUDED = _polled(
    "shared_storage_included_gigabytes",
    "Storage of Actions artifacts and Packages that the plan includes, in gigabytes. Usage "
    "platform only: a setting, else the table of GitHub's plans; of an enterprise it is "
    f"{_ASSUMED}.",
)

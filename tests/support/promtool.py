"""promtool's findings on a page, and those that are allowed."""

import subprocess

from tests.support.programs import Version, program

IN_GITHUBS_UNITS = {
    # Units of the invoice; a billed minute is rounded up per job.
    "github_billing_actions_used_minutes": "minutes",
    "github_billing_actions_paid_minutes": "minutes",
    "github_billing_actions_included_minutes": "minutes",
    "github_billing_actions_runner_used_minutes": "minutes",
    "github_billing_packages_used_bandwidth_gigabytes": "gigabytes",
    "github_billing_packages_paid_bandwidth_gigabytes": "gigabytes",
    "github_billing_packages_included_bandwidth_gigabytes": "gigabytes",
    "github_billing_shared_storage_estimated_gigabytes": "gigabytes",
    "github_billing_shared_storage_estimated_paid_gigabytes": "gigabytes",
    "github_billing_shared_storage_included_gigabytes": "gigabytes",
    # GitHub reports whole days on the legacy platform.
    "github_billing_cycle_remaining_days": "days",
}
_BASE_UNITS = {"minutes": "seconds", "days": "seconds", "gigabytes": "bytes"}
ALLOWED_FINDINGS = sorted(
    f'{name} use base unit "{_BASE_UNITS[unit]}" instead of "{unit}"'
    for name, unit in IN_GITHUBS_UNITS.items()
)


def promtool_check_metrics(text: str, version: Version = "oldest") -> list[str]:
    """Return promtool's findings on a page in the text format; an invalid page fails the test."""
    check = subprocess.run(
        [program("promtool", version), "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    # promtool exits with 3 if it has findings, and with 1 if the page is invalid.
    assert check.returncode in {0, 3}, check.stderr
    return check.stderr.splitlines()

"""promtool on a page: its findings, and the ones that are meant."""

import subprocess

from tests.support.programs import Version, program

IN_GITHUBS_UNITS = {
    # A billed minute is rounded up per job, a billed gigabyte is the invoice's.
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
    # GitHub's own number on the legacy platform, whole days.
    "github_billing_cycle_remaining_days": "days",
}
_BASE_UNITS = {"minutes": "seconds", "days": "seconds", "gigabytes": "bytes"}
ALLOWED_FINDINGS = sorted(
    f'{name} use base unit "{_BASE_UNITS[unit]}" instead of "{unit}"'
    for name, unit in IN_GITHUBS_UNITS.items()
)


def promtool_check_metrics(text: str, version: Version = "oldest") -> list[str]:
    """Lint a page in the text format: one finding a line; a page that cannot be read fails."""
    check = subprocess.run(
        [program("promtool", version), "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    # promtool's own statuses: 3 is a page with findings, 1 one that it cannot parse.
    assert check.returncode in {0, 3}, check.stderr
    return check.stderr.splitlines()

"""Check a month of the demo's bill with the official validator of FOCUS.

``python -m scripts.validate_focus ENVIRONMENT``, an environment of Python made by scripts/focus.
The validator holds the rules of FOCUS 1.2 only. Exits with 1 if a rule failed, except for the one
that no file can keep.
"""

import re
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from exporter.app import utc_now
from exporter.demo import demo_accounts
from tests.support.simulator_server import asking, command, simulated_github

IMPOSSIBLE = {"InvoiceId-C-005-C"}
"""Requires an invoice in each charge, while InvoiceId-C-004-C forbids it. GitHub reports none."""

ACCOUNTS = ("--organization", "acme", "--user", "mona", "--enterprise", "acme-corp")
BY = ("--by", "repository", "--by", "cost_center")
SUPPORTED = (
    *("ACCOUNT_NAMING", "BILLING_BASED_ON_PROVISIONED_RESOURCES", "NEGOTIATED_PRICING"),
    *("MULTIPLE_BILLING_ACCOUNT_TYPES", "MULTIPLE_SUB_ACCOUNT_TYPES", "PUBLIC_PRICE_LIST"),
    *("RESOURCE_TYPE_ASSIGNMENT", "SUB_ACCOUNT", "TAGGING", "UNIT_PRICING", "USAGE_MEASUREMENT"),
)


def write_bill(file: Path) -> None:
    """Write last month's bill of the demo's accounts."""
    month = f"{utc_now().replace(day=1) - timedelta(days=1):%Y-%m}"
    arguments = ("--month", month, "--format", "focus", "--focus-version", "1.2")
    with simulated_github(*demo_accounts()) as (_, url):
        run = command(*("bill", *ACCOUNTS, *BY, *arguments, "--output", str(file)), env=asking(url))
    if run.returncode:
        sys.exit(run.stderr)


def validated(environment: Path, file: Path) -> str:
    """Return what the validator prints. Its exit code is 0 even if a rule failed."""
    (packages,) = environment.glob("lib/python*/site-packages")
    validator = environment.resolve() / "bin" / "focus-validator"
    arguments = [
        *("--block-download", "--validate-version", "1.2.0.1", "--data-file", str(file)),
        *("--applicability-criteria", ",".join(f"{name}_SUPPORTED" for name in SUPPORTED)),
    ]
    # It reads its list of currencies by a relative path.
    run = subprocess.run(
        [validator, *arguments], cwd=packages, capture_output=True, text=True, check=False
    )
    if run.returncode or "Total: " not in run.stdout:
        sys.exit(run.stdout + run.stderr)
    return run.stdout


def main(environment: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bill.csv"
        write_bill(file)
        lines = file.read_text(encoding="utf-8").count("\n")
        report = validated(environment, file)
    failed = set(re.findall(r"^- (\S+): ", report, re.MULTILINE)) - IMPOSSIBLE
    print(f"{lines - 1} charges. {re.search('Total: .*', report)[0]}")  # type: ignore[index]
    for rule in sorted(failed):
        print(f"{rule} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

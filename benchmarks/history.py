"""Past months by `history`: requests, time, size and memory, as text and as blocks.

Run ``.venv/bin/python benchmarks/history.py``. The simulated GitHub runs in this process and
competes for the cores. The blocks are made by the promtool of ``make test``.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from programs import free_port, served

from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, SimulatedAccount, SimulatedGitHub

PROMTOOL = Path(__file__).parent.parent / ".tools/newest/promtool"
ACCOUNTS = (
    SimulatedAccount(AccountType.ORGANIZATION, "acme", ghas="bundled"),
    SimulatedAccount(
        AccountType.ORGANIZATION, "large", size=20.0, repositories=[f"r{n}" for n in range(500)]
    ),
)


@dataclass(frozen=True)
class Case:
    title: str
    months: int
    arguments: Sequence[str]


CASES = (
    Case("15 SKUs, 5m, text", 24, ("--account", "acme")),
    Case("15 SKUs, 5m, blocks", 24, ("--account", "acme", "--promtool", str(PROMTOOL))),
    Case("15 SKUs, 1h, text", 24, ("--account", "acme", "--step", "1h")),
    Case(
        "500 repositories, 6h, text",
        1,
        ("--account", "large", "--collector", "usage_repositories", "--step", "6h"),
    ),
)


def megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def measure(case: Case, github: SimulatedGitHub, port: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "exporter", "history", *case.arguments]
        options = ["--months", str(case.months), "--output", folder]
        environment = {
            "GITHUB_BILLING_API_URL": f"http://127.0.0.1:{port}",
            "GITHUB_BILLING_TOKEN": DEMO_TOKEN,
            "GITHUB_BILLING_ORGANIZATIONS": ",".join(account.name for account in ACCOUNTS),
        }
        github.requests.clear()
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, *options], env={**os.environ, **environment}, stdout=subprocess.DEVNULL
        ) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        if process.returncode:
            raise SystemExit(f"{case.title}: exit code {process.returncode}")
        cells = (
            case.title,
            str(case.months),
            str(len(github.requests)),
            f"{seconds:,.0f}",
            f"{megabytes(Path(folder)):,.0f}",
            f"{used.ru_maxrss / 1024:,.0f}",
        )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    github = SimulatedGitHub(ACCOUNTS, clock=lambda: datetime.now(UTC))
    port = free_port()
    served(github, port)
    print("| | months | requests | s | result, MB | peak memory, MB |\n|---|---|---|---|---|---|")
    for case in CASES:
        print(measure(case, github, port), flush=True)


if __name__ == "__main__":
    main()

"""A month of a million rows by `bill`, beside json.loads and csv.DictReader with a loop.

Run ``.venv/bin/python benchmarks/bill.py``. The month is that of usage_report.py; the CSV file has
the same rows in the columns of a detailed report. Each implementation runs in a separate process.
Compare the ratios: the figures depend on the machine.
"""

import asyncio
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import httpx
from programs import megabytes
from usage_report import NOW, month, transport

from exporter.accounts import Account, AccountType
from exporter.billing.cycle import Cycle
from exporter.github.api import attempt
from exporter.github.auth import from_token
from exporter.github.client import Client
from exporter.ledger.asked import Month, add_month
from exporter.ledger.csv_files import Files
from exporter.ledger.row import Dimension, sum_of
from exporter.ledger.totals import Totals

RUNS = 3
DAYS = (Dimension.DAY, Dimension.SKU)
REPOSITORIES = (Dimension.DAY, Dimension.ORGANIZATION, Dimension.REPOSITORY, Dimension.SKU)
COLUMNS = {
    "date": "date",
    "product": "product",
    "sku": "sku",
    "quantity": "quantity",
    "unit_type": "unitType",
    "applied_cost_per_quantity": "pricePerUnit",
    "gross_amount": "grossAmount",
    "discount_amount": "discountAmount",
    "net_amount": "netAmount",
    "organization": "organizationName",
    "repository": "repositoryName",
}


def written(totals: Totals) -> tuple[int, Decimal]:
    """Return the number of sums, and their gross."""
    count = 0

    def gross() -> Iterable[Decimal | None]:
        nonlocal count
        for row in totals.rows():
            count += 1
            yield row.gross

    whole = sum_of(gross())
    return count, whole


def of_report(path: Path, by: Sequence[Dimension]) -> tuple[int, Decimal]:
    client = Client(
        transport=transport(path.with_suffix(".json")),
        base_url="https://api.github.com",
        credential=from_token("benchmark", "none"),
        observer=lambda _: None,
        clock=lambda: NOW,
        sleep=asyncio.sleep,
    )

    async def read() -> tuple[int, Decimal]:
        account = Account(AccountType.ORGANIZATION, "acme")
        totals = Totals(by)
        async with attempt(client, {}, 600) as github:
            await add_month(Month(github, account, Cycle.at(NOW), NOW), by, totals)
        return written(totals)

    return asyncio.run(read())


def of_file(path: Path, by: Sequence[Dimension]) -> tuple[int, Decimal]:
    totals = Totals(by)
    totals.update(Files([path.with_suffix(".csv")]).rows())
    return written(totals)


def loop(
    rows: Iterable[Mapping[str, str | float]], date: str, sku: str, gross: str
) -> tuple[int, Decimal]:
    sums: defaultdict[tuple[object, object], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[str(row[date])[:10], row[sku]] += Decimal(str(row[gross]))
    return len(sums), sum_of(sums.values())


def json_loop(path: Path, _: Sequence[Dimension]) -> tuple[int, Decimal]:
    async def read() -> bytes:
        async with httpx.AsyncClient(transport=transport(path.with_suffix(".json"))) as http:
            return (await http.get("https://api.github.com/")).content

    rows = json.loads(asyncio.run(read()))["usageItems"]
    return loop(rows, "date", "sku", "grossAmount")


def csv_loop(path: Path, _: Sequence[Dimension]) -> tuple[int, Decimal]:
    with path.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return loop(rows, "date", "sku", "gross_amount")


WAYS: Mapping[
    str,
    tuple[str, Callable[[Path, Sequence[Dimension]], tuple[int, Decimal]], tuple[Dimension, ...]],
]
WAYS = {
    "report": ("bill, usage report by day and SKU", of_report, DAYS),
    "repositories": (
        "the same by day, repository and SKU, sorted on disk",
        of_report,
        REPOSITORIES,
    ),
    "json": ("json.loads and a loop", json_loop, DAYS),
    "file": ("bill, CSV file by day and SKU", of_file, DAYS),
    "csv": ("csv.DictReader and a loop", csv_loop, DAYS),
}


def measure_here(way: str, path: Path) -> None:
    _, read, by = WAYS[way]
    idle = megabytes(os.getpid(), "VmRSS")
    began = time.perf_counter()
    count, gross = read(path, by)
    print(time.perf_counter() - began, megabytes(os.getpid(), "VmHWM") - idle, count, gross)


def measure(way: str, path: Path) -> tuple[float, ...]:
    command = [sys.executable, __file__, way, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return tuple(float(word) for word in done.stdout.split())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "month")
        with path.with_suffix(".json").open("w") as file:
            file.writelines(month())
        rows = json.loads(path.with_suffix(".json").read_text())["usageItems"]
        with path.with_suffix(".csv").open("w", newline="") as file:
            table = csv.writer(file, quoting=csv.QUOTE_ALL)
            table.writerow([*COLUMNS, "workflow_path"])
            for row in rows:
                row["date"] = row["date"][:10]
                table.writerow([*(row[name] for name in COLUMNS.values()), ""])
        del rows
        print("| | result, rows | s | peak memory above idle, MB |\n|---|---|---|---|")
        sums = set()
        for way, (title, _, _) in WAYS.items():
            runs = [measure(way, path) for _ in range(RUNS)]
            seconds, peak, count, gross = map(statistics.median, zip(*runs, strict=True))
            sums.add(round(gross, 2))
            print(f"| {title} | {count:,.0f} | {seconds:.3g} | {peak:.3g} |")
        if len(sums) != 1:
            raise SystemExit(f"the sums differ: {sums}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure_here(sys.argv[1], Path(sys.argv[2]))
    else:
        main()

"""A month of a million rows: the collector `usage_repositories` and json.loads with a loop.

Run ``.venv/bin/python benchmarks/usage_report.py``. The month is made up and written to a temporary
file. Each implementation reads it in a separate process from the same transport. Compare the
ratios: the figures depend on the machine.
"""

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from math import fsum
from pathlib import Path

import httpx
from programs import megabytes

from exporter.accounts import Account, AccountType
from exporter.billing import skus
from exporter.billing.cycle import Cycle
from exporter.github.api import attempt
from exporter.github.auth import from_token
from exporter.github.client import Client
from exporter.ledger import whole_report
from exporter.ledger.whole_report import WholeReport

ROWS = 1_000_000
REPOSITORIES = 2_000
RUNS = 3
CHUNK = 64 * 1024
NOW = datetime(2026, 10, 28, 12, tzinfo=UTC)
COLUMNS = ("quantity", "grossAmount", "discountAmount", "netAmount")
SKUS = (
    ("actions", "Actions Linux", "Minutes", 0.006),
    ("actions", "Actions Windows", "Minutes", 0.01),
    ("actions", "Actions macOS 3-core", "Minutes", 0.062),
    ("actions", "Actions storage", "GigabyteHours", 0.00033602),
    ("packages", "Packages storage", "GigabyteHours", 0.00033602),
    ("codespaces", "Codespaces compute D2", "Hours", 0.18),
)


def month() -> Iterator[str]:
    """Yield the report, with rows in chronological order."""
    chance = random.Random(1)
    yield '{"usageItems":['
    for number in range(ROWS):
        product, sku, unit, price = SKUS[number % len(SKUS)]
        repository = chance.randrange(REPOSITORIES)
        day, seconds = divmod(int(number / ROWS * 27 * 86_400), 86_400)
        quantity = round(chance.random() * 500, 9)
        gross = round(quantity * price, 9)
        discount = gross if number % 3 else 0.0
        row = {
            "date": f"2026-10-{day + 1:02}T{seconds // 3600:02}:{seconds // 60 % 60:02}"
            f":{seconds % 60:02}Z",
            "product": product,
            "sku": sku,
            "quantity": quantity,
            "unitType": unit,
            "pricePerUnit": price,
            "grossAmount": gross,
            "discountAmount": discount,
            "netAmount": gross - discount,
            "organizationName": f"organization-{repository % 20}",
            "repositoryName": f"service-{repository}",
        }
        yield ("," if number else "") + json.dumps(row, separators=(",", ":"))
    yield "]}"


def transport(path: Path) -> httpx.MockTransport:
    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk

    return httpx.MockTransport(lambda _: httpx.Response(200, stream=Body()))


def exporter(path: Path) -> Callable[[], Coroutine[None, None, float]]:
    client = Client(
        transport=transport(path),
        base_url="https://api.github.com",
        credential=from_token("benchmark", "none"),
        observer=lambda _: None,
        clock=lambda: NOW,
        sleep=asyncio.sleep,
    )

    async def read() -> float:
        account = Account(AccountType.ORGANIZATION, "acme")
        async with attempt(client, {}, 600) as github:
            whole = WholeReport(Cycle.at(NOW), NOW)
            await whole_report.ask(github, account, whole, repositories=True)
            return fsum(sums.gross for _, sums in whole)

    return read


def plain(path: Path) -> Callable[[], Coroutine[None, None, float]]:
    http = httpx.AsyncClient(transport=transport(path))

    async def read() -> float:
        response = await http.get("https://api.github.com/")
        latest = ""
        groups: dict[tuple[str, ...], list[dict[str, float]]] = {}
        for row in json.loads(response.content)["usageItems"]:
            latest = max(latest, row["date"])
            names = (
                row["organizationName"],
                row["repositoryName"],
                skus.product_name(row["product"]),
                skus.sku_name(row["sku"]),
                skus.unit_name(row["unitType"]),
            )
            groups.setdefault(names, []).append(row)
        sums = {
            names: [fsum(row[column] for row in rows) for column in COLUMNS]
            for names, rows in groups.items()
        }
        return fsum(gross for _, gross, _, _ in sums.values())

    return read


WAYS = {"exporter": exporter, "plain": plain}


def measure_here(way: str, path: Path) -> None:
    read = WAYS[way](path)
    idle = megabytes(os.getpid(), "VmRSS")
    began = time.perf_counter()
    gross = asyncio.run(read())
    print(time.perf_counter() - began, megabytes(os.getpid(), "VmHWM") - idle, gross)


def measure(way: str, path: Path) -> tuple[float, ...]:
    command = [sys.executable, __file__, way, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return tuple(float(word) for word in done.stdout.split())


def main() -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.writelines(month())
        file.flush()
        path = Path(file.name)
        size = path.stat().st_size / 1e6
        runs = {way: [measure(way, path) for _ in range(RUNS)] for way in WAYS}
    (seconds, peak, gross), (plain_seconds, plain_peak, plain_gross) = (
        map(statistics.median, zip(*runs[way], strict=True)) for way in ("exporter", "plain")
    )
    if abs(gross - plain_gross) > 0.01:
        raise SystemExit(f"the sums differ: {gross} and {plain_gross}")
    print(f"A month of {ROWS:,} rows, {size:.0f} MB, {REPOSITORIES:,} repositories\n")
    print("| | exporter | json.loads and a loop | ratio |\n|---|---|---|---|")
    for name, ours, other in (
        ("read and summed, s", seconds, plain_seconds),
        ("peak memory above idle, MB", peak, plain_peak),
    ):
        print(f"| {name} | {ours:.3g} | {other:.3g} | {ours / other:.2g} |")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure_here(sys.argv[1], Path(sys.argv[2]))
    else:
        main()

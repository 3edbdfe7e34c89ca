"""A large enterprise by team and workflow: memory and CPU of a reading, and the page after it.

Run ``.venv/bin/python benchmarks/big_enterprise.py``. The enterprise has 300 organizations, 20,000
repositories, 400 teams and 3,000 workflows; its detailed export has 2 million rows in two parts.
GitHub is a transport in the same process that streams files from disk. Each measurement runs in a
separate process. The CPU includes the transport's.
"""

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from math import fsum
from pathlib import Path
from typing import Any

import httpx
from programs import megabytes

from exporter.app import App
from exporter.collectors import ALL
from exporter.github.auth import from_token
from exporter.metrics.page import Page
from exporter.settings import load
from exporter.web.exposition import text

ORGANIZATIONS, REPOSITORIES, TEAMS, WORKFLOWS, ROWS = 300, 20_000, 400, 3_000, 2_000_000
PARTS = 2
NOW = datetime(2026, 10, 28, 12, tzinfo=UTC)
DAYS = range(1, 28)
CHUNK = 64 * 1024
SLUG = "big"
SKUS = (
    ("actions", "actions_linux", "Actions Linux", "minutes", 0.006),
    ("actions", "actions_windows", "Actions Windows", "minutes", 0.01),
    ("actions", "actions_self_hosted_linux", "Actions self-hosted Linux", "minutes", 0.0),
    ("actions", "actions_storage", "Actions storage", "gigabyte-hours", 0.00033602),
)
OF_WORKFLOWS = SKUS[:3]
EXPORT = ("usage_workflows",)
EVERYTHING = ("usage", "usage_repositories", "usage_organizations", "usage_teams", *EXPORT)
"""Beside `own_budgets`, which is on with a budget."""

_BILLING = f"/enterprises/{SLUG}/settings/billing"
_EXPORT = {
    "id": "6f1d0f8e-0000-4000-8000-000000000001",
    "report_type": "detailed",
    "start_date": f"{NOW:%Y-%m}-01",
    "end_date": f"{NOW:%Y-%m-%d}",
    "created_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
}


def owner(repository: int) -> str:
    return f"organization-{repository % ORGANIZATIONS}"


def report() -> Iterator[str]:
    """Yield the usage report: each repository's use of each SKU in three portions."""
    yield '{"usageItems":['
    first = True
    for day in (5, 15, 25):
        for repository in range(REPOSITORIES):
            for product, _, display, unit, price in SKUS:
                quantity = repository % 97 + day
                row = {
                    "date": f"2026-10-{day:02}T00:00:00Z",
                    "product": product,
                    "sku": display,
                    "quantity": quantity,
                    "unitType": unit,
                    "pricePerUnit": price,
                    "grossAmount": quantity * price,
                    "discountAmount": 0.0,
                    "netAmount": quantity * price,
                    "organizationName": owner(repository),
                    "repositoryName": f"service-{repository}",
                }
                yield ("" if first else ",") + json.dumps(row, separators=(",", ":"))
                first = False
    yield "]}"


def summary() -> dict[str, Any]:
    quantity = fsum(
        repository % 97 + day for day in (5, 15, 25) for repository in range(REPOSITORIES)
    )
    rows = [
        {
            "product": product,
            "sku": sku,
            "unitType": unit,
            "pricePerUnit": price,
            "grossQuantity": quantity,
            "discountQuantity": 0.0,
            "netQuantity": quantity,
            "grossAmount": quantity * price,
            "discountAmount": 0.0,
            "netAmount": quantity * price,
        }
        for product, sku, _, unit, price in SKUS
    ]
    return {"timePeriod": {"year": NOW.year, "month": NOW.month}, "usageItems": rows}


def detailed(part: int, rows: int) -> Iterator[str]:
    """Yield a part of the export: persons run workflows of repositories, day by day."""
    chance = random.Random(part)
    columns = (
        "date product sku quantity unit_type applied_cost_per_quantity gross_amount "
        "discount_amount net_amount username organization repository workflow_path cost_center_name"
    )
    yield "\ufeff" + ",".join(f'"{name}"' for name in columns.split()) + "\r\n"
    for number in range(rows):
        workflow = chance.randrange(WORKFLOWS)
        product, sku, _, unit, price = OF_WORKFLOWS[number % len(OF_WORKFLOWS)]
        quantity = chance.randrange(1, 90)
        cells = (
            f"2026-10-{DAYS[number * len(DAYS) // rows]:02}",
            *(product, sku, quantity, unit, price, quantity * price, 0, quantity * price),
            f"person-{chance.randrange(5_000)}",
            owner(workflow),
            f"service-{workflow}",
            f".github/workflows/build-{workflow % 7}.yml",
            "",
        )
        yield ",".join(f'"{cell}"' for cell in cells) + "\r\n"


class Streamed(httpx.AsyncByteStream):
    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def listed(organization: int) -> list[dict[str, Any]]:
    """Return an organization's repositories, each with some of what GitHub sends besides."""
    return [
        {
            "id": number,
            "name": f"service-{number}",
            "full_name": f"{owner(number)}/service-{number}",
            "owner": {"login": owner(number), "id": organization},
            "description": "A service of some team, with a sentence about it. " * 2,
            "html_url": f"https://github.com/{owner(number)}/service-{number}",
            "topics": ["python", "internal"],
            "custom_properties": {"team": f"team-{number % TEAMS}", "tier": "2"},
        }
        for number in range(organization, REPOSITORIES, ORGANIZATIONS)
    ]


class GitHub:
    """A transport that answers for the enterprise, with files of the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary = summary()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.url.host == "files.example":
            return self._file(f"{path.removeprefix('/')}.csv")
        if found := re.fullmatch(r"/orgs/organization-(\d+)/repos", path):
            return httpx.Response(200, json=listed(int(found[1])))
        if path.startswith(_BILLING):
            return self._of_bill(request, path.removeprefix(_BILLING))
        return httpx.Response(404, json={"message": "Not Found"})

    def _of_bill(self, request: httpx.Request, path: str) -> httpx.Response:
        this_month = request.url.params.get("month", str(NOW.month)) == str(NOW.month)
        match path if this_month else "another month":
            case "/usage":
                return self._file("report.json")
            case "/usage/summary":
                said: dict[str, Any] = self.summary
            case "/cost-centers":
                said = {"costCenters": []}
            case "/reports" if request.method == "POST":
                return httpx.Response(202, json=_EXPORT | {"status": "processing"})
            case "/reports":
                said = {"usage_report_exports": []}
            case _ if path.startswith("/reports/"):
                urls = [f"https://files.example/part-{part}?sig=x" for part in range(PARTS)]
                said = _EXPORT | {"status": "completed", "download_urls": urls}
            case _:
                said = self.summary | {"usageItems": []}
        return httpx.Response(200, json=said)

    def _file(self, name: str) -> httpx.Response:
        return httpx.Response(200, stream=Streamed(self.folder / name))


def settings(folder: Path, collectors: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the flags: half of the teams by patterns of names, all others by a property."""
    rules: list[dict[str, Any]] = [
        {"repositories": [f"{owner(number)}/service-{number}"], "team": f"team-{number}"}
        for number in range(0, TEAMS, 2)
    ]
    rules.append({"property": "team"})
    own: dict[str, Any] = {
        "allocation": {"rules": rules},
        "own_prices": [{"sku": "actions_self_hosted_linux", "usd": 0.003, "from": "2026-01-01"}],
        "own_budgets": [
            {"name": f"team-{number}", "usd": 500, "team": f"team-{number}"}
            for number in range(TEAMS)
        ],
    }
    file = folder / "config.yml"
    file.write_text(json.dumps(own if len(collectors) > 1 else {}))
    return {
        "enterprises": [SLUG],
        "config": {"file": str(file)},
        "collectors": list(collectors),
        "no_collectors": [
            each.name
            for each in ALL
            if (each.default or each.beside) and each.name not in collectors
        ],
    }


async def reading(folder: Path, collectors: tuple[str, ...]) -> None:
    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    app = App.assemble(
        load(settings(folder, collectors), {}, ALL),
        from_token("benchmark", "none"),
        transport=httpx.MockTransport(GitHub(folder)),
        clock=lambda: NOW,
        sleep=at_once,
        process=False,
    )
    page_of_nothing = len(text(app.poller.page(), app.telemetry.registry))
    idle, cpu = megabytes(os.getpid(), "VmRSS"), time.process_time()
    async with app.clients:
        await app.poller.once()
    cpu = time.process_time() - cpu
    page = app.poller.page()
    check(page, collectors)
    body = text(page, app.telemetry.registry)
    peak = megabytes(os.getpid(), "VmHWM") - idle
    series = sum(not line.startswith(b"#") for line in body.splitlines())
    print(peak, cpu, series, (len(body) - page_of_nothing) / 1e6)


def check(page: Page, collectors: tuple[str, ...]) -> None:
    (account,) = page.accounts
    failed = {job.collector: job.detail for job in account.jobs if job.failure}
    if failed or not set(collectors) <= {job.collector for job in account.jobs}:
        raise SystemExit(f"no reading: {failed}")


def measure(folder: Path, what: str) -> tuple[float, ...]:
    command = [sys.executable, __file__, what, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return tuple(float(word) for word in done.stdout.splitlines()[-1].split())


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "report.json").open("w") as file:
            file.writelines(report())
        for part in range(PARTS):
            with (folder / f"part-{part}.csv").open("w", encoding="utf-8", newline="") as file:
                file.writelines(detailed(part, ROWS // PARTS))
        size = sum(each.stat().st_size for each in folder.glob("part-*")) / 1e6
        rows = [(what, *measure(folder, what)) for what in WHAT]
    print(f"An export of {ROWS:,} rows, {size:.0f} MB\n")
    print("| | peak memory above idle, MB | CPU, s | series | page, MB |\n|---|---|---|---|---|")
    for what, peak, cpu, series, page in rows:
        print(f"| {what} | {peak:.3g} | {cpu:.3g} | {series:,.0f} | {page:.3g} |")


WHAT = {"export": EXPORT, "everything": EVERYTHING}

if __name__ == "__main__":
    if len(sys.argv) == 3:
        asyncio.run(reading(Path(sys.argv[2]), WHAT[sys.argv[1]]))
    else:
        main()

"""Memory, start and scrape time of the exporter, beside a bare prometheus_client process.

Run ``.venv/bin/python benchmarks/process.py``. The bare one serves the demo's page, so that the
ratios hold on any machine; the seconds are this machine's. Then each library is loaded after the
other in a process of its own, to tell what each adds: one that others need comes before them.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from programs import free_port, megabytes, served

from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, SimulatedAccount, SimulatedGitHub

SCRAPES = 200
RUNS = 5

BARE = """
import sys
from pathlib import Path
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(Path(sys.argv[2]).read_text()))
class Page:
    def collect(self):
        return families
registry = CollectorRegistry()
registry.register(Page())
_, thread = start_http_server(int(sys.argv[1]), "127.0.0.1", registry)
thread.join()
"""


LIBRARIES = {
    "Python": "sys",
    "asyncio, with TLS": "asyncio, ssl",
    "prometheus_client": "prometheus_client",
    "httpx": "httpx",
    "click": "click",
    "uvicorn, httptools": "uvicorn, uvicorn.protocols.http.httptools_impl",
    "pydantic, pydantic-settings": "pydantic, pydantic_settings",
    "msgspec": "msgspec",
    "structlog": "structlog",
    "tenacity": "tenacity",
    "PyYAML": "yaml",
    "the exporter": "exporter.cli, exporter.app",
}
LOADING = """
import sys, time
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
began, before = float(sys.argv[1]), 0.0
for modules in sys.argv[2:]:
    exec(f"import {modules}")
    now, held = time.time(), resident()
    print((now - began) * 1000, held - before)
    began, before = now, held
"""


def scrape(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        body: bytes = answer.read()
        return body


def first_page(port: int, began: float) -> float:
    """Seconds from the start until a page tells a bill."""
    while time.perf_counter() - began < 30:
        try:
            if b"github_billing_account_info" in scrape(port):
                return time.perf_counter() - began
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    raise SystemExit("no page within 30 s")


@contextmanager
def polled(command: list[str], port: int) -> Iterator[tuple[int, float]]:
    """Run until the block ends; give the process and the seconds to its first page."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        start = first_page(port, began)
        time.sleep(1)  # the first polls of all accounts
        yield process.pid, start
    finally:
        process.terminate()
        process.wait()


def measure(command: list[str], port: int) -> dict[str, float]:
    with polled(command, port) as (pid, start):
        times = []
        for _ in range(SCRAPES):
            at = time.perf_counter()
            scrape(port)
            times.append(time.perf_counter() - at)
        return {
            "start to first page, s": start,
            "memory, MB": megabytes(pid, "VmRSS"),
            "scrape at the median, ms": statistics.median(times) * 1000,
            "scrape at the 99th percentile, ms": sorted(times)[int(SCRAPES * 0.99)] * 1000,
        }


def loading() -> list[tuple[float, ...]]:
    """Give the milliseconds and the MB that each library takes to load after those before it."""
    began = time.time()
    command = [sys.executable, "-c", LOADING, str(began), *LIBRARIES.values()]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [tuple(map(float, line.split())) for line in said.splitlines()]


def shares() -> None:
    runs = [loading() for _ in range(RUNS)]
    print("\n| loaded | ms | MB |\n|---|---|---|")
    sums = [0.0, 0.0]
    for number, name in enumerate(LIBRARIES):
        taken = [statistics.median(run[number][which] for run in runs) for which in (0, 1)]
        sums = [a + b for a, b in zip(sums, taken, strict=True)]
        print(f"| {name} | {taken[0]:.0f} | {taken[1]:.1f} |")
    print(f"| together | {sums[0]:.0f} | {sums[1]:.1f} |")


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    port, api = free_port(), free_port()
    github = SimulatedGitHub(
        [SimulatedAccount(AccountType.ORGANIZATION, "acme")], clock=lambda: datetime.now(UTC)
    )
    served(github, api)
    os.environ["GITHUB_BILLING_TOKEN"] = DEMO_TOKEN
    exporter = [sys.executable, "-m", "exporter"]
    listening = ["--web.listen-address", f"127.0.0.1:{port}"]
    demo = [*exporter, "demo", *listening]
    alone = [*exporter, "run", "--organization", "acme", *listening]
    alone += ["--github.api-url", f"http://127.0.0.1:{api}"]
    with polled(demo, port):
        page = scrape(port)
    with tempfile.NamedTemporaryFile(suffix=".prom") as file:
        file.write(page)
        file.flush()
        bare = [sys.executable, "-c", BARE, str(port), file.name]
        figures = [
            median([measure(command, port) for _ in range(RUNS)]) for command in (demo, alone, bare)
        ]
    series = sum(not line.startswith(b"#") for line in page.splitlines())
    print(f"The demo's page: {series} series, {len(page) // 1024} KiB; {os.cpu_count()} cores\n")
    print(
        "| | exporter, demo | exporter, one organization | bare prometheus_client | demo to bare |"
        "\n|---|---|---|---|---|"
    )
    for name in figures[0]:
        ours, one, theirs = (figure[name] for figure in figures)
        print(f"| {name} | {ours:.3g} | {one:.3g} | {theirs:.3g} | {ours / theirs:.2g} |")
    shares()


if __name__ == "__main__":
    main()

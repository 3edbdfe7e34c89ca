"""Memory, start, scrape time and CPU of the exporter, compared with a bare prometheus_client.

Run ``.venv/bin/python benchmarks/process.py``; it takes twenty minutes. The bare process serves the
demo's page, so that the ratios hold on any machine; the seconds are of this machine. Then the
libraries are imported one after the other in a new process, to show how much each adds; then the
exporter rests for five minutes, scraped every 15 seconds.
"""

import json
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

from programs import cpu_seconds, free_port, megabytes, served

from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, SimulatedAccount, SimulatedGitHub

SCRAPES = 200
RUNS = 5
REST_SECONDS = 300
SCRAPE_INTERVAL = 15
CREDENTIALS = 25  # each makes ten requests per second at most

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
    """Return the seconds from the start to the first page with a bill."""
    while time.perf_counter() - began < 30:
        try:
            if b"github_billing_account_info" in scrape(port):
                return time.perf_counter() - began
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    raise SystemExit("no page within 30 s")


@contextmanager
def polled(command: list[str], port: int) -> Iterator[tuple[int, float]]:
    """Run the command in the block; yield its process ID and the seconds to its first page."""
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
    """Return milliseconds and MB of each import, after the imports before it."""
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


def settled(port: int, organizations: int) -> int:
    """Wait until every organization's bill is on the page; return the number of series."""
    while True:
        page = scrape(port)
        if page.count(b"github_billing_cycle_end_timestamp_seconds{") == organizations:
            return sum(not line.startswith(b"#") for line in page.splitlines())
        time.sleep(1)


def rest(api: int, organizations: int, interval: str) -> None:
    """Print the CPU of an exporter that is scraped like Prometheus does, without other load."""
    names = [f"organization-{number}" for number in range(organizations)]
    credentials = [
        {"name": f"c{number}", "token_variable": "GITHUB_BILLING_TOKEN"}
        for number in range(min(organizations, CREDENTIALS))
    ]
    accounts = [
        {"organization": name, "credential": credentials[number % len(credentials)]["name"]}
        for number, name in enumerate(names)
    ]
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump({"credentials": credentials, "accounts": accounts}, file)
        file.flush()
        command = [sys.executable, "-m", "exporter", "run", "--config.file", file.name]
        command += ["--web.listen-address", f"127.0.0.1:{port}", "--poll.interval", interval]
        command += ["--github.api-url", f"http://127.0.0.1:{api}", "--log.level", "error"]
        with polled(command, port) as (pid, _):
            series = settled(port, organizations)
            time.sleep(SCRAPE_INTERVAL)
            began, before, took = time.monotonic(), cpu_seconds(pid), []
            while time.monotonic() - began < REST_SECONDS:
                at = time.perf_counter()
                scrape(port)
                took.append(time.perf_counter() - at)
                time.sleep(SCRAPE_INTERVAL - took[-1])
            cpu = (cpu_seconds(pid) - before) / (time.monotonic() - began)
    print(
        f"| {organizations} | {interval} | {series:,} | {cpu:.2%} "
        f"| {statistics.median(took) * 1000:.0f} |"
    )


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    port, api = free_port(), free_port()
    names = ["acme", *(f"organization-{number}" for number in range(500))]
    github = SimulatedGitHub(
        [SimulatedAccount(AccountType.ORGANIZATION, name, ghas="bundled") for name in names],
        clock=lambda: datetime.now(UTC),
    )
    served(github, api)
    os.environ["GITHUB_BILLING_TOKEN"] = DEMO_TOKEN
    exporter = [sys.executable, "-m", "exporter"]
    listening = ["--web.listen-address", f"127.0.0.1:{port}"]
    demo = [*exporter, "demo", *listening]
    single = [*exporter, "run", "--organization", "acme", *listening]
    single += ["--github.api-url", f"http://127.0.0.1:{api}"]
    with polled(demo, port):
        page = scrape(port)
    with tempfile.NamedTemporaryFile(suffix=".prom") as file:
        file.write(page)
        file.flush()
        bare = [sys.executable, "-c", BARE, str(port), file.name]
        figures = [
            median([measure(command, port) for _ in range(RUNS)])
            for command in (demo, single, bare)
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
    print("\n| organizations | interval | series | CPU of one core | scrape, ms |")
    print("|---|---|---|---|---|")
    for organizations, interval in ((1, "15m"), (500, "6h"), (500, "15m")):
        rest(api, organizations, interval)


if __name__ == "__main__":
    main()

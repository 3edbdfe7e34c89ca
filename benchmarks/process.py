"""Memory, start and scrape time of the demo, beside a bare prometheus_client process.

Run ``.venv/bin/python benchmarks/process.py``. Both serve the same page, so that the ratios hold
on any machine; the seconds are this machine's.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

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


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


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


def measure(command: list[str], port: int) -> dict[str, float]:
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        start = first_page(port, began)
        time.sleep(1)  # the first polls of all accounts
        times = []
        for _ in range(SCRAPES):
            at = time.perf_counter()
            scrape(port)
            times.append(time.perf_counter() - at)
        status = Path(f"/proc/{process.pid}/status").read_text()
        memory = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return {
            "start to first page, s": start,
            "memory, MB": int(memory.split()[1]) / 1024,
            "scrape at the median, ms": statistics.median(times) * 1000,
            "scrape at the 99th percentile, ms": sorted(times)[int(SCRAPES * 0.99)] * 1000,
        }
    finally:
        process.terminate()
        process.wait()


def import_seconds(modules: str) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    port = free_port()
    ours = [sys.executable, "-m", "exporter", "demo", "--web.listen-address", f"127.0.0.1:{port}"]
    exporter = median([measure(ours, port) for _ in range(RUNS)])
    process = subprocess.Popen(ours, stderr=subprocess.DEVNULL)
    try:
        first_page(port, time.perf_counter())
        time.sleep(1)
        page = scrape(port)
    finally:
        process.terminate()
        process.wait()
    with tempfile.NamedTemporaryFile(suffix=".prom") as file:
        file.write(page)
        file.flush()
        bare = median(
            [measure([sys.executable, "-c", BARE, str(port), file.name], port) for _ in range(RUNS)]
        )
    exporter["start of Python and imports, s"] = import_seconds("exporter.cli, exporter.app")
    bare["start of Python and imports, s"] = import_seconds("prometheus_client")
    series = sum(not line.startswith(b"#") for line in page.splitlines())
    print(f"A page of {series} series, {len(page) // 1024} KiB; {os.cpu_count()} cores\n")
    print("| | exporter (demo) | bare prometheus_client | ratio |\n|---|---|---|---|")
    for name, value in exporter.items():
        print(f"| {name} | {value:.3g} | {bare[name]:.3g} | {value / bare[name]:.2g} |")


if __name__ == "__main__":
    main()

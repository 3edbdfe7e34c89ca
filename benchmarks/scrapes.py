"""Scrapes of unchanged and changed pages, compared with prometheus_client and nginx.

Run ``.venv/bin/python benchmarks/scrapes.py``; it takes six minutes, and needs wrk and nginx
(``apt-get install wrk nginx-light``). All three serve the same series, one after the other, each in
its own process with one worker; wrk loads them from this machine with eight connections.
"""

import asyncio
import gzip
import http.client
import itertools
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from programs import free_port
from prometheus_client import CollectorRegistry, Metric, generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Reading
from exporter.metrics.page import AccountFacts, Build, JobFacts, Page
from exporter.metrics.telemetry import Telemetry
from exporter.web.application import Application
from exporter.web.exposition import Exposition, text
from exporter.web.server import listen, serve

SIZES = (1_000, 10_000, 100_000)
SECONDS = {1_000: 4, 10_000: 4, 100_000: 30}
"""Seconds of load; prometheus_client takes seconds for one answer of the largest."""

CONNECTIONS = 8
RENDERINGS = 5
PROBES = 300
ACCOUNTS = 10
ORGANIZATIONS, THEIR_SERIES = 500, 130_000
NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)


def account(number: int, series: int, cents: int = 0) -> AccountFacts:
    """Return an organization with so many series of repositories, just polled."""
    name = f"acme-{number}"
    samples = tuple(
        catalogue.REPOSITORY_USAGE_USD.net(
            number * 1.37 + cents / 100,
            organization=name,
            repository=f"repository-{number // 5}",
            product="actions",
            sku=f"actions_linux_{2 ** (number % 5)}_core",
        )
        for number in range(series)
    )
    job = JobFacts(
        collector="usage_repositories",
        known=Known(True, NOW, Reading(taken=NOW, samples=samples)),
        standing_by=False,
        failure=None,
        detail="",
        hint="",
        last_attempt=NOW,
        duration=timedelta(seconds=1),
        next_attempt=NOW,
        interval=timedelta(hours=6),
        stale_after=timedelta(hours=18),
    )
    return AccountFacts("organization", name, "api.github.com", "usage", (job,))


def page(series: int, cents: int = 0, accounts: int = ACCOUNTS) -> Page:
    """Return a page of so many series, evenly divided among the accounts."""
    share = series // accounts
    return Page((account(each, share, cents) for each in range(accounts)), Build("0", ""), NOW)


class Parsed(Collector):
    """The families of a page, for prometheus_client."""

    def __init__(self, page: Page) -> None:
        body = text(page, CollectorRegistry()).decode()
        self._families = list(text_string_to_metric_families(body))

    def collect(self) -> list[Metric]:
        return self._families


class Pages:
    """Stands in for the poller, with one page or, ``changing``, another one every second."""

    alive = ready = True

    def __init__(self, series: int, *, changing: bool) -> None:
        self._pages = [page(series, cents) for cents in range(2 if changing else 1)]

    def page(self) -> Page:
        return self._pages[int(time.monotonic()) % len(self._pages)]


def serve_exporter(port: int, series: int, *, changing: bool) -> None:
    async def serving() -> None:
        pages: Any = Pages(series, changing=changing)
        telemetry = Telemetry(["internal"], process=True)
        exposition = Exposition(pages.page, telemetry.registry)
        application = Application(pages, exposition, lambda: NOW)
        await serve(application, listen(("127.0.0.1", port)), asyncio.Event())

    asyncio.run(serving())


def serve_prometheus_client(port: int, series: int) -> None:
    registry = CollectorRegistry()
    registry.register(Parsed(page(series)))
    _, thread = start_http_server(port, "127.0.0.1", registry)
    thread.join()


NGINX = """
daemon off; worker_processes 1; error_log stderr crit; pid nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off; gzip_static on; sendfile on; keepalive_requests 1000000;
  default_type text/plain; client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t;
  uwsgi_temp_path t; scgi_temp_path t;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@contextmanager
def running(command: list[str], port: int, path: str = "/metrics") -> Iterator[int]:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1000):
            try:
                fetch(port, path)
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def fetch(port: int, path: str, encoding: str = "identity") -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"accept-encoding": encoding})
    body = connection.getresponse().read()
    connection.close()
    return body


@contextmanager
def exporter(series: int, *, changing: bool = False) -> Iterator[int]:
    port = free_port()
    how = "changing" if changing else "exporter"
    with running([sys.executable, __file__, how, str(port), str(series)], port) as serving:
        yield serving


@contextmanager
def prometheus_client(series: int) -> Iterator[int]:
    port = free_port()
    with running([sys.executable, __file__, "prometheus_client", str(port), str(series)], port):
        yield port


@contextmanager
def nginx(body: bytes) -> Iterator[int]:
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # its worker is nobody
        (folder / "metrics").write_bytes(body)
        (folder / "metrics.gz").write_bytes(gzip.compress(body, 1))
        (folder / "nginx.conf").write_text(NGINX.format(port=port, folder=folder))
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", name, "-c", "nginx.conf"]
        with running(command, port):
            yield port


def load(port: int, encoding: str, length: int) -> tuple[float, float]:
    """Return requests per second and the 99th percentile in milliseconds."""
    for _ in range(2):
        fetch(port, "/metrics", encoding)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{length}s", "--timeout", "60s", "--latency"]
    command += ["-H", f"Accept-Encoding: {encoding}", f"http://127.0.0.1:{port}/metrics"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", said)
    assert rate is not None, said
    assert slowest is not None, said
    unit = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[slowest[2]]
    return float(rate[1]), float(slowest[1]) * unit


def unchanged() -> None:
    print(
        "| series | body | exporter, /s | p99, ms | prometheus_client, /s | p99, ms | nginx, /s |"
    )
    print("|---|---|---|---|---|---|---|")
    for series, encoding in itertools.product(SIZES, ("identity", "gzip")):
        print(f"{series} series, {encoding}", file=sys.stderr)
        with exporter(series) as port:
            ours, ours_slowest = load(port, encoding, SECONDS[series])
            body = fetch(port, "/metrics")
        with prometheus_client(series) as port:
            theirs, theirs_slowest = load(port, encoding, SECONDS[series])
        with nginx(body) as port:
            best, _ = load(port, encoding, SECONDS[series])
        size = len(gzip.compress(body, 1) if encoding == "gzip" else body) / 1024
        print(
            f"| {series:,} | {'gzip' if encoding == 'gzip' else 'plain'}, {size:,.0f} KiB "
            f"| {ours:,.0f} | {ours_slowest:,.1f} "
            f"| {theirs:,.1f} ({ours / theirs:,.0f} times) | {theirs_slowest:,.0f} "
            f"| {best:,.0f} ({ours / best:.2f} times) |"
        )


def seconds(run: Callable[[], object]) -> float:
    times = []
    for _ in range(RENDERINGS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def changed() -> None:
    """Print the time from a changed account to the page packed for Prometheus."""
    share = THEIR_SERIES // ORGANIZATIONS
    known = [account(number, share) for number in range(ORGANIZATIONS)]
    registry = CollectorRegistry()
    registry.register(Parsed(Page(known, Build("0", ""), NOW)))

    def packed(accounts: Iterable[AccountFacts]) -> bytes:
        exposition = Exposition(lambda: Page(accounts, Build("0", ""), NOW), CollectorRegistry())
        return asyncio.run(exposition.body("", gzip=True))[0]

    def one() -> bytes:
        return packed([account(0, share, next(cents)), *known[1:]])

    def everything() -> bytes:
        return packed(anew.pop())

    def by_prometheus_client() -> bytes:
        return gzip.compress(generate_latest(registry), 6)

    cents = itertools.count()
    anew = [[account(n, share) for n in range(ORGANIZATIONS)] for _ in range(RENDERINGS)]
    packed(known)
    size, theirs_size = len(one()), len(by_prometheus_client())
    ours, all_of_ours, theirs = seconds(one), seconds(everything), seconds(by_prometheus_client)
    print(
        f"\n| {ORGANIZATIONS} organizations, {THEIR_SERIES:,} series | ms | ratio | packed, KiB |"
    )
    print("|---|---|---|---|")
    for name, took, packed_size in (
        ("exporter, one organization changes", ours, size),
        ("exporter, everything is rendered", all_of_ours, size),
        ("generate_latest and gzip, level 6", theirs, theirs_size),
    ):
        print(f"| {name} | {took * 1000:.0f} | {took / ours:.1f} | {packed_size / 1024:,.0f} |")


def probes(series: int = 100_000) -> None:
    """Request /healthz while a page that changes every second is scraped without pause."""
    with exporter(series, changing=True) as port:
        done = threading.Event()

        def scraping() -> None:
            while not done.is_set():
                fetch(port, "/metrics", "gzip")

        scraper = threading.Thread(target=scraping)
        scraper.start()
        times = []
        for _ in range(PROBES):
            began = time.perf_counter()
            fetch(port, "/healthz")
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(0.01)
        done.set()
        scraper.join()
    times.sort()
    print("\n| /healthz while 100,000 series are rendered without pause | ms |\n|---|---|")
    print(f"| median | {statistics.median(times):.1f} |")
    print(f"| 99th percentile | {times[int(PROBES * 0.99)]:.1f} |")


def main() -> None:
    match sys.argv[1:]:
        case ["prometheus_client", port, series]:
            serve_prometheus_client(int(port), int(series))
        case [("exporter" | "changing") as how, port, series]:
            serve_exporter(int(port), int(series), changing=how == "changing")
        case _:
            if missing := [each for each in ("wrk", "nginx") if not shutil.which(each)]:
                raise SystemExit(
                    f"{' and '.join(missing)} missing: apt-get install wrk nginx-light"
                )
            unchanged()
            changed()
            probes()


if __name__ == "__main__":
    main()

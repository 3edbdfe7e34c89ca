"""Effect of hostile answers on a real exporter process: its health, memory and other polls.

Run ``.venv/bin/python benchmarks/attacks.py``, optionally with words of the names of attacks to
select. Each attack is compared with a run without one: ``/healthz`` is requested 50 times a second,
and memory is above that of the quiet run. The attacker runs on the same machine.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hostile import ACCOUNTS, ATTACKS, HURT, QUIET, SPARED, Attack
from programs import free_port, megabytes
from prometheus_client.parser import text_string_to_metric_families

PAUSE = 0.02
LEAST_SECONDS, MOST_SECONDS = 20.0, 180.0
AFTERWARDS = 5.0
INTERVAL = 10

Labels = dict[str, str]


class Found(NamedTuple):
    median: float
    p99: float
    longest: float
    peak: float
    resident: float
    slowest_other: float
    missed: float
    outcome: str


@contextmanager
def running(command: Sequence[str]) -> Iterator[int]:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def answered(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        body: bytes = answer.read()
        return body


def wait_for(url: str) -> None:
    """Wait for any answer."""
    for _ in range(6000):
        try:
            answered(url)
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
        else:
            return
    raise SystemExit(f"no answer from {url}")


class Page:
    """The exporter's metrics about its jobs."""

    def __init__(self, text: bytes) -> None:
        self._samples: list[tuple[str, Labels, float]] = [
            (sample.name.removeprefix("github_billing_exporter_"), sample.labels, sample.value)
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        ]

    def of(self, name: str, **labels: str) -> list[tuple[Labels, float]]:
        return [
            (found, value)
            for said, found, value in self._samples
            if said == name and labels.items() <= found.items()
        ]

    def outcome(self, collector: str) -> str:
        """Return the state of the attacked account's collector, empty before the first attempt."""
        wanted = {"account": HURT, "collector": collector}
        if not self.of("collector_last_attempt_timestamp_seconds", **wanted):
            return ""
        failed = self.of("collector_failure_info", **wanted)
        return failed[0][0]["reason"] if failed else "works"

    def slowest(self) -> float:
        found = self.of("collector_duration_seconds", account=SPARED)
        return max((value for _, value in found), default=0.0)

    def missed(self) -> float:
        return sum(value for _, value in self.of("polls_missed_total"))


def measured(attack: Attack) -> Found:
    api, port = free_port(), free_port()
    own = [sys.executable, "-m", "exporter", "run", "--github.api-url", f"http://127.0.0.1:{api}"]
    own += ["--web.listen-address", f"127.0.0.1:{port}", "--collector", "usage_repositories"]
    own += ["--poll.interval", f"{INTERVAL}s", "--poll.timeout", f"{INTERVAL - 1}s"]
    own += [word for account in ACCOUNTS for word in ("--organization", account)]
    hostile = [sys.executable, str(Path(__file__).with_name("hostile.py")), str(api), attack.name]
    url = f"http://127.0.0.1:{port}"
    times, slowest, outcome, page = [], 0.0, "", Page(b"")
    with running(hostile):
        wait_for(f"http://127.0.0.1:{api}")
        with running(own) as pid:
            wait_for(f"{url}/healthz")
            began = looked = time.perf_counter()
            ends = began + MOST_SECONDS
            while (now := time.perf_counter()) < ends:
                answered(f"{url}/healthz")
                times.append(time.perf_counter() - now)
                time.sleep(PAUSE)
                if now - looked > 1:
                    looked, page = now, Page(answered(f"{url}/metrics"))
                    slowest = max(slowest, page.slowest())
                    if not outcome and (outcome := page.outcome(attack.collector)):
                        ends = min(ends, max(now + AFTERWARDS, began + LEAST_SECONDS))
            peak, resident = megabytes(pid, "VmHWM"), megabytes(pid, "VmRSS")
    percentiles = statistics.quantiles(times, n=100)
    return Found(
        percentiles[49],
        percentiles[98],
        max(times),
        peak,
        resident,
        slowest,
        page.missed(),
        outcome or "unfinished",
    )


def main(words: Sequence[str]) -> None:
    os.environ["GITHUB_BILLING_TOKEN"] = "ghp_benchmark"
    quiet = measured(QUIET)
    print("| attack | outcome | /healthz, median, ms | 99th percentile | longest | ", end="")
    print("peak memory above the quiet run, MB | slowest poll of the other account, s | missed |")
    print("|---|---|---|---|---|---|---|---|")
    for attack in (QUIET, *ATTACKS):
        if words and not any(word in attack.name for word in words):
            continue
        found = quiet if attack is QUIET else measured(attack)
        waits = " | ".join(f"{wait * 1000:.3g}" for wait in found[:3])
        print(
            f"| {attack.name} | {found.outcome} | {waits} | {found.peak - quiet.resident:.0f} "
            f"| {found.slowest_other:.2g} | {found.missed:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])

"""Organizations of one GitHub App: CPU, memory and scrapes of a real exporter process.

Run ``.venv/bin/python benchmarks/many_accounts.py``; it takes ten minutes, as the exporter sends at
most ten requests a second. The exporter discovers the organizations and polls every default
collector of each once. The simulated GitHub runs in this process, behind a loopback socket, so
the figures are only the exporter's. The ratios show whether the cost per organization is constant.
"""

import gzip
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from programs import cpu_seconds, free_port, megabytes, served

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount, SimulatedApp, SimulatedGitHub, SimulatedInstallation

FEW, MANY = 5, 500
QUIET_SECONDS = 10.0
SCRAPES = 20
KEY = generate_private_key(65537, 2048)


def github(organizations: int) -> SimulatedGitHub:
    names = [f"organization-{number}" for number in range(organizations)]
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return SimulatedGitHub(
        [SimulatedAccount(AccountType.ORGANIZATION, name, ghas="bundled") for name in names],
        clock=lambda: datetime.now(UTC),
        app=SimulatedApp(
            id=1,
            client_id="Iv1.benchmark",
            keys=[public.decode()],
            installations=[
                SimulatedInstallation(number, AccountType.ORGANIZATION, name)
                for number, name in enumerate(names, 1)
            ],
        ),
    )


def polled(simulated: SimulatedGitHub) -> float:
    """Wait for a pause in requests, and return the seconds from the first to the last one."""
    while True:
        time.sleep(1)
        at = [request.at for request in list(simulated.requests)]
        if at and (datetime.now(UTC) - at[-1]).total_seconds() > QUIET_SECONDS:
            return (at[-1] - at[0]).total_seconds()


def scraped(port: int) -> tuple[float, bytes]:
    """Return the seconds of a scrape with gzip, and the page."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"accept-encoding": "gzip"}
    )
    began = time.perf_counter()
    with urllib.request.urlopen(asked) as answer:
        body: bytes = answer.read()
    return time.perf_counter() - began, gzip.decompress(body)


def measure(organizations: int, key: Path) -> dict[str, float]:
    simulated, at, port = github(organizations), free_port(), free_port()
    served(simulated, at)
    command = [sys.executable, "-m", "exporter", "run", "--discover", "--github.app-id", "1"]
    command += ["--github.app-private-key-file", str(key), "--log.level", "warning"]
    command += ["--github.api-url", f"http://127.0.0.1:{at}"]
    command += ["--web.listen-address", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command)
    try:
        seconds = polled(simulated)
        cpu, memory = cpu_seconds(process.pid), megabytes(process.pid, "VmRSS")
        first, page = scraped(port)
        times = [scraped(port)[0] for _ in range(SCRAPES)]
        return {
            "series": sum(not line.startswith(b"#") for line in page.splitlines()),
            "requests": len(simulated.requests),
            "time of the first polls, s": seconds,
            "CPU of the first polls, s": cpu,
            "memory before a scrape, MB": memory,
            "memory after scrapes, MB": megabytes(process.pid, "VmRSS"),
            "peak memory, MB": megabytes(process.pid, "VmHWM"),
            "scrape that builds and renders the page, ms": first * 1000,
            "median scrape, ms": statistics.median(times) * 1000,
        }
    finally:
        process.terminate()
        process.wait()


def figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def main() -> None:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with tempfile.NamedTemporaryFile(suffix=".pem") as key:
        key.write(pem)
        key.flush()
        few, many = (measure(number, Path(key.name)) for number in (FEW, MANY))
    print(f"| | {FEW} organizations | {MANY} organizations | ratio |\n|---|---|---|---|")
    for name, value in many.items():
        print(f"| {name} | {figure(few[name])} | {figure(value)} | {figure(value / few[name])} |")


if __name__ == "__main__":
    main()

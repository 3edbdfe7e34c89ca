"""Real programs for the tests: Prometheus and its tools, and the installed exporter.

A missing program fails the test that needs it: ``make test`` downloads them all.
"""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.paths import ROOT

T = TypeVar("T")

Version = Literal["oldest", "newest"]
"""Of Prometheus and Alertmanager: 2.42 and 0.25, or the current 3.x and 0.3x."""

TOOLS = ROOT / ".tools"
HANG_SECONDS = 300.0
"""Only a hang takes so long: the limit of every wait in a test, also on a busy machine."""

STOP_SECONDS = 20.0
"""Ten times as long as the exporter takes to stop; less than the waits that it cuts short."""

# httpx would read all certificate authorities again for each request.
_AUTHORITIES = ssl.create_default_context()

fetch = partial(httpx.get, trust_env=False, timeout=HANG_SECONDS, verify=_AUTHORITIES)


def until(condition: Callable[[], T | None], log: Path | None = None) -> T:
    """Call ``condition`` until it is true and return its result; fail the test if it never is.

    ``log`` is a file to show if the test fails.
    """
    deadline = time.monotonic() + HANG_SECONDS
    while not (answer := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"{condition} was never true\n{log.read_text() if log else ''}")
        time.sleep(0.05)
    return answer


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def program(name: str, version: Version = "oldest") -> Path:
    """Return the path of ``prometheus``, ``promtool``, ``amtool`` or another downloaded tool."""
    return _existing(TOOLS / version / name)


def system_program(name: str) -> str:
    """Return the path of a program of the system, such as ``curl``."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is missing: `make test` needs it")
    return path


def systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``systemd-analyze``, which needs no running systemd."""
    folder = _existing(TOOLS / "systemd")
    return subprocess.run(
        [folder / "systemd-analyze", "--no-pager", *arguments],
        env={**os.environ, "LD_LIBRARY_PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def installed_command() -> Path:
    """Return the path of the console script in the environment of the tests."""
    return _existing(Path(sys.executable).parent / "github-billing-exporter")


class Point(NamedTuple):
    """One element of an instant vector; ``labels`` include ``__name__`` if it has one."""

    labels: Mapping[str, str]
    value: float


@contextmanager
def prometheus(
    config: str, version: Version = "oldest", *, data: Path | None = None, flags: Sequence[str] = ()
) -> Iterator[str]:
    """Run a Prometheus with this configuration (YAML); yield its base URL once it is ready.

    The first scrape may take some seconds, so query with ``until``. Relative paths in ``config``
    start at its temporary folder. ``data`` is a folder of existing blocks, ``flags`` are
    additional flags.
    """
    with _configured("prometheus", version, config) as (folder, command, url):
        command += [f"--storage.tsdb.path={data or folder / 'data'}", *flags]
        with _started(command, os.environ, folder / "stderr", f"{url}/-/ready"):
            yield url


@contextmanager
def alertmanager(config: str, version: Version = "oldest") -> Iterator[str]:
    """Run an Alertmanager with this configuration (YAML); yield its base URL."""
    with _configured("prometheus-alertmanager", version, config) as (folder, command, url):
        command += [f"--storage.path={folder / 'data'}", "--cluster.listen-address="]
        with _started(command, os.environ, folder / "stderr", f"{url}/-/ready"):
            yield url


@contextmanager
def _configured(name: str, version: Version, config: str) -> Iterator[tuple[Path, list[str], str]]:
    url = f"http://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        file = folder / f"{name.removeprefix('prometheus-')}.yml"
        file.write_text(config)
        yield (
            folder,
            [
                str(program(name, version)),
                f"--config.file={file}",
                f"--web.listen-address={url.removeprefix('http://')}",
                "--log.level=warn",
            ],
            url,
        )


def query(base_url: str, promql: str, at: datetime | None = None) -> list[Point]:
    """Query a Prometheus for an instant vector, now by default; an error fails the test."""
    time = {} if at is None else {"time": at.timestamp()}
    answer = fetch(f"{base_url}/api/v1/query", params={"query": promql, **time})
    assert answer.status_code == 200, answer.text
    vector = msgspec.json.decode(answer.content, type=_Answer).data.result
    return [Point(element.metric, float(element.value[1])) for element in vector]


@contextmanager
def serving(command: Sequence[str], ready_url: str) -> Iterator[None]:
    """Run a program; enter the block once ``ready_url`` answers, and stop it after the block."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        _started(command, os.environ, Path(scratch) / "stderr", ready_url),
    ):
        yield


@dataclass(frozen=True, slots=True)
class Exporter:
    """The exporter as a separate process; ``stderr`` is its log file."""

    process: subprocess.Popen[bytes]
    base_url: str
    stderr: Path


@contextmanager
def running(
    args: Sequence[str],
    env: Mapping[str, str],
    tls: ssl.SSLContext | None = None,
    under: Sequence[str] = (),
    address: str | None = None,
    *,
    program: Path | None = None,
) -> Iterator[Exporter]:
    """Run the installed exporter; enter the block once it is healthy, and stop it after the block.

    ``env`` is added to the environment of the tests. With ``tls`` its health is checked over TLS.
    ``under`` is a command that executes it. ``address`` is its listen address, a free port by
    default. ``program`` is one that is installed elsewhere. The test fails with the log if the
    exporter exits early or ignores SIGTERM.
    """
    address = address or f"127.0.0.1:{free_port()}"
    environment = {**os.environ, "GITHUB_BILLING_WEB_LISTEN_ADDRESS": address, **env}
    command = [*under, str(program or installed_command()), *args]
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "stderr"
        url = f"{'https' if tls else 'http'}://{address}"
        with _started(command, environment, log, f"{url}/healthz", tls) as process:
            yield Exporter(process, url, log)


def get(exporter: Exporter, path: str) -> str:
    answer = fetch(f"{exporter.base_url}{path}")
    assert answer.status_code == 200
    return answer.text


def series(exporter: Exporter, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """Return the series of a name on the page, by their sorted labels."""
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(get(exporter, "/metrics"))
        for sample in family.samples
        if sample.name == f"github_billing_{name}"
    }


class _Element(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Vector(msgspec.Struct):
    result: list[_Element]


class _Answer(msgspec.Struct):
    data: _Vector


def _existing(path: Path) -> Path:
    if not path.exists():
        pytest.fail(f"{path} is missing: `make test` downloads it")
    return path


def _answers(url: str, tls: ssl.SSLContext | None) -> bool:
    try:
        return fetch(url, verify=tls or _AUTHORITIES).is_success
    except httpx.TransportError:
        return False


@contextmanager
def _started(
    command: Sequence[str],
    env: Mapping[str, str],
    log: Path,
    ready_url: str,
    tls: ssl.SSLContext | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            command,
            cwd=log.parent,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        ) as process,
    ):
        try:
            until(lambda: process.poll() is not None or _answers(ready_url, tls), log)
            if process.returncode is not None:
                pytest.fail(f"{command} ended with {process.returncode}\n{log.read_text()}")
            yield process
            process.terminate()
            until(lambda: process.poll() is not None, log)
        finally:
            process.kill()

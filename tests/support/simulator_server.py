"""A simulated GitHub on a real socket, and the installed command run against it."""

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn

from exporter.app import utc_now
from exporter.demo import DEMO_TOKEN, SimulatedAccount
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.programs import HANG_SECONDS, installed_command


@contextmanager
def simulated_github(
    *accounts: SimulatedAccount, **fields: Any
) -> Iterator[tuple[FaultyGitHub, str]]:
    """Serve a GitHub of these accounts on loopback until the block ends; yield it and its base URL.

    ``fields`` are those of `SimulatedGitHub`. It may be changed while it serves.
    """
    github = FaultyGitHub(accounts, clock=utc_now, **fields)
    with served(github) as url:
        yield github, url


@contextmanager
def served(application: Any) -> Iterator[str]:
    """Serve an ASGI application on loopback until the block ends; yield its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            application, log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.start()
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join()


def asking(url: str, token: str = DEMO_TOKEN) -> dict[str, str]:
    """Return the environment of an exporter that polls this URL."""
    return {"GITHUB_BILLING_API_URL": url, "GITHUB_BILLING_TOKEN": token}


def command(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the installed command to its end; ``env`` is added to the environment of the tests."""
    return subprocess.run(
        [installed_command(), *arguments],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )

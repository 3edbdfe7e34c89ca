"""The command ``health``, the health check of a container."""

import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
import trustme
import uvicorn

from exporter.commands.health import problem
from tests.support.programs import free_port, running
from tests.support.simulator_server import command

Asgi = Callable[..., Awaitable[None]]


async def alive(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"alive\n"})


async def standing_still(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b"the scheduler has stalled\n"})


@contextmanager
def served(application: Asgi, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on loopback, with TLS if there is a `context`, and yield the address."""
    config = uvicorn.Config(application, log_config=None, lifespan="off")
    config.load()
    config.ssl = context
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def tls() -> ssl.SSLContext:
    """Return a context with an untrusted certificate for another host name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("billing.example.com").configure_cert(context)
    return context


class TestHealth:
    def test_finds_a_running_service_by_the_environment(self) -> None:
        with running(["demo"], {}) as exporter:
            address = exporter.base_url.removeprefix("http://")
            ended = command("health", env={"GITHUB_BILLING_WEB_LISTEN_ADDRESS": address})
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")

    @pytest.mark.parametrize("host", ["", "0.0.0.0", "[::]"])
    def test_finds_a_service_that_listens_everywhere(self, host: str) -> None:
        with served(alive) as address:
            port = address.rpartition(":")[2]
            ended = command("health", "--web.listen-address", f"{host}:{port}", env={})
        assert ended.returncode == 0

    def test_minds_no_setting_but_the_address(self) -> None:
        # Files may be half-written; the running service survives that.
        broken = {"GITHUB_BILLING_CONFIG_FILE": "/nowhere.yaml", "GITHUB_BILLING_SHARD": "none"}
        with served(alive) as address:
            ended = command("health", "--web.listen-address", address, env=broken)
        assert ended.returncode == 0

    def test_passes_by_a_proxy(self) -> None:
        proxy = {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
        with served(alive) as address:
            ended = command("health", "--web.listen-address", address, env=proxy)
        assert ended.returncode == 0

    def test_says_where_nothing_answers(self) -> None:
        address = f"127.0.0.1:{free_port()}"
        ended = command("health", "--web.listen-address", address, env={})
        assert (ended.returncode, ended.stdout) == (1, "")
        (line,) = ended.stderr.splitlines()
        assert line.startswith(
            f"github-billing-exporter: http://{address}/healthz: does not answer"
        )

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--url", "localhost:9877"),
            ("--url", "ftp://localhost/"),
            ("--url", "http://localhost:port/"),
            ("--web.listen-address", "9877"),
        ],
    )
    def test_refuses_what_is_no_address(self, arguments: tuple[str, str]) -> None:
        ended = command("health", *arguments, env={})
        assert (ended.returncode, ended.stdout) == (2, "")
        (line,) = ended.stderr.splitlines()
        assert line.startswith(f"github-billing-exporter: {arguments[0]}: must be ")


class TestProblem:
    def test_is_what_an_unwell_service_says(self) -> None:
        with served(standing_still) as address:
            assert problem(f"http://{address}/") == "answers 503: the scheduler has stalled"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_is_none_where_tls_is_spoken(self, scheme: str, tls: ssl.SSLContext) -> None:
        with served(alive, tls) as address:
            assert problem(f"{scheme}://{address}/healthz") == ""

    def test_is_told_by_tls_too(self, tls: ssl.SSLContext) -> None:
        with served(standing_still, tls) as address:
            assert problem(f"http://{address}/") == "answers 503: the scheduler has stalled"

    def test_is_that_something_else_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = Thread(target=_greet, args=(listener, 2))
            thread.start()
            found = problem(f"http://127.0.0.1:{listener.getsockname()[1]}/")
            thread.join()
        assert found.startswith("does not answer (")


def _greet(listener: socket.socket, times: int) -> None:
    """Answer like a mail server."""
    for _ in range(times):
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"220 mail.example.com ESMTP\r\n")

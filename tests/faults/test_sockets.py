"""Faults that need a socket: names, ports, resets and untrusted TLS."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import trustme
import uvicorn

from exporter.app import App, utc_now
from exporter.collectors import ALL
from exporter.demo import DEMO_TOKEN
from exporter.github.auth import from_token
from exporter.settings import load
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.world import organization

AUTHORITY = trustme.CA()
LOOPBACK = "127.0.0.1"


async def at_once(seconds: float) -> None:
    """Do not wait before a retry."""


def reasons(url: str, ca_file: Path | None = None) -> set[tuple[str, str]]:
    """Poll the bill once; return the reason and detail of each failure."""
    github = {"api_url": url} | ({"ca_file": str(ca_file)} if ca_file else {})
    others = [each.name for each in ALL if each.name != "usage"]
    flags = {"organizations": ["acme"], "github": github, "no_collectors": others}
    settings = load(flags, {}, ALL)
    secret = from_token("default", DEMO_TOKEN)
    app = App.assemble(settings, secret, sleep=at_once, process=False)
    asyncio.run(app.once())
    failures = [job.failure for watched in app.poller.accounts for job in watched.jobs]
    return {(each.reason, each.detail) for each in failures if each}


@contextmanager
def github(certificate: trustme.LeafCert) -> Iterator[str]:
    """Serve a simulated GitHub over TLS until the block ends; yield its base URL."""
    simulated = FaultyGitHub([organization()], clock=utc_now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with socket.create_server((LOOPBACK, 0)) as listener:
        config = uvicorn.Config(
            simulated, log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
        config.load()
        config.ssl = context
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"https://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve each connection with ``answer``, which must close it; yield the base URL."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                answer(connection)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def reset(connection: socket.socket) -> None:
    """Close the connection with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang_up(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.close()


def say(answer: bytes) -> Callable[[socket.socket], None]:
    def saying(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        connection.close()

    return saying


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return file


class TestTLS:
    def test_that_is_right_is_trusted(self, ca_file: Path) -> None:
        with github(AUTHORITY.issue_cert(LOOPBACK)) as url:
            assert reasons(url, ca_file) == set()

    @pytest.mark.parametrize(
        ("certificate", "words"),
        [
            (
                AUTHORITY.issue_cert(LOOPBACK, not_after=datetime.now(UTC) - timedelta(days=1)),
                "expired",
            ),
            (AUTHORITY.issue_cert("api.example.com"), "IP address mismatch"),
            (trustme.CA().issue_cert(LOOPBACK), "certificate verify failed"),
        ],
        ids=["expired", "of another host", "of an unknown authority"],
    )
    def test_that_is_wrong_gets_no_token(
        self, certificate: trustme.LeafCert, words: str, ca_file: Path
    ) -> None:
        with github(certificate) as url:
            (failure,) = reasons(url, ca_file)
        assert failure[0] == "unreachable"
        assert words in failure[1]


class TestAConnection:
    def test_to_a_name_that_is_none_is_unreachable(self) -> None:
        ((reason, words),) = reasons("https://api.github.invalid")
        assert reason == "unreachable"
        assert "no connection" in words

    def test_to_a_closed_port_is_unreachable(self) -> None:
        with socket.create_server((LOOPBACK, 0)) as listener:
            port = listener.getsockname()[1]
        ((reason, words),) = reasons(f"http://{LOOPBACK}:{port}")
        assert reason == "unreachable"
        assert "no connection" in words

    @pytest.mark.parametrize(
        "answer",
        [
            reset,
            hang_up,
            say(b"SSH-2.0-OpenSSH_9.2\r\n"),
            say(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"),
            say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"),
        ],
        ids=["reset", "hung up", "no HTTP", "cut body", "cut chunk"],
    )
    def test_that_breaks_is_unreachable(self, answer: Callable[[socket.socket], None]) -> None:
        with answering(answer) as url:
            assert {reason for reason, _ in reasons(url)} == {"unreachable"}

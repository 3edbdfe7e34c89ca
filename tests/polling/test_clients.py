"""Clients of several hosts, each with its own credential, certificates and API version."""

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from exporter.app import App
from exporter.collectors import ALL
from exporter.commands.checking.gathering import gathered
from exporter.demo import DEMO_TOKEN, SimulatedGitHub
from exporter.github.api import attempt
from exporter.github.client import Exchange
from exporter.github.errors import Unreachable
from exporter.polling.clients import Clients, credentials
from exporter.settings import load
from tests.settings import in_file
from tests.support.app_server import virtual_now
from tests.support.checked import account, told
from tests.support.programs import system_program
from tests.support.world import organization, virtual

TWO_HOSTS = """
organizations: [acme]
credentials:
  - name: server
    token_variable: SERVER_TOKEN
    api_url: https://github.example.com/api/v3
  - name: resident
    token_variable: RESIDENT_TOKEN
    api_url: https://api.beta.ghe.com
    api_version: 2022-11-28
accounts:
  - organization: engine
    credential: server
  - organization: beta
    credential: resident
"""
ENVIRONMENT = {
    "GITHUB_BILLING_TOKEN": "of-github",
    "SERVER_TOKEN": "of-server",
    "RESIDENT_TOKEN": "of-resident",
}


class TestTwoHosts:
    """One simulated GitHub serves all hosts. Each host accepts only its own token."""

    TOKENS = {  # noqa: RUF012
        "api.github.com": "of-github",
        "github.example.com": "of-server",
        "api.beta.ghe.com": "of-resident",
    }

    def polled(self, tmp_path: Path, then: Callable[[App, list[httpx.Request]], None]) -> None:
        asked: list[httpx.Request] = []

        async def run() -> None:
            github = SimulatedGitHub(
                [organization(name) for name in ("acme", "engine", "beta")], clock=virtual_now
            )

            async def answer(request: httpx.Request) -> httpx.Response:
                asked.append(request)
                shown = request.headers["authorization"].removeprefix("Bearer ")
                right = self.TOKENS[request.url.host] == shown
                request.headers["authorization"] = f"Bearer {DEMO_TOKEN if right else 'wrong'}"
                request.url = request.url.copy_with(path=request.url.path.removeprefix("/api/v3"))
                return await httpx.ASGITransport(github).handle_async_request(request)

            settings = in_file(tmp_path, TWO_HOSTS, ALL, ENVIRONMENT)
            app = App.assemble(
                settings,
                *credentials(settings, ENVIRONMENT, clock=virtual_now),
                transport=httpx.MockTransport(answer),
                clock=virtual_now,
                process=False,
            )
            await app.once()
            then(app, asked)

        virtual(run)

    def test_each_account_is_asked_of_its_own(self, tmp_path: Path) -> None:
        def then(app: App, _: list[httpx.Request]) -> None:
            assert {watched.account.name: watched.host for watched in app.poller.accounts} == {
                "acme": "api.github.com",
                "engine": "github.example.com",
                "beta": "api.beta.ghe.com",
            }
            succeeded = {
                (watched.account.name, job.collector.name)
                for watched in app.poller.accounts
                for job in watched.jobs
                if job.known.last_success
            }
            assert {("acme", "usage"), ("beta", "usage")} <= succeeded

        self.polled(tmp_path, then)

    def test_enterprise_server_is_asked_about_advanced_security_alone(self, tmp_path: Path) -> None:
        def then(app: App, asked: list[httpx.Request]) -> None:
            [engine] = [each for each in app.poller.accounts if each.account.name == "engine"]
            assert {job.collector.name for job in engine.jobs} == {"advanced_security"}
            assert engine.facts(app.clock()).platform == ""
            paths = {each.url.path for each in asked if each.url.host == "github.example.com"}
            assert paths == {"/orgs/engine/settings/billing/advanced-security"}

        self.polled(tmp_path, then)

    def test_the_api_version_is_the_hosts_unless_set(self, tmp_path: Path) -> None:
        def then(_: App, asked: list[httpx.Request]) -> None:
            versions = {(each.url.host, each.headers["x-github-api-version"]) for each in asked}
            assert versions == {
                ("api.github.com", "2026-03-10"),
                ("github.example.com", "2022-11-28"),
                ("api.beta.ghe.com", "2022-11-28"),
            }

        self.polled(tmp_path, then)

    def test_check_says_which_credential_worked_where(self, tmp_path: Path) -> None:
        def then(app: App, _: list[httpx.Request]) -> None:
            report = gathered(app)
            names = [each.name for each in report.credentials]
            assert names == ["default", "server", "resident"]
            assert account(report, "engine").credential == "server"
            assert account(report, "acme").credential == "default"
            assert not any(token in told(app) for token in self.TOKENS.values())

        self.polled(tmp_path, then)


@asynccontextmanager
async def tls_server(authority: trustme.CA) -> AsyncIterator[str]:
    """Answer every request with ``{}`` over TLS on loopback."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    server = await asyncio.start_server(answer, "localhost", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def spoiling(url: str) -> AsyncIterator[str]:
    """Relay to ``url`` and corrupt its first data after the handshake."""

    async def stand_between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = httpx.URL(url)
        host_reader, host_writer = await asyncio.open_connection(asked.host, asked.port)
        # Both hellos, then the client's Finished together with its request.
        host_writer.write(await reader.read(65536))
        writer.write(await host_reader.read(65536))
        host_writer.write(await reader.read(65536))
        spoilt = bytearray(await host_reader.read(65536))
        spoilt[-1] ^= 1
        writer.write(spoilt)
        host_writer.close()
        writer.close()

    async with await asyncio.start_server(stand_between, "localhost", 0) as server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def untouched(url: str) -> AsyncIterator[str]:
    yield url


class TestCertificates:
    def ask(
        self,
        way: Callable[[str], AbstractAsyncContextManager[str]] = untouched,
        **github: object,
    ) -> None:
        async def run() -> None:
            async with tls_server(self.authority) as server, way(server) as url:
                flags = {"github": {"api_url": url, **github}}
                environment = {"GITHUB_BILLING_TOKEN": "of-github"}
                settings = load(flags, environment, ALL)
                exchanges: list[Exchange] = []
                clients = Clients(
                    settings,
                    credentials(settings, environment, clock=virtual_now),
                    observer=exchanges.append,
                    clock=virtual_now,
                    sleep=lambda _: asyncio.sleep(0),
                )
                async with clients, attempt(clients.own("default"), {}, 10) as github_api:
                    await github_api.get("/", dict[str, str])

        asyncio.run(run())

    authority = trustme.CA()

    def test_an_unknown_authority_is_refused(self) -> None:
        with pytest.raises(Unreachable, match="certificate"):
            self.ask()

    def test_the_authorities_of_a_file_are_trusted(self, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        self.authority.cert_pem.write_to_path(file)
        self.ask(ca_file=file)

    def test_of_another_authority_they_are_not(self, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        trustme.CA().cert_pem.write_to_path(file)
        with pytest.raises(Unreachable, match="certificate"):
            self.ask(ca_file=file)

    def test_an_answer_that_is_spoilt_on_its_way_is_none(self, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        self.authority.cert_pem.write_to_path(file)
        with pytest.raises(Unreachable, match="no TLS connection to localhost:"):
            self.ask(spoiling, ca_file=file)

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    def test_the_authorities_of_the_environment_are_trusted(
        self, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "ca.pem"
        self.authority.cert_pem.write_to_path(file)
        subprocess.run([system_program("openssl"), "rehash", tmp_path], check=True)
        folders = f"/gone{os.pathsep}{tmp_path}"
        monkeypatch.setenv("SSL_CERT_FILE", "")
        monkeypatch.setenv(variable, str(file) if variable == "SSL_CERT_FILE" else folders)
        self.ask()

    def test_those_of_a_file_are_trusted_beside_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ours, another = tmp_path / "ours.pem", tmp_path / "another.pem"
        self.authority.cert_pem.write_to_path(ours)
        trustme.CA().cert_pem.write_to_path(another)
        monkeypatch.setenv("SSL_CERT_FILE", str(ours))
        self.ask(ca_file=another)
        monkeypatch.setenv("SSL_CERT_FILE", str(another))
        self.ask(ca_file=ours)

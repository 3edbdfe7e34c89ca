"""Failed connections: they name host, proxy and cause."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trustme

from exporter.github import auth
from exporter.github.api import attempt
from exporter.github.client import Client
from exporter.github.errors import GitHubError
from tests.support.app_server import virtual_now
from tests.support.programs import free_port

USER = "mona:sesame"


async def failure(base_url: str, proxy: str = "") -> GitHubError:
    """Return the failure of a request to a host, through a proxy unless it is empty."""
    transport = httpx.AsyncHTTPTransport(
        verify=ssl.create_default_context(),
        proxy=f"http://{USER}@{proxy}" if proxy else None,
        trust_env=False,
    )
    client = Client(
        transport=transport,
        base_url=base_url,
        credential=auth.from_token("default", "ghp_CANARY"),
        observer=lambda _: None,
        clock=virtual_now,
        sleep=lambda _: asyncio.sleep(0),
        proxy=proxy,
    )
    async with transport:
        with pytest.raises(GitHubError) as raised:
            async with attempt(client, {}, 60) as github:
                await github.get("/orgs/acme", dict[str, str])
    return raised.value


def told(error: GitHubError) -> str:
    said = f"{error}. {error.hint_for('')}"
    for unwanted in ("[Errno", "_ssl.c", "sesame", "ghp_", "\n"):
        assert unwanted not in said
    return said


@asynccontextmanager
async def answering(answer: str, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve one answer to every request; yield the server's host and port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(f"HTTP/1.1 {answer}\r\nconnection: close\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def serving(identity: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(identity).configure_cert(context)
    return context


def run(scenario: Callable[[], Coroutine[Any, Any, str]]) -> str:
    return asyncio.run(scenario())


class TestAHost:
    def test_that_refuses_is_named(self) -> None:
        host = f"127.0.0.1:{free_port()}"
        said = told(asyncio.run(failure(f"http://{host}")))
        assert f"no connection to {host}: connection refused" in said
        assert "Check github.api-url" in said

    def test_without_an_address_is_named(self) -> None:
        said = told(asyncio.run(failure("https://github.invalid/api/v3")))
        assert "no connection to github.invalid: its name cannot be resolved" in said
        assert "DNS" in said

    def test_of_an_unknown_authority_is_named(self) -> None:
        async def scenario() -> str:
            async with answering("200 OK", serving("127.0.0.1")) as host:
                return told(await failure(f"https://{host}"))

        said = run(scenario)
        assert "no TLS connection to 127.0.0.1:" in said
        assert "certificate" in said
        assert "Set github.ca-file" in said

    def test_that_does_not_speak_tls_is_named(self) -> None:
        async def scenario() -> str:
            async with answering("200 OK") as host:
                return told(await failure(f"https://{host}"))

        assert "no TLS connection to 127.0.0.1:" in run(scenario)

    def test_that_hangs_up_is_named(self) -> None:
        async def scenario() -> str:
            async with answering("") as host:
                said = told(await failure(f"http://{host}"))
                assert f"the connection to {host} failed" in said
                return said

        run(scenario)


class TestAProxy:
    def test_that_refuses_is_named_and_its_password_is_not(self) -> None:
        proxy = f"127.0.0.1:{free_port()}"
        said = told(asyncio.run(failure("https://api.github.com", proxy)))
        wanted = f"no connection to the proxy {proxy} for api.github.com: connection refused"
        assert wanted in said
        assert "Check HTTPS_PROXY" in said

    @pytest.mark.parametrize(
        ("answer", "detail", "hint"),
        [
            (
                "407 Proxy Authentication Required",
                "requires a user and a password (407)",
                "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
            ),
            ("403 Forbidden", "refuses to connect to api.github.com (403)", "HTTPS_PROXY"),
        ],
    )
    def test_that_does_not_connect_is_named(self, answer: str, detail: str, hint: str) -> None:
        async def scenario() -> str:
            async with answering(answer) as proxy:
                said = told(await failure("https://api.github.com", proxy))
                assert f"the proxy {proxy} {detail}" in said
                return said

        assert hint in run(scenario)


class TestAnAnswerThatIsNotOfGitHub:
    @pytest.mark.parametrize(
        "answer",
        [
            "404 Not Found",
            "403 Forbidden\r\ncontent-type: text/html",
            '200 OK\r\ncontent-type: application/json\r\n\r\n{"hello": 1}',
            "200 OK\r\ncontent-type: text/html\r\n\r\n<!DOCTYPE html>",
        ],
    )
    def test_lets_the_address_be_suspected_by_name(self, answer: str) -> None:
        async def scenario() -> str:
            async with answering(answer) as host:
                said = told(await failure(f"http://{host}/api"))
                assert f"http://{host}/api may not be GitHub's API" in said
                return said

        assert "report" not in run(scenario)

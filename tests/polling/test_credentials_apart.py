"""Credentials of one host share no cookies, connections or answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from exporter.collectors import ALL
from exporter.github.api import attempt
from exporter.github.auth import from_token
from exporter.github.client import Client
from exporter.polling.clients import Clients, credentials
from tests.settings import in_file
from tests.support.app_server import virtual_now
from tests.support.programs import HANG_SECONDS
from tests.support.scripted_github import Bill
from tests.support.world import World, in_virtual_time, organization, row

TOKENS = ("ghp_of-alpha", "ghp_of-beta")
BILLS = dict(zip(TOKENS, (1, 2), strict=True))
BOMB = [f"crumb-{number}={'x' * 1000}; Path=/" for number in range(40)]
CONNECTIONS = 100
"""httpx's default limit per transport."""


@dataclass
class Front:
    """A host with sessions: a session cookie, if sent, selects the bill instead of the token.

    ``bomb``: further cookies of every answer. Requests with headers over 16 KiB are refused.
    """

    bomb: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        cookie = request.headers.get("cookie", "")
        self.cookies += [cookie] if cookie else []
        if len(str(request.headers.raw)) > 16 * 1024:
            return httpx.Response(431)
        whose = next((each for each in TOKENS if f"session={each}" in cookie), token)
        asked = request.url.params
        return httpx.Response(
            200,
            headers=[("set-cookie", cookie) for cookie in (f"session={token}; Path=/", *self.bomb)],
            json={
                "timePeriod": {"year": int(asked["year"]), "month": int(asked["month"])},
                "usageItems": [row(grossAmount=BILLS[whose])],
            },
        )


def polled(front: Front) -> World:
    alpha, beta = map(from_token, ("default", "other"), TOKENS)
    return World(
        organization("alpha"),
        watched=[organization("alpha")],
        settings={
            "credentials": [{"name": "other", "token_variable": "OTHER"}],
            "accounts": [{"organization": "beta", "credential": "other"}],
            "platform": "usage",
        },
        environment={"GITHUB_BILLING_TOKEN": TOKENS[0], "OTHER": TOKENS[1]},
        credential=alpha,
        further=[beta],
        transport=httpx.MockTransport(front),
        collectors=["usage"],
    )


class TestCookies:
    @in_virtual_time
    async def test_of_one_do_not_show_its_bill_to_another(self) -> None:
        front = Front()
        async with polled(front) as world:
            for _ in range(4):
                assert world.value("usage_gross_usd", account="alpha") == 1
                assert world.value("usage_gross_usd", account="beta") == 2
                await world.passes(minutes=20)
        assert front.cookies == []

    @in_virtual_time
    async def test_without_end_make_no_request_too_large(self) -> None:
        front = Front(bomb=BOMB)
        async with polled(front) as world:
            await world.passes(hours=1)
            assert world.about("success", "usage", "alpha") == 1
            assert world.about("success", "usage", "beta") == 1
        assert front.cookies == []


@dataclass
class Host:
    """A host that keeps connections open and sends an extra answer after each.

    ``connections``: the tokens sent on each. ``asked`` is released at each request, ``ended`` when
    a connection is closed. Requests for ``/silence`` are never answered.
    """

    url: str = ""
    connections: list[list[str]] = field(default_factory=list)
    asked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    ended: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown: list[str] = []
        self.connections.append(shown)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                [token] = [each for each in TOKENS if each in head]
                shown.append(token)
                self.asked.release()
                if "/silence" not in head:
                    writer.write(self.answer(BILLS[token]) + self.answer(666))
                    await writer.drain()
        self.ended.release()
        writer.close()

    @staticmethod
    def answer(total: int) -> bytes:
        body = json.dumps({"total": total})
        return f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


@asynccontextmanager
async def asked(folder: Path) -> AsyncIterator[tuple[Host, Client, Client]]:
    """Open two clients of one host with different credentials."""
    host = Host()
    async with await asyncio.start_server(host.serve, "127.0.0.1", 0) as server:
        host.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        environment = {"GITHUB_BILLING_TOKEN": TOKENS[0], "OTHER": TOKENS[1]}
        text = (
            f"github: {{api_url: '{host.url}'}}\n"
            f"credentials: [{{name: other, token_variable: OTHER, api_url: '{host.url}'}}]\n"
        )
        settings = in_file(folder, text, ALL, environment)
        clients = Clients(
            settings,
            credentials(settings, environment, clock=virtual_now),
            observer=lambda exchange: None,
            clock=virtual_now,
            sleep=asyncio.sleep,
        )
        async with clients, asyncio.timeout(HANG_SECONDS):
            yield host, clients.own("default"), clients.own("other")


async def total(client: Client) -> float:
    async with attempt(client, {}, HANG_SECONDS) as github:
        return (await github.get("/bill", Bill)).total


class TestConnections:
    def test_are_of_one_request_and_what_stands_behind_its_answer_is_none(
        self, tmp_path: Path
    ) -> None:
        async def scenario() -> None:
            async with asked(tmp_path) as (host, alpha, beta):
                for _ in range(3):
                    assert await total(alpha) == 1
                    assert await total(beta) == 2
                assert host.connections == [[TOKENS[0]], [TOKENS[1]]] * 3
                for _ in host.connections:
                    await host.ended.acquire()

        asyncio.run(scenario())

    def test_that_hang_keep_no_other_credential_waiting(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with asked(tmp_path) as (host, alpha, beta), asyncio.TaskGroup() as tasks:
                silence = f"{host.url}/silence"
                hanging = [
                    tasks.create_task(alpha.exchange(silence, "/silence"))
                    for _ in range(CONNECTIONS)
                ]
                for _ in hanging:
                    await host.asked.acquire()
                assert await total(beta) == 2
                for task in hanging:
                    task.cancel()

        asyncio.run(scenario())

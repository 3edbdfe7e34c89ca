"""The web application over a simulated GitHub, requested in process."""

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from exporter.accounts import AccountType
from exporter.app import App
from exporter.collectors import ALL
from exporter.demo import DEMO_TOKEN, SimulatedAccount
from exporter.github.auth import from_token
from exporter.settings import load
from exporter.web.application import Application
from exporter.web.exposition import Exposition
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.simulator_client import Clock


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Server:
    """The application over a simulated GitHub in process. It polls only on request."""

    def __init__(
        self, *, without: Sequence[str] = (), settings: Mapping[str, object] | None = None
    ) -> None:
        self.clock = Clock()
        self.seconds = 1_000.0
        account = SimulatedAccount(AccountType.ORGANIZATION, "acme", ghas="bundled")
        self.github = FaultyGitHub([account], clock=self.clock)
        self.app = App.assemble(
            load(
                {
                    "organizations": ["acme"],
                    "no_collectors": list(without),
                    **(settings or {}),
                },
                {},
                ALL,
            ),
            from_token("default", DEMO_TOKEN),
            transport=httpx.ASGITransport(self.github),
            clock=self.clock,
            monotonic=lambda: self.seconds,
            process=False,
        )
        exposition = Exposition(self.app.poller.page, self.app.telemetry.registry)
        self.application = Application(self.app.poller, exposition, self.clock, self.app.amounts)

    async def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request as an ASGI server does; write ``-`` for ``_`` in header names."""
        said: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            raise AssertionError("the application read a request body")

        async def send(message: MutableMapping[str, Any]) -> None:
            said.append(message)

        sent = [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": sent}
        await self.application(scope, receive, send)
        start, *bodies = said
        body = b"".join(message["body"] for message in bodies)
        return Answer(start["status"], httpx.Headers(start["headers"]), body)

    def polled(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Poll once, then send a request."""

        async def polling() -> Answer:
            await self.app.poller.once()
            return await self.ask(path, method, **headers)

        return asyncio.run(polling())

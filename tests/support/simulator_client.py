"""A client of one simulated GitHub in process, with a settable clock."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from exporter.demo import DEMO_TOKEN, SimulatedAccount, demo_accounts
from tests.support.faults.faulty_github import FaultyGitHub

NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
OCTOBER = {"year": "2026", "month": "10"}
JSON = Any  # payloads are validated against GitHub's schema instead


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Asker:
    def __init__(self, *accounts: SimulatedAccount, **given: Any) -> None:
        self.clock = Clock()
        self.github = FaultyGitHub(accounts or demo_accounts(), clock=self.clock, **given)

    def get(
        self, path: str, params: Mapping[str, str] | None = None, **headers: str | None
    ) -> httpx.Response:
        """Send a GET; omit a header that is ``None``, and write ``-`` for ``_`` in header names."""
        return self._ask("GET", path, params, None, headers)

    def post(self, path: str, body: JSON = None, **headers: str | None) -> httpx.Response:
        return self._ask("POST", path, None, body, headers)

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: JSON,
        headers: Mapping[str, str | None],
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"user-agent": "test", "authorization": f"Bearer {DEMO_TOKEN}", **named}
        url = path if path.startswith("https:") else f"https://api.github.com{path}"

        async def asking() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.github)
            async with httpx.AsyncClient(transport=transport) as client:
                request = client.build_request(method, url, params=params, json=body)
                for name, value in sent.items():
                    request.headers.pop(name, None)
                    if value is not None:
                        request.headers[name] = value
                return await client.send(request)

        return asyncio.run(asking())

    def walk(
        self, path: str, params: Mapping[str, str] | None = None, **headers: str | None
    ) -> list[JSON]:
        """Follow the links to the last page and return all pages."""
        response = self.get(path, params, **headers)
        pages = [response.json()]
        while following := response.links.get("next"):
            response = self._ask("GET", following["url"], None, None, headers)
            pages.append(response.json())
        return pages

    def rows(self, path: str, params: Mapping[str, str] = OCTOBER) -> list[dict[str, JSON]]:
        response = self.get(path, params)
        assert response.status_code == 200, response.text
        rows: list[dict[str, JSON]] = response.json()["usageItems"]
        return rows

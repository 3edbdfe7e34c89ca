"""Past months of the demo's accounts, read at a given time."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from exporter.app import App
from exporter.collectors import ALL
from exporter.commands import past_months
from exporter.commands.demo import API_URL, load_demo
from exporter.demo import SimulatedGitHub, demo_accounts
from exporter.github import auth
from exporter.history.folder import Folder
from exporter.history.past_month import PastMonth
from exporter.history.wanted import Wanted
from exporter.settings import load
from tests.support.programs import Version, program

NOW = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)

USUAL = {
    "github": {"api_url": API_URL},
    "organizations": ["acme"],
    "users": ["mona"],
    "enterprises": ["acme-corp"],
}

Labels = frozenset[tuple[str, str]]
Values = Mapping[Labels, Mapping[datetime, float]]
"""Values by labels, which include the name, and time."""


class Refusing(httpx.AsyncBaseTransport):
    """A transport that answers 403 to paths with this end."""

    def __init__(self, inner: httpx.AsyncBaseTransport, end: str) -> None:
        self._inner, self._end = inner, end

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self._end):
            return httpx.Response(403, json={"message": "Must have admin rights"})
        return await self._inner.handle_async_request(request)


async def _at_once(_: float) -> None:
    return


def demo_at(
    now: datetime, *, refused: str = "", all_collectors: bool = True, **flags: object
) -> tuple[SimulatedGitHub, App]:
    """Return the demo at a time, and an application that reads it.

    GitHub refuses requests whose path ends with ``refused``. Without ``all_collectors`` only those
    that are on by default are. ``flags`` are other settings.
    """
    settings = load_demo(flags, {}) if all_collectors else load(USUAL | flags, {}, ALL)
    github = SimulatedGitHub(demo_accounts(), clock=lambda: now)
    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(github)
    app = App.assemble(
        settings,
        auth.from_token("demo", github.token),
        transport=Refusing(transport, refused) if refused else transport,
        clock=lambda: now,
        sleep=_at_once,
        process=False,
    )
    return github, app


def past(wanted: Wanted, app: App, *accounts: str, most: int | None = None) -> list[PastMonth]:
    """Read past months of the demo's accounts, all by default; at most ``most``, the oldest."""

    async def read() -> list[PastMonth]:
        async with past_months.reading(app, accounts, wanted) as reader:
            return [await reader.month(cycle) for cycle in wanted.cycles()[:most]]

    return asyncio.run(read())


def values(months: Iterable[PastMonth]) -> Values:
    """Return the values of months; a time that occurs twice in a series fails the test."""
    found: dict[Labels, dict[datetime, float]] = {}
    for month in months:
        for batch in month.batches():
            for labels, samples in batch:
                assert list(labels) == sorted(labels)
                its = found.setdefault(frozenset(labels), {})
                for milliseconds, value in samples:
                    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
                    assert not its or at > next(reversed(its))
                    its[at] = value
    return found


def blocks(months: Iterable[PastMonth], data: Path, version: Version = "newest") -> None:
    """Make blocks of months in a folder, as the command would."""
    folder = Folder(data, {}, program("promtool", version))
    folder.prepare()
    for month in months:
        folder.write(month)

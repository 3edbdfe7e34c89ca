"""The landing page is rendered off the event loop, at most once per second."""

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from exporter.metrics.page import AccountFacts, Build, DiscoveryFacts, Page
from exporter.web.application import Application
from exporter.web.exposition import Exposition
from tests.support.connections import on_socket
from tests.support.job_facts import WORKING
from tests.support.programs import HANG_SECONDS
from tests.support.simulator_client import NOW
from tests.support.world import virtual

LOOKERS = 20


class GatedPage(Page):
    """Page of one job. Counts its renderings and blocks each until ``gate`` is set."""

    def __init__(self) -> None:
        account = AccountFacts("organization", "acme", "api.github.com", "usage", (WORKING,))
        super().__init__([account], Build("1.2.3", ""), NOW)
        self.renderings = 0
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.discoveries = GatedDiscoveries()
        self.discoveries.page = self


class GatedDiscoveries(tuple[DiscoveryFacts, ...]):
    """Empty tuple that each rendering iterates once."""

    page: GatedPage

    def __iter__(self) -> Iterator[DiscoveryFacts]:
        self.page.renderings += 1
        self.page.begun.set()
        assert self.page.gate.wait(HANG_SECONDS)
        return iter(())


class Looked:
    """Application over a replaceable page."""

    def __init__(self) -> None:
        self.page = GatedPage()
        poller: Any = SimpleNamespace(alive=True, ready=True, page=lambda: self.page)
        exposition = Exposition(poller.page, CollectorRegistry())
        self.application = Application(poller, exposition, lambda: NOW)

    async def look(self) -> bytes:
        bodies: list[bytes] = []

        async def receive() -> dict[str, Any]:
            raise AssertionError("no answer depends on a body")

        async def send(message: Any) -> None:
            bodies.append(message.get("body", b""))

        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await self.application(scope, receive, send)
        return b"".join(bodies)


class TestPageForPeople:
    def test_is_made_once_for_all_who_wait(self) -> None:
        async def scenario() -> None:
            looked = Looked()
            looking = [asyncio.ensure_future(looked.look()) for _ in range(LOOKERS)]
            await asyncio.to_thread(looked.page.begun.wait, HANG_SECONDS)
            looked.page.gate.set()
            assert len(set(await asyncio.gather(*looking))) == 1
            assert looked.page.renderings == 1

        asyncio.run(scenario())

    def test_is_made_off_the_event_loop(self) -> None:
        async def scenario() -> None:
            looked = Looked()
            looking = asyncio.ensure_future(looked.look())
            await asyncio.to_thread(looked.page.begun.wait, HANG_SECONDS)
            async with on_socket(looked.application) as url, httpx.AsyncClient() as client:
                assert (await client.get(f"{url}/healthz")).text == "alive\n"
            assert not looking.done()
            looked.page.gate.set()
            assert b"1 account" in await looking

        asyncio.run(scenario())

    def test_is_made_anew_after_a_second_of_the_newest_page(self) -> None:
        async def scenario() -> None:
            looked = Looked()
            looked.page.gate.set()
            for _ in range(LOOKERS):
                await looked.look()
            assert looked.page.renderings == 1
            await asyncio.sleep(1)
            await looked.look()
            assert looked.page.renderings == 2
            pages = [GatedPage() for _ in range(LOOKERS)]
            for page in pages:
                page.gate.set()
                looked.page = page
                await looked.look()
            await asyncio.sleep(1)
            await looked.look()
            assert [page.renderings for page in pages] == [0] * (LOOKERS - 1) + [1]

        virtual(scenario)

    def test_is_left_to_the_others_by_one_who_hangs_up(self) -> None:
        async def scenario() -> None:
            looked = Looked()
            first, second = (asyncio.ensure_future(looked.look()) for _ in range(2))
            await asyncio.to_thread(looked.page.begun.wait, HANG_SECONDS)
            first.cancel()
            looked.page.gate.set()
            assert b"1 account" in await second
            assert looked.page.renderings == 1

        asyncio.run(scenario())

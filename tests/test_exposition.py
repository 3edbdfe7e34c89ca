"""The page is rendered once for each format, whoever asks and whoever goes."""

import asyncio
import gzip
import threading
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from exporter.exposition import Exposition
from exporter.metrics.page import Build, Page
from tests.asker import NOW

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class GatedPage(Page):
    """A page that counts its renderings and holds each at a gate."""

    def __init__(self) -> None:
        super().__init__([], Build("1.2.3", ""), NOW)
        self.renderings = 0
        self.begun = threading.Event()
        self.gate = threading.Event()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        self.renderings += 1
        self.begun.set()
        assert self.gate.wait(10)
        yield from super().collect()


class TestRendering:
    def test_concurrent_scrapes_share_a_rendering(self) -> None:
        async def scenario() -> None:
            page = GatedPage()
            exposition = Exposition(lambda: page, CollectorRegistry())
            async with asyncio.TaskGroup() as tasks:
                scrapes = [
                    tasks.create_task(exposition.body("", gzip=number % 2 == 0))
                    for number in range(20)
                ]
                await asyncio.to_thread(page.begun.wait, 10)
                page.gate.set()
            assert page.renderings == 1
            plain = {task.result()[0] for task in scrapes[1::2]}
            assert {gzip.decompress(task.result()[0]) for task in scrapes[::2]} == plain
            await exposition.body("", gzip=False)
            assert page.renderings == 1
            await exposition.body(OPENMETRICS, gzip=False)
            assert page.renderings == 2

        asyncio.run(scenario())

    def test_a_new_page_is_rendered_anew(self) -> None:
        async def scenario() -> None:
            pages = [GatedPage(), GatedPage()]
            exposition = Exposition(lambda: pages[-1], CollectorRegistry())
            for page in pages:
                page.gate.set()
            await exposition.body("", gzip=False)
            pages.pop()
            await exposition.body("", gzip=False)
            assert pages[0].renderings == 1

        asyncio.run(scenario())

    def test_a_scraper_that_hangs_up_takes_nothing_from_the_others(self) -> None:
        async def scenario() -> None:
            page = GatedPage()
            exposition = Exposition(lambda: page, CollectorRegistry())
            async with asyncio.TaskGroup() as tasks:
                gone = tasks.create_task(exposition.body("", gzip=False))
                await asyncio.to_thread(page.begun.wait, 10)
                waiting = tasks.create_task(exposition.body("", gzip=False))
                await asyncio.sleep(0)
                gone.cancel()
                await asyncio.sleep(0)
                page.gate.set()
            assert gone.cancelled()
            assert b"github_billing_exporter_build_info" in waiting.result()[0]
            assert await exposition.body("", gzip=False) == waiting.result()
            assert page.renderings == 1

        asyncio.run(scenario())

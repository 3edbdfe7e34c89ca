"""The page is rendered once per format, however many scrapers request it or hang up."""

import asyncio
import gzip
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Reading
from exporter.metrics.page import AccountFacts, Build, JobFacts, Page
from exporter.web.exposition import Exposition
from tests.support.job_facts import WORKING
from tests.support.simulator_client import NOW
from tests.support.world import virtual

MORE_THAN_ITS_THREADS = 40
"""asyncio's default executor has at most 32 threads."""

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class GatedPage(Page):
    """Counts its renderings and blocks each until ``gate`` is set."""

    def __init__(self) -> None:
        super().__init__([], Build("1.2.3", ""), NOW)
        self.renderings = 0
        self.begun = threading.Event()
        self.gate = threading.Event()

    def slices(self, most: int) -> Iterator[GaugeMetricFamily]:
        self.renderings += 1
        self.begun.set()
        assert self.gate.wait(10)
        yield from super().slices(most)


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

    def test_the_live_part_is_made_once_for_all_who_ask_within_a_second(self) -> None:
        async def scenario() -> None:
            page, registry = GatedPage(), CollectorRegistry()
            page.gate.set()
            polls = Counter("polls", "Polls", registry=registry)
            exposition = Exposition(lambda: page, registry)

            async def scraped() -> float:
                body, _ = await exposition.body("", gzip=False)
                found = re.search(rb"^polls_total (\S+)$", body, re.MULTILINE)
                assert found is not None
                return float(found[1])

            assert await scraped() == 0
            polls.inc()
            assert {await scraped() for _ in range(100)} == {0}
            await asyncio.sleep(1)
            assert await scraped() == 1

        virtual(scenario)

    @pytest.mark.parametrize("form", ["application/openmetrics-text", "text/plain"])
    def test_versions_that_scrapers_make_up_are_no_further_formats(self, form: str) -> None:
        async def scenario() -> None:
            page = GatedPage()
            page.gate.set()
            exposition = Exposition(lambda: page, CollectorRegistry())
            bodies = {
                await exposition.body(f"{form};version={version}", gzip=False)
                for version in ("0.0.5", "1.0.1", "2.0.0", "2.1.0", "99.0.0", "1.0", "x")
            }
            assert len(bodies) == 1
            await exposition.body(f"{form};version=1.0.0", gzip=False)
            assert page.renderings == 1

        asyncio.run(scenario())

    def test_there_are_two_renderings_whatever_scrapers_want(self) -> None:
        async def scenario() -> None:
            page = GatedPage()
            page.gate.set()
            exposition = Exposition(lambda: page, CollectorRegistry())
            for form in ("application/openmetrics-text", "text/plain"):
                for version in ("", ";version=0.0.4", ";version=1.0.0"):
                    for escaping in ("", ";escaping=dots", ";escaping=values", ";escaping=x"):
                        await exposition.body(form + version + escaping, gzip=True)
            assert page.renderings == 2

        asyncio.run(scenario())

    def test_does_not_wait_for_the_loops_threads(self) -> None:
        async def scenario() -> None:
            page = GatedPage()
            page.gate.set()
            exposition = Exposition(lambda: page, CollectorRegistry())
            hanging = threading.Event()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(MORE_THAN_ITS_THREADS):
                    tasks.create_task(asyncio.to_thread(hanging.wait, 20))
                try:
                    async with asyncio.timeout(10):
                        body, _ = await exposition.body("", gzip=True)
                finally:
                    hanging.set()
            assert b"github_billing_exporter_build_info" in gzip.decompress(body)

        asyncio.run(scenario())

    @pytest.mark.parametrize("accept", ["", OPENMETRICS])
    def test_many_series_are_the_text_that_prometheus_client_makes_at_once(
        self, accept: str
    ) -> None:
        page = Page(
            [
                AccountFacts("organization", name, "api.github.com", "usage", (job(repositories),))
                for name, repositories in (("acme", 1_700), ("bmce", 1), ("cmce", 900))
            ],
            Build("1.2.3", ""),
            NOW,
        )
        nothing = CollectorRegistry()
        encode, content_type = choose_encoder(accept.partition(";")[0])
        exposition = Exposition(lambda: page, nothing)
        body, said = asyncio.run(exposition.body(accept, gzip=False))
        assert said == content_type
        assert body == encode(page).removesuffix(b"# EOF\n") + encode(nothing)


def job(repositories: int) -> JobFacts:
    samples = [
        catalogue.REPOSITORY_USAGE_USD.net(
            number, organization="acme", repository=f"r{number}", product="actions", sku="linux"
        )
        for number in range(repositories)
    ]
    return replace(WORKING, known=Known(True, NOW, Reading(taken=NOW, samples=tuple(samples))))

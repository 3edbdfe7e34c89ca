"""The page is rendered once per format, however many scrapers request it or hang up."""

import asyncio
import gzip
import re
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client import Metric as PrometheusMetric
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families as text_families
from prometheus_client.registry import Collector

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Metric, Reading
from exporter.metrics.page import AccountFacts, Build, JobFacts, Page
from exporter.web.exposition import Exposition
from tests.support.job_facts import WORKING
from tests.support.programs import HANG_SECONDS
from tests.support.simulator_client import NOW
from tests.support.world import virtual

MORE_THAN_ITS_THREADS = 40
"""asyncio's default executor has at most 32 threads."""

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class GatedPage(Page):
    """Counts how often it is joined, and blocks each time until ``gate`` is set."""

    def __init__(self) -> None:
        super().__init__([], Build("1.2.3", ""), NOW)
        self.joined = 0
        self.begun = threading.Event()
        self.gate = threading.Event()

    def families(self) -> Iterator[tuple[Metric, list[bytes]]]:
        self.joined += 1
        self.begun.set()
        assert self.gate.wait(HANG_SECONDS)
        yield from super().families()


class TestRendering:
    @pytest.mark.parametrize("packed", [False, True])
    def test_concurrent_scrapes_share_a_body(self, packed: bool) -> None:
        async def scenario() -> None:
            page = GatedPage()
            exposition = Exposition(lambda: page, CollectorRegistry())
            async with asyncio.TaskGroup() as tasks:
                scrapes = [tasks.create_task(exposition.body("", gzip=packed)) for _ in range(20)]
                await asyncio.to_thread(page.begun.wait, HANG_SECONDS)
                page.gate.set()
            assert page.joined == 1
            assert len({task.result() for task in scrapes}) == 1
            await exposition.body(OPENMETRICS, gzip=packed)
            assert page.joined == 2

        asyncio.run(scenario())

    def test_packs_the_plain_body_as_one_gzip_member(self) -> None:
        async def scenario() -> None:
            page = GatedPage()
            page.gate.set()
            exposition = Exposition(lambda: page, CollectorRegistry())
            plain, _ = await exposition.body("", gzip=False)
            packed, _ = await exposition.body("", gzip=True)
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
            assert unpacker.decompress(packed) == plain
            assert unpacker.eof
            assert not unpacker.unused_data

        asyncio.run(scenario())

    def test_a_new_page_is_packed_within_a_second(self) -> None:
        async def scenario() -> None:
            old, new = pages = [GatedPage(), GatedPage()]
            for page in pages:
                page.gate.set()
            shown = old
            exposition = Exposition(lambda: shown, CollectorRegistry())
            for page in pages:
                for _ in range(5):
                    await exposition.body("", gzip=False)
                assert page.joined == 1
                shown = new
                await exposition.body("", gzip=False)
                assert new.joined == page.joined - (page is old)
                await asyncio.sleep(1)

        virtual(scenario)

    def test_a_scraper_that_hangs_up_takes_nothing_from_the_others(self) -> None:
        async def scenario() -> None:
            page = GatedPage()
            exposition = Exposition(lambda: page, CollectorRegistry())
            async with asyncio.TaskGroup() as tasks:
                gone = tasks.create_task(exposition.body("", gzip=False))
                await asyncio.to_thread(page.begun.wait, HANG_SECONDS)
                waiting = tasks.create_task(exposition.body("", gzip=False))
                await asyncio.sleep(0)
                gone.cancel()
                await asyncio.sleep(0)
                page.gate.set()
            assert gone.cancelled()
            assert b"github_billing_exporter_build_info" in waiting.result()[0]
            assert await exposition.body("", gzip=False) == waiting.result()
            assert page.joined == 1

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
            assert page.joined == 1

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
            assert page.joined == 2

        asyncio.run(scenario())

    def test_does_not_wait_for_the_loops_threads(self) -> None:
        async def scenario() -> None:
            page = GatedPage()
            page.gate.set()
            exposition = Exposition(lambda: page, CollectorRegistry())
            hanging = threading.Event()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(MORE_THAN_ITS_THREADS):
                    tasks.create_task(asyncio.to_thread(hanging.wait, HANG_SECONDS))
                try:
                    async with asyncio.timeout(HANG_SECONDS):
                        body, _ = await exposition.body("", gzip=True)
                finally:
                    hanging.set()
            assert b"github_billing_exporter_build_info" in gzip.decompress(body)

        asyncio.run(scenario())

    @pytest.mark.parametrize("accept", ["", OPENMETRICS])
    def test_the_text_is_that_of_prometheus_client(self, accept: str) -> None:
        page = Page(
            [
                AccountFacts("organization", name, "api.github.com", "usage", (job(repositories),))
                for name, repositories in (("acme", 1_700), ("100%", 1), ("cmce", 900))
            ],
            Build("1.2.3", ""),
            NOW,
        )
        encode, content_type = choose_encoder(accept.partition(";")[0])
        exposition = Exposition(lambda: page, CollectorRegistry())
        body, said = asyncio.run(exposition.body(accept, gzip=False))
        assert said == content_type
        assert body.count(b"\ngithub_billing_repository_usage_net_usd{") == 2_601
        families = openmetrics_families if accept else text_families
        assert body == encode(Families(list(families(body.decode()))))


@dataclass
class Families(Collector):
    families: list[PrometheusMetric]

    def collect(self) -> list[PrometheusMetric]:
        return self.families


def job(repositories: int) -> JobFacts:
    samples = [
        catalogue.REPOSITORY_USAGE_USD.net(
            number, organization="acme", repository=f"r{number}", product="actions", sku="linux"
        )
        for number in range(repositories)
    ]
    return replace(WORKING, known=Known(True, NOW, Reading(taken=NOW, samples=tuple(samples))))

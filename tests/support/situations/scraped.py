"""What a Prometheus scraped of a situation, with the exporter in virtual time."""

import asyncio
from datetime import datetime, timedelta

import httpx

from exporter.app import App
from exporter.demo import SimulatedGitHub
from exporter.github import auth
from exporter.web.exposition import text
from tests.support.situations.situation import Situation
from tests.support.world import VirtualTimeLoop

_RATE_LIMIT = 15_000


def pages(situation: Situation) -> list[bytes]:
    """Return the scraped pages as lines with their time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_pages(situation))


async def _pages(situation: Situation) -> list[bytes]:
    now, loop = situation.start, asyncio.get_running_loop()
    began = loop.time()

    def clock() -> datetime:
        # A poll may wait for GitHub.
        return now + timedelta(seconds=loop.time() - began)

    accounts = situation.accounts(clock)
    github = SimulatedGitHub(
        accounts,
        clock=clock,
        rate_limit=_RATE_LIMIT,
        expires=situation.end + timedelta(days=40),
        enterprise_server=situation.server,
    )
    settings = situation.settings(accounts)
    waiting = sorted(situation.happens, key=lambda event: event.before)
    found: list[bytes] = []
    for since, until in situation.running:
        now, began = since, loop.time()
        app = App.assemble(
            settings,
            auth.from_token("demo", github.token),
            transport=httpx.ASGITransport(github),
            clock=clock,
            process=False,
        )
        async with app.clients:
            while now <= until:
                while waiting and now >= situation.end - waiting[-1].before:
                    waiting.pop().change(github)
                for discovery in app.discoveries:
                    await discovery.once()
                await app.poller.once()
                page = text(app.poller.page(), app.telemetry.registry)
                start_time = b"process_start_time_seconds %d\n" % since.timestamp()
                found.append(_timed(page + start_time, now))
                now, began = now + situation.step, loop.time()
    return found


def _timed(page: bytes, at: datetime) -> bytes:
    stamp = b" %d\n" % at.timestamp()
    samples = (line for line in page.splitlines() if line and not line.startswith(b"#"))
    return b"".join(sample + stamp for sample in samples)

"""Draw and audit the landing page of the demo, with 1, 5 and 500 accounts: `make landing`."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import structlog

from exporter.accounts import Platform
from exporter.commands.demo import assemble_demo, load_demo
from exporter.metrics.page import AccountFacts, Page
from exporter.web.landing import render
from tests.support.world import World, virtual

_ROOT = Path(__file__).parent.parent
_FOLDER = _ROOT / "build/landing"
_AUDIT = Path(__file__).parent / "accessibility"
_NUMBERS = (1, 5, 500)


def main() -> int:
    """Write the pages and pictures of them into build/landing; return 1 if axe finds a fault."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    virtual(_write_pages)
    node = shutil.which("node")
    if node is None:
        sys.exit("node is missing: `make landing` needs node, npm and Chromium")
    audit = [node, str(_AUDIT / "audit.mjs"), str(_FOLDER)]
    run = subprocess.run(audit, check=False)
    if run.returncode == 0:
        shutil.copy(_FOLDER / "accounts-5-light-1280.png", _ROOT / "docs/images/landing.png")
    return run.returncode


async def _write_pages() -> None:
    world = World()
    world.app = assemble_demo(load_demo({}, {}), world.clock, process=False)
    await world.app.once()
    page, now = world.app.poller.page(), world.clock()
    for number in _NUMBERS:
        many = Page(_repeated(page, number), page.build, page.now, page.discoveries)
        _write(f"accounts-{number}", render(many, now))
    legacy = [each for each in page.accounts if each.platform == Platform.LEGACY]
    _write("legacy", render(Page(legacy, page.build, page.now), now))
    _write("no-amounts", render(page, now, amounts=False))


def _write(name: str, html: str) -> None:
    (_FOLDER / f"{name}.html").write_text(html, encoding="utf-8")


def _repeated(page: Page, number: int) -> Iterator[AccountFacts]:
    for place in range(number):
        facts = page.accounts[place % len(page.accounts)]
        again = place // len(page.accounts)
        yield replace(facts, account=f"{facts.account}-{again}") if again else facts


if __name__ == "__main__":
    sys.exit(main())

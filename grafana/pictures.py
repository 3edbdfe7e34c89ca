"""Draw pictures of the dashboards and measure them: `make boards`.

Grafana's own components draw the committed JSON in a headless Chromium. There is no Grafana
server, so annotations, links and tooltips are missing.
"""

import argparse
import logging
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import click
import structlog

from grafana.shots import Fault, Shots, browser
from tests.support.dashboards import FOLDER
from tests.support.month_of_demo import DEMO
from tests.support.situations import EVERY, Situation, remember, running

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs/images"
BUILD = ROOT / "build/boards"
SITUATIONS = {each.name: each for each in (DEMO, *EVERY)}
BOARDS = sorted(path.stem.removeprefix("github-billing-") for path in FOLDER.glob("*.json"))
WIDE, NARROW = 1600, 1280

_NARROW_TOO = {DEMO.name, "empty", "huge"}
_OF_ORGANIZATIONS = {"accounts", "actions", "exporter"}
"""Boards with more of the demo's organizations than of its enterprise."""

_ON_A_SHEET = 2


class Picture(NamedTuple):
    """A board in a situation. Pictures for the docs have rows collapsed, as at first sight."""

    situation: Situation
    board: str
    width: int
    for_docs: bool = False

    @property
    def path(self) -> Path:
        if self.for_docs:
            return IMAGES / f"github-billing-{self.board}.png"
        return BUILD / f"{self.situation.name}-{self.width}-{self.board}.png"

    def draw(self, shots: Shots, url: str) -> list[Fault]:
        kind = self.situation.account_type
        if self.situation.name == DEMO.name and self.board in _OF_ORGANIZATIONS:
            kind = type(kind).ORGANIZATION
        return shots.board(
            self.path,
            FOLDER / f"github-billing-{self.board}.json",
            url,
            self.situation.now,
            {"account_type": kind.value},
            width=self.width,
            expanded=not self.for_docs,
        )


def main() -> int:
    """Draw the pictures and print their faults; return 1 if there are any."""
    asked = _parser().parse_args()
    _silence()
    found: dict[tuple[str, Fault], list[str]] = defaultdict(list)
    wanted = [SITUATIONS[name] for name in asked.situation or SITUATIONS]
    number = 0
    with browser() as shots:
        for situation in _prepared(wanted, keep=asked.keep):
            pictures = list(_pictures(situation, asked.board or BOARDS, asked.width))
            number += len(pictures)
            with running(_data(situation), situation) as url:
                for picture in pictures:
                    for fault in picture.draw(shots, url):
                        place = f"{situation.name} {picture.width}"
                        found[picture.board, fault].append(place)
            _arrange(shots, pictures)
    click.echo(f"{number} pictures, in {BUILD.relative_to(ROOT)} and {IMAGES.relative_to(ROOT)}")
    for (board, fault), places in sorted(found.items()):
        click.echo(f"{board}: {fault.panel}: {fault.fault} ({', '.join(dict.fromkeys(places))})")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make boards ARGS=…", description=main.__doc__)
    parser.add_argument("--board", action="append", choices=BOARDS, help="may be repeated")
    parser.add_argument(
        "--situation", action="append", choices=list(SITUATIONS), help="may be repeated"
    )
    parser.add_argument("--width", type=int, help="pixels; by default 1600, for some also 1280")
    parser.add_argument("--keep", action="store_true", help="use the data of an earlier run")
    return parser


def _silence() -> None:
    critical = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=critical)


def _pictures(situation: Situation, boards: Iterable[str], width: int | None) -> Iterator[Picture]:
    narrow = [NARROW] if situation.name in _NARROW_TOO else []
    for each in [width] if width else [WIDE, *narrow]:
        for board in boards:
            yield Picture(situation, board, each)
    if situation.name == DEMO.name and width in {None, WIDE}:
        for board in boards:
            yield Picture(situation, board, WIDE, for_docs=True)


def _data(situation: Situation) -> Path:
    return BUILD / "data" / situation.name


def _prepared(situations: Iterable[Situation], *, keep: bool) -> Iterator[Situation]:
    """Yield each situation once its data is there."""
    pool = ProcessPoolExecutor(initializer=_silence)
    try:
        preparing = {}
        for each in situations:
            if not keep:
                shutil.rmtree(_data(each), ignore_errors=True)
            preparing[pool.submit(remember, _data(each), each)] = each
        for done in as_completed(preparing):
            done.result()
            yield preparing[done]
    finally:
        pool.shutdown(cancel_futures=True)


def _arrange(shots: Shots, pictures: Iterable[Picture]) -> None:
    by_width = defaultdict(list)
    for picture in pictures:
        if not picture.for_docs:
            by_width[picture.width].append(picture)
    for width, same in by_width.items():
        for first in range(0, len(same), _ON_A_SHEET):
            some = same[first : first + _ON_A_SHEET]
            name = some[0].situation.name
            captions = {f"{name} · {each.board} · {width}": each.path for each in some}
            number = first // _ON_A_SHEET + 1
            sheet = BUILD / f"sheets/{name}-{width}-{number}.png"
            shots.sheet(sheet, captions, width=WIDE, columns=_ON_A_SHEET)


if __name__ == "__main__":
    sys.exit(main())

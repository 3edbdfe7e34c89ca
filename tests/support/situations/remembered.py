"""A Prometheus that scraped situations, with the series that its rules recorded."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.support.blocks import levels, load, recorded, recording_rules
from tests.support.programs import prometheus
from tests.support.situations.scraped import pages
from tests.support.situations.situation import Situation

_DATA, _DONE = "data", "done"
_MOST_OFTEN = timedelta(hours=1)


@contextmanager
def remembered(folder: Path, *situations: Situation) -> Iterator[str]:
    """Run a Prometheus that scraped the situations; yield its base URL.

    The label ``cluster`` is the name of the situation.
    """
    remember(folder, *situations)
    with running(folder, *situations) as url:
        yield url


def remember(folder: Path, *situations: Situation) -> None:
    """Create the blocks of the situations in a folder, unless they exist."""
    if (folder / _DONE).exists():
        return
    shutil.rmtree(folder / _DATA, ignore_errors=True)
    step = _step(situations)
    for each in situations:
        labels = (f"cluster={each.name}", "job=github-billing", "instance=exporter:9877")
        scraped = [f"--label={label}" for label in labels]
        load(pages(each), folder / _DATA, *scraped)
        if each.past:
            load(each.past(each.start), folder / _DATA, scraped[0])
    span = min(each.start for each in situations), max(each.now for each in situations)
    every = min(_MOST_OFTEN, step)
    for level in levels(recording_rules()):
        with running(folder, *situations) as url:
            lines = [line for rule in level for line in recorded(url, rule, span, every)]
        load(lines, folder / _DATA)
    (folder / _DONE).touch()


@contextmanager
def running(folder: Path, *situations: Situation) -> Iterator[str]:
    """Run a Prometheus with the blocks in a folder; yield its base URL."""
    # A sample must last until the next one, however long the step.
    lookback = f"--query.lookback-delta={int(_step(situations).total_seconds()) + 600}s"
    flags = (lookback, "--storage.tsdb.retention.time=10y", "--web.cors.origin=.*")
    with prometheus("{}", "newest", data=folder / _DATA, flags=flags) as url:
        yield url


def _step(situations: Sequence[Situation]) -> timedelta:
    return max(each.step for each in situations)

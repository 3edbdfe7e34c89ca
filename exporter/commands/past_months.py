"""Reads past months for a command, and writes them into a folder."""

import asyncio
import shlex
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import click

from exporter.app import App
from exporter.billing.cycle import Cycle
from exporter.commands import shared
from exporter.commands.reading import chosen
from exporter.history.estimate import Estimate
from exporter.history.folder import LONGEST_BLOCK, Folder
from exporter.history.past_month import PastMonth
from exporter.history.reader import Reader, subject_of
from exporter.history.subject import Subject
from exporter.history.wanted import Wanted
from exporter.ledger import periods

_LEGACY = "is on the legacy billing platform, which has no past months: it is left out"
_NOTHING = "no account is on the usage platform: there are no past months"
_LOAD = """\
To load them, set --storage.tsdb.retention.time of Prometheus to 3y or more (by default it deletes
blocks that are older than 15 days), restart it, and run:
"""


def tell(line: str) -> None:
    click.echo(line, err=True)


@asynccontextmanager
async def reading(app: App, names: Sequence[str], wanted: Wanted) -> AsyncIterator[Reader]:
    """Yield a reader of the accounts ``names``, or of all, without those on the legacy platform.

    Raises `Failed`.
    """
    async with chosen(app, names) as watched:
        subjects: list[Subject] = []
        for each in watched:
            collectors = frozenset(job.collector.name for job in each.jobs)
            job = each.jobs[0]
            subject = await subject_of(
                each.account, job.client, collectors, job.series_limit, wanted.now
            )
            if subject is None:
                tell(f"{each.account} {_LEGACY}")
            else:
                subjects.append(subject)
        if not subjects:
            shared.end(shared.FAILED, _NOTHING)
        yield Reader(subjects, wanted)


async def write(reader: Reader, output: Path, promtool: Path | None) -> None:
    """Write the months into a folder. `Failed`, `Mixed`, `PromtoolFailed` and ``OSError``."""
    wanted = reader.wanted
    folder = Folder(output, reader.options(), promtool)
    folder.prepare()
    cycles = [each for each in wanted.cycles() if not folder.is_whole(each, wanted.end_of(each))]
    async for month in months(reader, cycles, blocks=promtool is not None):
        await asyncio.sleep(0)  # ends here if it was interrupted since the last await
        with _interrupted_at_once():
            folder.write(month)
    click.echo(_LOAD + _how_to_load(output, promtool))


async def months(
    reader: Reader, cycles: Sequence[Cycle], *, blocks: bool = False
) -> AsyncIterator[PastMonth]:
    """Read months, with lines on stderr about their cost and what is left out. Raises `Failed`."""
    wanted = reader.wanted
    if cycles:
        estimate = Estimate.of(reader.subjects, cycles, wanted, blocks=blocks)
        tell(f"{len(cycles)} months to write: {estimate}")
    told: set[str] = set()
    for number, cycle in enumerate(cycles, 1):
        tell(f"{periods.text_of(cycle)} ({number} of {len(cycles)}) …")
        month = await reader.month(cycle)
        yield month
        for note in dict.fromkeys(month.notes):
            if note not in told:
                tell(note)
        told.update(month.notes)
    newest = Cycle.at(wanted.now).previous()
    if wanted.now - newest.end < periods.SETTLES:
        tell(f"{periods.text_of(newest)} {periods.NOT_SETTLED}")


@contextmanager
def _interrupted_at_once() -> Iterator[None]:
    # asyncio ends only at the next await, and raising elsewhere could lose the wake-up of a task.
    of_asyncio = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, of_asyncio)


def _how_to_load(output: Path, promtool: Path | None) -> str:
    folder = shlex.quote(str(output))
    if promtool is not None:
        return f"  mv {folder}/0* /path/to/prometheus/data/"
    made = f"promtool tsdb create-blocks-from --max-block-duration={LONGEST_BLOCK} openmetrics"
    return (
        f"  for month in {folder}/*.om; do\n"
        f'    {made} "$month" /path/to/prometheus/data || break\n'
        "  done"
    )

"""``history``: write past months as the page would have shown them."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from exporter.app import App, utc_now
from exporter.billing.cycle import Cycle
from exporter.collectors.usage import PERMISSIONS
from exporter.commands import past_months, sent_months, shared
from exporter.commands.assembled import assembled
from exporter.commands.help import Command
from exporter.history.folder import Mixed, PromtoolFailed
from exporter.history.reader import Failed
from exporter.history.remote_write import NotSent, WrongSetting, read_header_file
from exporter.history.wanted import Labels, Wanted
from exporter.ledger import periods
from exporter.metrics import catalogue
from exporter.settings.durations import parse_duration

_SECTIONS = (
    "organizations",
    "users",
    "enterprises",
    "discover",
    "collectors",
    "no_collectors",
    "series_limit",
    "github",
    "config",
    "log",
)
_INTERRUPTED = 130
_DAY = timedelta(days=1)
_LABEL = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)=(.+)", re.DOTALL)
_OWN = frozenset(label for metric in catalogue.BILL for label in metric.all_labels)


@click.command(cls=Command)
@shared.settings_options(lambda option: option.path[0] in _SECTIONS)
@shared.account_option()
@click.option(
    "--months",
    type=click.IntRange(1, periods.KEPT),
    default=periods.KEPT,
    help=f"Write this many months that are over; default {periods.KEPT}, all that GitHub keeps.",
)
@click.option(
    "--until",
    metavar="TIME",
    help="Write the current month too, up to this time in UTC, such as 2026-11-20T14:05 or now: "
    "the time of the first scrape.",
)
@click.option(
    "--step",
    metavar="DURATION",
    default="5m",
    help="Time between samples; default 5m, for which Prometheus shows a sample.",
)
@click.option(
    "--label",
    "labels",
    metavar="NAME=VALUE",
    multiple=True,
    help="Add this label to the metrics, such as job=github-billing; can be repeated.",
)
@click.option(
    "--daily",
    is_flag=True,
    help="Request the summary of each day instead of one usage report per month: about ten times "
    "as many requests.",
)
@click.option(
    "--promtool",
    metavar="PATH",
    help="Make blocks for Prometheus with this promtool, month by month, and keep no text.",
)
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write a file per month into this folder, or its blocks with --promtool.",
)
@click.option(
    "--remote-write",
    metavar="URL",
    help="Send to Prometheus, Mimir or VictoriaMetrics instead, such as "
    "http://prometheus:9090/api/v1/write. Prometheus needs --web.enable-remote-write-receiver and "
    "storage.tsdb.out_of_order_time_window.",
)
@click.option(
    "--header-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File with a header per line for --remote-write, such as Authorization: Bearer TOKEN.",
)
@click.option("--demo", is_flag=True, help="Ask the simulated GitHub of demo instead of GitHub.")
def history(
    *,
    accounts: tuple[str, ...],
    months: int,
    until: str | None,
    step: str,
    labels: tuple[str, ...],
    daily: bool,
    promtool: str | None,
    output: Path | None,
    remote_write: str | None,
    header_file: Path | None,
    demo: bool,
    **given: Any,
) -> None:
    """Write or send past months for Prometheus, as the metrics would have been.

    Accounts, credentials and collectors are those of run. The sums of a month are those of the
    usage summary, their growth from day to day is that of the usage report. Usage by repository,
    organization and cost center has a sample every 6h.

    The same command continues after an interruption: it does not request a month again that is
    whole.

    Exit codes: 0 on success, 1 if an account, promtool or the receiver fails, 2 if the command or
    the settings are invalid, 3 if the folder cannot be written.
    """
    now = utc_now()
    end = None if until is None else _time(until, now)
    wanted = Wanted(months, _step(step), now, end, _labels(labels), daily)
    program = None if promtool is None else _program(promtool)
    _check_target(output, remote_write, header_file, program)
    headers = {} if header_file is None else _headers(header_file)
    app = _demo(now) if demo else _app(given)

    async def write() -> None:
        async with AsyncExitStack() as stack:
            remote = None
            if remote_write is not None:
                receiver = sent_months.receiver(remote_write, headers)
                remote = await stack.enter_async_context(receiver)
            reader = await stack.enter_async_context(past_months.reading(app, accounts, wanted))
            if remote is not None:
                await sent_months.send(reader, remote)
            elif output is not None:
                await past_months.write(reader, output, program)

    with _failures(output):
        asyncio.run(write())


@contextmanager
def _failures(output: Path | None) -> Iterator[None]:
    """End the command with a line if the block fails."""
    try:
        with shared.written(output) if output is not None else nullcontext():
            yield
    except Failed as failed:
        permission = str(PERMISSIONS[failed.account.type])
        shared.end(shared.FAILED, shared.failure_line(failed.account, failed.error, permission))
    except sqlite3.Error:
        shared.end(shared.NOT_WRITABLE, shared.NO_ROOM)
    except Mixed as error:
        shared.end(shared.WRONG_SETTINGS, f"--output {output}: {error}")
    except PromtoolFailed as error:
        shared.end(shared.FAILED, f"--promtool: {error}")
    except WrongSetting as error:
        shared.end(shared.WRONG_SETTINGS, f"--remote-write: {error}")
    except NotSent as error:
        shared.end(shared.FAILED, f"--remote-write: {error}")
    except KeyboardInterrupt:
        shared.end(_INTERRUPTED, "interrupted: run the same command again to continue")


def _check_target(
    output: Path | None, url: str | None, header_file: Path | None, promtool: Path | None
) -> None:
    if (output is None) == (url is None):
        shared.end(shared.WRONG_SETTINGS, "set either --output FOLDER or --remote-write URL")
    if url is None and header_file is not None:
        shared.end(shared.WRONG_SETTINGS, "--header-file needs --remote-write")
    if output is None and promtool is not None:
        shared.end(shared.WRONG_SETTINGS, "--promtool needs --output")


def _app(given: Mapping[str, Any]) -> App:
    # Write all accounts, even in the environment of one replica.
    settings = shared.load_settings(given).model_copy(update={"shard": None})
    return assembled(settings, process=False)


def _demo(now: datetime) -> App:
    from exporter.commands.demo import assemble_demo, load_demo  # noqa: PLC0415  (the demo only)

    return assemble_demo(load_demo({}, {}), lambda: now, process=False)


def _headers(path: Path) -> dict[str, str]:
    try:
        return read_header_file(path)
    except WrongSetting as error:
        shared.end(shared.WRONG_SETTINGS, f"--header-file: {error}")


def _time(text: str, now: datetime) -> datetime:
    if text == "now":
        return now
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        shared.end(shared.WRONG_SETTINGS, "--until must be now or a time, such as 2026-11-20T14:05")
    if not Cycle.at(now).start < time <= now:
        shared.end(shared.WRONG_SETTINGS, "--until must be a time of this month that has passed")
    return time


def _step(text: str) -> timedelta:
    try:
        step = parse_duration(text)
    except ValueError as error:
        shared.end(shared.WRONG_SETTINGS, f"--step {error}")
    if step < timedelta(seconds=1) or step % timedelta(seconds=1) or _DAY % step:
        shared.end(shared.WRONG_SETTINGS, "--step must be a part of a day, such as 5m, 1h or 1d")
    return step


def _labels(texts: Sequence[str]) -> Labels:
    found: dict[str, str] = {}
    for text in texts:
        label = _LABEL.fullmatch(text)
        if label is None or label[1].startswith("__") or not text.isprintable():
            shared.end(shared.WRONG_SETTINGS, "--label must be NAME=VALUE, such as job=billing")
        name, value = label.groups()
        if name in _OWN or name in found:
            shared.end(shared.WRONG_SETTINGS, f"--label {name}: the metrics already have it")
        found[name] = value
    return tuple(sorted(found.items()))


def _program(path: str) -> Path:
    found = shutil.which(path)
    if found is None:
        shared.end(shared.WRONG_SETTINGS, f"--promtool {path}: no such program, or not executable")
    return Path(found).resolve()

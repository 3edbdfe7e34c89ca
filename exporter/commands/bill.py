"""``bill``: write the bill of any month as a table or for programs, and check closed months."""

import asyncio
import gzip
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from exporter import files
from exporter.accounts import AccountType, is_name
from exporter.app import utc_now
from exporter.billing.cycle import Cycle
from exporter.commands import shared
from exporter.commands.assembled import assembled
from exporter.commands.help import Command
from exporter.commands.reading import Bill, Progress, Question, of_files, read
from exporter.ledger import focus, periods, written
from exporter.ledger.csv_rows import WrongFile
from exporter.ledger.row import BY_SKU, Dimension, complete

_BEYOND = (
    "An invoice also includes what no usage endpoint reports: plan fees, volume licenses, tax, "
    "Marketplace purchases and credits."
)
_NOBODYS = (
    "--format focus with --file needs --account TYPE/NAME: GitHub's files do not name the account "
    "that is billed"
)
_SECTIONS = ("organizations", "users", "enterprises", "discover", "github", "config", "log")
_FORMATS = ("table", "csv", "json", "focus")
_ISSUERS = {"azure": "Microsoft"}
_TYPES = tuple(kind.value for kind in AccountType)
_STDOUT = Path("-")


def _lines(
    bill: Bill, question: Question, form: str, charges: focus.Charges | None
) -> Iterator[str]:
    if charges:
        try:
            yield from charges.lines(
                (bill.websites[account], totals.rows()) for account, totals in bill.totals.items()
            )
        except focus.NoCharge as error:
            shared.end(shared.WRONG_SETTINGS, f"--format focus: {error}")
    elif form == "csv":
        yield from written.as_csv(question.by, bill.rows())
    elif form == "json":
        yield from written.as_json(question.by, bill.rows())
    else:
        for account, totals in bill.totals.items():
            if account is not None:
                yield f"{account}\n"
            yield from written.as_table(question.by, totals)
            yield "\n"


def _write(file: BinaryIO, lines: Iterable[str], *, compressed: bool) -> None:
    if compressed:
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
            packed.writelines(line.encode() for line in lines)
    else:
        file.writelines(line.encode() for line in lines)


@click.command(cls=Command)
@shared.settings_options(lambda option: option.path[0] in _SECTIONS)
@shared.account_option(" With --file: the account of the files, as TYPE/NAME.")
@click.option(
    "--month",
    metavar="YYYY-MM",
    help="Read this month, or the last one with --month last; default the current month.",
)
@click.option("--from", "first", metavar="YYYY-MM", help="Read the months from this one.")
@click.option("--to", "last", metavar="YYYY-MM", help="The last month of --from; default this one.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice([each.value for each in Dimension]),
    help="Sum by this; can be repeated, in the order of the columns. Default product and sku. "
    "repository adds organization, workflow adds both.",
)
@click.option("--amount", metavar="USD", help="Compare with the metered lines of an invoice.")
@click.option(
    "--file",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Read GitHub's own CSV report instead of asking GitHub; can be repeated.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="Default that of the name in --output, else table, with amounts rounded to the cent; the "
    "others are exact. focus is the FinOps Foundation's format: a charge by month, product, SKU, "
    "price and what --by adds.",
)
@click.option(
    "--focus-version",
    type=click.Choice([each.value for each in focus.Version]),
    help="The version of --format focus; default 1.4.",
)
@click.option(
    "--focus-billed-through",
    type=click.Choice([*_ISSUERS]),
    help="For --format focus: Microsoft sends the invoice. BilledCost is 0, because Microsoft's "
    "own FOCUS export has the same charges, and a sum of both must not count them twice.",
)
@shared.output_option("; .csv or .json in its name sets the format, .gz compresses it")
def bill(
    *,
    accounts: tuple[str, ...],
    month: str | None,
    first: str | None,
    last: str | None,
    by: tuple[str, ...],
    amount: str | None,
    paths: tuple[Path, ...],
    form: str | None,
    focus_version: str | None,
    focus_billed_through: str | None,
    output: Path | None,
    **given: Any,
) -> None:
    """Write the bill of any of the last 24 months, and check a month that is over.

    Without --file GitHub is asked with the accounts and credentials of run. Without day,
    organization or repository in --by the usage summary is read, else the usage report, and with
    model also the AI usage. With workflow, GitHub makes a report export of the enterprise, unless
    it made one today. A line says how far the usage report is from the usage summary.

    If --month is over, GitHub's sources are compared with each other: the summary with the report,
    with the yearly report, with price times quantity, with its cost centers, organizations and
    models, and with --amount. A SKU agrees if it differs by less than a cent.

    Exit codes: 0 on success, 1 if an account fails or a check differs, 2 if the command or the
    settings are invalid, 3 if the file cannot be written. If an account fails, only a table on
    standard output shows the others.
    """
    now = utc_now()
    form = form or _format_of(output)
    charges = _charges(form, focus_version, focus_billed_through, now)
    months = _months(now, month, first, last, of_files=bool(paths))
    closed = bool(month) and months[0].end <= now and not paths
    if amount is not None and not (closed or paths):
        shared.end(shared.WRONG_SETTINGS, "--amount needs --month with a month that is over")
    usd = None if amount is None else _usd(amount)
    dimensions = _dimensions(by, charges)
    question = Question(months, dimensions, now, closed, usd, split=bool(charges))
    output = None if output == _STDOUT else output
    if output is not None:
        with shared.written(output):
            files.check_writable(output)
    progress = partial(click.echo, err=True) if sys.stderr.isatty() else _silent
    try:
        if paths:
            found = _read_files(paths, accounts, question, progress)
        else:
            # Report all accounts, even in the environment of one replica.
            settings = shared.load_settings(given).model_copy(update={"shard": None})
            app = assembled(settings, process=False)
            found = asyncio.run(read(app, accounts, question, progress))
        if not found.failures or (form == "table" and output is None):
            _deliver(_lines(found, question, form, charges), output)
    except sqlite3.Error:
        shared.end(shared.NOT_WRITABLE, shared.NO_ROOM)
    for line in [*(found.agreements if form == "table" else ()), *found.notes]:
        click.echo(line, err=form != "table")
    if question.closed and not found.failures:
        click.echo(_BEYOND, err=form != "table")
    if found.failures:
        shared.end(shared.FAILED, *found.failures)
    if found.differs:
        sys.exit(shared.FAILED)


def _format_of(output: Path | None) -> str:
    name = output.name.lower().removesuffix(".gz") if output else ""
    return next((form for form in ("csv", "json") if name.endswith(f".{form}")), "table")


def _charges(
    form: str, version: str | None, through: str | None, now: datetime
) -> focus.Charges | None:
    if form != "focus":
        for flag, given in (("--focus-version", version), ("--focus-billed-through", through)):
            if given:
                shared.end(shared.WRONG_SETTINGS, f"{flag} needs --format focus")
        return None
    month = periods.text_of(Cycle.at(now))
    issuer = _ISSUERS[through] if through else focus.GITHUB
    return focus.Charges(focus.Version(version or focus.Version.V1_4), month, issuer)


def _dimensions(by: Sequence[str], charges: focus.Charges | None) -> tuple[Dimension, ...]:
    dimensions = complete([Dimension(name) for name in by]) if by else BY_SKU
    return focus.dimensions(dimensions) if charges else dimensions


def _silent(_: str) -> None:
    return


def _months(
    now: datetime, month: str | None, first: str | None, last: str | None, *, of_files: bool
) -> list[Cycle]:
    if month and (first or last):
        shared.end(shared.WRONG_SETTINGS, "--month cannot be combined with --from and --to")
    if last and not first:
        shared.end(shared.WRONG_SETTINGS, "--to needs --from")
    current = Cycle.at(now)
    ends = [
        _month(flag, text, now, of_files=of_files)
        for flag, text in (("--month", month), ("--from", first), ("--to", last))
        if text
    ]
    if not ends and of_files:
        return []
    if not first:
        return ends or [current]
    months = periods.between(ends[0], ends[1] if last else current)
    if not months:
        shared.end(shared.WRONG_SETTINGS, "--from must not be after --to")
    return months


def _month(flag: str, text: str, now: datetime, *, of_files: bool) -> Cycle:
    if text == "last":
        return Cycle.at(now).previous()
    try:
        cycle = periods.month_of(text)
        if not of_files:
            periods.check_kept(cycle, now)
    except ValueError as error:
        shared.end(shared.WRONG_SETTINGS, f"{flag} {error}")
    return cycle


def _usd(text: str) -> Decimal:
    if re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text) is None:
        shared.end(shared.WRONG_SETTINGS, "--amount must be US dollars, such as 1234.56")
    return Decimal(text)


def _read_files(
    paths: Sequence[Path], accounts: Sequence[str], question: Question, progress: Progress
) -> Bill:
    if len(accounts) > 1:
        shared.end(shared.WRONG_SETTINGS, "--file: the files belong to one --account")
    if question.split and not accounts:
        shared.end(shared.WRONG_SETTINGS, _NOBODYS)
    account = accounts[0] if accounts else ""
    kind, _, name = account.partition("/")
    if account and (kind not in _TYPES or not is_name(name)):
        kinds = " or ".join(f"{kind}/NAME" for kind in _TYPES)
        shared.end(shared.WRONG_SETTINGS, f"--account must be {kinds} for --file")
    try:
        return of_files(paths, account, question, progress)
    except WrongFile as error:
        shared.end(shared.WRONG_SETTINGS, f"--file: {error}")


def _deliver(lines: Iterator[str], output: Path | None) -> None:
    if output is None:
        shared.print_all(line.encode() for line in lines)
        return
    with shared.written(output), files.replaced(output, files.FOR_ALL) as file:
        _write(file, lines, compressed=output.suffix.lower() == ".gz")

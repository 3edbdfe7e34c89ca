"""Reads bills for a command: from GitHub, or from its CSV files."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path

from exporter.accounts import Account, AccountType
from exporter.app import App
from exporter.billing.cycle import Cycle
from exporter.collectors.usage import PERMISSIONS
from exporter.commands import shared
from exporter.github.api import attempt
from exporter.github.client import Client, website
from exporter.github.errors import GitHubError, InvalidPayload
from exporter.ledger import checks, periods
from exporter.ledger.asked import DEADLINE_SECONDS, Month, add_month
from exporter.ledger.csv_files import Files
from exporter.ledger.row import BY_SKU, IN_REPORT_ONLY, Dimension, Row, minus, sum_of
from exporter.ledger.totals import Totals
from exporter.polling.watched import Watched

_UNREAD = (*checks.REFUSED, InvalidPayload)
_OF_FILES = "github.com"
"""No file names its website."""

Progress = Callable[[str], None]
"""Called with a line for each thing that is read."""

_NO_WORKFLOW = (
    "--by workflow: GitHub makes a report with workflows for enterprises only: name one with "
    "--enterprise, and choose it with --account if others are watched; to an organization or user "
    "GitHub mails its detailed usage report, which --file reads"
)
_NO_MODEL_AND = (
    "--by model cannot be combined with day, organization, repository or workflow: GitHub has "
    "models only in its AI usage of a month; a file of AI credits has all of them (--file)"
)
_NO_CENTERS = "--by cost_center: only enterprises have cost centers"


@dataclass(frozen=True, slots=True)
class Question:
    """What to read.

    ``closed`` if it is a single month that is over: then GitHub's sources are compared with each
    other, and with the ``amount`` of an invoice. ``split`` keeps units and prices apart.
    """

    months: Sequence[Cycle]
    by: tuple[Dimension, ...]
    now: datetime
    closed: bool = False
    amount: Decimal | None = None
    split: bool = False

    @property
    def of_report(self) -> bool:
        return bool(IN_REPORT_ONLY & set(self.by))


@dataclass(slots=True)
class Bill:
    """The sums of each account, and lines about them; ``differs`` if a check failed.

    ``websites`` are the hosts of the accounts' pages. ``agreements`` are only worth a line below a
    table.
    """

    totals: dict[Account | None, Totals] = field(default_factory=dict)
    websites: dict[Account | None, str] = field(default_factory=dict)
    agreements: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    differs: bool = False

    def rows(self) -> Iterator[Row]:
        return chain.from_iterable(totals.rows() for totals in self.totals.values())


@asynccontextmanager
async def chosen(app: App, names: Sequence[str]) -> AsyncIterator[list[Watched]]:
    """Discover, and yield the accounts ``names``, or all that are watched. They can be read."""
    async with app.clients:
        for discovery in app.discoveries:
            await discovery.once()
        for facts in app.poller.page().discoveries:
            if not facts.success:
                told = f"discovery failed: {facts.failure}: {facts.detail}. {facts.hint}"
                shared.end(shared.FAILED, told.rstrip())
        found = {watched.account: watched for watched in app.poller.accounts if watched.jobs}
        if not found:
            shared.end(shared.FAILED, "discovery found no account")
        yield [found[account] for account in shared.chosen(list(found), names)]


async def read(app: App, names: Sequence[str], question: Question, progress: Progress) -> Bill:
    """Read the bills of the accounts ``names``, or of all that are watched.

    ``progress`` is called with a line per month and account. An account that fails adds a line to
    the failures, and no rows.
    """
    if problem := _unheld(question):
        shared.end(shared.WRONG_SETTINGS, problem)
    async with chosen(app, names) as watched:
        if problem := _misfit(question, [each.account for each in watched]):
            shared.end(shared.WRONG_SETTINGS, problem)
        bill = Bill()
        for each in watched:
            account, client = each.account, each.jobs[0].client
            bill.websites[account] = website(client.base_url)
            try:
                await _add(bill, account, client, question, progress)
            except GitHubError as error:
                permission = PERMISSIONS[account.type].needed_by(client.credential.family)
                bill.failures.append(shared.failure_line(account, error, permission))
    return bill


def _unheld(question: Question) -> str | None:
    """Return why no endpoint of GitHub has what is asked, None if one has."""
    return _NO_MODEL_AND if Dimension.MODEL in question.by and question.of_report else None


def _misfit(question: Question, accounts: Sequence[Account]) -> str | None:
    """Return why the question does not fit the accounts, None if it does."""
    enterprises = [account for account in accounts if account.type is AccountType.ENTERPRISE]
    if Dimension.COST_CENTER in question.by and not enterprises:
        return _NO_CENTERS
    if Dimension.WORKFLOW in question.by and enterprises != [*accounts]:
        return _NO_WORKFLOW
    if question.amount is not None and len(accounts) != 1:
        return "--amount needs one account: choose it by --account"
    return None


async def _add(
    bill: Bill,
    account: Account,
    client: Client,
    question: Question,
    progress: Progress,
) -> None:
    totals = Totals(question.by, split=question.split)
    agreements, notes, differs = [], [], False
    for cycle in question.months:
        text = periods.text_of(cycle)
        progress(f"{account}, {text} …")
        async with attempt(client, {}, DEADLINE_SECONDS) as github:
            month = Month(github, account, cycle, question.now, progress)
            net = await add_month(month, question.by, totals, split=question.split)
            if question.of_report or Dimension.COST_CENTER in question.by:
                difference = minus(net, sum_of(row.net for row in await month.summary()))
                if abs(difference) < checks.CENT:
                    agreements.append(f"{account}, {text}: the net is that of the usage summary")
                else:
                    notes.append(
                        f"{account}, {text}: the net differs by {difference:+,.2f} USD from the "
                        "usage summary"
                    )
            if question.closed and question.now - cycle.end < periods.SETTLES:
                notes.append(f"{text} {periods.NOT_SETTLED}")
            if question.closed:
                rows = await month.summary()
                # The bill has been read: an invalid answer only leaves a check out.
                found = await checks.of_month(month, rows, unread=_UNREAD)
                if question.amount is not None:
                    found.append(checks.of_invoice(rows, question.amount))
                notes += (f"{account}, {text}: {check}" for check in found)
                differs = differs or any(check.differences for check in found)
    bill.totals[account] = totals
    bill.agreements += agreements
    bill.notes += notes
    bill.differs = bill.differs or differs


def of_files(paths: Sequence[Path], account: str, question: Question, progress: Progress) -> Bill:
    """Sum the rows of GitHub's CSV files. Raises `WrongFile` and ``OSError``."""
    kind, _, name = account.partition("/")
    months = frozenset(map(periods.text_of, question.months))
    found = Files(paths, kind, name, months, frozenset(question.by))
    bill = Bill(websites={None: _OF_FILES})
    totals = Totals(question.by, split=question.split)
    by_sku = Totals(BY_SKU)
    for row in found.rows(progress):
        totals.add(row)
        if question.amount is not None:
            by_sku.add(row)
    bill.totals[None] = totals
    if question.amount is not None:
        check = checks.of_invoice(by_sku.rows(), question.amount)
        bill.notes.append(str(check))
        bill.differs = bool(check.differences)
    return bill

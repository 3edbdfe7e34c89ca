"""``licenses``: report who uses a GitHub Advanced Security license, and where.

Only this module reads people's names and addresses. The service never imports it, and the data
goes only into the report.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
import msgspec

from exporter import files
from exporter.accounts import Account, AccountType
from exporter.app import App
from exporter.collectors import advanced_security
from exporter.commands import shared
from exporter.commands.assembled import assembled
from exporter.commands.help import Command
from exporter.github.api import PER_PAGE, GitHub, attempt
from exporter.github.body import decode
from exporter.github.client import Client
from exporter.github.errors import GitHubError, NotFound
from exporter.ledger.written import csv_lines, spreadsheet_text
from exporter.phrases import first_of

DEADLINE_SECONDS = 3600.0
"""For all pages of one account: hundreds of slow pages, or a wait for the hourly limit."""

_SHOWN_REPOSITORIES = 3
_SECTIONS = ("organizations", "enterprises", "github", "config", "log")
_CSV_COLUMNS = {
    "User login": "user_login",
    "Organization / repository": "full_name",
    "Last pushed date": "last_pushed_date",
    "Last pushed email": "last_pushed_email",
    "Product": "product",
    "Host": "host",
}
_TABLE_HEADINGS = ("LOGIN", "E-MAIL", "LAST PUSH", "PRODUCT", "ORGANIZATIONS", "REPOSITORIES")


class Push(msgspec.Struct, frozen=True):
    """A committer's latest push to a repository. Older hosts omit the e-mail address."""

    user_login: str
    last_pushed_date: str
    last_pushed_email: str | None = None


class Repository(msgspec.Struct, frozen=True):
    """``name`` is ``owner/repository``."""

    name: str
    advanced_security_committers_breakdown: list[Push]


@dataclass(frozen=True, slots=True)
class Committer:
    """One person's use of one product's license in one repository.

    ``last_pushed_date`` is as GitHub writes it, ISO 8601; ``last_pushed_email`` may be empty.
    """

    user_login: str
    organization: str
    repository: str
    last_pushed_date: str
    last_pushed_email: str
    product: str
    host: str

    @property
    def full_name(self) -> str:
        return f"{self.organization}/{self.repository}"

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return self.user_login, self.product, self.host, self.organization, self.repository


class Incomplete(Exception):
    """A page failed. The message has the account, the reason and the fix, but no person."""


class NothingToAsk(Exception):
    """No account can have licenses. The message says how to fix it."""


async def read(
    app: App,
    product: str | None,
    named: frozenset[tuple[AccountType, str]],
    progress: Callable[[str], None],
    repositories: Sequence[str] = (),
) -> list[Committer]:
    """Return the licenses of the ``named`` organizations and enterprises; all if it is empty.

    ``product`` is ``code_security`` or ``secret_protection``; ``None`` is every product of the
    account. ``repositories``, each ``owner/name``, restrict the report and the organizations to
    poll. ``progress`` is called with a line per page, and per repository without licenses. The
    result is sorted by login, without the duplicates of an enterprise and its organization.
    Raises `NothingToAsk` or `Incomplete`.
    """
    wanted = {name.casefold(): name for name in repositories}
    owners = {name.partition("/")[0] for name in wanted}
    asked: list[tuple[Account, Client]] = []
    for watched in app.poller.accounts:
        account = watched.account
        enterprise = account.type is AccountType.ENTERPRISE  # may own any repository
        may_own = not owners or enterprise or account.key[1] in owners
        chosen = account.type is not AccountType.USER and (not named or account.key in named)
        if watched.jobs and chosen and may_own:
            asked.append((account, watched.jobs[0].client))
    if not asked:
        owning = " that owns the repository" if wanted else ""
        raise NothingToAsk(
            f"no account to report on: set --organization NAME or --enterprise SLUG{owning}"
        )
    found: dict[tuple[str, ...], Committer] = {}
    async with app.clients:
        for account, client in asked:
            for committer in await _of_account(account, client, product, progress):
                if not wanted or committer.full_name.casefold() in wanted:
                    found[committer.key] = committer
    seen = {committer.full_name.casefold() for committer in found.values()}
    for key, name in wanted.items():
        if key not in seen:
            progress(f"{name}: GitHub reports no licenses for this repository: check the name")
    return [found[key] for key in sorted(found)]


async def _of_account(
    account: Account, client: Client, product: str | None, progress: Callable[[str], None]
) -> list[Committer]:
    try:
        async with attempt(client, {}, DEADLINE_SECONDS) as github:
            found = list(await advanced_security.products(github, account))
            if product and product not in found:
                raise NotFound(
                    detail=f"the account has no {product}, only {' and '.join(found)}",
                    hint="Remove --product, or set it to a product that the account has.",
                    endpoint=advanced_security.endpoint_of(account.type),
                )
            return [
                committer
                for each in ([product] if product else found)
                for committer in await _committers(github, account, each, client.host, progress)
            ]
    except GitHubError as error:
        permission = advanced_security.ADVANCED_SECURITY.permissions[account.type]
        needed = permission.needed_by(client.credential.family)
        raise Incomplete(shared.failure_line(account, error, needed)) from None


async def _committers(
    github: GitHub, account: Account, product: str, host: str, progress: Callable[[str], None]
) -> list[Committer]:
    endpoint = advanced_security.endpoint_of(account.type)
    read: dict[str, Repository] = {}
    number = 0
    async for page in advanced_security.listings(github, account, product):
        number += 1
        for element in page.repositories:
            repository = decode(bytes(element), Repository, endpoint)
            read[repository.name] = repository
        total = page.total_count
        pages = "" if total is None else f" of {max(number, -int(-total // PER_PAGE))}"
        progress(f"{account}, {product}: page {number}{pages} …")
    found: list[Committer] = []
    for repository in read.values():
        owner, _, name = repository.name.rpartition("/")
        found += [
            Committer(
                user_login=push.user_login,
                organization=owner or account.name,
                repository=name,
                last_pushed_date=push.last_pushed_date,
                last_pushed_email=push.last_pushed_email or "",
                product=product,
                host=host,
            )
            for push in repository.advanced_security_committers_breakdown
        ]
    return found


def as_csv(committers: Sequence[Committer]) -> str:
    """Return one row per person, repository and product. GitHub's own columns come first.

    An apostrophe precedes each cell that a spreadsheet would run as a formula.
    """
    cells = map(attrgetter(*_CSV_COLUMNS.values()), committers)
    return "".join(
        csv_lines(tuple(_CSV_COLUMNS), (tuple(map(spreadsheet_text, row)) for row in cells))
    )


def as_json(committers: Sequence[Committer]) -> str:
    """Return a list with one object per person, repository and product."""
    return msgspec.json.format(msgspec.json.encode(committers)).decode() + "\n"


def as_table(committers: Sequence[Committer]) -> str:
    """Return one line per person and product, with the latest e-mail address, for a terminal.

    Unprintable characters, such as an escape in an address, become question marks.
    """
    rows: list[tuple[str, ...]] = [_TABLE_HEADINGS]
    for _, group in groupby(committers, lambda each: (each.user_login, each.product, each.host)):
        uses = list(group)
        latest = max(uses, key=lambda each: each.last_pushed_date)
        names = [each.full_name for each in uses]
        cells = (
            latest.user_login,
            latest.last_pushed_email,
            latest.last_pushed_date,
            latest.product,
            ", ".join(dict.fromkeys(each.organization for each in uses)),
            first_of(names, _SHOWN_REPOSITORIES),
        )
        rows.append(tuple(map(_printable, cells)))
    return "".join(f"{line}\n" for line in shared.aligned(rows))


def _printable(cell: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in cell)


FORMATS: Mapping[str, Callable[[Sequence[Committer]], str]] = {
    "csv": as_csv,
    "json": as_json,
    "table": as_table,
}


@click.command(cls=Command)
@shared.settings_options(lambda option: option.path[0] in _SECTIONS)
@click.option(
    "--product",
    type=click.Choice(("code_security", "secret_protection")),
    help="Report only this product; default every product of the account.",
)
@shared.repositories_option
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="csv and json have one row per person, repository and product; table has one row per "
    "person and product. Default table on a terminal, else csv.",
)
@shared.output_option("; only its owner can read it")
def licenses(
    product: str | None,
    repositories: tuple[str, ...],
    form: str | None,
    output: Path | None,
    **given: Any,
) -> None:
    """Report who uses a GitHub Advanced Security license, and in which repositories.

    The report contains names and e-mail addresses, which no other command outputs. It covers the
    accounts of --organization and --enterprise, or else all accounts of the settings except
    users, which have no such licenses. Reading one account may take up to an hour. The report is
    written after all accounts have been read.

    Exit codes: 0 on success, 1 if a page fails (no report is written), 2 if the settings are
    invalid, 3 if the file cannot be written.
    """
    # Report all accounts, even in the environment of one replica.
    settings = shared.load_settings(given).model_copy(update={"shard": None})
    named = frozenset(
        (kind, name.casefold())
        for kind in (AccountType.ORGANIZATION, AccountType.ENTERPRISE)
        for name in given[f"{kind.value}s"]
    )
    app = assembled(settings, process=False)
    if output is not None:
        with shared.written(output):
            files.check_writable(output)
    progress = partial(click.echo, err=True)
    try:
        committers = asyncio.run(read(app, product, named, progress, repositories))
    except NothingToAsk as error:
        shared.end(shared.WRONG_SETTINGS, str(error))
    except Incomplete as error:
        shared.end(shared.FAILED, str(error))
    if form is None:
        form = "table" if output is None and sys.stdout.isatty() else "csv"
    shared.deliver(FORMATS[form](committers).encode(), output, files.FOR_OWNER)

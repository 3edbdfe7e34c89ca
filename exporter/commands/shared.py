"""Shared by the commands: flags of the settings, one-line errors, exit codes, output."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from exporter import files
from exporter.accounts import Account
from exporter.collectors import ALL
from exporter.commands.help import GROUPS, SettingOption
from exporter.github.errors import GitHubError
from exporter.phrases import first_of
from exporter.settings import Option, Settings, SettingsError, load, options, resolved

PROGRAM = "github-billing-exporter"
FAILED, WRONG_SETTINGS, NOT_WRITABLE = 1, 2, 3

_NO_ACCOUNT = (
    "no account to watch: set --organization NAME, --user NAME or --enterprise SLUG (or variables "
    "such as GITHUB_BILLING_ORGANIZATIONS), or --discover to watch all that the credential can "
    f"see; to try it without an account, run {PROGRAM} demo"
)
NO_CREDENTIAL = (
    "no GitHub token: set GITHUB_BILLING_TOKEN, or --github.token-file FILE (there is no flag for "
    "the token itself, because other users can see arguments); for a GitHub App, set "
    "--github.app-id ID and --github.app-private-key-file FILE"
)
_FIRST_STEPS = f"""no account to watch, and no GitHub token. To begin:
  {PROGRAM} demo                       made-up numbers, without a token
  export GITHUB_BILLING_TOKEN=...                    or --github.token-file FILE
  {PROGRAM} check --organization NAME  or --user NAME, --enterprise SLUG
  {PROGRAM} run --organization NAME    serves http://localhost:9877"""
_SHOWN_ACCOUNTS = 10
NO_ROOM = "the result cannot be sorted on disk: free disk space, or set SQLITE_TMPDIR to a folder"
_REPOSITORY = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9._-]+")


def settings_options(
    wanted: Callable[[Option], bool] = lambda _: True,
    defaults: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a flag to a command for each ``wanted`` setting that has one.

    ``defaults`` are the command's own, by environment variable.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options()):
            if option.flag is None or not wanted(option):
                continue
            default_text = (defaults or {}).get(option.environment[0], option.default_text)
            default = f"; default {default_text}" if default_text else ""
            command = click.option(
                option.flag,
                "__".join(option.path),
                cls=SettingOption,
                group=GROUPS[option.path[0]],
                shell_complete=_completion(option),
                is_flag=option.switch,
                default=None,
                multiple=option.repeatable,
                metavar=option.metavar or None,
                help=f"{option.description} [{option.environment[0]}{default}]",
            )(command)
        return command

    return decorate


def _completion(option: Option) -> Callable[..., list[Any]] | None:
    if option.metavar == "FILE":
        return lambda _context, _option, begun: [CompletionItem(begun, type="file")]
    if option.path[-1] in {"collectors", "no_collectors"}:
        values = [each.name for each in ALL]
    elif "|" in option.metavar:
        values = option.metavar.split("|")
    else:
        return None
    return lambda _context, _option, begun: [each for each in values if each.startswith(begun)]


def _checked(
    _context: click.Context, _option: click.Parameter, repositories: tuple[str, ...]
) -> tuple[str, ...]:
    if not all(map(_REPOSITORY.fullmatch, repositories)):
        raise click.BadParameter("must be OWNER/NAME, such as acme/api.")
    return repositories


repositories_option = click.option(
    "--repository",
    "repositories",
    metavar="OWNER/NAME",
    multiple=True,
    callback=_checked,
    help="Report only this repository; can be repeated.",
)


def output_option(how: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--output FILE`` to a command. ``how`` continues its help."""
    return click.option(
        "--output",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help=f"Write atomically to this file instead of standard output{how}.",
    )


def account_option(more: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--account`` to a command. ``more`` continues its help."""
    return click.option(
        "--account",
        "accounts",
        metavar="[TYPE/]NAME",
        multiple=True,
        help="Read only this account, such as acme or enterprise/acme; can be repeated. Default "
        f"all that are watched.{more}",
    )


def nested_flags(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flags that were given, nested by section."""
    nested: dict[str, Any] = {}
    for option in options():
        value = given.get("__".join(option.path))
        if value not in (None, ()):
            section = nested
            for key in option.path[:-1]:
                section = section.setdefault(key, {})
            section[option.path[-1]] = value
    return nested


def load_settings(given: Mapping[str, Any]) -> Settings:
    """Load the settings, or exit with a line for each error."""
    with faults_told():
        return read_settings(given)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Load the settings. Raises `SettingsError`, also without an account or a credential."""
    settings = load(nested_flags(given), os.environ, ALL)
    missing = [] if resolved.accounts_configured(settings) else [_NO_ACCOUNT]
    if not any(each.given for each in resolved.credentials(settings)):
        missing.append(NO_CREDENTIAL)
    if missing:
        raise SettingsError(missing)
    return settings


def loaded(flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    with faults_told():
        return load(flags, environment, ALL)


@contextmanager
def faults_told() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        first = error.faults == (_NO_ACCOUNT, NO_CREDENTIAL)
        end(WRONG_SETTINGS, *([_FIRST_STEPS] if first else error.faults))


def deliver(content: bytes, output: Path | None, mode: int) -> None:
    if output is None:
        print_all([content])
    else:
        with written(output):
            files.write_atomically(output, content, mode)


def print_all(lines: Iterable[bytes]) -> None:
    """Write to standard output, or exit with an error if its disk is full."""
    if sys.stdout is None:
        end(NOT_WRITABLE, "standard output is closed")
    try:
        sys.stdout.buffer.writelines(lines)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # The rest of the buffer is flushed at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        end(NOT_WRITABLE, f"standard output: {error.strerror}")


@contextmanager
def written(output: Path, flag: str = "--output") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        end(NOT_WRITABLE, f"{flag}: {files.problem(output, error, 'write')}")


def failure_line(account: Account, error: GitHubError, permission: str) -> str:
    """Return one line with the account, the reason and the fix, but no person."""
    told = str(error).replace("{account}", account.name)
    return f"{account}: {error.reason}: {told}. {error.hint_for(permission)}".rstrip()


def chosen(accounts: Sequence[Account], names: Sequence[str]) -> list[Account]:
    """Return the accounts named ``NAME`` or ``TYPE/NAME``, all without names; or exit."""
    found: list[Account] = []
    for name in names:
        if not name.isprintable():
            end(WRONG_SETTINGS, "--account must be [TYPE/]NAME, such as acme or enterprise/acme")
        kind, _, rest = name.rpartition("/")
        same = [
            account
            for account in accounts
            if account.name.casefold() == rest.casefold() and kind in {"", account.type.value}
        ]
        if not same:
            watched = first_of([f"{each.type}/{each.name}" for each in accounts], _SHOWN_ACCOUNTS)
            end(WRONG_SETTINGS, f"--account must be one of the watched accounts: {watched}")
        if len(same) > 1:
            both = " or ".join(f"{each.type}/{each.name}" for each in same)
            end(WRONG_SETTINGS, f"--account is ambiguous: use {both}")
        found += (account for account in same if account not in found)
    return found if names else list(accounts)


def end(code: int, *lines: str) -> NoReturn:
    for line in lines:
        click.echo(f"{PROGRAM}: {line}", err=True)
    sys.exit(code)


def aligned(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Pad the cells of each column to the same width. Rows have the same number of cells."""
    listed = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*listed, strict=True)]
    for row in listed:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()

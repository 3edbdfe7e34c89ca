"""The command line: the only place that prints or exits."""

import asyncio
import logging
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from exporter import __version__, files
from exporter.accounts import AccountType
from exporter.commands.shared import (
    nested_flags,
    output_option,
    repositories_option,
    settings_options,
)
from exporter.settings import LogLevel, Settings, SettingsError, load, options, resolved

if TYPE_CHECKING:
    from exporter.app import App
    from exporter.state.file import StateFile

PROGRAM = "github-billing-exporter"

FAILED, WRONG_SETTINGS, NOT_WRITABLE = 1, 2, 3

_NO_ACCOUNT = (
    "no account to watch: give --organization NAME, --user NAME or --enterprise SLUG "
    "(or GITHUB_BILLING_ORGANIZATIONS and its like), or --discover what the credential can see, "
    f"or see it work: {PROGRAM} demo"
)
_NO_CREDENTIAL = (
    "no token to ask GitHub with: set GITHUB_BILLING_TOKEN, or --github.token-file FILE "
    "(arguments are visible to others, so there is no flag for the token itself); for a GitHub "
    "App, --github.app-id ID and --github.app-private-key-file FILE"
)
_LEAVE_SECONDS = 0.9
_SERVICES = ("run", "demo")
_DEMO_SECTIONS = ("web", "log", "poll")
_LISTEN_ADDRESS = "GITHUB_BILLING_WEB_LISTEN_ADDRESS"
_LICENSES_SECTIONS = ("organizations", "enterprises", "github", "config", "log")


class _RunByDefault(click.Group):
    """Without a command it is ``run``, with whatever options follow."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in {"--help", "--version"}):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_RunByDefault, context_settings={"help_option_names": ["--help"], "max_content_width": 100}
)
@click.version_option(
    __version__,
    message=f"{PROGRAM} %(version)s (revision "
    f"{os.environ.get('GITHUB_BILLING_EXPORTER_REVISION') or 'unknown'}, "
    f"Python {platform.python_version()})",
)
@click.pass_context
def commands(context: click.Context) -> None:
    """Watch what GitHub costs you: GitHub's bill as Prometheus metrics.

    Without a command it runs the service. Settings are flags over environment over a YAML file
    (--config.file); docs/settings.md has them all. The token comes from GITHUB_BILLING_TOKEN,
    GITHUB_TOKEN or --github.token-file; a GitHub App has --github.app-id.
    """
    if context.invoked_subcommand in _SERVICES:
        # Whoever sends it wants settings read again, not the service ended.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    else:
        # What is ended before it has done its work has failed.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)


@commands.command()
@settings_options()
def run(**given: Any) -> None:
    """Poll GitHub on an interval and serve /metrics."""
    settings = load_settings(given)
    _serve(settings, _assemble(settings, state_file=_state_file(settings), service=True))


@commands.command()
@settings_options()
def check(**given: Any) -> None:
    """Try the credentials against every account and collector, and say what works.

    Exits 0, or 1 if something required fails or GitHub cannot be reached, 2 for wrong settings.
    """
    from exporter.commands import check as checking  # noqa: PLC0415  (start-up of the service is a feature)

    settings = load_settings(given)
    app = _assemble(settings, level="error")  # the report has what fails
    click.echo("Trying every credential and account ...", err=True)
    asyncio.run(app.once())
    click.echo(checking.report(app))
    if checking.failed(app, unreachable=True):
        sys.exit(FAILED)


@commands.command()
@settings_options()
@output_option()
def once(output: Path | None, **given: Any) -> None:
    """Poll every job once and print the page, as for node_exporter's textfile collector.

    Exits 0, or 1 if something required failed (the page is written all the same), 2 for wrong
    settings, 3 if the file cannot be written.
    """
    from exporter.commands.check import failed  # noqa: PLC0415  (start-up of the service is a feature)
    from exporter.web.exposition import text  # noqa: PLC0415  (the same)

    settings = load_settings(given)
    app = _assemble(settings, process=False, state_file=_state_file(settings))
    asyncio.run(app.once())
    page = text(app.poller.page(), app.telemetry.registry)
    _deliver(page, output, files.FOR_ALL)
    if failed(app, unreachable=False):
        sys.exit(FAILED)


@commands.command()
@settings_options(lambda option: option.path[0] in _LICENSES_SECTIONS)
@click.option(
    "--product",
    type=click.Choice(("code_security", "secret_protection")),
    help="Report this product alone; default what the account has.",
)
@repositories_option
@click.option(
    "--format",
    "form",
    type=click.Choice(("csv", "json", "table")),
    help="csv and json have a row for each person, repository and product, table a line for each "
    "person and product; default table on a terminal, else csv.",
)
@output_option(" and readable for its owner alone")
def licenses(
    product: str | None,
    repositories: tuple[str, ...],
    form: str | None,
    output: Path | None,
    **given: Any,
) -> None:
    """Report who uses an Advanced Security licence, and in which repositories.

    It holds names and e-mail addresses, which leave the process nowhere else. With
    --organization or --enterprise it asks those alone, else all of the settings; users have no
    such licences. The pages of an account may take up to an hour; the report is written once
    all are read.

    Exits 0, or 1 without a report if a page fails, 2 for wrong settings, 3 if the file cannot be
    written.
    """
    from exporter.commands import licenses as license_report  # noqa: PLC0415  (start-up of the service is a feature)

    # A person asks for all of it, whichever replica's environment they ask in.
    settings = load_settings(given).model_copy(update={"shard": None})
    named = frozenset(
        (kind, name.casefold())
        for kind in (AccountType.ORGANIZATION, AccountType.ENTERPRISE)
        for name in given[f"{kind.value}s"]
    )
    app = _assemble(settings, process=False)
    if output is not None:
        with _written(output):
            files.check_writable(output)
    progress = partial(click.echo, err=True)
    try:
        committers = asyncio.run(license_report.read(app, product, named, progress, repositories))
    except license_report.NothingToAsk as error:
        _end(WRONG_SETTINGS, str(error))
    except license_report.Incomplete as error:
        _end(FAILED, str(error))
    if form is None:
        form = "table" if output is None and sys.stdout.isatty() else "csv"
    _deliver(license_report.FORMATS[form](committers).encode(), output, files.FOR_OWNER)


@commands.command()
@settings_options(lambda option: option.path[0] in _DEMO_SECTIONS)
def demo(**given: Any) -> None:
    """Run the service against a simulated GitHub inside the process: no account, no token.

    It polls every 15 seconds unless told otherwise.
    """
    from exporter.app import utc_now  # noqa: PLC0415  (the same)
    from exporter.commands import demo as demonstration  # noqa: PLC0415  (start-up of the service is a feature)

    names = [o.environment[0] for o in options() if o.path[0] in _DEMO_SECTIONS]
    environment = {name: os.environ[name] for name in names if os.environ.get(name)}
    with _faults_told():
        settings = demonstration.settings(nested_flags(given), environment)
    app = demonstration.assemble(settings, utc_now)
    _configure_logs(settings, app, service=True)
    _serve(settings, app)


@commands.command()
@settings_options(lambda option: option.path == ("web", "listen_address"))
@click.option(
    "--url",
    metavar="URL",
    help="Ask there, such as where the configuration file has it listen; "
    "default /healthz of the address.",
)
def health(url: str | None, **given: Any) -> None:
    """Ask the service that runs on this machine whether it is alive, as a container does.

    It is asked by TLS where it speaks that; its certificate is not verified.

    Exits 0, or 1 if it is not alive or does not answer, 2 for wrong settings.
    """
    import httpx  # noqa: PLC0415  (--help and --version need none)

    from exporter.commands.health import problem  # noqa: PLC0415  (start-up of the service is a feature)

    if url is None:
        address = os.environ.get(_LISTEN_ADDRESS, "")
        settings = _load(nested_flags(given), {_LISTEN_ADDRESS: address})
        url = f"http://{settings.web.listen_address.reached_at}/healthz"
    try:
        found = problem(url)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        _end(WRONG_SETTINGS, "--url: must be such as http://localhost:9877/healthz")
    if found:
        _end(FAILED, f"{url}: {found}")


@commands.command()
@click.argument("page", metavar="metrics|settings|permissions|failures|collectors|check|write")
def docs(page: str) -> None:
    """Print a page of docs/ that the code can write, or check or write them all."""
    from exporter import reference  # noqa: PLC0415  (start-up of the service is a feature)

    if page in {"write", "check"} and not Path("README.md").exists():
        _end(WRONG_SETTINGS, f"docs {page}: no README.md here: run it in the repository's root")
    if page == "write":
        reference.write(Path.cwd())
    elif page == "check":
        if stale := ", ".join(reference.stale(Path.cwd())):
            _end(FAILED, f"not as the code writes them: {stale}; run {PROGRAM} docs write")
    elif page in reference.PAGES:
        click.echo(reference.PAGES[page](), nl=False)
    else:
        known = ", ".join([*reference.PAGES, "check", "write"])
        _end(WRONG_SETTINGS, f"docs: no page {page}: there are {known}")


def load_settings(given: Mapping[str, Any]) -> Settings:
    """Load the settings, or end with every fault, a line each."""
    settings = _load(nested_flags(given), os.environ)
    missing = [] if resolved.accounts_configured(settings) else [_NO_ACCOUNT]
    if not any(each.given for each in resolved.credentials(settings)):
        missing.append(_NO_CREDENTIAL)
    if missing:
        _end(WRONG_SETTINGS, *missing)
    return settings


def _load(flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    from exporter.collectors import ALL  # noqa: PLC0415  (--help and --version need none)

    with _faults_told():
        return load(flags, environment, ALL)


@contextmanager
def _faults_told() -> Iterator[None]:
    """End with all faults of the settings, a line each."""
    try:
        yield
    except SettingsError as error:
        _end(WRONG_SETTINGS, *error.faults)


def _assemble(
    settings: Settings,
    *,
    process: bool = True,
    level: LogLevel | None = None,
    state_file: "StateFile | None" = None,
    service: bool = False,
) -> "App":
    import httpx  # noqa: PLC0415  (--help and --version need none)

    from exporter.app import App, utc_now  # noqa: PLC0415  (the same)
    from exporter.polling.clients import credentials  # noqa: PLC0415  (the same)

    secrets = credentials(settings, os.environ, clock=utc_now)
    try:
        app = App.assemble(settings, *secrets, process=process, state_file=state_file)
    except (ValueError, httpx.InvalidURL) as error:  # the former of hosts that IDNA forbids
        _end(
            WRONG_SETTINGS,
            f"no client can be made for GitHub ({type(error).__name__}): check --github.api-url",
        )
    _configure_logs(settings, app, level, service=service)
    return app


def _configure_logs(
    settings: Settings, app: "App", level: LogLevel | None = None, *, service: bool = False
) -> None:
    """Log as the settings say; a service never waits for whoever reads it."""
    from exporter import logs  # noqa: PLC0415  (--help and --version need none)

    dropped = app.telemetry.line_dropped if service else None
    logs.configure(level or settings.log.level, settings.log.format, app.clients.shown, dropped)


def _state_file(settings: Settings) -> "StateFile | None":
    from exporter.state.file import StateFile  # noqa: PLC0415  (check and licenses keep nothing)

    path = settings.state.file
    try:
        return StateFile(path) if path else None
    except BlockingIOError:
        _end(FAILED, f"--state.file {path}: another process has it: give each one of its own")


def _serve(settings: Settings, app: "App") -> None:
    import structlog  # noqa: PLC0415  (--help and --version need none)

    from exporter.app import web_file  # noqa: PLC0415  (the same)
    from exporter.web.server import listen  # noqa: PLC0415  (the same)

    with _faults_told():
        web = web_file(settings)
    address = settings.web.listen_address
    try:
        listening = listen(address)
    except OSError as error:
        _end(FAILED, f"--web.listen-address {address}: cannot listen: {error.strerror or error}")

    try:
        asyncio.run(app.run(listening, web, stopping=_leave_in_time))
    except* Exception:
        structlog.get_logger().exception("ended by a fault of its own")
        _leave_in_time(FAILED)
        sys.exit(FAILED)


def _leave_in_time(code: int = 0) -> None:
    """End the process soon, whatever else it waits for.

    A look-up of a name may hang in a thread that nothing stops and that the exit would wait for.
    """

    def go() -> None:
        logging.shutdown()
        os._exit(code)

    leave = threading.Timer(_LEAVE_SECONDS, go)
    leave.daemon = True
    leave.start()


def _deliver(content: bytes, output: Path | None, mode: int) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        with _written(output):
            files.write_atomically(output, content, mode)


@contextmanager
def _written(output: Path) -> Iterator[None]:
    """End where the file cannot be written."""
    try:
        yield
    except OSError as error:
        _end(NOT_WRITABLE, f"--output {output}: {error.strerror}")


def _end(code: int, *lines: str) -> NoReturn:
    for line in lines:
        click.echo(f"{PROGRAM}: {line}", err=True)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a misspelt option is one line and exit code 2."""
    try:
        commands.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        _end(WRONG_SETTINGS, f"{_told(error)} See {PROGRAM} --help.")
    except click.Abort:
        sys.exit(130)


def _told(error: click.ClickException) -> str:
    """Say what is wrong with the arguments, without repeating one that may be a secret."""
    if isinstance(error, click.NoSuchOption):
        hint = f" {_NO_CREDENTIAL}." if error.option_name == "--token" else ""
        return f"{error.format_message()}{hint}"
    if error.format_message().startswith("No such command"):
        return f"No such command: there are {', '.join(commands.commands)}."
    if error.format_message().startswith("Got unexpected") and isinstance(error, click.UsageError):
        return f"{error.ctx.info_name if error.ctx else 'It'} takes options alone."
    return error.format_message()

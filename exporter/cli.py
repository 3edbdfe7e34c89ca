"""The command line: commands, one-line errors and exit codes."""

import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from exporter import __version__
from exporter.commands import version
from exporter.commands.shared import PROGRAM, WRONG_SETTINGS, end
from exporter.settings.options import closest

COMMANDS = (
    "run",
    "check",
    "once",
    "bill",
    "history",
    "licenses",
    "assets",
    "demo",
    "health",
    "version",
)
"""Modules of ``exporter.commands``, each with a function of the same name."""

_SERVICES = ("run", "demo")
_WHOLE = 1_000
_NO_FLAG = " Other users can see arguments: set GITHUB_BILLING_TOKEN, or --github.token-file FILE."


class _ByName(click.Group):
    """Import commands on demand. The default command is ``run``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's)
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (click's)
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"exporter.commands.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Set signal handlers before the imports, which take most of the startup time."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            nearest = closest(args[0], COMMANDS)
            end_mark = "" if nearest.endswith("?") else "."
            raise click.UsageError(f"No such command: {nearest}{end_mark}", ctx)
        if args[0] in _SERVICES:
            # SIGHUP conventionally means reload: do not end the service.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            # A command that is interrupted has failed.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        completes_command = not args and ctx.resilient_parsing
        of_group = first in {*ctx.help_option_names, "--version"}
        if not completes_command and not of_group and (not first or first.startswith("-")):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands and options, those of ``run`` too."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-") and (run := self.get_command(ctx, "run")):
            known = {each.value for each in found}
            of_run = run.shell_complete(click.Context(run, ctx), incomplete)
            found += [each for each in of_run if each.value not in known]
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the whole first sentence of each command."""
        found = [(name, self.get_command(ctx, name)) for name in COMMANDS]
        rows = [(name, each.get_short_help_str(_WHOLE)) for name, each in found if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(
    cls=_ByName, context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100}
)
@click.version_option(__version__, message=version.text())
def commands() -> None:
    """Export GitHub billing as Prometheus metrics.

    The default command is run. Flags override environment variables, which override the
    configuration file (--config.file); docs/settings.md lists all settings. Set the token in
    GITHUB_BILLING_TOKEN_FILE (--github.token-file), GITHUB_BILLING_TOKEN or GITHUB_TOKEN, or use a
    GitHub App with --github.app-id. Name the accounts in GITHUB_BILLING_USERS,
    GITHUB_BILLING_ORGANIZATIONS or GITHUB_BILLING_ENTERPRISES.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. A usage error prints one line and exits with code 2."""
    try:
        commands.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        end(WRONG_SETTINGS, f"{_told(error)} See {PROGRAM} --help.")
    except click.Abort:
        sys.exit(130)


def _told(error: click.ClickException) -> str:
    # Do not repeat arguments: they may be secrets.
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        return message + (_NO_FLAG if error.option_name == "--token" else "")
    if message.startswith("Got unexpected") and isinstance(error, click.UsageError):
        given = next((name for name in COMMANDS if f"({name})" in message), None)
        first = f" Put the command first: {PROGRAM} {given} ..." if given else ""
        name = error.ctx.info_name if error.ctx else "It"
        return f"{name} accepts only options, no arguments.{first}"
    return message

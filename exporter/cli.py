"""The command line: commands, one-line errors and exit codes."""

import os
import platform
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from exporter import REVISION_VARIABLE, __version__
from exporter.commands.shared import PROGRAM, WRONG_SETTINGS, end

COMMANDS = ("run", "check", "once", "bill", "history", "licenses", "demo", "health")
"""Modules of ``exporter.commands``, each with a function of the same name."""

_SERVICES = ("run", "demo")
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
        if args[0] in _SERVICES:
            # SIGHUP conventionally means reload: do not end the service.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            # A command that is interrupted has failed.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in {"--help", "--version"}):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ByName, context_settings={"help_option_names": ["--help"], "max_content_width": 100}
)
@click.version_option(
    __version__,
    message=f"{PROGRAM} %(version)s (revision "
    f"{os.environ.get(REVISION_VARIABLE) or 'unknown'}, "
    f"Python {platform.python_version()})",
)
def commands() -> None:
    """Export GitHub billing as Prometheus metrics.

    The default command is run. Flags override environment variables, which override the
    configuration file (--config.file); docs/settings.md lists all settings. Set the token in
    GITHUB_BILLING_TOKEN, GITHUB_TOKEN or --github.token-file, or use a GitHub App with
    --github.app-id.
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
    if message.startswith("No such command"):
        return f"No such command: use one of {', '.join(COMMANDS)}."
    if message.startswith("Got unexpected") and isinstance(error, click.UsageError):
        return f"{error.ctx.info_name if error.ctx else 'It'} accepts only options, no arguments."
    return message

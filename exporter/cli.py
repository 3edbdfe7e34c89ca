"""The command line: the group of commands, one line for each error, exit codes."""

import os
import platform
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from exporter import REVISION_VARIABLE, __version__
from exporter.commands.shared import NO_CREDENTIAL, PROGRAM, WRONG_SETTINGS, end

COMMANDS = ("run", "check", "once", "licenses", "demo", "health")
"""Modules of ``exporter.commands``, each with a function of its name."""

_SERVICES = ("run", "demo")


class _ByName(click.Group):
    """Import a command when it is called, ``run`` without one."""

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
        """Take signals as the command does, before the imports that take most of its start."""
        if args[0] in _SERVICES:
            # Whoever sends it wants settings read again, not the service ended.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            # What is ended before it has done its work has failed.
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
    """Watch what GitHub costs you: GitHub's bill as Prometheus metrics.

    Without a command it runs the service. Settings are flags over environment over a YAML file
    (--config.file); docs/settings.md has them all. The token comes from GITHUB_BILLING_TOKEN,
    GITHUB_TOKEN or --github.token-file; a GitHub App has --github.app-id.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a misspelt option is one line and exit code 2."""
    try:
        commands.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        end(WRONG_SETTINGS, f"{_told(error)} See {PROGRAM} --help.")
    except click.Abort:
        sys.exit(130)


def _told(error: click.ClickException) -> str:
    # An argument may be a secret and is not repeated.
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        return message + (f" {NO_CREDENTIAL}." if error.option_name == "--token" else "")
    if message.startswith("No such command"):
        return f"No such command: there are {', '.join(COMMANDS)}."
    if message.startswith("Got unexpected") and isinstance(error, click.UsageError):
        return f"{error.ctx.info_name if error.ctx else 'It'} takes options alone."
    return message

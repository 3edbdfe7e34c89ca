"""``version``: the version of the program."""

import os
import platform

import click

from exporter import REVISION_VARIABLE, __version__
from exporter.commands.shared import PROGRAM


def text() -> str:
    """Return the version of the program, its revision and that of Python."""
    revision = os.environ.get(REVISION_VARIABLE) or "unknown"
    return f"{PROGRAM} {__version__} (revision {revision}, Python {platform.python_version()})"


@click.command()
def version() -> None:
    """Show the version."""
    click.echo(text())

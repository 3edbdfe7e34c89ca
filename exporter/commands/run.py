"""``run``: the service."""

from typing import Any

import click

from exporter.commands.assembled import assembled
from exporter.commands.help import Command
from exporter.commands.service import serve, state_file
from exporter.commands.shared import load_settings, settings_options


@click.command(cls=Command)
@settings_options()
def run(**given: Any) -> None:
    """Poll GitHub regularly and serve /metrics."""
    settings = load_settings(given)
    serve(settings, assembled(settings, state_file=state_file(settings), service=True))

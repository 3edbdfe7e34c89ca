"""``run``: the service."""

from functools import partial
from typing import Any

import click

from exporter.commands.assembled import assembled
from exporter.commands.help import Command
from exporter.commands.reloading import Hangups, Reloading
from exporter.commands.service import serve, state_file
from exporter.commands.shared import load_settings, read_settings, settings_options


@click.command(cls=Command)
@settings_options()
def run(**given: Any) -> None:
    """Poll GitHub regularly and serve /metrics. SIGHUP reloads the settings."""
    hangups = Hangups()
    settings = load_settings(given)
    app = assembled(settings, state_file=state_file(settings), service=True)
    serve(settings, app, Reloading(app, settings, partial(read_settings, given), hangups).run)

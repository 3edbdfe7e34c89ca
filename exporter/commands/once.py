"""``once``: poll once and write the metrics."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from exporter import files
from exporter.app import App
from exporter.commands.assembled import assembled
from exporter.commands.help import Command
from exporter.commands.service import state_file
from exporter.commands.shared import (
    FAILED,
    deliver,
    load_settings,
    output_option,
    settings_options,
    written,
)
from exporter.web.exposition import text


@click.command(cls=Command)
@settings_options()
@output_option()
def once(output: Path | None, **given: Any) -> None:
    """Poll once and print the metrics, for example for node_exporter's textfile collector.

    Exit codes: 0 on success, 1 if a required collector failed (the metrics are written anyway), 2
    if the settings are invalid, 3 if the file cannot be written.
    """
    settings = load_settings(given)
    if output is not None:
        with written(output):
            files.check_writable(output)
    app = assembled(settings, process=False, state_file=state_file(settings))
    asyncio.run(app.once())
    page = text(app.poller.page(), app.telemetry.registry)
    deliver(page, output, files.FOR_ALL)
    if failed(app):
        sys.exit(FAILED)


def failed(app: App) -> bool:
    """Return whether a required collector fails, or a discovery fails without any account."""
    return any(
        not found.success and not found.accounts for found in app.poller.page().discoveries
    ) or any(
        job.settings.required and job.failing is not None and not watched.stands_by(job)
        for watched in app.poller.accounts
        for job in watched.jobs
    )

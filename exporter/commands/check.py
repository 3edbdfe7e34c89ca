"""``check``: report which accounts work, and why others fail."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from exporter.app import App
from exporter.commands.assembled import assembled
from exporter.commands.checking import names, places, recording
from exporter.commands.checking.anonymous import hidden
from exporter.commands.checking.gathering import Findings, gathered
from exporter.commands.checking.wording import worded
from exporter.commands.help import Command
from exporter.commands.shared import FAILED, load_settings, print_all, settings_options
from exporter.polling.clients import untapped
from exporter.recording.tape import Tape
from exporter.settings import Settings, resolved

_LOOK_SECONDS = 0.2


@click.command(cls=Command)
@settings_options()
@click.option(
    "--record",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write what GitHub answers to this new or empty folder, without names and with scaled "
    "amounts, for a bug report.",
)
@click.option("--anonymous", is_flag=True, help="Replace names in the report, for a bug report.")
@click.option("--offline", is_flag=True, help="Test the settings, files and folders only.")
@click.option("--verbose", is_flag=True, help="List every collector, with its requests per hour.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Format of the report; docs/check.md documents json. [default text]",
)
def check(
    *,
    folder: Path | None,
    anonymous: bool,
    offline: bool,
    verbose: bool,
    form: str,
    **given: Any,
) -> None:
    """Test every account with its credential, and report what works, what fails and how to fix it.

    Exit codes: 0 on success; 1 if a required collector, a credential, a file or a folder fails,
    GitHub is unreachable or a discovery finds nothing; 2 if the settings are invalid or the folder
    is not empty; 3 if the folder cannot be written.
    """
    if folder is not None and offline:
        raise click.UsageError("--record needs GitHub: remove --offline.")
    settings = load_settings(given)
    if folder is not None:
        recording.prepare(folder)
    tape = Tape()
    tap = tape.tap if folder is not None or anonymous else untapped
    app = assembled(settings, level="error", tap=tap)  # the report includes failures
    findings = asyncio.run(_offline(app, settings) if offline else _tested(app, settings))
    report = gathered(app, findings)
    if folder is not None:
        names = recording.record(folder, settings, app, tape, report)
        report = hidden(report, names) if anonymous else report
    elif anonymous:
        report = hidden(report, recording.learned(settings, app, tape))
    if form == "json":
        text = msgspec.json.format(msgspec.json.encode(report), indent=2)
    else:
        text = worded(report, verbose=verbose).encode()
    print_all([text, b"\n"])
    if not report.success:
        sys.exit(FAILED)


async def _offline(app: App, settings: Settings) -> Findings:
    found = places.tested(settings, app.clients.secrets)
    found.append(places.of_address(settings.web.listen_address))
    await app.clients.aclose()
    return Findings(
        places=found,
        doubts=resolved.doubts(settings),
        offline=True,
        discovers=bool(app.discoveries),
    )


async def _tested(app: App, settings: Settings) -> Findings:
    click.echo("Testing every credential and account ...", err=True)
    async with app.clients:
        owners = await names.owners(app, settings)
        broken = {name for name, owner in owners.items() if owner.failure}
        # What GitHub refuses or cannot be asked once fails for each account alike.
        untested = [w for w in app.poller.accounts if w.jobs[0].client.credential.name in broken]
        for watched in untested:
            app.poller.remove(watched)
        for discovery in app.discoveries:
            if discovery.credential.name not in broken:
                await discovery.once()
        await _followed(app)
        mistakes = await names.mistakes(app, owners)
    found = places.tested(settings, app.clients.secrets)
    return Findings(owners, untested, mistakes, found, resolved.doubts(settings))


async def _followed(app: App) -> None:
    """Attempt every job once, and show the progress on a terminal."""
    accounts = len(app.poller.accounts)
    label = f"Testing {accounts} account{'' if accounts == 1 else 's'}"
    if sys.stderr is None or not sys.stderr.isatty() or not accounts:
        await app.poller.once()
        return
    attempts = asyncio.ensure_future(app.poller.once())
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:
        while not attempts.done():
            # The platform of an account decides which of its jobs are attempted.
            jobs = [job for watched in app.poller.accounts for job in watched.heads()]
            bar.length = len(jobs)
            bar.update(sum(job.last_attempt is not None for job in jobs) - bar.pos)
            await asyncio.wait([attempts], timeout=_LOOK_SECONDS)
        bar.update((bar.length or 0) - bar.pos)
    await attempts

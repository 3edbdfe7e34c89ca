"""Writes the recording of ``check --record``."""

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from exporter.app import App
from exporter.commands.checking.anonymous import hidden, pseudonyms
from exporter.commands.checking.report import AccountReport, Report
from exporter.commands.shared import WRONG_SETTINGS, end, written
from exporter.recording import folder as folders
from exporter.recording.answers import Answer, answer
from exporter.recording.pseudonyms import Pseudonyms, random_factor
from exporter.recording.questions import Account, Asked, answered, asked
from exporter.recording.tape import Tape
from exporter.settings import Settings

_INDENT, _WIDTH = "    ", 96


def prepare(folder: Path) -> None:
    """Make the folder, or exit if it is not empty or cannot be written."""
    with written(folder, "--record"):
        is_empty = folders.prepare(folder)
    if not is_empty:
        end(WRONG_SETTINGS, f"--record: the folder {folder} is not empty")


def learned(settings: Settings, app: App, tape: Tape) -> Pseudonyms:
    """Return pseudonyms of all names in the settings and in what GitHub answered."""
    names = pseudonyms(settings, app, random_factor())
    for _ in _answers(tape, names):
        pass
    return names


def record(folder: Path, settings: Settings, app: App, tape: Tape, report: Report) -> Pseudonyms:
    """Write the recording, print what it answers, and return the pseudonyms."""
    names = pseudonyms(settings, app, random_factor())
    everything: list[Asked] = []
    unknown: dict[str, None] = {}
    with written(folder, "--record"):
        for each in _answers(tape, names):
            folders.write_answer(folder, each)
            everything.append(asked(each))
            unknown |= dict.fromkeys(f"{each.endpoint}: {field}" for field in each.unknown)
        shown = hidden(report, names)
        lines = [*_lines(everything, shown, unknown)]
        folders.write_rest(folder, msgspec.json.encode(shown), lines)
    click.echo(f"Recorded {len(everything)} answers in {folder}.\n", err=True)
    click.echo("\n".join((*lines, "")), err=True)
    return names


def _answers(tape: Tape, names: Pseudonyms) -> Iterator[Answer]:
    for number, taken in enumerate(tape.taken, 1):
        yield answer(number, taken, names)
        taken.body.clear()


def _lines(everything: list[Asked], report: Report, unknown: Iterable[str]) -> Iterator[str]:
    kinds = {
        each.name: each.kind if each.installations is None else "GitHub App"
        for each in report.credentials
    }
    accounts = [
        Account(each.type, kinds.get(each.credential, "unknown"), _usage(each))
        for each in report.accounts
    ]
    for question, told in answered(everything, accounts):
        text = f"{question} {told}"
        yield from textwrap.wrap(text, _WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)
    for field in unknown:
        yield f"Unknown field, left out: {field}"


def _usage(account: AccountReport) -> str | None:
    for collector in account.collectors:
        if collector.name == "usage":
            return collector.cause.reason if collector.cause else collector.state
    return None

"""The report of ``check`` in tests."""

import subprocess

import msgspec

from exporter.app import App
from exporter.commands.checking.gathering import gathered
from exporter.commands.checking.report import AccountReport, CollectorReport, Report
from exporter.commands.checking.wording import worded


def read(output: str) -> Report:
    """Return the report that ``check --format json`` printed."""
    return msgspec.json.decode(output, type=Report)


def account(report: Report, name: str) -> AccountReport:
    (found,) = (each for each in report.accounts if each.name == name)
    return found


def collector(report: Report, name: str, of: str | None = None) -> CollectorReport:
    """Return a collector's part, of the only account by default."""
    (found,) = (
        each
        for its in report.accounts
        if of in {None, its.name}
        for each in its.collectors
        if each.name == name
    )
    return found


def said(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the text that ``check`` printed, without line breaks."""
    return " ".join(ended.stdout.split())


def told(app: App) -> str:
    """Return all that ``check --verbose`` tells of the last attempts, without line breaks."""
    return " ".join(worded(gathered(app), verbose=True).split())

"""Help of the commands: options in groups."""

from collections import defaultdict
from typing import Any

import click

OPTIONS = "Options"

GROUPS = {
    "organizations": "Accounts",
    "users": "Accounts",
    "enterprises": "Accounts",
    "discover": "Accounts",
    "shard": "Accounts",
    "github": "GitHub",
    "poll": "Polling",
    "platform": "Collectors",
    "collectors": "Collectors",
    "no_collectors": "Collectors",
    "quota": "Collectors",
    "series_limit": "Collectors",
    "series_ceiling": "Collectors",
    "web": "Web server",
    "config": "Files",
    "state": "Files",
    "log": "Log",
}
"""Headings of settings, by the first key of their path."""


class SettingOption(click.Option):
    """The flag of a setting, shown under the heading ``group``."""

    def __init__(self, *args: Any, group: str, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.group = group


class Command(click.Command):
    """A command whose help shows its own options first, then settings by group."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups = defaultdict[str, list[tuple[str, str]]](list, {OPTIONS: []})
        for each in self.get_params(ctx):
            if record := each.get_help_record(ctx):
                groups[getattr(each, "group", OPTIONS)].append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)

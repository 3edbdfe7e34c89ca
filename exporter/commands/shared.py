"""The settings as flags of a command."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from exporter.settings import Option, options

_REPOSITORY = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9._-]+")


def settings_options(
    wanted: Callable[[Option], bool] = lambda _: True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command a flag for each setting that has one."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options()):
            if option.flag is None or not wanted(option):
                continue
            default = f"; default {option.default_text}" if option.default_text else ""
            command = click.option(
                option.flag,
                _parameter(option),
                is_flag=option.switch,
                default=None,
                multiple=option.repeatable,
                metavar=option.metavar or None,
                help=f"{option.description} [{option.environment[0]}{default}]",
            )(command)
        return command

    return decorate


def _checked(
    _context: click.Context, _option: click.Parameter, repositories: tuple[str, ...]
) -> tuple[str, ...]:
    if not all(map(_REPOSITORY.fullmatch, repositories)):
        raise click.BadParameter("must be OWNER/NAME, such as acme/api.")
    return repositories


repositories_option = click.option(
    "--repository",
    "repositories",
    metavar="OWNER/NAME",
    multiple=True,
    callback=_checked,
    help="Report this repository alone; may be given several times.",
)


def output_option(how: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command ``--output FILE``; ``how`` says more of how the file is written."""
    return click.option(
        "--output",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help=f"Write to this file, whole or not at all{how}, instead of standard output.",
    )


def _parameter(option: Option) -> str:
    return "__".join(option.path)


def nested_flags(given: Mapping[str, Any]) -> dict[str, Any]:
    """Nest the flags that were given by section, as the settings take them."""
    nested: dict[str, Any] = {}
    for option in options():
        value = given.get(_parameter(option))
        if value not in (None, ()):
            section = nested
            for key in option.path[:-1]:
                section = section.setdefault(key, {})
            section[option.path[-1]] = list(value) if option.repeatable else value
    return nested

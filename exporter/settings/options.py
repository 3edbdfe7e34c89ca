"""Options: the settings with a flag or an environment variable, derived from the model."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from exporter.settings.durations import format_duration
from exporter.settings.fields import Shown
from exporter.settings.model import Loc, Settings

PREFIX = "GITHUB_BILLING_"


@dataclass(frozen=True, slots=True)
class Option:
    """A setting as users write it.

    ``path`` are its keys in the file. ``flag`` is ``None`` for a secret. The first variable of
    ``environment`` that is set wins. A ``repeatable`` option takes several values: a repeated
    flag, a comma-separated variable, a list in the file. A ``switch`` takes no value.
    ``elsewhere`` is the error if the file sets an option that it does not support.
    """

    path: tuple[str, ...]
    flag: str | None
    environment: tuple[str, ...]
    repeatable: bool
    switch: bool
    default_text: str
    description: str
    metavar: str
    elsewhere: str


@cache
def options() -> tuple[Option, ...]:
    """Return the options in the order of the model."""
    return tuple(_options(Settings, ()))


def known_keys(model: type[BaseModel], loc: Loc) -> tuple[str, ...]:
    """Return the keys of the section at ``loc``, skipping list positions and names in it."""
    fields = _fields(model)
    for step in loc:
        if field := fields.get(str(step)):
            fields = next(map(_fields, _models(field.annotation)), {})
    return tuple(fields)


def closest(word: str, known: tuple[str, ...]) -> str:
    """Return a suggestion for an unknown word: the most similar known one, else all."""
    # The common prefix would make any two variables look alike.
    bare = {name.removeprefix(PREFIX): name for name in known}
    if matches := get_close_matches(word.removeprefix(PREFIX), bare, n=1):
        return f"did you mean {bare[matches[0]]}?"
    return f"use one of {', '.join(known)}" if known else "there are none"


def _options(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[Option]:
    for name, field in model.model_fields.items():
        here = (*path, name)
        for shown in field.metadata:
            if isinstance(shown, Shown):
                yield _option(here, field, shown)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _options(field.annotation, here)


def _option(path: tuple[str, ...], field: FieldInfo, shown: Shown) -> Option:
    repeatable = get_origin(field.annotation) is tuple
    spelled = path[:-1] if path[-1] == "enabled" else path
    flag = "--" + ".".join(spelled).replace("_", "-")
    # The prefix already contains GITHUB.
    variable = PREFIX + "_".join(spelled[spelled[0] == "github" :]).upper()
    return Option(
        path=path,
        flag=(flag.removesuffix("s") if repeatable else flag) if shown.flag else None,
        environment=(variable, *shown.also),
        repeatable=repeatable,
        switch=field.annotation is bool,
        default_text=_text(field.default) if shown.default is None else shown.default,
        description=field.description or "",
        metavar=shown.metavar,
        elsewhere=shown.elsewhere,
    )


def _text(default: object) -> str:
    if isinstance(default, timedelta):
        return format_duration(default)
    return "" if default in (None, (), False) else str(default)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)

"""Reads flags and environment into located values and errors."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from pydantic import SecretStr

from exporter.github.auth import bare
from exporter.settings.options import PREFIX, Option, closest, options
from exporter.settings.sources.located import Located

_NO_SETTINGS = PREFIX + "EXPORTER_"
"""Not settings: Kubernetes sets such variables in every pod if a service has this name."""


class Source(NamedTuple):
    """The valid part of a source, and a line for each error in it."""

    tree: Located
    faults: tuple[str, ...] = ()


def read_flags(flags: Mapping[str, object]) -> Source:
    """Read flags nested by section. ``None`` and ``()`` count as not set."""
    places = {option.path: option.flag for option in options() if option.flag}
    tree = _flags(flags, (), places)
    return misplaced(tree, (option for option in options() if not option.flag))


def read_environment(environment: Mapping[str, str]) -> Source:
    """Read the variables by their first names. An empty variable counts as not set."""
    leaves = {}
    for option in options():
        name = option.environment[0]
        if text := bare(environment.get(name, "")):
            parts = [part.strip() for part in text.split(",") if part.strip()]
            # Wrap secrets at once: pydantic-settings can log the values of its sources.
            alone = text if option.flag else SecretStr(text)
            leaves[option.path] = _leaf(parts if option.repeatable else alone, name)
    return Source(_nested(leaves))


def unknown_variables(environment: Mapping[str, str], named: Collection[str]) -> Iterator[str]:
    """Yield an error line for each variable that is neither a setting nor ``named`` by one."""
    known = tuple(name for option in options() for name in option.environment)
    for name in sorted(environment):
        foreign = not name.startswith(PREFIX) or name.startswith(_NO_SETTINGS)
        if not foreign and name not in known and name not in named:
            spelled = name if name.isprintable() else ascii(name)
            yield f"{spelled}: no such setting: {closest(name, known)}"


def read_fallbacks(environment: Mapping[str, str]) -> Located:
    """Read the fallback variables, which other programs use too."""
    return _nested(
        {
            option.path: _leaf(SecretStr(text), name)
            for option in options()
            for name in reversed(option.environment[1:])
            if (text := bare(environment.get(name, "")))
        }
    )


def misplaced(tree: Located, unwelcome: Iterable[Option]) -> Source:
    """Remove the values of ``unwelcome`` options, with an error for each."""
    found = [
        (value, f"{value.place}: {option.elsewhere}")
        for option in unwelcome
        if (value := tree.at(option.path))
    ]
    return Source(tree.without([value for value, _ in found]), tuple(fault for _, fault in found))


def _flags(value: object, path: tuple[str, ...], places: Mapping[tuple[str, ...], str]) -> Located:
    place = places.get(path, f"flag {'.'.join(path)}")
    if not isinstance(value, Mapping):
        return _leaf(value, place)
    given = {key: child for key, child in value.items() if child not in (None, ())}
    return Located(
        {key: _flags(child, (*path, key), places) for key, child in given.items()}, place
    )


def _leaf(value: object, place: str) -> Located:
    if isinstance(value, Mapping):
        return Located({key: _leaf(child, place) for key, child in value.items()}, place)
    if not isinstance(value, list | tuple):
        return Located(value, place)
    several = len(value) > 1
    items = [
        _leaf(item, f"{place}, item {number}" if several else place)
        for number, item in enumerate(value, 1)
    ]
    return Located(items, place)


def _nested(leaves: Mapping[tuple[str, ...], Located]) -> Located:
    heads = dict.fromkeys(path[0] for path in leaves)
    return Located(
        {
            head: leaves.get((head,))
            or _nested({path[1:]: leaf for path, leaf in leaves.items() if path[0] == head})
            for head in heads
        },
        "environment",
    )

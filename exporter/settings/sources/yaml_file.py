"""Reads the configuration file into values with their line numbers."""

import re
from pathlib import Path

import yaml

from exporter import files
from exporter.settings.model import Loc, Settings
from exporter.settings.options import options
from exporter.settings.sentences import no_mapping, no_such_key
from exporter.settings.sources.given import Source, misplaced
from exporter.settings.sources.located import Located

_PRINTABLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,31}(\.[a-z_-]{1,31}){0,2}")
"""Other keys are not shown: they may be misplaced secrets."""

_NAMED = re.compile(r"'[^<'][^']{3,}'")

_NOT_CLOSED = {
    "flow sequence": "the [ is not closed",
    "flow mapping": "the { is not closed",
    "quoted scalar": "the quote is not closed",
}
_INSTEAD = {
    "expected <block end>": "wrong indentation, or a quote or a colon too many",
    "mapping values are not allowed": "a colon too many, or wrong indentation",
    "found character '\\t'": "indent with spaces, not tabs",
}

_DEEPEST = 8
"""Deeper than any setting. Bounds the recursion."""

_SECTIONS = tuple(dict.fromkeys(option.path[:-1] for option in options() if option.path[1:]))


class _UnreadableError(Exception):
    """A file that cannot be parsed. The message is the error line."""


def read_file(path: Path, place: str) -> Source:
    tree, faults = read_yaml(path, place)
    # Merging would silently replace a plain value with another source's section.
    shapeless = [
        (section, found)
        for section in _SECTIONS
        if (found := tree.at(section)) and not isinstance(found.value, dict)
    ]
    shapes = [f"{found.place}: {no_mapping(found.value, loc)}" for loc, found in shapeless]
    # pydantic-settings would take such keys as its own arguments.
    own = (
        [name for name in tree.value if name.startswith("_")]
        if isinstance(tree.value, dict)
        else []
    )
    unknown = [(found, name) for name in own if (found := tree.at((name,)))]
    strange = [f"{found.place}: {no_such_key(Settings, (name,))}" for found, name in unknown]
    wanted = tree.without([*(found for _, found in shapeless), *(found for found, _ in unknown)])
    read = misplaced(wanted, (option for option in options() if option.elsewhere))
    return Source(read.tree, (*faults, *shapes, *strange, *read.faults))


def read_yaml(path: Path, place: str) -> Source:
    """Read YAML without aliases, tags and duplicate keys; ``place`` is the setting of the path."""
    try:
        loader, root = _root(path, place)
    except _UnreadableError as error:
        return Source(Located({}, str(path)), (str(error),))
    if root is None:
        return Source(Located({}, str(path)))
    walk = _Walk(path, loader)
    tree = walk.located(root, ())
    return Source(tree.without(walk.broken), tuple(walk.faults))


def _root(path: Path, place: str) -> tuple[yaml.SafeLoader, yaml.Node | None]:
    try:
        text = files.read(path, files.MOST_TEXT).decode()
    except OSError as error:
        raise _UnreadableError(f"{place}: {files.problem(path, error)}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(f"{path}:{line}: invalid UTF-8") from None
    except ValueError:
        raise _UnreadableError(f"{place}: must be a valid file path") from None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _UnreadableError(
            f"{path}:{line}: contains a character that is invalid in YAML"
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _UnreadableError(f"{path}:{_invalid(error)}") from None
    except RecursionError:
        raise _UnreadableError(f"{path}: is nested too deeply") from None
    if root and not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1
        raise _UnreadableError(f"{path}:{line}: {no_mapping(root.value)}")
    return loader, root


def _invalid(error: yaml.MarkedYAMLError) -> str:
    context, problem, mark = error.context or "", error.problem or "", error.problem_mark
    if told := next((told for part, told in _NOT_CLOSED.items() if part in context), ""):
        mark = error.context_mark
    else:
        # The line, and names in the problem, may contain a secret.
        plain = _NAMED.sub("…", problem or "cannot be parsed")
        told = next((told for part, told in _INSTEAD.items() if part in problem), plain)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return f"{line}:{column}: invalid YAML: {told}"


class _Walk:
    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self._path = path
        self._loader = loader
        self._seen: set[int] = set()
        self.broken: list[Located] = []
        self.faults: list[str] = []

    def located(self, node: yaml.Node, loc: Loc, key: yaml.Node | None = None) -> Located:
        place = self._place(key or node, loc)
        if id(node) in self._seen:
            return self._broken(place, "aliases are not supported: repeat the value")
        if len(loc) > _DEEPEST:
            return self._broken(place, "is nested too deeply")
        self._seen.add(id(node))
        match node:
            case yaml.ScalarNode():
                return self._scalar(node, place)
            case yaml.SequenceNode():
                items = enumerate(node.value)
                return Located([self.located(item, (*loc, at)) for at, item in items], place)
            case _:
                return Located(self._mapping(node, loc), place)

    def _mapping(self, node: yaml.Node, loc: Loc) -> dict[str, Located]:
        children: dict[str, Located] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append(f"{self._place(key, loc)}: a key must be a plain string")
                continue
            here = (*loc, key.value)
            if key.value in children:
                self.faults.append(
                    f"{self._place(key, here)}: duplicate key: remove one of the two"
                )
            children[key.value] = self.located(value, here, key)
        return children

    def _scalar(self, node: yaml.ScalarNode, place: str) -> Located:
        plain = node.style is None
        untagged = self._loader.resolve(  # type: ignore[no-untyped-call] # bare in the stubs
            yaml.ScalarNode, node.value, (plain, not plain)
        )
        if node.tag != untagged:  # constructors of other tags raise any exception
            return self._broken(place, "tags are not supported: put the value in quotes")
        try:
            value = self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            value = node.value  # looks like a number or a date, such as 2026-02-30, and is none
        return Located(value, place, None if value is None else node.value)

    def _broken(self, place: str, why: str) -> Located:
        self.faults.append(f"{place}: {why}")
        self.broken.append(Located(None, place))
        return self.broken[-1]

    def _place(self, node: yaml.Node, loc: Loc) -> str:
        keys = "".join(_written(step) for step in loc).removeprefix(".")
        return ": ".join(filter(None, (f"{self._path}:{node.start_mark.line + 1}", keys)))


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PRINTABLE_KEY.fullmatch(step) else ".(key not shown)"

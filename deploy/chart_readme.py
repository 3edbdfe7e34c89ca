"""The table of values in the chart's README, from the comments in its values.yaml."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

CHART = Path(__file__).parent / "helm" / "github-billing-exporter"

_BEGIN = "<!-- values: begin -->\n"
_END = "<!-- values: end -->\n"
_COMMENT = "# "


class Value(NamedTuple):
    """A documented key. ``default`` is JSON, or empty if the nested keys are documented."""

    name: str
    default: str
    meaning: str


def readme(text: str, values_text: str) -> str:
    """Return the README with the table of the values."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = [
        f"| `{value.name}` | {f'`{value.default}`' if value.default else ''} | {value.meaning} |\n"
        for value in values(values_text)
    ]
    table = "| Value | Default | Meaning |\n| --- | --- | --- |\n" + "".join(rows)
    return f"{before}{_BEGIN}{table}{_END}{after}"


def values(text: str) -> list[Value]:
    """Return the values with the comments directly above them.

    A mapping whose keys have no comments is one value. Raises ``ValueError`` for any other key
    without a comment.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise TypeError("values.yaml must be a mapping")
    return list(_values(root, "", text.splitlines()))


def _values(mapping: yaml.MappingNode, prefix: str, lines: Sequence[str]) -> Iterator[Value]:
    for key, node in mapping.value:
        name = f"{prefix}{key.value}"
        meaning = _comment_above(key, lines)
        if not meaning:
            raise ValueError(f"values.yaml: {name} has no comment")
        if isinstance(node, yaml.MappingNode) and any(
            _comment_above(child, lines) for child, _ in node.value
        ):
            yield Value(name, "", meaning)
            yield from _values(node, f"{name}.", lines)
        else:
            yield Value(name, _json(node), meaning)


def _comment_above(key: yaml.Node, lines: Sequence[str]) -> str:
    comment: list[str] = []
    line = key.start_mark.line - 1
    while line >= 0 and lines[line].lstrip().startswith(_COMMENT):
        comment.insert(0, lines[line].lstrip().removeprefix(_COMMENT))
        line -= 1
    return " ".join(comment)


def _json(node: yaml.Node) -> str:
    return json.dumps(yaml.safe_load(yaml.serialize(node)), ensure_ascii=False)

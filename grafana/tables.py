"""Tables: a row per label set, a column per label or query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import FieldTextAlignment
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.looks import (
    ABSENT,
    COUNT,
    DECIMALS,
    Query,
    Steps,
    instant,
    panel_of,
    unjudged,
)
from grafana.parts import by_thresholds, replaced


@dataclass(frozen=True)
class Column:
    """A table column. ``source`` is a label or the letter of a query.

    ``decimals`` replace those of the unit; ``exact`` shows as many as the value needs. ``absent``
    is the text of an empty cell, ``link`` the URL that a cell opens.
    """

    source: str
    title: str
    unit: str = ""
    steps: Steps = ()
    decimals: int | None = None
    exact: bool = False
    absent: str = ABSENT
    bar: bool = False
    width: int = 0
    link: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


def rows(
    title: str,
    about: str,
    queries: Sequence[Query],
    columns: Sequence[Column],
    empty: str,
    *,
    sort: str = "",
    descending: bool = True,
) -> table.Panel:
    """Build a table: a row per label set, a column per listed query or label.

    The first query is the column ``A``. ``sort`` is the heading to sort by; rows without a value
    come after those that have one, if ``descending``.
    """
    panel = panel_of(table.Panel(), title, about, COUNT, empty).color_scheme(by_thresholds())
    panel.align(FieldTextAlignment.AUTO).show_header(show_header=True)
    for letter, query in zip("ABCDEFGHIJ", queries, strict=False):
        panel.with_target(instant(query, letter).format(PromQueryFormat.TABLE))
    shown = {_source(column, queries): column.title for column in columns}
    places = {name: place for place, name in enumerate(shown)}
    arranged = {
        "excludeByName": {},
        "includeByName": dict.fromkeys(shown, True),
        "indexByName": places,
        "renameByName": shown,
    }
    panel.with_transformation(model.DataTransformerConfig("merge", options={}))
    panel.with_transformation(model.DataTransformerConfig("organize", options=arranged))
    if sort:
        # The transformation "Sort by" leaves rows in any order if one of them lacks the value.
        panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(desc=descending)])
    panel.override_by_regexp(".*", _properties({"noValue": ABSENT, "mappings": [unjudged(ABSENT)]}))
    for column in columns:
        if properties := _drawn(column):
            panel.override_by_name(column.title, properties)
    return panel


def _source(column: Column, queries: Sequence[Query]) -> str:
    # Grafana names the merged field ``Value`` for one query, ``Value #A`` for several.
    if len(column.source) > 1:
        return column.source
    return "Value" if len(queries) == 1 else f"Value #{column.source}"


def _drawn(column: Column) -> list[model.DynamicConfigValue]:
    found: dict[str, object] = {}
    if column.unit:
        found["unit"] = column.unit
    decimals = DECIMALS.get(column.unit) if column.decimals is None else column.decimals
    if decimals is not None and not column.exact:
        found["decimals"] = decimals
    if column.steps:
        steps = [{"value": value, "color": colour} for value, colour in column.steps]
        found["thresholds"] = {"mode": "absolute", "steps": steps}
        found["custom.cellOptions"] = {"type": "color-text"}
    if column.bar:
        found["custom.cellOptions"] = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
        found |= {"min": 0, "max": 1}
    if column.width:
        found["custom.width"] = column.width
    if column.link:
        found["links"] = [model.DashboardLink("Show details", url=column.link)]
    if column.texts or column.absent != ABSENT:
        found["mappings"] = [*replaced(column.texts), unjudged(column.absent)]
    return _properties(found)


def _properties(found: Mapping[str, object]) -> list[model.DynamicConfigValue]:
    return [model.DynamicConfigValue(name, value) for name, value in found.items()]

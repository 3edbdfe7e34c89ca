"""How it looks: a preset for each kind of panel, and what colours and units mean.

Green, amber and red judge against a limit and say nothing else; what is not judged is neutral.
Single values are asked for the end of the time range and for no series of it, since the last value
of a series that has gone would pass for today's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

USD = "currencyUSD"
MINUTES = "suffix:min"
"""A billed minute is no duration: nothing may make it hours or weeks."""

GIGABYTES = "suffix:GB"
DAYS = "suffix:days"
RATIO = "percentunit"
SECONDS = "s"
NUMBER = "short"

NEUTRAL = "text"
PLAIN = "#5B8FD9"
GREY = "#8E9297"
GOOD, CARE, BAD = "green", "orange", "red"

PRODUCTS: Mapping[str, str] = {
    "actions": "#5B8FD9",
    "copilot": "#B583D6",
    "ghas": "#E3A869",
    "ghec": "#59B3C3",
    "codespaces": "#D987AF",
    "packages": "#A68A6D",
}
"""A product has the same colour on every board; those that are not named are grey, as the rest."""

STATUSES: Mapping[str, str] = {
    "200": "#5B8FD9",
    "304": "#59B3C3",
    "400": "#D987AF",
    "403": "#E3A869",
    "404": "#A68A6D",
    "422": "#B583D6",
    "error": "red",
}
"""What GitHub answered; no answer at all is a fault."""

SYSTEMS: Mapping[str, str] = {
    "linux": "#5B8FD9",
    "windows": "#59B3C3",
    "macos": "#B583D6",
    "other": GREY,
}

_DECIMALS = {USD: 2, RATIO: 0, DAYS: 1}
_NAME_SIZE = 13
_BAR_VALUE_SIZE = 15
_NAMED_VALUE_SIZE = 26

Panel = Builder[model.Panel]
_Kind = TypeVar("_Kind", stat.Panel, bargauge.Panel, table.Panel, timeseries.Panel)
Steps = Sequence[tuple[float | None, str]]

UNJUDGED: Steps = [(None, NEUTRAL)]


def worse_above(care: float | None, bad: float | None = None) -> Steps:
    """Judge what should stay low: amber from ``care`` on, red from ``bad`` on."""
    named = [(care, CARE), (bad, BAD)]
    return [(None, GOOD), *((value, colour) for value, colour in named if value is not None)]


def better_above(good: float, below: str = BAD) -> Steps:
    """Judge what should stay high: ``below`` until ``good`` is reached."""
    return [(None, below), (good, GOOD)]


@dataclass(frozen=True)
class Query:
    """An expression, and what its series are called: words and ``{{label}}``."""

    expr: str
    name: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table: a label or the letter of a query, its heading, and how it is drawn."""

    source: str
    title: str
    unit: str = ""
    steps: Steps = ()
    bar: bool = False
    width: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)


def number(
    title: str,
    about: str,
    query: Query,
    unit: str,
    empty: str,
    *,
    steps: Steps = UNJUDGED,
    decimals: int | None = None,
    texts: Mapping[str, str] | None = None,
) -> stat.Panel:
    """Make one big value, or one a series. ``texts`` stand for values."""
    named = kinds.BigValueTextMode.VALUE_AND_NAME if query.name else kinds.BigValueTextMode.VALUE
    small = common.VizTextDisplayOptions().title_size(_NAME_SIZE).value_size(_NAMED_VALUE_SIZE)
    panel = (
        _panel(stat.Panel(), title, about, unit, empty, steps=steps)
        .with_target(_instant(query, "A"))
        .color_scheme(_by_thresholds())
        .color_mode(kinds.BigValueColorMode.VALUE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .text_mode(named)
        .reduce_options(_last())
    )
    if query.name:
        panel.text(small).orientation(kinds.VizOrientation.HORIZONTAL)
    if texts:
        panel.mappings([_mapping(texts)])
    return panel if decimals is None else panel.decimals(decimals)


def bars(
    title: str,
    about: str,
    query: Query,
    unit: str,
    empty: str,
    *,
    steps: Steps = (),
    decimals: int | None = None,
    full: float | None = None,
    colours: Mapping[str, str] | None = None,
    link: str = "",
) -> bargauge.Panel:
    """Make a horizontal bar for each series; judged by ``steps``, else of one colour or its own.

    ``full`` is the value of a bar as long as the panel, ``link`` leads on from a bar.
    """
    panel = (
        _panel(bargauge.Panel(), title, about, unit, empty, steps=steps or UNJUDGED)
        .with_target(_instant(query, "A"))
        .min(0)
        .color_scheme(_by_thresholds() if steps else _fixed(GREY if colours else PLAIN))
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .display_mode(kinds.BarGaugeDisplayMode.BASIC)
        .show_unfilled(show_unfilled=True)
        .text(common.VizTextDisplayOptions().title_size(_NAME_SIZE).value_size(_BAR_VALUE_SIZE))
        .reduce_options(_last())
    )
    _coloured(panel, colours or {})
    if decimals is not None:
        panel.decimals(decimals)
    if full is not None:
        panel.max(full)
    if link:
        panel.data_links([build.DashboardLink("What makes it up").url(link)])
    return panel


def lines(
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: str,
    empty: str,
    *,
    colours: Mapping[str, str] | None = None,
    dashed: Sequence[str] = (),
    low: float | None = 0,
) -> timeseries.Panel:
    """Make lines over time; ``dashed`` names those that are a limit or a forecast.

    The axis begins at ``low``, or where the lines do.
    """
    panel = _over_time(title, about, queries, unit, empty)
    if low is not None:
        panel.min(low)
    panel.line_width(2).fill_opacity(0).show_points(kinds.VisibilityMode.NEVER)
    _coloured(panel, colours or {})
    for name in dashed:
        dash = {"fill": "dash", "dash": [8, 6]}
        panel.override_by_name(name, [model.DynamicConfigValue("custom.lineStyle", dash)])
    return panel


def daily(
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: str,
    empty: str,
    *,
    colours: Mapping[str, str],
) -> timeseries.Panel:
    """Make stacked bars, one a day: a value is about the day before its midnight, so is its bar."""
    panel = _over_time(title, about, queries, unit, empty)
    panel.min(0).interval("1d").draw_style(kinds.GraphDrawStyle.BARS)
    panel.bar_alignment(kinds.BarAlignment.BEFORE).bar_width_factor(0.8).line_width(0)
    panel.fill_opacity(85).stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    _coloured(panel, colours)
    return panel


def rows(
    title: str,
    about: str,
    queries: Sequence[Query],
    columns: Sequence[Column],
    empty: str,
    *,
    sort: str = "",
) -> table.Panel:
    """Make a table: a row for each set of labels, a column for each query and label that is named.

    The first query is the column ``A``. ``sort`` is the heading to sort by, largest first.
    """
    panel = _panel(table.Panel(), title, about, NUMBER, empty).color_scheme(_by_thresholds())
    for letter, query in zip("ABCDEFG", queries, strict=False):
        panel.with_target(_instant(query, letter).format(PromQueryFormat.TABLE))
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
        by = {"fields": {}, "sort": [{"field": sort, "desc": True}]}
        panel.with_transformation(model.DataTransformerConfig("sortBy", options=by))
    for column in columns:
        if properties := _drawn(column):
            panel.override_by_name(column.title, properties)
    return panel


def _panel(
    kind: _Kind, title: str, about: str, unit: str, empty: str, *, steps: Steps = UNJUDGED
) -> _Kind:
    kind.title(title).description(about).unit(unit).no_value(empty).thresholds(_thresholds(steps))
    return kind


def _over_time(
    title: str, about: str, queries: Sequence[Query], unit: str, empty: str
) -> timeseries.Panel:
    panel = (
        _panel(timeseries.Panel(), title, about, unit, empty)
        .color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
        .legend(
            common.VizLegendOptions()
            .display_mode(kinds.LegendDisplayMode.LIST)
            .placement(kinds.LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(kinds.TooltipDisplayMode.MULTI)
            .sort(kinds.SortOrder.DESCENDING)
        )
    )
    for letter, query in zip("ABCDEFG", queries, strict=False):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.name)
        panel.with_target(target.range().ref_id(letter))
    return panel


def _instant(query: Query, letter: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.name)
    return target.instant().ref_id(letter)


def _source(column: Column, queries: Sequence[Query]) -> str:
    """Name the field that merging makes: of one query it is ``Value``, of several with letters."""
    if len(column.source) > 1:
        return column.source
    return "Value" if len(queries) == 1 else f"Value #{column.source}"


def _drawn(column: Column) -> list[model.DynamicConfigValue]:
    found: dict[str, object] = {}
    if column.unit:
        found["unit"] = column.unit
    if column.unit in _DECIMALS:
        found["decimals"] = _DECIMALS[column.unit]
    if column.steps:
        steps = [{"value": value, "color": colour} for value, colour in column.steps]
        found["thresholds"] = {"mode": "absolute", "steps": steps}
        found["custom.cellOptions"] = {"type": "color-text"}
    if column.bar:
        found["custom.cellOptions"] = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
        found |= {"min": 0, "max": 1}
    if column.width:
        found["custom.width"] = column.width
    if column.texts:
        found["mappings"] = [_mapping(column.texts)]
    return [model.DynamicConfigValue(name, value) for name, value in found.items()]


def _mapping(texts: Mapping[str, str]) -> model.ValueMap:
    return model.ValueMap(
        {value: model.ValueMappingResult(text=text) for value, text in texts.items()}
    )


def _coloured(panel: bargauge.Panel | timeseries.Panel, colours: Mapping[str, str]) -> None:
    for name, colour in colours.items():
        fixed = {"mode": "fixed", "fixedColor": colour}
        panel.override_by_name(name, [model.DynamicConfigValue("color", fixed)])


def _thresholds(steps: Steps) -> build.ThresholdsConfig:
    listed = [model.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(listed)


def _by_thresholds() -> build.FieldColor:
    return build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)


def _fixed(colour: str) -> build.FieldColor:
    return build.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(colour)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])

"""Panel presets, and the meaning of colors and units.

Green, amber and red compare a value with a limit; other values have a neutral color.
Single values are instant queries: a range query would show the last value of a series that has
ended as if it were current.

``empty`` says why a panel may have no data. Grafana draws the text for no data in lines and tables
as a sentence, but in numbers and bars as a value, fitted to one line: there it is short, and the
reason is in the description.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model

from grafana.parts import by_thresholds, capped, fixed, last, legend, replaced, thresholds, tooltip

USD = "currencyUSD"
EXACT_USD = "prefix:$"
"""US dollars to the cent, for tables to export: Grafana shortens `USD` to thousands.

Without separators of thousands: `currency:financial:$` has them, but only in the latest Grafana.
"""

GIGABYTES = "decgbytes"
DAYS = "suffix:days"
RATIO = "percentunit"
SECONDS = "s"
DATE = "time:ddd D MMM"
"""Of milliseconds: Thu 22 Oct."""

COUNT = "locale"
"""A number with all its digits, as `short` makes 6 K of 6,300 seats.

Of minutes too: Grafana converts its units of time to hours and weeks.
"""

ABSENT = "–"  # noqa: RUF001  (a dash)
"""Text of a value that is missing."""

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
"""Color of each product, the same on every board. Other products are gray."""

STATUSES: Mapping[str, str] = {
    "200": "#5B8FD9",
    "304": "#59B3C3",
    "400": "#D987AF",
    "401": "#F2CC0C",
    "403": "#E3A869",
    "404": "#6C63C9",
    "410": "#D4C5B0",
    "422": "#B583D6",
    "429": "#FF780A",
    "5xx": "#A3262E",
    "error": "#F2495C",
    "other": GREY,
}
"""Color of each HTTP status; ``error`` is a request without a complete response."""

SYSTEMS: Mapping[str, str] = {
    "linux": "#5B8FD9",
    "windows": "#59B3C3",
    "macos": "#B583D6",
    "other": GREY,
}

DECIMALS = {USD: 2, EXACT_USD: 2, RATIO: 0, DAYS: 1, COUNT: 0, SECONDS: 1}
_NAME_SIZE = 13
_BAR_VALUE_SIZE = 15
_NAMED_VALUE_SIZE = 26
_THINNEST_BAR, _THICKEST_BAR = 16, 40

Panel = Builder[model.Panel]
_Kind = TypeVar("_Kind", stat.Panel, bargauge.Panel, table.Panel, timeseries.Panel)
Steps = Sequence[tuple[float | None, str]]

UNJUDGED: Steps = [(None, NEUTRAL)]


def worse_above(care: float | None, bad: float | None = None) -> Steps:
    """Return steps for a value that should stay low: amber from ``care``, red from ``bad``."""
    named = [(care, CARE), (bad, BAD)]
    return [(None, GOOD), *((value, colour) for value, colour in named if value is not None)]


def better_above(good: float, below: str = BAD) -> Steps:
    """Return steps for a value that should stay high: ``below`` up to ``good``, then green."""
    return [(None, below), (good, GOOD)]


def bad_below(limit: float) -> Steps:
    """Return steps for a value that is an error below ``limit``, and not judged from there on."""
    return [(None, BAD), (limit, NEUTRAL)]


@dataclass(frozen=True)
class Query:
    """An expression, and the legend of its series: text and ``{{label}}``."""

    expr: str
    name: str = ""


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
    beyond: tuple[float, str] | None = None,
    link: str = "",
    blank: str = ABSENT,
) -> stat.Panel:
    """Build a stat panel: one value, or one per series.

    ``texts`` replace values, ``beyond`` those above a number, ``blank`` one that is missing.
    ``link`` is the URL that a value opens.
    """
    named = kinds.BigValueTextMode.VALUE_AND_NAME if query.name else kinds.BigValueTextMode.VALUE
    small = common.VizTextDisplayOptions().title_size(_NAME_SIZE).value_size(_NAMED_VALUE_SIZE)
    panel = (
        panel_of(stat.Panel(), title, _with_reason(about, blank, empty), unit, blank, steps=steps)
        .mappings([*replaced(texts or {}), *capped(beyond, BAD), unjudged(blank)])
        .with_target(instant(query, "A"))
        .color_scheme(by_thresholds())
        .color_mode(kinds.BigValueColorMode.VALUE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .text_mode(named)
        .reduce_options(last())
    )
    if query.name:
        panel.text(small).orientation(kinds.VizOrientation.HORIZONTAL)
    if link:
        panel.data_links([_details(link)])
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
    plain: str = "",
    link: str = "",
    blank: str = ABSENT,
) -> bargauge.Panel:
    """Build horizontal bars, one per series, colored by ``steps`` or ``colours``.

    ``plain`` is the color of bars that have none in ``colours``, ``full`` the value of a full bar,
    ``link`` the URL that a bar opens, ``blank`` the text for no bars.
    """
    panel = (
        panel_of(
            bargauge.Panel(),
            title,
            _with_reason(about, blank, empty),
            unit,
            blank,
            steps=steps or UNJUDGED,
        )
        .mappings([unjudged(blank)])
        .with_target(instant(query, "A"))
        # Grafana leaves out the name of a single bar, unless it has one of its own.
        .display_name(re.sub(r"{{(\w+)}}", r"${__field.labels.\1}", query.name))
        .min(0)
        .color_scheme(by_thresholds() if steps else fixed(plain or (GREY if colours else PLAIN)))
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .display_mode(kinds.BarGaugeDisplayMode.BASIC)
        .show_unfilled(show_unfilled=True)
        .sizing(kinds.BarGaugeSizing.MANUAL)
        .min_viz_height(_THINNEST_BAR)
        .max_viz_height(_THICKEST_BAR)
        .text(common.VizTextDisplayOptions().title_size(_NAME_SIZE).value_size(_BAR_VALUE_SIZE))
        .reduce_options(last())
    )
    _coloured(panel, {"other": GREY, **(colours or {})})
    if decimals is not None:
        panel.decimals(decimals)
    if full is not None:
        panel.max(full)
    if link:
        panel.data_links([_details(link)])
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
    high: float | None = None,
    steps: Steps = (),
) -> timeseries.Panel:
    """Build lines over time; ``dashed`` names the limits and forecasts.

    The axis starts at ``low`` and ends at ``high``, or at the lowest and highest value if they are
    None. ``steps`` are drawn as dashed lines.
    """
    panel = _over_time(title, about, queries, unit, empty)
    if steps:
        panel.thresholds(thresholds(steps))
        dashes = common.GraphThresholdsStyleConfig().mode(kinds.GraphThresholdsStyleMode.DASHED)
        panel.thresholds_style(dashes)
    if low is not None:
        panel.min(low)
    if high is not None:
        panel.max(high)
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
    """Build stacked bars, one per day. A value at midnight is drawn on the day that it ends."""
    panel = _over_time(title, about, queries, unit, empty)
    panel.min(0).interval("1d").draw_style(kinds.GraphDrawStyle.BARS)
    panel.bar_alignment(kinds.BarAlignment.BEFORE).bar_width_factor(0.8).line_width(0)
    panel.fill_opacity(85).stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    _coloured(panel, colours)
    return panel


def monthly(
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: str,
    empty: str,
    *,
    months: int,
    colours: Mapping[str, str],
) -> timeseries.Panel:
    """Build stacked blocks, one per month, of values that are the same on many days of it.

    Not bars: Grafana makes a bar as wide as a step of the query, a day. The panel shows the last
    ``months`` whatever the time range of the board, unless that is absolute.
    """
    panel = _over_time(title, about, queries, unit, empty)
    panel.min(0).interval("1d").time_from(f"{months}M/M").line_width(0).fill_opacity(85)
    panel.show_points(kinds.VisibilityMode.NEVER)
    panel.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    _coloured(panel, colours)
    return panel


def panel_of(
    kind: _Kind, title: str, about: str, unit: str, empty: str, *, steps: Steps = UNJUDGED
) -> _Kind:
    kind.title(title).description(about).unit(unit).no_value(empty).thresholds(thresholds(steps))
    return kind


def _over_time(
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: str,
    empty: str,
) -> timeseries.Panel:
    panel = (
        panel_of(timeseries.Panel(), title, about, unit, empty)
        .color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
        .legend(legend())
        .tooltip(tooltip())
    )
    for letter, query in zip("ABCDEFG", queries, strict=False):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.name)
        panel.with_target(target.range().ref_id(letter))
    return panel


def instant(query: Query, letter: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.name)
    return target.instant().ref_id(letter)


def unjudged(blank: str) -> model.SpecialValueMap:
    """Return the mapping of a missing value, which otherwise has the color of the first step."""
    shown = model.ValueMappingResult(text=blank, color=NEUTRAL)
    match = model.SpecialValueMatch.NULL_AND_NAN
    return model.SpecialValueMap(model.DashboardSpecialValueMapOptions(match, shown))


def _details(url: str) -> build.DashboardLink:
    return build.DashboardLink("Show details").url(url)


def _with_reason(about: str, blank: str, empty: str) -> str:
    return f"{about}\n\n`{blank}` means: {empty}."


def _coloured(panel: bargauge.Panel | timeseries.Panel, colours: Mapping[str, str]) -> None:
    for name, colour in colours.items():
        fixed = {"mode": "fixed", "fixedColor": colour}
        panel.override_by_name(name, [model.DynamicConfigValue("color", fixed)])

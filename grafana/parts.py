"""Parts of panels that several kinds of panels have."""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model


def thresholds(steps: Sequence[tuple[float | None, str]]) -> build.ThresholdsConfig:
    listed = [model.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(listed)


def by_thresholds() -> build.FieldColor:
    return build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)


def fixed(colour: str) -> build.FieldColor:
    return build.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(colour)


def last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])


def legend() -> common.VizLegendOptions:
    listed = common.VizLegendOptions().display_mode(kinds.LegendDisplayMode.LIST)
    return listed.placement(kinds.LegendPlacement.BOTTOM).show_legend(show_legend=True)


def tooltip() -> common.VizTooltipOptions:
    of_all = common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI)
    return of_all.sort(kinds.SortOrder.DESCENDING)


def replaced(texts: Mapping[str, str]) -> list[model.ValueMapping]:
    """Return the value mapping of ``texts``, if there are any."""
    shown = {value: model.ValueMappingResult(text=text) for value, text in texts.items()}
    return [model.ValueMap(shown)] if shown else []


def capped(beyond: tuple[float, str] | None, colour: str) -> list[model.ValueMapping]:
    """Return the mapping of values above a number to a text, if there is one."""
    if beyond is None:
        return []
    highest, text = beyond
    shown = model.ValueMappingResult(text=text, color=colour)
    above = model.DashboardRangeMapOptions(from_val=highest, result=shown)
    return [model.RangeMap(above)]

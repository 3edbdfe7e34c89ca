"""Variables, links, annotations and layout of all boards."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.labels import JOB
from grafana.looks import Panel
from grafana.queries import ACCOUNT, CYCLE_START, EXPORTER, IDENTITY, recorded

TAG = "github-billing"
DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
COLUMNS = 24


@dataclass(frozen=True)
class Row:
    """Panels side by side, each with its width in columns. ``height`` is in grid rows."""

    height: int
    panels: Sequence[tuple[int, Panel]]


@dataclass(frozen=True)
class Section:
    """A heading of the rows up to the next one; readers unfold a ``folded`` one.

    Folded is what most accounts lack, at the bottom of a board.
    """

    title: str
    folded: bool = False


def board(
    uid: str,
    title: str,
    about: str,
    layout: Sequence[Row | Section],
    variables: Iterable[build.QueryVariable] = (),
) -> model.Dashboard:
    """Build a dashboard of the last 30 days, in UTC as GitHub bills."""
    made = (
        build.Dashboard(title)
        .uid(uid)
        .description(about)
        .tags([TAG])
        .editable()
        .timezone("utc")
        .refresh("5m")
        .time("now-30d", "now")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .variables([_datasource(), *_selection(), *variables])
        .link(_to_the_others())
    ).build()
    made.panels = list(_placed(layout))
    made.annotations = model.AnnotationContainer(list_val=_moments())
    return made


def chosen(name: str, label: str, metric: str) -> build.QueryVariable:
    """Return a variable that selects one, several or all values of a label."""
    return _several(name, label, recorded(metric))


def host() -> build.QueryVariable:
    """Return the hidden variable ``host``: the website of the selected accounts, for links.

    If they are on several, it is the first.
    """
    return (
        _from_labels("host", "Website", _watched(ACCOUNT))
        .regex(r"/^(?:api\.)?(.+)$/")
        .hide(model.VariableHide.HIDE_VARIABLE)
    )


def _datasource() -> build.DatasourceVariable:
    return build.DatasourceVariable("datasource").label("Data source").type("prometheus")


def _selection() -> list[build.QueryVariable]:
    # Each offers what the ones before it leave.
    cluster, job, account_type, _ = ACCOUNT.split(",")
    return [
        _several("cluster", "Cluster", _watched()),
        _several("job", "Job", _watched(cluster)),
        # One type at a time: an enterprise's bill already includes its organizations'.
        _from_labels("account_type", "Account type", _watched(cluster, job)),
        _several("account", "Account", _watched(cluster, job, account_type)),
    ]


def _watched(*matchers: str) -> str:
    return f"github_billing_account_info{{{','.join(matchers)}}}"


def _several(name: str, label: str, selector: str) -> build.QueryVariable:
    return (
        _from_labels(name, label, selector)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(model.VariableOption(selected=True, text="All", value="$__all"))
    )


def _from_labels(name: str, label: str, selector: str) -> build.QueryVariable:
    return (
        build.QueryVariable(name)
        .label(label)
        .query(f"label_values({selector}, {name})")
        .datasource(DATASOURCE)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )


def _to_the_others() -> build.DashboardLink:
    return (
        build.DashboardLink("GitHub billing")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
    )


def _placed(layout: Sequence[Row | Section]) -> Iterable[model.Panel | model.RowPanel]:
    top, numbers = 0, itertools.count(1)
    folded: model.RowPanel | None = None
    for part in layout:
        if isinstance(part, Section):
            heading = build.Row(part.title).id(next(numbers)).collapsed(part.folded).build()
            heading.grid_pos = model.GridPos(h=1, w=COLUMNS, x=0, y=top)
            yield heading
            folded = heading if part.folded else None
            top += 1
            unfolded = top
        elif folded:
            folded.panels += _beside(part, unfolded, numbers)
            unfolded += part.height
        else:
            yield from _beside(part, top, numbers)
            top += part.height


def _beside(row: Row, top: int, numbers: Iterator[int]) -> Iterable[model.Panel]:
    left = 0
    for width, panel in row.panels:
        made = panel.build()
        made.id_val = next(numbers)
        made.datasource = DATASOURCE
        made.grid_pos = model.GridPos(h=row.height, w=width, x=left, y=top)
        yield made
        left += width


class _Moment(model.AnnotationQuery):
    """An annotation at the time that its expression returns, which the SDK does not support."""

    def to_json(self) -> dict[str, object]:
        return {**super().to_json(), "useValueForTime": True, "titleFormat": self.name}


def _moments() -> list[model.AnnotationQuery]:
    of = f"{JOB}, instance"
    started = f"process_start_time_seconds{{{EXPORTER}}} and on ({of}) {_BUILD}{{{EXPORTER}}}"
    return [
        _Moment(
            name="New billing cycle",
            datasource=DATASOURCE,
            icon_color="blue",
            expr=f"max by (account_type) ({recorded(CYCLE_START)}) * 1000",
        ),
        _moved(),
        _Moment(
            name="Exporter restarted",
            datasource=DATASOURCE,
            icon_color="purple",
            expr=f"max by ({of}) ({started}) * 1000",
        ),
    ]


def _moved() -> model.AnnotationQuery:
    # True for an hour after the label `platform` of an account changed.
    info = f'github_billing_account_info{{{ACCOUNT},platform!=""}}'
    now = f"max by ({IDENTITY}, platform) ({info})"
    before = f"max by ({IDENTITY}, platform) ({info} offset 1h)"
    return model.AnnotationQuery(
        name="Moved to another billing platform",
        datasource=DATASOURCE,
        icon_color="orange",
        expr=f"{now} unless {before} and on ({IDENTITY}) {before}",
    )


_BUILD = "github_billing_exporter_build_info"

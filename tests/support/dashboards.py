"""The committed dashboards as data, and their expressions as PromQL."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import promql_parser

from deploy.prometheus.labels import JOB
from exporter.metrics import catalogue
from tests.support.blocks import recording_rules
from tests.support.paths import ROOT

FOLDER = ROOT / "grafana/dashboards"
BOARDS = (
    "overview",
    "accounts",
    "costs",
    "months",
    "teams",
    "actions",
    "workflows",
    "seats",
    "exporter",
)
ACCOUNT_TYPES = ("enterprise", "organization", "user")

_JOB = set(JOB.split(", "))
_SCRAPED = {*_JOB, "instance"}
_SERIES_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


class Asked(NamedTuple):
    """An expression of a panel or an annotation; ``ranged`` if it is a range query."""

    board: str
    title: str
    expr: str
    ranged: bool


def board(name: str) -> dict[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(
        (FOLDER / f"github-billing-{name}.json").read_bytes()
    )
    return read


def panels(name: str) -> list[dict[str, Any]]:
    """Return the panels of a board, without its rows but with those that are folded into them."""
    listed = board(name)["panels"]
    every = (inner for panel in listed for inner in (panel, *panel.get("panels", ())))
    return [panel for panel in every if panel["type"] != "row"]


def asked(name: str) -> Iterator[Asked]:
    """Yield every expression of a board, including its annotations."""
    for panel in panels(name):
        for target in panel["targets"]:
            yield Asked(name, panel["title"], target["expr"], bool(target["range"]))
    for annotation in board(name)["annotations"]["list"]:
        yield Asked(name, annotation["name"], annotation["expr"], ranged=True)


def filled(expr: str, account_type: str = "enterprise") -> str:
    """Replace the variables with values: all of everything, of one type of account."""
    return re.sub(r"\$[a-z]+", ".*", expr.replace("$account_type", account_type))


def labels_of_series() -> Mapping[str, set[str]]:
    """Return the labels of every exported or recorded series."""
    found = {"process_start_time_seconds": set(_SCRAPED)}
    for metric in catalogue.ALL:
        labels = {*metric.all_labels, *_SCRAPED}
        if metric.type == "histogram":
            found |= {f"{metric.name}{end}": labels | {"le"} for end in _SERIES_OF_A_HISTOGRAM}
        else:
            found[metric.name] = labels
    for rule in recording_rules():
        level = rule.record.partition(":")[0]
        found[rule.record] = {*_JOB, "account_type", *level.split("_")}
    return found


def selectors(expr: promql_parser.Expr) -> Iterator[promql_parser.VectorSelector]:
    for inner in nodes(expr):
        if isinstance(inner, promql_parser.VectorSelector):
            yield inner


def nodes(expr: promql_parser.Expr) -> Iterator[promql_parser.Expr]:
    """Walk an expression and its subexpressions."""
    yield expr
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        if (inner := getattr(expr, name, None)) is not None:
            yield from nodes(inner)
    for argument in getattr(expr, "args", None) or []:
        yield from nodes(argument)


def unaggregated(expr: promql_parser.Expr) -> Iterator[str]:
    """Yield the names of the series that reach the panel with their scrape labels."""
    if isinstance(expr, promql_parser.AggregateExpr):
        return
    if isinstance(expr, promql_parser.VectorSelector):
        yield str(expr.name)
    for name in ("lhs", "rhs", "expr", "vector_selector"):
        if (inner := getattr(expr, name, None)) is not None:
            yield from unaggregated(inner)
    for argument in getattr(expr, "args", None) or []:
        yield from unaggregated(argument)

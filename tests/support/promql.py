"""Metrics and labels that a PromQL expression reads. For tests of rules and dashboards."""

from typing import NamedTuple

import promql_parser
from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    LabelModifierType,
    StringLiteral,
    VectorSelector,
)


class Selector(NamedTuple):
    """A metric and the labels of its matchers."""

    metric: str
    labels: frozenset[str]


def selectors(expression: str) -> list[Selector]:
    """Return the selectors; ``ValueError`` if the expression is invalid or one names no metric."""
    return [_selector(node) for node in _nodes(expression) if isinstance(node, VectorSelector)]


def metrics(expression: str) -> set[str]:
    return {selector.metric for selector in selectors(expression)}


def labels(expression: str) -> set[str]:
    """Return the labels by which an expression matches, groups or joins.

    Labels made by ``label_replace`` or ``label_join`` are left out.
    """
    read = {label for selector in selectors(expression) for label in selector.labels}
    made: set[str] = set()
    for node in _nodes(expression):
        match node:
            case AggregateExpr(modifier=modifier) if modifier is not None:
                if modifier.type == AggModifierType.By:
                    read |= set(modifier.labels)
            case BinaryExpr(modifier=modifier) if modifier is not None:
                if modifier.matching and modifier.matching.type == LabelModifierType.Include:
                    read |= set(modifier.matching.labels)
                read |= set(modifier.group_labels or ())
            case Call(func=function, args=args):
                words = [arg.val for arg in args if isinstance(arg, StringLiteral)]
                if function.name == "label_replace":
                    made.add(words[0])
                    read.add(words[2])
                elif function.name == "label_join":
                    made.add(words[0])
                    read |= set(words[2:])
    return read - made - {""}


def _selector(node: VectorSelector) -> Selector:
    matchers = node.matchers.matchers
    names = [matcher.value for matcher in matchers if matcher.name == "__name__"]
    metric = node.name or (names[0] if names else "")
    if not metric:
        raise ValueError(f"{node} names no metric")
    return Selector(metric, frozenset(matcher.name for matcher in matchers) - {"__name__"})


def _nodes(expression: str) -> list[Expr]:
    found: list[Expr] = []
    promql_parser.walk(promql_parser.parse(expression), found.append)
    return found

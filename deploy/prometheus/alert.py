"""What an alert is made of. Both names and severities are closed sets, which a test holds to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning", "info"]
"""``critical`` is for a human now, ``warning`` for a ticket, ``info`` for whoever looks."""

Area = Literal["exporter", "bill"]
"""Whom it concerns: who runs the exporter, or who answers for the money."""

Board = Literal[
    "github-billing-overview",
    "github-billing-costs",
    "github-billing-actions",
    "github-billing-seats",
    "github-billing-exporter",
]
"""The uid of the dashboard that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert without its prefix.

    ``expr`` is PromQL in which a threshold stands as ``<<name>>``, a field of `Thresholds`.
    ``hold`` is how long it must be true, Prometheus's ``for``; ``keep`` how long it goes on
    firing once it is not, where a value hovers. ``summary`` is a sentence without labels;
    ``description`` is a template of Prometheus, with them.
    """

    name: str
    expr: str
    hold: str
    severity: Severity
    board: Board
    summary: str
    description: str
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    area: Area
    alerts: Sequence[Alert]

"""The data of an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning", "info"]
"""``critical`` pages someone, ``warning`` opens a ticket, ``info`` needs no action."""

Area = Literal["exporter", "bill"]
"""Recipients: the operators of the exporter, or the budget owners."""

Board = Literal[
    "github-billing-overview",
    "github-billing-costs",
    "github-billing-teams",
    "github-billing-workflows",
    "github-billing-actions",
    "github-billing-seats",
    "github-billing-exporter",
]
"""Uid of the dashboard that an alert links to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert; ``name`` lacks the prefix ``GitHubBilling``.

    ``expr`` is PromQL with thresholds as ``<<name>>``, a field of `Thresholds`. ``hold`` is
    Prometheus's ``for``, and ``keep`` its ``keep_firing_for``, for a value that fluctuates.
    ``summary`` is a sentence without labels; ``description`` is a Prometheus template with labels.
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

"""Metric, Sample, and Reading: all samples of a collector at one time."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from prometheus_client.utils import floatToGoString


class Sample(NamedTuple):
    """One value of a metric; ``labels`` are in the order of ``metric.labels``."""

    metric: "Metric"
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A metric with its full name; calling it returns a sample.

    ``per_account`` metrics have ``account_type`` and ``account`` before their own ``labels``.
    ``summable`` is false if its series overlap: one person may commit to several repositories.

        >>> SEATS = Metric("github_billing_seats", "Seats by state.", ("state",))
        >>> SEATS(3, state="assigned").value
        3.0
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: Literal["gauge", "counter", "histogram"] = "gauge"
    per_account: bool = True
    summable: bool = True

    def __call__(self, value: float, **labels: str) -> Sample:
        """Return a sample. Raises ``TypeError`` for an undeclared or missing label."""
        if labels.keys() != set(self.labels):
            raise TypeError(
                f"{self.name} takes the labels {list(self.labels)}, not {sorted(labels)}: "
                "declare them in exporter/metrics/catalogue/ or fix the call"
            )
        return Sample(self, tuple(labels[name] for name in self.labels), float(value))

    @property
    def all_labels(self) -> tuple[str, ...]:
        return ("account_type", "account", *self.labels) if self.per_account else self.labels


class Triple(NamedTuple):
    """Gross, discount and net: three metrics with the same labels."""

    gross: Metric
    discount: Metric
    net: Metric

    def __call__(self, totals: Iterable[float], **labels: str) -> tuple[Sample, ...]:
        return tuple(metric(value, **labels) for metric, value in zip(self, totals, strict=True))


@dataclass(frozen=True)
class Reading:
    """All samples of a collector at one time. Raises ``ValueError`` if two have the same labels.

    ``cycle_end`` is set if the values are month to date: they are removed an hour after it.
    ``facts`` describe the account (``plan``) or its bill (``allocation``, ``allocation_matched``,
    ``blind``), ``unknown_skus`` are pairs of product and SKU.
    ``shown`` are the repositories and workflows with their own series, as organization, repository
    and the workflow's path; ``folded`` counts those beyond the series limit, and
    ``series_limit_advised`` is a limit at which no organizations are folded, 0 if none are.
    ``notes`` are sentences about omitted data.
    """

    taken: datetime
    samples: tuple[Sample, ...]
    cycle_end: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    unknown_skus: frozenset[tuple[str, str]] = frozenset()
    shown: frozenset[tuple[str, ...]] = frozenset()
    folded: int = 0
    series_limit_advised: int = 0
    notes: tuple[str, ...] = ()
    _lines: dict[tuple[str, ...], Mapping[Metric, bytes]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        seen: dict[Metric, set[tuple[str, ...]]] = {}
        for metric, labels, _ in self.samples:
            said = seen.setdefault(metric, set())
            if labels in said:
                raise ValueError(f"{metric.name} occurs twice with the same labels: sum the rows")
            said.add(labels)

    @cached_property
    def by_metric(self) -> Mapping[Metric, Mapping[tuple[str, ...], float]]:
        """The values by metric and labels."""
        found: dict[Metric, dict[tuple[str, ...], float]] = {}
        for metric, labels, value in self.samples:
            found.setdefault(metric, {})[labels] = value
        return found

    def lines(self, account: tuple[str, str]) -> Mapping[Metric, bytes]:
        """Return the text of the samples by metric, rendered once per account."""
        if account not in self._lines:
            self._lines[account] = lines(self.samples, account)
        return self._lines[account]


_STEP = 100  # samples
_InOrder = Callable[[tuple[str, ...]], Any]


class _Escaped(dict[str, str]):
    def __missing__(self, value: str) -> str:
        escaped = self[value] = value.translate(ESCAPES)
        return escaped


ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
"""Escapes of a label's value."""


def lines(samples: Iterable[Sample], account: tuple[str, ...] = ()) -> dict[Metric, bytes]:
    """Return the text of samples by metric, one line per sample, the same in every format.

    ``account`` has the values of ``account_type`` and ``account``, if the metrics have these.
    """
    text: dict[Metric, list[str]] = {}
    forms: dict[Metric, tuple[str, _InOrder]] = {}
    escaped = _Escaped()
    for count, (metric, labels, value) in enumerate(samples, 1):
        if count % _STEP == 0:
            time.sleep(0)  # lets another thread have the GIL before its 5 ms are over
        if metric not in text:
            text[metric], forms[metric] = [], _form(metric)
        template, in_order = forms[metric]
        number = floatToGoString(value)  # type: ignore[no-untyped-call]  # untyped in prometheus_client
        values = (*map(escaped.__getitem__, (*account, *labels)), number)
        text[metric].append(template % in_order(values))
    return {metric: "".join(its).encode() for metric, its in text.items()}


def _form(metric: Metric) -> tuple[str, _InOrder]:
    # Label names are sorted; the itemgetter orders the values likewise.
    names = metric.all_labels
    places = sorted(range(len(names)), key=names.__getitem__)
    pairs = ",".join(f'{names[place]}="%s"' for place in places)
    name = f"{metric.name}{{{pairs}}}" if places else metric.name
    return f"{name} %s\n", itemgetter(*places, len(names))


def present(*pairs: tuple[Metric, float | None], **labels: str) -> tuple[Sample, ...]:
    """Return samples of the values that are not None: a missing value is absent, never 0."""
    return tuple(metric(value, **labels) for metric, value in pairs if value is not None)


R = TypeVar("R")


class Known(NamedTuple, Generic[R]):
    """Results of a collector for an account; ``available`` is None while unknown.

    ``before`` is the last reading of the previous cycle, if the collector depends on another.
    """

    available: bool | None = None
    last_success: datetime | None = None
    reading: R | None = None
    before: R | None = None

"""Metric, Sample, and Reading: all samples of a collector at one time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, NamedTuple, TypeVar


class Sample(NamedTuple):
    """One value of one metric; ``labels`` stand in the order of ``metric.labels``."""

    metric: "Metric"
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A metric by its whole name; calling it makes a sample.

    ``per_account`` metrics carry ``account_type`` and ``account`` before their own ``labels``.
    ``summable`` is false if its series overlap, as one person commits to several repositories.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: Literal["gauge", "counter", "histogram"] = "gauge"
    per_account: bool = True
    summable: bool = True

    def __call__(self, value: float, **labels: str) -> Sample:
        """Make a sample. Raises ``TypeError`` for an undeclared or missing label."""
        if labels.keys() != set(self.labels):
            raise TypeError(
                f"{self.name} takes the labels {list(self.labels)}, not {sorted(labels)}: "
                "declare them in exporter/metrics/catalogue/ or mend the call"
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


@dataclass(frozen=True, slots=True)
class Reading:
    """All samples of a collector at one time. Raises ``ValueError`` if two have the same labels.

    ``cycle_end`` is set if the values are month to date: an hour after it they are gone.
    ``facts`` describe the account (``plan``), ``unknown_skus`` are pairs of product and SKU.
    Of its repositories, pairs of organization and name, those ``shown`` have series of their
    own, and ``folded`` many are beyond the series limit. ``notes`` tell people what it leaves out.
    """

    taken: datetime
    samples: tuple[Sample, ...]
    cycle_end: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    unknown_skus: frozenset[tuple[str, str]] = frozenset()
    shown: frozenset[tuple[str, str]] = frozenset()
    folded: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen: dict[Metric, set[tuple[str, ...]]] = {}
        for metric, labels, _ in self.samples:
            said = seen.setdefault(metric, set())
            if labels in said:
                raise ValueError(f"{metric.name} was said twice with the same labels: sum the rows")
            said.add(labels)


def present(*pairs: tuple[Metric, float | None], **labels: str) -> tuple[Sample, ...]:
    """Make samples of the values that are not None: a missing one is absent, never 0."""
    return tuple(metric(value, **labels) for metric, value in pairs if value is not None)


R = TypeVar("R")


class Known(NamedTuple, Generic[R]):
    """What is known of a collector's answers on an account; ``available`` is None while unknown.

    ``before`` is the last reading of the cycle before, if the collector follows another.
    """

    available: bool | None = None
    last_success: datetime | None = None
    reading: R | None = None
    before: R | None = None

"""Readings of repositories and workflows for the series limit, and what they show."""

from collections import Counter
from datetime import UTC, datetime
from math import fsum

from hypothesis import strategies as st

from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample

NOW = datetime(2026, 10, 12, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
GROSS = catalogue.REPOSITORY_USAGE_USD.gross
QUANTITY = catalogue.REPOSITORY_USAGE_GROSS_QUANTITY
Pair = tuple[str, ...]
Bill = dict[tuple[str, str, str], float]
WORKFLOW = catalogue.WORKFLOW_USAGE_GROSS_USD
MINUTES = catalogue.WORKFLOW_USAGE_GROSS_QUANTITY
Workflows = dict[tuple[str, str, str, str], float]

names = st.sampled_from("abcdefgh")
skus = st.sampled_from(["actions_linux", "actions_windows", "actions_macos"])

BILL = {
    ("acme", "a", "actions_linux"): 3.0,
    ("acme", "b", "actions_linux"): 2.0,
    ("acme", "c", "actions_linux"): 1.0,
}


def reading(gross: Bill, end: datetime | None = END) -> Reading:
    """Return a reading of gross dollars by organization, repository and SKU."""
    samples: list[Sample] = [catalogue.USAGE_LATEST_ITEM(1.0)]
    for (organization, repository, sku), dollars in gross.items():
        labels = {"organization": organization, "repository": repository, "sku": sku}
        samples += (
            GROSS(dollars, product="actions", **labels),
            QUANTITY(1.0, product="actions", unit="minutes", **labels),
        )
    return Reading(taken=NOW, samples=tuple(samples), cycle_end=end)


def by_pair(found: Reading, metric: object = GROSS) -> dict[Pair, float]:
    sums: dict[Pair, list[float]] = {}
    for sample in found.samples:
        if sample.metric is metric:
            labels = dict(zip(sample.metric.labels, sample.labels, strict=True))
            sums.setdefault((labels["organization"], labels["repository"]), []).append(sample.value)
    return {pair: fsum(values) for pair, values in sums.items()}


def series(found: Reading) -> Counter[str]:
    return Counter(sample.metric.name for sample in found.samples)


def workflows(gross: Workflows, end: datetime | None = END) -> Reading:
    """Return a reading of gross dollars by organization, repository, workflow and SKU."""
    samples: list[Sample] = []
    for (organization, repository, workflow, sku), dollars in gross.items():
        labels = {"organization": organization, "repository": repository}
        samples += (
            WORKFLOW(dollars, workflow=workflow, sku=sku, **labels),
            MINUTES(1.0, workflow=workflow, sku=sku, unit="minutes", **labels),
        )
    return Reading(taken=NOW, samples=tuple(samples), cycle_end=end)


def by_path(found: Reading, metric: Metric = WORKFLOW) -> dict[Pair, float]:
    sums: dict[Pair, list[float]] = {}
    for sample in found.samples:
        if sample.metric is metric:
            sums.setdefault(sample.labels[:3], []).append(sample.value)
    return {path: fsum(values) for path, values in sums.items()}

"""Declare metrics by kind: each adds the prefix of the name.

``description`` names the value and its unit. It contains "this month" or "this cycle" if the value
starts again with the month or cycle: docs/metrics.md shows it as the period.
"""

from exporter.metrics.model import Metric, Triple


def bill(name: str, description: str, *labels: str, summable: bool = True) -> Metric:
    """Declare a gauge of an account's bill."""
    return Metric(f"github_billing_{name}", description, labels, summable=summable)


def triple(name: str, *labels: str, gross: str, discount: str, net: str) -> Triple:
    """Declare three gauges: ``{}`` in ``name`` becomes gross, discount and net."""
    return Triple(
        bill(name.format("gross"), gross, *labels),
        bill(name.format("discount"), discount, *labels),
        bill(name.format("net"), net, *labels),
    )


def per_collector(name: str, description: str, *labels: str) -> Metric:
    """Declare a gauge of an account's collector."""
    return Metric(f"github_billing_exporter_{name}", description, ("collector", *labels))


def exporter(name: str, description: str, *labels: str) -> Metric:
    """Declare a gauge of the exporter."""
    return Metric(f"github_billing_exporter_{name}", description, labels, per_account=False)


def counter(name: str, description: str, *labels: str) -> Metric:
    """Declare a counter of the exporter."""
    return Metric(
        f"github_billing_exporter_{name}", description, labels, "counter", per_account=False
    )

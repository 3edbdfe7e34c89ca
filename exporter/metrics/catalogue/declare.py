"""How a metric is declared: its name's prefix, and what every help of the bill says."""

from exporter.metrics.model import Metric, Triple

POLLED = "Polled, not asked at the scrape."
MONTH = (
    "Month to date, UTC; falls at the month's edge and may be corrected, so rate() and "
    "increase() on it are mistakes."
)
SUMMARY = f"GitHub's usage summary. {MONTH} {POLLED}"


def bill(
    name: str, what: str, *labels: str, source: str = SUMMARY, summable: bool = True
) -> Metric:
    """Declare a gauge of the bill: what it is and its unit, then where it comes from."""
    return Metric(f"github_billing_{name}", f"{what} {source}", labels, summable=summable)


def triple(
    name: str, *labels: str, gross: str, discount: str, net: str, source: str = SUMMARY
) -> Triple:
    """Declare the three gauges of ``name``, in which ``{}`` becomes gross, discount and net."""
    return Triple(
        bill(name.format("gross"), gross, *labels, source=source),
        bill(name.format("discount"), discount, *labels, source=source),
        bill(name.format("net"), net, *labels, source=source),
    )


def per_collector(name: str, what: str, *labels: str) -> Metric:
    """Declare a gauge about an account's collector."""
    return Metric(f"github_billing_exporter_{name}", what, ("collector", *labels))


def exporter(name: str, what: str, *labels: str) -> Metric:
    """Declare a gauge about the exporter itself."""
    return Metric(f"github_billing_exporter_{name}", what, labels, per_account=False)


def counter(name: str, what: str, *labels: str) -> Metric:
    """Declare a counter of the process."""
    return Metric(f"github_billing_exporter_{name}", what, labels, "counter", per_account=False)

"""The strip on every board that shows whether its numbers can be trusted."""

from deploy.prometheus.thresholds import DEFAULTS
from grafana.frame import Row
from grafana.looks import (
    NUMBER,
    RATIO,
    SECONDS,
    UNJUDGED,
    Panel,
    Query,
    better_above,
    number,
    worse_above,
)
from grafana.queries import last_success, latest, process, total

_NO_EXPORTER = "Prometheus scrapes no exporter"


def strip() -> Row:
    """Return the row: failing collectors, data age and remaining requests."""
    return Row(3, [(6, failing()), (6, oldest()), (6, age_of_bill()), (6, requests_left())])


def failing() -> Panel:
    # A sum, unlike a count, is 0 if nothing fails and absent without an exporter.
    failed = f"1 - {latest('exporter_collector_success', 'collector')}"
    return number(
        "Failing collectors",
        "Collectors of the selected accounts whose last attempt failed, now. From "
        "`collector_success`. Worry at 1: the board Exporter shows which and why.",
        Query(total(failed)),
        NUMBER,
        _NO_EXPORTER,
        steps=worse_above(None, 1),
    )


def oldest() -> Panel:
    age = f"(time() - {last_success()})"
    limit = latest("exporter_collector_stale_after_seconds", "collector")
    return number(
        "Oldest data, % of maximum age",
        "Age of the oldest data as a share of the maximum age. From "
        "`collector_last_success_timestamp_seconds` and `collector_stale_after_seconds`. "
        "Worry near 100 %: older data is stale and no longer exported.",
        Query(f"max({age} / {limit})"),
        RATIO,
        _NO_EXPORTER,
        steps=worse_above(None, 1),
        decimals=0,
    )


def age_of_bill() -> Panel:
    read = last_success('collector=~"usage|legacy_actions"')
    return number(
        "Age of billing data",
        "Time since billing data was last read from GitHub, for the account with the oldest. From "
        "`collector_last_success_timestamp_seconds` of `usage` and `legacy_actions`. In addition, "
        "GitHub's reports lag by hours, up to three days. Worry above two polling intervals.",
        Query(f"time() - min({read})"),
        SECONDS,
        _NO_EXPORTER,
        steps=UNJUDGED,
        decimals=0,
    )


def requests_left() -> Panel:
    remaining = process("exporter_api_rate_limit_remaining", "credential")
    return number(
        "GitHub rate limit remaining",
        "Requests remaining this hour as a share of the rate limit, for the credential with the "
        "least. From `api_rate_limit_remaining` and `api_rate_limit`. Worry below "
        f"{DEFAULTS.rate_limit_remaining_ratio:.0%}: polls will be delayed.",
        Query(f"min({remaining} / {process('exporter_api_rate_limit', 'credential')})"),
        RATIO,
        "No requests yet, or an Enterprise Server without a rate limit",
        steps=better_above(DEFAULTS.rate_limit_remaining_ratio),
        decimals=0,
    )

"""The strip on every board that shows whether its numbers can be trusted."""

from deploy.prometheus.labels import JOB
from deploy.prometheus.thresholds import DEFAULTS
from grafana.frame import Row
from grafana.links import to_board
from grafana.looks import (
    COUNT,
    DATE,
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
    """Return the row: failing collectors, data age, end of the report, remaining requests."""
    return Row(
        3,
        [
            (4, failing()),
            (5, oldest()),
            (5, age_of_bill()),
            (5, report_reaches()),
            (5, requests_left()),
        ],
    )


def failing() -> Panel:
    # A sum, unlike a count, is 0 if nothing fails and absent without an exporter.
    failed = f"1 - {latest('exporter_collector_success', 'collector')}"
    return number(
        "Failing collectors",
        "Collectors of the selected accounts whose last attempt failed, now. From "
        "`collector_success`. Worry at 1: the number links to the board Exporter, which shows the "
        "reasons.",
        Query(total(failed)),
        COUNT,
        _NO_EXPORTER,
        steps=worse_above(None, 1),
        link=to_board("github-billing-exporter"),
    )


def oldest() -> Panel:
    age = f"(time() - {last_success()})"
    limit = latest("exporter_collector_stale_after_seconds", "collector")
    return number(
        "Oldest data, % of limit",
        "Age of the oldest data as a share of the maximum age. From "
        "`collector_last_success_timestamp_seconds` and `collector_stale_after_seconds`. "
        "Worry near 100 %: older data is stale and no longer exported.",
        Query(f"max({age} / {limit})"),
        RATIO,
        _NO_EXPORTER,
        steps=worse_above(None, 1),
        decimals=0,
        beyond=(1, "stale"),
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
        decimals=1,
    )


def report_reaches() -> Panel:
    newest = latest("usage_latest_item_timestamp_seconds")
    return number(
        "GitHub's report reaches",
        "Last day (UTC) in GitHub's usage report, for the account whose report ends first. From "
        "`usage_latest_item_timestamp_seconds`. GitHub reports usage up to three days late: this "
        "day and those after it may still grow. Worry if it is four days ago.",
        Query(f"1000 * min({newest})"),
        DATE,
        "No usage this month, or the legacy platform, which reports no days",
    )


def requests_left() -> Panel:
    remaining = process("exporter_api_rate_limit_remaining", "credential")
    limit = process("exporter_api_rate_limit", "credential")
    # The limit says nothing of an exporter that GitHub refuses.
    served = f"{latest('exporter_collector_success', 'collector')} == 1"
    return number(
        "Rate limit remaining",
        "GitHub requests remaining this hour as a share of the rate limit, for the credential "
        "with the least. From `api_rate_limit_remaining` and `api_rate_limit`. Worry below "
        f"{DEFAULTS.rate_limit_remaining_ratio:.0%}: polls will be delayed.",
        Query(f"min({remaining} / {limit} and on ({JOB}) ({served}))"),
        RATIO,
        "No requests yet, GitHub refuses all, or an Enterprise Server without a rate limit",
        steps=better_above(DEFAULTS.rate_limit_remaining_ratio),
        decimals=0,
    )

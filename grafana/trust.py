"""May one believe a board? A strip that stands on each of them."""

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

_NO_EXPORTER = "Nothing is scraped from the exporter"


def strip() -> Row:
    """Tell what fails, how old the numbers are and whether GitHub still answers."""
    return Row(3, [(6, failing()), (6, oldest()), (6, age_of_bill()), (6, requests_left())])


def failing() -> Panel:
    """Count what fails: a sum of failures is 0 when all is well, and absent without an exporter."""
    failed = f"1 - {latest('exporter_collector_success', 'collector')}"
    return number(
        "Collectors that fail",
        "Collectors of the chosen accounts whose last attempt failed, now. From "
        "`collector_success`. Worry at 1: the board Exporter says which, and why.",
        Query(total(failed)),
        NUMBER,
        _NO_EXPORTER,
        steps=worse_above(None, 1),
    )


def oldest() -> Panel:
    age = f"(time() - {last_success()})"
    limit = latest("exporter_collector_stale_after_seconds", "collector")
    return number(
        "Oldest reading, of the age it may reach",
        "The age of the oldest reading as a share of the age at which it goes from the page. From "
        "`collector_last_success_timestamp_seconds` and `collector_stale_after_seconds`. "
        "Worry near 100 %: from there on the number is absent.",
        Query(f"max({age} / {limit})"),
        RATIO,
        _NO_EXPORTER,
        steps=worse_above(None, 1),
        decimals=0,
    )


def age_of_bill() -> Panel:
    read = last_success('collector=~"usage|legacy_actions"')
    return number(
        "The bill was read ago",
        "How long ago the bill of the account that waits longest was read from GitHub. From "
        "`collector_last_success_timestamp_seconds` of `usage` and `legacy_actions`. GitHub's own "
        "reports lag by hours, up to three days, on top. Worry when it is more than two intervals.",
        Query(f"time() - min({read})"),
        SECONDS,
        _NO_EXPORTER,
        steps=UNJUDGED,
        decimals=0,
    )


def requests_left() -> Panel:
    remaining = process("exporter_api_rate_limit_remaining", "credential")
    return number(
        "GitHub requests left this hour",
        "Requests that GitHub still answers this hour, as a share of what it grants, of the "
        "credential with the least. From `api_rate_limit_remaining` and `api_rate_limit`. Worry "
        f"below {DEFAULTS.rate_limit_remaining_ratio:.0%}: polls will wait.",
        Query(f"min({remaining} / {process('exporter_api_rate_limit', 'credential')})"),
        RATIO,
        "GitHub names no limit: an Enterprise Server without one, or no request yet",
        steps=better_above(DEFAULTS.rate_limit_remaining_ratio),
        decimals=0,
    )

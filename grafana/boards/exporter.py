"""Exporter: failures, data age and GitHub requests."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks, trust
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.queries import EXPORTER, IDENTITY, last_success, latest, process, total
from grafana.tables import Column, rows

UID = "github-billing-exporter"

_NO_EXPORTER = "Prometheus scrapes no exporter"
_OLDEST = 12
_PREFIX = "github_billing_exporter"


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Exporter",
        "Can the numbers be trusted? Failures and their reasons, data age, GitHub requests and "
        "limits.",
        [
            trust.strip(),
            Row(
                4,
                [
                    (4, accounts()),
                    (4, missed()),
                    (4, credential_days()),
                    (4, discoveries()),
                    (4, unknown()),
                    (4, folded()),
                ],
            ),
            Row(8, [(12, failing()), (12, ages())]),
            Row(9, [(12, availability()), (12, reasons())]),
            Row(9, [(12, requests()), (12, durations())]),
            Row(8, [(12, limits()), (6, unknown_skus()), (6, builds())]),
        ],
    )


def accounts() -> Panel:
    return looks.number(
        "Accounts watched",
        "Selected accounts that the exporters watch, now, of all shards. From `account_info`.",
        Query(f"count({latest('account_info')})"),
        looks.NUMBER,
        _NO_EXPORTER,
        decimals=0,
    )


def missed() -> Panel:
    return looks.number(
        "Missed polls in 24 h",
        "Polls due in the last 24 hours that did not start within one interval, of all accounts. "
        "From `exporter_polls_missed_total`. Worry at 1: GitHub's rate limit is too low for the "
        "polling intervals, or requests hang.",
        Query(f"sum(increase({_PREFIX}_polls_missed_total{{{EXPORTER}}}[1d]))"),
        looks.NUMBER,
        _NO_EXPORTER,
        steps=looks.worse_above(1),
        decimals=0,
    )


def credential_days() -> Panel:
    expires = process("exporter_credential_expiration_timestamp_seconds", "credential")
    return looks.number(
        "Days to token expiry",
        "Days until the first credential expires. From "
        "`exporter_credential_expiration_timestamp_seconds`. Renew it below "
        f"{DEFAULTS.credential_expiry_days:.0f} days.",
        Query(f"min(({expires} - time()) / 86400)"),
        looks.NUMBER,
        "No token with an expiry date",
        steps=looks.better_above(DEFAULTS.credential_expiry_days, looks.CARE),
        decimals=0,
    )


def discoveries() -> Panel:
    return looks.number(
        "Failing discoveries",
        "Credentials whose last account discovery failed, now. From `exporter_discovery_success`. "
        "Worry at 1: new accounts are not watched.",
        Query(f"sum(1 - {process('exporter_discovery_success', 'credential')})"),
        looks.NUMBER,
        "Discovery is off: accounts come from the settings",
        steps=looks.worse_above(1),
        decimals=0,
    )


def unknown() -> Panel:
    return looks.number(
        "Unknown SKUs",
        "GitHub SKUs unknown to the exporter, now; they are exported nevertheless. From "
        "`exporter_unknown_sku_info`. A newer version of the exporter may know them.",
        Query(f"count({process('exporter_unknown_sku_info', 'product', 'sku')})"),
        looks.NUMBER,
        "All SKUs are known",
        decimals=0,
    )


def folded() -> Panel:
    return looks.number(
        "Repositories folded",
        "Repositories over the series limit, now, which have no series of their own. From "
        "`exporter_repositories_folded`. Raise the limit if you need them.",
        Query(total(latest("exporter_repositories_folded"))),
        looks.NUMBER,
        "No repository collector is enabled",
        decimals=0,
    )


def failing() -> Panel:
    return rows(
        "Which collectors fail, and why?",
        "Collectors whose last attempt failed, now, and the reason. From "
        "`exporter_collector_failure_info`. docs/failures.md lists how to fix each reason.",
        [Query(latest("exporter_collector_failure_info", "collector", "reason"))],
        [
            Column("account", "Account"),
            Column("collector", "Collector"),
            Column("reason", "Reason"),
        ],
        "No collector fails",
    )


def ages() -> Panel:
    of = "collector"
    age = f"time() - {last_success()}"
    limit = latest("exporter_collector_stale_after_seconds", of)
    oldest = f"topk({_OLDEST}, ({age}) / {limit})"
    there = f"and on ({IDENTITY}, collector)"
    return rows(
        "Oldest data by collector",
        f"The {_OLDEST} collectors with the oldest data, as a share of the maximum age. From "
        "`collector_last_success_timestamp_seconds` and `collector_stale_after_seconds`. Worry "
        "near 100 %: older data is stale and no longer exported.",
        [
            Query(oldest),
            Query(f"{age} {there} {oldest}"),
            Query(f"{limit} {there} {oldest}"),
        ],
        [
            Column("account", "Account", width=130),
            Column("collector", "Collector"),
            Column("B", "Age", looks.SECONDS, width=100),
            Column("C", "Maximum", looks.SECONDS, width=100),
            Column("A", "Share", looks.RATIO, looks.worse_above(None, 1), bar=True, width=200),
        ],
        _NO_EXPORTER,
        sort="Share",
    )


def availability() -> Panel:
    available = latest("exporter_collector_available", "collector")
    success = latest("exporter_collector_success", "collector")
    return rows(
        "Collector availability",
        "Number of selected accounts for which each collector is available, unavailable and "
        "failing, now. From `collector_available` and `collector_success`. Unavailable is not a "
        "failure: the plan or the credential does not include it.",
        [
            Query(f"sum by (collector) ({available})"),
            Query(f"sum by (collector) (1 - {available})"),
            Query(f"sum by (collector) (1 - {success})"),
        ],
        [
            Column("collector", "Collector"),
            Column("A", "Available", width=120),
            Column("B", "Unavailable", width=130),
            Column("C", "Failing", steps=[(None, looks.NEUTRAL), (1, looks.BAD)], width=110),
        ],
        _NO_EXPORTER,
        sort="Failing",
    )


def reasons() -> Panel:
    failures = f"{_PREFIX}_collector_failures_total{{{EXPORTER}}}"
    return looks.lines(
        "Collector failures per day",
        "Failed attempts per day by reason, of all accounts; reasons that never occurred are left "
        "out. From `exporter_collector_failures_total`.",
        [Query(f"sum by (reason) (increase({failures}[1d]) and {failures} > 0)", "{{reason}}")],
        looks.NUMBER,
        "No attempt has failed",
    )


def requests() -> Panel:
    return looks.lines(
        "GitHub requests per day",
        "Requests to GitHub per day by HTTP status; a 304 does not count toward the rate limit. "
        "From `exporter_api_requests_total`. Worry if 4xx or `error` increases.",
        [
            Query(
                f"sum by (status) (increase({_PREFIX}_api_requests_total{{{EXPORTER}}}[1d]))",
                "{{status}}",
            )
        ],
        looks.NUMBER,
        _NO_EXPORTER,
        colours=looks.STATUSES,
    )


def durations() -> Panel:
    name = f"{_PREFIX}_api_request_duration_seconds_bucket{{{EXPORTER}}}"
    quantiles = {"p99": 0.99, "p95": 0.95, "median": 0.5}
    return looks.lines(
        "GitHub response time",
        "Seconds from request to complete response, over the previous day. From "
        "`exporter_api_request_duration_seconds`. Worry if it approaches the timeout of a poll.",
        [
            Query(f"histogram_quantile({share}, sum by (le) (increase({name}[1d])))", word)
            for word, share in quantiles.items()
        ],
        looks.SECONDS,
        _NO_EXPORTER,
        colours=dict(zip(quantiles, ("#B583D6", "#59B3C3", looks.PLAIN), strict=True)),
    )


def limits() -> Panel:
    return looks.lines(
        "GitHub rate limit",
        "Requests remaining until the rate limit resets, and the limit per hour, by credential. "
        "From `exporter_api_rate_limit_remaining` and `exporter_api_rate_limit`. Worry below "
        f"{DEFAULTS.rate_limit_remaining_ratio:.0%} of the limit.",
        [
            Query(
                process("exporter_api_rate_limit_remaining", "credential"),
                "{{credential}} remaining",
            ),
            Query(process("exporter_api_rate_limit", "credential"), "{{credential}} limit"),
        ],
        looks.NUMBER,
        "No requests yet, or an Enterprise Server without a rate limit",
    )


def unknown_skus() -> Panel:
    return rows(
        "Which SKUs are unknown?",
        "GitHub SKUs unknown to the exporter, now; they are exported nevertheless. From "
        "`exporter_unknown_sku_info`.",
        [Query(process("exporter_unknown_sku_info", "product", "sku"))],
        [Column("product", "Product", width=120), Column("sku", "SKU")],
        "All SKUs are known",
    )


def builds() -> Panel:
    return rows(
        "Versions",
        "Version, revision and Python version of each exporter, now; only images have a revision. "
        "From `exporter_build_info`.",
        [Query(process("exporter_build_info", "version", "revision", "python"))],
        [
            Column("version", "Version"),
            Column("revision", "Revision"),
            Column("python", "Python"),
        ],
        _NO_EXPORTER,
    )

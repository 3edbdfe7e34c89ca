"""Exporter: failures, data age and GitHub requests."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.labels import JOB
from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks, trust
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.links import COSTS_OF_ACCOUNT, DOCS
from grafana.looks import Panel, Query
from grafana.queries import EXPORTER, IDENTITY, any_of, last_success, latest, process, total
from grafana.tables import Column, rows

UID = "github-billing-exporter"

_NO_EXPORTER = "Prometheus scrapes no exporter"
_OLDEST = 12
_PREFIX = "github_billing_exporter"
_UNKNOWN = process("exporter_unknown_sku_info", "product", "sku")


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
            Row(6, [(24, failing())]),
            Row(9, [(12, availability()), (12, reasons())]),
            Row(10, [(24, ages())]),
            Row(9, [(12, requests()), (12, durations())]),
            Row(8, [(12, limits()), (12, unknown_skus())]),
            Row(5, [(24, running())]),
        ],
    )


def accounts() -> Panel:
    return looks.number(
        "Accounts watched",
        "Selected accounts that the exporters watch, now, of all shards. From `account_info`.",
        Query(f"count({latest('account_info')})"),
        looks.COUNT,
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
        looks.COUNT,
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
        looks.COUNT,
        "No token that GitHub reports an expiry date of",
        steps=looks.better_above(DEFAULTS.credential_expiry_days, looks.CARE),
        decimals=0,
    )


def discoveries() -> Panel:
    return looks.number(
        "Failing discoveries",
        "Credentials whose last account discovery failed, now. From `exporter_discovery_success`. "
        "Worry at 1: new accounts are not watched.",
        Query(f"sum(1 - {process('exporter_discovery_success', 'credential')})"),
        looks.COUNT,
        "Discovery is off: accounts come from the settings",
        steps=looks.worse_above(1),
        decimals=0,
        blank="off",
    )


def unknown() -> Panel:
    return looks.number(
        "Unknown SKUs",
        "GitHub SKUs unknown to the exporter, now; they are exported nevertheless. From "
        "`exporter_unknown_sku_info`. A newer version of the exporter may know them.",
        Query(f"count({_UNKNOWN}) or 0 * count({process('exporter_build_info')})"),
        looks.COUNT,
        _NO_EXPORTER,
        decimals=0,
    )


def folded() -> Panel:
    return looks.number(
        "Repositories folded",
        "Repositories over the series limit, now, which have no series of their own. From "
        "`exporter_repositories_folded`. Raise the limit if you need them.",
        Query(total(latest("exporter_repositories_folded"))),
        looks.COUNT,
        "No repository collector is enabled",
        decimals=0,
    )


def failing() -> Panel:
    return rows(
        "Which collectors fail, and why?",
        "Collectors whose last attempt failed, the reason, when that attempt was and how long it "
        "took, now. From `exporter_collector_failure_info`, "
        "`exporter_collector_last_attempt_timestamp_seconds` and "
        f"`exporter_collector_duration_seconds`. [How to fix each reason]({DOCS}/failures.md).",
        [
            Query(_FAILURES),
            Query(f"(time() - {_of_collector('last_attempt_timestamp_seconds')}) {_OF_FAILURES}"),
            Query(f"{_of_collector('duration_seconds')} {_OF_FAILURES}"),
        ],
        [
            Column("job", "Job", width=190),
            Column("account", "Account", width=240, link=COSTS_OF_ACCOUNT),
            Column("collector", "Collector"),
            Column("reason", "Reason", width=220),
            Column("B", "Last attempt, ago", looks.SECONDS, width=150),
            Column("C", "It took", looks.SECONDS, width=120),
        ],
        "No collector fails",
    )


def ages() -> Panel:
    age = f"time() - {last_success()}"
    limit = _of_collector("stale_after_seconds")
    oldest = f"topk({_OLDEST}, ({age}) / {limit})"
    there = f"and on ({IDENTITY}, collector) {oldest}"
    return rows(
        "Oldest data by collector",
        f"The {_OLDEST} collectors with the oldest data, as a share of the maximum age, and how "
        "often each is polled. From `collector_last_success_timestamp_seconds`, "
        "`collector_interval_seconds` and `collector_stale_after_seconds`. Worry near 100 %: older "
        "data is stale and no longer exported.",
        [
            Query(oldest),
            Query(f"{age} {there}"),
            Query(f"{limit} {there}"),
            Query(f"{_of_collector('interval_seconds')} {there}"),
        ],
        [
            Column("job", "Job", width=190),
            Column("account", "Account", width=240, link=COSTS_OF_ACCOUNT),
            Column("collector", "Collector"),
            Column("D", "Polled every", looks.SECONDS, width=120),
            Column("B", "Age", looks.SECONDS, width=110),
            Column("C", "Maximum", looks.SECONDS, width=110),
            Column("A", "Share", looks.RATIO, looks.worse_above(None, 1), bar=True, width=240),
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
        looks.COUNT,
        "No attempt has failed",
    )


def requests() -> Panel:
    listed = "|".join(looks.STATUSES)

    def sent(matcher: str) -> str:
        return f"increase({_PREFIX}_api_requests_total{{{EXPORTER},status{matcher}}}[1d])"

    rest = (
        f'label_replace({total(sent(matcher))}, "status", "{name}", "", "")'
        for name, matcher in (("5xx", '=~"5.."'), ("other", f'!~"5..|{listed}"'))
    )
    by_status = " or ".join((total(sent(f'=~"{listed}"'), "status"), *rest))
    return looks.lines(
        "GitHub requests per day",
        "Requests to GitHub per day by HTTP status; a 304 does not count toward the rate limit. "
        "From `exporter_api_requests_total`. Worry if 4xx, 5xx or `error` increases.",
        [Query(by_status, "{{status}}")],
        looks.COUNT,
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
    remaining = process("exporter_api_rate_limit_remaining", "credential")
    share = f"{remaining} / {process('exporter_api_rate_limit', 'credential')}"
    return looks.lines(
        "GitHub rate limit remaining",
        "Requests remaining until the rate limit resets, as a share of the limit per hour, over "
        "time, by credential. From `exporter_api_rate_limit_remaining` and "
        "`exporter_api_rate_limit`. Worry below the dashed line at "
        f"{DEFAULTS.rate_limit_remaining_ratio:.0%}: polls will be delayed.",
        [Query(share, "{{credential}}")],
        looks.RATIO,
        "No requests yet, or an Enterprise Server without a rate limit",
        steps=[(None, "transparent"), (DEFAULTS.rate_limit_remaining_ratio, looks.BAD)],
        high=1,
    )


def unknown_skus() -> Panel:
    return rows(
        "Which SKUs are unknown?",
        "GitHub SKUs unknown to the exporter, now; they are exported nevertheless. From "
        "`exporter_unknown_sku_info`.",
        [Query(_UNKNOWN)],
        [Column("product", "Product", width=120), Column("sku", "SKU")],
        "All SKUs are known",
    )


def running() -> Panel:
    by = f"{JOB}, instance"
    return rows(
        "Which exporters run?",
        "Every shard and replica, now: its accounts, its version and that of Python; only images "
        "have a revision. From `exporter_build_info` and `exporter_accounts`. Worry if one is "
        "missing.",
        [
            Query(f"max by ({by}, version, revision, python) ({_PREFIX}_build_info{{{EXPORTER}}})"),
            Query(f"sum by ({by}) ({_PREFIX}_accounts{{{EXPORTER}}})"),
        ],
        [
            Column("cluster", "Cluster", width=130),
            Column("job", "Job", width=190),
            Column("instance", "Instance"),
            Column("B", "Accounts", looks.COUNT, width=95),
            Column("version", "Version", width=95),
            Column("revision", "Revision", width=110),
            Column("python", "Python", width=95),
        ],
        _NO_EXPORTER,
    )


def _of_collector(metric: str) -> str:
    return latest(f"exporter_collector_{metric}", "collector")


_FAILURES = latest("exporter_collector_failure_info", "collector", "reason")
_BY_COLLECTOR = f"{IDENTITY}, collector"
# One row with the reason.
_OF_FAILURES = f"* on ({_BY_COLLECTOR}) group_left (reason) {any_of(_FAILURES, _BY_COLLECTOR)}"

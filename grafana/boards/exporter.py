"""Exporter: whether the numbers can be trusted."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks, trust
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.looks import Column, Panel, Query
from grafana.queries import last_success, latest, process, total

UID = "github-billing-exporter"

_NO_EXPORTER = "Nothing is scraped from the exporter"
_OLDEST = 12
_PREFIX = "github_billing_exporter"


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Exporter",
        "Can the numbers be trusted? What fails and why, how old readings are, and what GitHub "
        "answers.",
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
        "Accounts that the exporter watches, now, whatever is chosen above; an enterprise counts "
        "beside its organizations. From `exporter_accounts`.",
        Query(f"sum({process('exporter_accounts', 'account_type')})"),
        looks.NUMBER,
        _NO_EXPORTER,
        decimals=0,
    )


def missed() -> Panel:
    return looks.number(
        "Polls missed in a day",
        "Polls that were due in the last 24 hours and not begun within one interval, of all "
        "accounts. From `exporter_polls_missed_total`. Worry at 1: GitHub's limit is too small for "
        "the intervals, or requests hang.",
        Query(f"sum(increase({_PREFIX}_polls_missed_total[1d]))"),
        looks.NUMBER,
        _NO_EXPORTER,
        steps=looks.worse_above(1),
        decimals=0,
    )


def credential_days() -> Panel:
    expires = process("exporter_credential_expiration_timestamp_seconds", "credential")
    return looks.number(
        "Credential ends in days",
        "Days until the first credential expires. From "
        "`exporter_credential_expiration_timestamp_seconds`. Renew it from "
        f"{DEFAULTS.credential_expiry_days:.0f} days on.",
        Query(f"min(({expires} - time()) / 86400)"),
        looks.NUMBER,
        "GitHub names no end: it does so for tokens that have one",
        steps=looks.better_above(DEFAULTS.credential_expiry_days, looks.CARE),
        decimals=0,
    )


def discoveries() -> Panel:
    return looks.number(
        "Discoveries that fail",
        "Credentials whose last discovery of accounts failed, now. From "
        "`exporter_discovery_success`. Worry at 1: new accounts stay unwatched.",
        Query(f"sum(1 - {process('exporter_discovery_success', 'credential')})"),
        looks.NUMBER,
        "Discovery is off: accounts are those of the settings",
        steps=looks.worse_above(1),
        decimals=0,
    )


def unknown() -> Panel:
    return looks.number(
        "SKUs not known",
        "SKUs of GitHub that the exporter does not know, now; they are published all the same. "
        "From `exporter_unknown_sku_info`. A new version of the exporter may know them.",
        Query(f"count({process('exporter_unknown_sku_info', 'product', 'sku')})"),
        looks.NUMBER,
        "Every SKU is known",
        decimals=0,
    )


def folded() -> Panel:
    return looks.number(
        "Repositories folded",
        "Repositories beyond the series limit, now, which have no series of their own. From "
        "`exporter_repositories_folded`. Raise the limit if you miss one.",
        Query(total(latest("exporter_repositories_folded"))),
        looks.NUMBER,
        "No collector by repository is on",
        decimals=0,
    )


def failing() -> Panel:
    return looks.rows(
        "What fails, and why?",
        "Collectors whose last attempt failed, now, and the reason. From "
        "`exporter_collector_failure_info`. docs/failures.md says what mends each reason.",
        [Query(latest("exporter_collector_failure_info", "collector", "reason"))],
        [
            Column("account", "Account"),
            Column("collector", "Collector"),
            Column("reason", "Reason"),
        ],
        "Nothing fails",
    )


def ages() -> Panel:
    of = "collector"
    age = f"time() - {last_success()}"
    limit = latest("exporter_collector_stale_after_seconds", of)
    oldest = f"topk({_OLDEST}, ({age}) / {limit})"
    there = "and on (account_type, account, collector)"
    return looks.rows(
        "Which readings are old?",
        f"The {_OLDEST} oldest readings, of the age at which they go from the page. From "
        "`collector_last_success_timestamp_seconds` and `collector_stale_after_seconds`. Worry "
        "near 100 %: from there on the numbers are absent.",
        [
            Query(oldest),
            Query(f"{age} {there} {oldest}"),
            Query(f"{limit} {there} {oldest}"),
        ],
        [
            Column("account", "Account", width=130),
            Column("collector", "Collector"),
            Column("B", "Age", looks.SECONDS, width=100),
            Column("C", "Goes at", looks.SECONDS, width=100),
            Column("A", "Share", looks.RATIO, looks.worse_above(None, 1), bar=True, width=200),
        ],
        _NO_EXPORTER,
        sort="Share",
    )


def availability() -> Panel:
    available = latest("exporter_collector_available", "collector")
    success = latest("exporter_collector_success", "collector")
    return looks.rows(
        "What does GitHub offer?",
        "Each collector, and to how many of the chosen accounts GitHub offers it, does not offer "
        "it, and fails to answer, now. From `collector_available` and `collector_success`. Not "
        "offered is no failure: a plan or a permission does not have it.",
        [
            Query(f"sum by (collector) ({available})"),
            Query(f"sum by (collector) (1 - {available})"),
            Query(f"sum by (collector) (1 - {success})"),
        ],
        [
            Column("collector", "Collector"),
            Column("A", "Offered to", width=120),
            Column("B", "Not offered to", width=130),
            Column("C", "Fails for", steps=[(None, looks.NEUTRAL), (1, looks.BAD)], width=110),
        ],
        _NO_EXPORTER,
        sort="Fails for",
    )


def reasons() -> Panel:
    failures = f"{_PREFIX}_collector_failures_total"
    return looks.lines(
        "When did collectors fail?",
        "Failed attempts in a day by reason, of all accounts; reasons that never came are left "
        "out. From `exporter_collector_failures_total`.",
        [Query(f"sum by (reason) (increase({failures}[1d]) and {failures} > 0)", "{{reason}}")],
        looks.NUMBER,
        "No attempt has failed",
    )


def requests() -> Panel:
    return looks.lines(
        "How often is GitHub asked?",
        "Requests to GitHub in a day by what it answered; 304 costs nothing of the limit. From "
        "`exporter_api_requests_total`. Worry where 4xx or error rises.",
        [Query(f"sum by (status) (increase({_PREFIX}_api_requests_total[1d]))", "{{status}}")],
        looks.NUMBER,
        _NO_EXPORTER,
        colours=looks.STATUSES,
    )


def durations() -> Panel:
    name = f"{_PREFIX}_api_request_duration_seconds_bucket"
    quantiles = {"slowest of 100": 0.99, "slowest of 20": 0.95, "median": 0.5}
    return looks.lines(
        "How long does GitHub take?",
        "Seconds of a request and its whole answer, in the day before. From "
        "`exporter_api_request_duration_seconds`. Worry where it nears the timeout of a poll.",
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
        "Is GitHub limiting us?",
        "Requests left until GitHub's limit begins anew, beside what it grants in an hour, by "
        "credential. From `exporter_api_rate_limit_remaining` and `exporter_api_rate_limit`. Worry "
        f"below {DEFAULTS.rate_limit_remaining_ratio:.0%} of what is granted.",
        [
            Query(
                process("exporter_api_rate_limit_remaining", "credential"), "{{credential}} left"
            ),
            Query(process("exporter_api_rate_limit", "credential"), "{{credential}} granted"),
        ],
        looks.NUMBER,
        "GitHub names no limit: an Enterprise Server without one, or no request yet",
    )


def unknown_skus() -> Panel:
    return looks.rows(
        "Which SKUs are not known?",
        "SKUs of GitHub that the exporter does not know, now; they are published all the same. "
        "From `exporter_unknown_sku_info`.",
        [Query(process("exporter_unknown_sku_info", "product", "sku"))],
        [Column("product", "Product", width=120), Column("sku", "SKU")],
        "Every SKU is known",
    )


def builds() -> Panel:
    return looks.rows(
        "What runs?",
        "Version, revision and Python of each exporter, now; a revision is of an image alone. From "
        "`exporter_build_info`.",
        [Query(process("exporter_build_info", "version", "revision", "python"))],
        [
            Column("version", "Version"),
            Column("revision", "Revision"),
            Column("python", "Python"),
        ],
        _NO_EXPORTER,
    )

"""Every metric: the one home of names, helps and labels, in the order of the page."""

from exporter.metrics.model import Metric

_POLLED = "Polled, not asked at the scrape."
_MONTH = "Month to date, UTC; falls at the month's edge and may be corrected, so a gauge."
_SUMMARY = f"GitHub's usage summary. {_MONTH} {_POLLED}"


def _bill(name: str, what: str, *labels: str, source: str = _SUMMARY) -> Metric:
    return Metric(f"github_billing_{name}", f"{what} {source}", labels)


def _exporter(name: str, what: str, *labels: str, per_account: bool = True) -> Metric:
    return Metric(f"github_billing_exporter_{name}", what, labels, per_account=per_account)


def _counter(name: str, what: str, *labels: str) -> Metric:
    return Metric(f"github_billing_exporter_{name}", what, labels, "counter", per_account=False)


_EITHER = (
    f"From the legacy endpoint or the usage summary, as account_info's platform says. {_MONTH}"
)
_PLAN = (
    f"Usage platform: a setting, else the table of GitHub's plans; legacy: GitHub's own. {_POLLED}"
)

ACCOUNT_INFO = _bill(
    "account_info",
    "The account: the billing platform it is read from (empty while undecided), its plan in "
    "GitHub's word, and the host asked. Always 1.",
    "platform",
    "plan",
    "host",
    source=_POLLED,
)
CYCLE_REMAINING_DAYS = _bill(
    "cycle_remaining_days",
    "Days left in the billing cycle after today, 0 on the last day. Legacy: GitHub's own number; "
    "usage: by the calendar month, UTC.",
    source=_POLLED,
)
CYCLE_START = _bill(
    "cycle_start_timestamp_seconds",
    "When the billing cycle began: the calendar month, UTC. Usage platform only.",
    source=_POLLED,
)
CYCLE_END = _bill(
    "cycle_end_timestamp_seconds",
    "When the billing cycle ends: the next month's first instant, UTC. Usage platform only.",
    source=_POLLED,
)
ACTIONS_USED_MINUTES = _bill(
    "actions_used_minutes",
    "Actions minutes used. Legacy: private repositories, with OS multipliers for organizations "
    "and users; usage: raw minutes, public repositories and larger runners included.",
    source=_EITHER,
)
ACTIONS_PAID_MINUTES = _bill(
    "actions_paid_minutes",
    "Actions minutes billed in money: beyond the quota, or on runners that no quota covers.",
    source=_EITHER,
)
ACTIONS_INCLUDED_MINUTES = _bill(
    "actions_included_minutes",
    "Actions minutes a month that the plan includes, for standard runners on private "
    "repositories. On the usage platform used / included is no quota.",
    source=_PLAN,
)
ACTIONS_RUNNER_USED_MINUTES = _bill(
    "actions_runner_used_minutes",
    "Actions minutes used by operating system and runner.",
    "os",
    "runner",
    source=_EITHER,
)
PACKAGES_USED_BANDWIDTH = _bill(
    "packages_used_bandwidth_gigabytes",
    "Data transferred out of Packages, in gigabytes.",
    source=_EITHER,
)
PACKAGES_PAID_BANDWIDTH = _bill(
    "packages_paid_bandwidth_gigabytes",
    "Data transferred out of Packages and billed in money, in gigabytes.",
    source=_EITHER,
)
PACKAGES_INCLUDED_BANDWIDTH = _bill(
    "packages_included_bandwidth_gigabytes",
    "Data transfer out of Packages a month that the plan includes, in gigabytes.",
    source=_PLAN,
)
SHARED_STORAGE_ESTIMATED = _bill(
    "shared_storage_estimated_gigabytes",
    "Storage of Actions artifacts and Packages together, in gigabytes. Legacy: GitHub's estimate "
    "for the whole cycle; usage: our average of the cycle so far, absent in its first 24 hours.",
    source=_EITHER,
)
SHARED_STORAGE_ESTIMATED_PAID = _bill(
    "shared_storage_estimated_paid_gigabytes",
    "Storage of Actions artifacts and Packages billed in money, in gigabytes of a whole month. "
    "Legacy: GitHub's estimate for the cycle; usage: ours of what is billed so far, and GitHub's "
    "discount on storage is unverified.",
    source=_EITHER,
)
SHARED_STORAGE_INCLUDED = _bill(
    "shared_storage_included_gigabytes",
    "Storage of Actions artifacts and Packages that the plan includes, in gigabytes. Usage "
    "platform only: a setting, else the table of GitHub's plans.",
    source=_POLLED,
)

_GHAS = f"GitHub's advanced-security report. {_POLLED}"
ADVANCED_SECURITY_USED_SEATS = _bill(
    "advanced_security_used_seats",
    "Distinct active committers, each of whom uses a seat of the product. One committer may use "
    "several products: never add them.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_MAXIMUM_SEATS = _bill(
    "advanced_security_maximum_seats",
    "Seats that would be used were the product on for every repository.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_PURCHASED_SEATS = _bill(
    "advanced_security_purchased_seats",
    "Seats bought, where they are bought by volume.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_REPOSITORIES = _bill(
    "advanced_security_repositories",
    "Repositories with active committers.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_REPOSITORY_COMMITTERS = _bill(
    "advanced_security_repository_committers",
    "Active committers of a repository. One person commits to several: never add them.",
    "product",
    "organization",
    "repository",
    source=_GHAS,
)

_QUANTITY = ("product", "sku", "unit")
_MONEY = ("product", "sku")
USAGE_GROSS_QUANTITY = _bill(
    "usage_gross_quantity",
    "Quantity used, in the unit that its label names; user_months is no number of seats.",
    *_QUANTITY,
)
USAGE_DISCOUNT_QUANTITY = _bill(
    "usage_discount_quantity",
    "Quantity covered by quotas, free public use and other discounts, in the unit of its label.",
    *_QUANTITY,
)
USAGE_NET_QUANTITY = _bill(
    "usage_net_quantity", "Quantity billed in money, in the unit of its label.", *_QUANTITY
)
USAGE_GROSS_USD = _bill("usage_gross_usd", "US dollars before discounts.", *_MONEY)
USAGE_DISCOUNT_USD = _bill(
    "usage_discount_usd", "US dollars of quotas, free public use and other discounts.", *_MONEY
)
USAGE_NET_USD = _bill("usage_net_usd", "US dollars billed, after discounts.", *_MONEY)
USAGE_PRICE_USD = _bill(
    "usage_price_usd",
    "US dollars for one unit; absent where a SKU had two prices in the month.",
    *_QUANTITY,
)

_SEATS = f"GitHub's organization. {_POLLED}"
PLAN_FILLED_SEATS = _bill("plan_filled_seats", "Seats of the plan in use.", source=_SEATS)
PLAN_PURCHASED_SEATS = _bill("plan_purchased_seats", "Seats of the plan bought.", source=_SEATS)

COLLECTOR_AVAILABLE = _exporter(
    "collector_available",
    "1 where GitHub offers it to this account and credential, 0 where not; absent while unknown.",
    "collector",
)
COLLECTOR_SUCCESS = _exporter(
    "collector_success", "1 if the last attempt succeeded, 0 if it failed.", "collector"
)
COLLECTOR_FAILURE_INFO = _exporter(
    "collector_failure_info", "1 while the last attempt failed, by reason.", "collector", "reason"
)
COLLECTOR_LAST_ATTEMPT = _exporter(
    "collector_last_attempt_timestamp_seconds", "When the last attempt began.", "collector"
)
COLLECTOR_LAST_SUCCESS = _exporter(
    "collector_last_success_timestamp_seconds",
    "When the last successful attempt began: the age of what the page says. It stays when the "
    "values have gone.",
    "collector",
)
COLLECTOR_DURATION = _exporter(
    "collector_duration_seconds", "How long the last attempt took, waits included.", "collector"
)
COLLECTOR_INTERVAL = _exporter(
    "collector_interval_seconds", "How often it is attempted.", "collector"
)
COLLECTOR_STALE_AFTER = _exporter(
    "collector_stale_after_seconds",
    "How old its values may grow before they go from the page.",
    "collector",
)
ACCOUNTS = _exporter("accounts", "Accounts watched.", "account_type", per_account=False)
UNKNOWN_SKU_INFO = _exporter(
    "unknown_sku_info",
    "1 for each SKU that the exporter does not know; it is published all the same.",
    "product",
    "sku",
    per_account=False,
)
BUILD_INFO = _exporter(
    "build_info",
    "The exporter's build. Always 1.",
    "version",
    "revision",
    "python",
    per_account=False,
)

COLLECTOR_FAILURES = _counter(
    "collector_failures_total", "Failed attempts of all accounts.", "collector", "reason"
)
POLLS_MISSED = _counter(
    "polls_missed_total", "Polls that were due and not begun within one interval.", "collector"
)
API_REQUESTS = _counter(
    "api_requests_total",
    "Requests to GitHub; status is error where no whole answer came.",
    "endpoint",
    "status",
)
API_REQUEST_DURATION = Metric(
    "github_billing_exporter_api_request_duration_seconds",
    "How long a request to GitHub and its whole answer took.",
    ("endpoint", "status"),
    "histogram",
    per_account=False,
)
API_RATE_LIMIT = _exporter(
    "api_rate_limit", "Requests an hour that GitHub grants.", "credential", per_account=False
)
API_RATE_LIMIT_REMAINING = _exporter(
    "api_rate_limit_remaining",
    "Requests left until GitHub's limit begins anew.",
    "credential",
    per_account=False,
)
API_RATE_LIMIT_RESET = _exporter(
    "api_rate_limit_reset_timestamp_seconds",
    "When GitHub's limit begins anew.",
    "credential",
    per_account=False,
)
CREDENTIAL_EXPIRATION = _exporter(
    "credential_expiration_timestamp_seconds",
    "When the credential expires, where GitHub says it.",
    "credential",
    per_account=False,
)

BILL: tuple[Metric, ...] = (
    ACCOUNT_INFO,
    CYCLE_REMAINING_DAYS,
    CYCLE_START,
    CYCLE_END,
    ACTIONS_USED_MINUTES,
    ACTIONS_PAID_MINUTES,
    ACTIONS_INCLUDED_MINUTES,
    ACTIONS_RUNNER_USED_MINUTES,
    PACKAGES_USED_BANDWIDTH,
    PACKAGES_PAID_BANDWIDTH,
    PACKAGES_INCLUDED_BANDWIDTH,
    SHARED_STORAGE_ESTIMATED,
    SHARED_STORAGE_ESTIMATED_PAID,
    SHARED_STORAGE_INCLUDED,
    ADVANCED_SECURITY_USED_SEATS,
    ADVANCED_SECURITY_MAXIMUM_SEATS,
    ADVANCED_SECURITY_PURCHASED_SEATS,
    ADVANCED_SECURITY_REPOSITORIES,
    ADVANCED_SECURITY_REPOSITORY_COMMITTERS,
    USAGE_GROSS_QUANTITY,
    USAGE_DISCOUNT_QUANTITY,
    USAGE_NET_QUANTITY,
    USAGE_GROSS_USD,
    USAGE_DISCOUNT_USD,
    USAGE_NET_USD,
    USAGE_PRICE_USD,
    PLAN_FILLED_SEATS,
    PLAN_PURCHASED_SEATS,
)
"""What the page says about the bill."""

JOBS: tuple[Metric, ...] = (
    COLLECTOR_AVAILABLE,
    COLLECTOR_SUCCESS,
    COLLECTOR_FAILURE_INFO,
    COLLECTOR_LAST_ATTEMPT,
    COLLECTOR_LAST_SUCCESS,
    COLLECTOR_DURATION,
    COLLECTOR_INTERVAL,
    COLLECTOR_STALE_AFTER,
    ACCOUNTS,
    UNKNOWN_SKU_INFO,
    BUILD_INFO,
)
"""What the page says about the polling."""

TELEMETRY: tuple[Metric, ...] = (
    COLLECTOR_FAILURES,
    POLLS_MISSED,
    API_REQUESTS,
    API_REQUEST_DURATION,
    API_RATE_LIMIT,
    API_RATE_LIMIT_REMAINING,
    API_RATE_LIMIT_RESET,
    CREDENTIAL_EXPIRATION,
)
"""What the process itself did, live."""

ALL: tuple[Metric, ...] = BILL + JOBS + TELEMETRY

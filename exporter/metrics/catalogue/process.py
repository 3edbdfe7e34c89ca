"""Telemetry of the process: requests, limits, files and the log."""

from exporter.metrics.catalogue.declare import counter, exporter
from exporter.metrics.model import Metric

COLLECTOR_FAILURES = counter(
    "collector_failures_total", "Failed attempts for all accounts.", "collector", "reason"
)
POLLS_MISSED = counter(
    "polls_missed_total", "Polls due but not begun within one interval.", "collector"
)
API_REQUESTS = counter(
    "api_requests_total",
    "Requests to GitHub, by path template. The status is error if no complete response arrived.",
    "path",  # not endpoint: the Prometheus Operator adds that label to every target
    "status",
)
API_REQUEST_DURATION = Metric(
    "github_billing_exporter_api_request_duration_seconds",
    "Duration of requests to GitHub in seconds, including the complete response, by path template.",
    ("path", "status"),
    "histogram",
    per_account=False,
)
API_RATE_LIMIT = exporter("api_rate_limit", "GitHub's limit in requests per hour.", "credential")
API_RATE_LIMIT_REMAINING = exporter(
    "api_rate_limit_remaining", "Requests left until GitHub's limit resets.", "credential"
)
API_RATE_LIMIT_RESET = exporter(
    "api_rate_limit_reset_timestamp_seconds",
    "Unix time at which GitHub's limit resets.",
    "credential",
)
CREDENTIAL_EXPIRATION = exporter(
    "credential_expiration_timestamp_seconds",
    "Unix time at which the credential expires, if GitHub reports it.",
    "credential",
)
STATE_LAST_SUCCESS = exporter(
    "state_last_success_timestamp_seconds",
    "Unix time of the last write to the state file; 0 if never, absent without a state file.",
)
CONFIG_RELOAD_SUCCESSFUL = exporter(
    "config_last_reload_successful",
    "1 if the settings were valid when they were last read, at the start or on SIGHUP, else 0; "
    "absent in the demo.",
)
CONFIG_RELOAD_SUCCESS_TIMESTAMP = exporter(
    "config_last_reload_success_timestamp_seconds",
    "Unix time at which the settings in effect were read; absent in the demo.",
)
WEB_CONFIG_RELOAD_SUCCESS = exporter(
    "web_config_reload_success",
    "1 if the current web configuration file is in effect, 0 if it could not be loaded; "
    "absent without such a file.",
)
SHARDS = exporter(
    "shards",
    "Number of shards that divide the accounts, by the index of this one; absent without shards.",
    "shard",
)
LOG_LINES_DROPPED = counter(
    "log_lines_dropped_total", "Log lines lost because stderr was blocked or not writable."
)

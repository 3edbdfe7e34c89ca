"""What the process itself did, live."""

from exporter.metrics.catalogue.declare import counter, exporter
from exporter.metrics.model import Metric

COLLECTOR_FAILURES = counter(
    "collector_failures_total", "Failed attempts of all accounts.", "collector", "reason"
)
POLLS_MISSED = counter(
    "polls_missed_total", "Polls that were due and not begun within one interval.", "collector"
)
API_REQUESTS = counter(
    "api_requests_total",
    "Requests to GitHub; path is a template, never a name; status is error where no whole answer "
    "came.",
    "path",  # not endpoint, which the Prometheus Operator adds to whatever it scrapes
    "status",
)
API_REQUEST_DURATION = Metric(
    "github_billing_exporter_api_request_duration_seconds",
    "How long a request to GitHub and its whole answer took; path is a template, never a name.",
    ("path", "status"),
    "histogram",
    per_account=False,
)
API_RATE_LIMIT = exporter("api_rate_limit", "Requests an hour that GitHub grants.", "credential")
API_RATE_LIMIT_REMAINING = exporter(
    "api_rate_limit_remaining", "Requests left until GitHub's limit begins anew.", "credential"
)
API_RATE_LIMIT_RESET = exporter(
    "api_rate_limit_reset_timestamp_seconds", "When GitHub's limit begins anew.", "credential"
)
CREDENTIAL_EXPIRATION = exporter(
    "credential_expiration_timestamp_seconds",
    "When the credential expires, where GitHub says it.",
    "credential",
)
STATE_LAST_SUCCESS = exporter(
    "state_last_success_timestamp_seconds",
    "When the last good readings were last written to the state file, 0 for never; absent "
    "without such a file.",
)
WEB_CONFIG_RELOAD_SUCCESS = exporter(
    "web_config_reload_success",
    "1 while what is served is what the web configuration file says, 0 while a change of it could "
    "not be taken; absent without such a file.",
)
LOG_LINES_DROPPED = counter(
    "log_lines_dropped_total",
    "Lines of the log that were lost, as whoever reads it stood still or it could not be written.",
)

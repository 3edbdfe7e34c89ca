"""Collectors, accounts and discovery."""

from exporter.metrics.catalogue.declare import exporter, per_collector
from exporter.metrics.model import Metric

COLLECTOR_AVAILABLE = per_collector(
    "collector_available",
    "1 if GitHub offers the collector's endpoints to this account and credential, 0 if not; absent "
    "while unknown.",
)
COLLECTOR_SUCCESS = per_collector(
    "collector_success", "1 if the last attempt succeeded, 0 if it failed."
)
COLLECTOR_FAILURE_INFO = per_collector(
    "collector_failure_info",
    "Reason why the last attempt failed; absent after a success.",
    "reason",
)
COLLECTOR_LAST_ATTEMPT = per_collector(
    "collector_last_attempt_timestamp_seconds", "Unix time at which the last attempt began."
)
COLLECTOR_LAST_SUCCESS = per_collector(
    "collector_last_success_timestamp_seconds",
    "Unix time at which the last successful attempt began. Kept after its values have expired.",
)
COLLECTOR_DURATION = per_collector(
    "collector_duration_seconds", "Duration of the last attempt in seconds, including waits."
)
COLLECTOR_INTERVAL = per_collector("collector_interval_seconds", "Polling interval in seconds.")
COLLECTOR_STALE_AFTER = per_collector(
    "collector_stale_after_seconds", "Age in seconds at which values are removed."
)
REPOSITORIES_FOLDED = Metric(
    "github_billing_exporter_repositories_folded",
    "Repositories, and workflows, beyond the series limit: summed as the repository or workflow "
    "(other), or left out if they cannot be added.",
)
ACCOUNTS = exporter("accounts", "Accounts watched.", "account_type")
DISCOVERY_SUCCESS = exporter(
    "discovery_success",
    "1 if the credential's last discovery of accounts succeeded, 0 if it failed.",
    "credential",
)
DISCOVERY_LAST_SUCCESS = exporter(
    "discovery_last_success_timestamp_seconds",
    "Unix time of the credential's last successful discovery of accounts.",
    "credential",
)
UNKNOWN_SKU_INFO = exporter(
    "unknown_sku_info",
    "SKU that this version does not know. Its usage is exported nevertheless.",
    "product",
    "sku",
)
BUILD_INFO = exporter("build_info", "Build of the exporter.", "version", "revision", "python")

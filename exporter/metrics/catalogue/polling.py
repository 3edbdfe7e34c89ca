"""What the page says about the polling."""

from exporter.metrics.catalogue.declare import exporter, per_collector
from exporter.metrics.model import Metric

COLLECTOR_AVAILABLE = per_collector(
    "collector_available",
    "1 where GitHub offers it to this account and credential, 0 where not; absent while unknown.",
)
COLLECTOR_SUCCESS = per_collector(
    "collector_success", "1 if the last attempt succeeded, 0 if it failed."
)
COLLECTOR_FAILURE_INFO = per_collector(
    "collector_failure_info", "1 while the last attempt failed, by reason.", "reason"
)
COLLECTOR_LAST_ATTEMPT = per_collector(
    "collector_last_attempt_timestamp_seconds", "When the last attempt began."
)
COLLECTOR_LAST_SUCCESS = per_collector(
    "collector_last_success_timestamp_seconds",
    "When the last successful attempt began: the age of what the page says. It stays when the "
    "values have gone.",
)
COLLECTOR_DURATION = per_collector(
    "collector_duration_seconds", "How long the last attempt took, waits included."
)
COLLECTOR_INTERVAL = per_collector("collector_interval_seconds", "How often it is attempted.")
COLLECTOR_STALE_AFTER = per_collector(
    "collector_stale_after_seconds", "How old its values may grow before they go from the page."
)
REPOSITORIES_FOLDED = Metric(
    "github_billing_exporter_repositories_folded",
    "Repositories beyond the series limit, by all collectors together: their sums stand in the "
    "repository (other), and what has no sum is left out.",
)
ACCOUNTS = exporter("accounts", "Accounts watched.", "account_type")
DISCOVERY_SUCCESS = exporter(
    "discovery_success",
    "1 if the last discovery of a credential's accounts succeeded, else 0.",
    "credential",
)
DISCOVERY_LAST_SUCCESS = exporter(
    "discovery_last_success_timestamp_seconds",
    "When a credential's accounts were last discovered, in Unix time.",
    "credential",
)
UNKNOWN_SKU_INFO = exporter(
    "unknown_sku_info",
    "1 for each SKU that the exporter does not know; it is published all the same.",
    "product",
    "sku",
)
BUILD_INFO = exporter(
    "build_info", "The exporter's build. Always 1.", "version", "revision", "python"
)

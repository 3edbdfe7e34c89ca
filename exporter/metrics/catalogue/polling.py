"""What the page says about the polling."""

from exporter.metrics.catalogue.declare import exporter

COLLECTOR_AVAILABLE = exporter(
    "collector_available",
    "1 where GitHub offers it to this account and credential, 0 where not; absent while unknown.",
    "collector",
)
COLLECTOR_SUCCESS = exporter(
    "collector_success", "1 if the last attempt succeeded, 0 if it failed.", "collector"
)
COLLECTOR_FAILURE_INFO = exporter(
    "collector_failure_info", "1 while the last attempt failed, by reason.", "collector", "reason"
)
COLLECTOR_LAST_ATTEMPT = exporter(
    "collector_last_attempt_timestamp_seconds", "When the last attempt began.", "collector"
)
COLLECTOR_LAST_SUCCESS = exporter(
    "collector_last_success_timestamp_seconds",
    "When the last successful attempt began: the age of what the page says. It stays when the "
    "values have gone.",
    "collector",
)
COLLECTOR_DURATION = exporter(
    "collector_duration_seconds", "How long the last attempt took, waits included.", "collector"
)
COLLECTOR_INTERVAL = exporter(
    "collector_interval_seconds", "How often it is attempted.", "collector"
)
COLLECTOR_STALE_AFTER = exporter(
    "collector_stale_after_seconds",
    "How old its values may grow before they go from the page.",
    "collector",
)
REPOSITORIES_FOLDED = exporter(
    "repositories_folded",
    "Repositories beyond the series limit, by all collectors together: their sums stand in the "
    "repository (other), and what has no sum is left out.",
)
ACCOUNTS = exporter("accounts", "Accounts watched.", "account_type", per_account=False)
DISCOVERY_SUCCESS = exporter(
    "discovery_success",
    "1 if the last discovery of a credential's accounts succeeded, else 0.",
    "credential",
    per_account=False,
)
DISCOVERY_LAST_SUCCESS = exporter(
    "discovery_last_success_timestamp_seconds",
    "When a credential's accounts were last discovered, in Unix time.",
    "credential",
    per_account=False,
)
UNKNOWN_SKU_INFO = exporter(
    "unknown_sku_info",
    "1 for each SKU that the exporter does not know; it is published all the same.",
    "product",
    "sku",
    per_account=False,
)
BUILD_INFO = exporter(
    "build_info",
    "The exporter's build. Always 1.",
    "version",
    "revision",
    "python",
    per_account=False,
)

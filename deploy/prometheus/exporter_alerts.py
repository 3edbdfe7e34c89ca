"""Alerts for the operators of the exporter: whether its data can be trusted.

A failing collector is retried within a quarter of an hour, whatever its interval, so 45 minutes are
more than two polls. The alerts do not overlap: CollectorFailing excludes rejected credentials, and
ReadingStale excludes failing collectors.
"""

from deploy.prometheus.alert import Alert, Group
from deploy.prometheus.labels import ACCOUNT, JOB, looked_up
from deploy.prometheus.scrape_alerts import SCRAPES

_BUILD = "github_billing_exporter_build_info"
_ACCOUNT_INFO = "github_billing_account_info"
_COLLECTOR = f"{ACCOUNT}, collector"
_CREDENTIAL = f"{JOB}, credential"
_REFUSED = '{reason=~"unauthorized|forbidden"}'
_NO_BILL = '{reason="forbidden",collector=~"usage|legacy_.+"}'
_WITHHELD = '{reason=~"forbidden|not_found|closed",collector!~"usage|legacy_.+"}'
_REASON = looked_up("github_billing_exporter_collector_failure_info", _COLLECTOR, "reason")

_COLLECTED = "github_billing_exporter_collector"
_CONFIG = "github_billing_exporter_config"
_STATE = "github_billing_exporter_state"
_RATE_LIMIT = "github_billing_exporter_api_rate_limit"
_EXPIRES = "github_billing_exporter_credential_expiration_timestamp_seconds"


def _collector(fact: str, matchers: str = "") -> str:
    return f"max by ({_COLLECTOR}) ({_COLLECTED}_{fact}{matchers})"


# Of 401 or 403 for everything, or for the bill itself. A single collector may also be refused
# because a product was canceled.
_REJECTED = f"""(
                    {_collector("failure_info", '{reason="unauthorized"}')}
                  or
                    {_collector("failure_info", _NO_BILL)}
                  or
                    {_collector("failure_info", '{reason="forbidden"}')}
                      unless on ({ACCOUNT}) {_collector("success")} == 1
                )"""

_GONE = f"""(
                    {_collector("failure_info", _WITHHELD)}
                      and on ({_COLLECTOR}) {_collector("last_success_timestamp_seconds")}
                )"""


EXPORTER = Group(
    "github-billing-exporter-alerts",
    "exporter",
    (
        *SCRAPES,
        Alert(
            name="CollectorFailing",
            expr=f"""
                {_collector("success")} == 0
                  unless on ({_COLLECTOR}) (
                    {_collector("failure_info", _REFUSED)}
                      and on ({ACCOUNT}) {_REJECTED}
                  )
                  unless on ({_COLLECTOR}) {_GONE}
            """,
            hold="45m",
            severity="warning",
            board="github-billing-exporter",
            summary="A collector of the GitHub Billing Exporter is failing.",
            description=(
                "Collector {{ $labels.collector }} of {{ $labels.account_type }} "
                f"{{{{ $labels.account }}}} has failed for 45 minutes{_REASON}. "
                "Its last good data is exported until it is stale."
            ),
        ),
        Alert(
            name="ReadingStale",
            expr=f"""
                time() - {_collector("last_success_timestamp_seconds")}
                    > {_collector("stale_after_seconds")}
                  unless on ({_COLLECTOR}) {_collector("success")} == 0
                  unless on ({_COLLECTOR}) {_collector("available")} == 0
            """,
            hold="15m",
            severity="warning",
            board="github-billing-exporter",
            summary="GitHub billing data is stale and no longer exported.",
            description=(
                "The data of collector {{ $labels.collector }} of {{ $labels.account_type }} "
                "{{ $labels.account }} is {{ $value | humanizeDuration }} old: stale, and no "
                "longer exported. No attempt failed: GitHub has not been polled."
            ),
        ),
        Alert(
            name="CollectorDisappeared",
            # The billing platform decides which of usage and legacy_* is available. After two
            # weeks, the alert itself remembers.
            expr=f"""
                {_collector("available", '{collector!~"usage|legacy_.*"}')} == 0
                  and on ({_COLLECTOR}) (
                      max_over_time({_collector("available")}[14d:1h]) == 1
                    or
                      max_over_time(ALERTS{{alertname="GitHubBillingCollectorDisappeared"}}[3d])
                  )
                or
                {_GONE}
                  unless on ({ACCOUNT}) {_REJECTED}
            """,
            hold="45m",
            severity="warning",
            board="github-billing-exporter",
            summary="A collector that was available to an account no longer is.",
            description=(
                "Collector {{ $labels.collector }} was available to {{ $labels.account_type }} "
                "{{ $labels.account }}, but no longer is: a permission is lost, a product canceled "
                "or an endpoint closed."
            ),
        ),
        Alert(
            name="CredentialRejected",
            expr=f"""
                count by ({ACCOUNT}) (
                  {_collector("failure_info", _REFUSED)}
                )
                  and on ({ACCOUNT}) {_REJECTED}
            """,
            hold="45m",
            severity="warning",
            board="github-billing-exporter",
            summary="GitHub rejects the exporter's credential.",
            description=(
                'GitHub rejects the credential for {{ $value | printf "%.0f" }} collectors of '
                "{{ $labels.account_type }} {{ $labels.account }}: it is wrong, revoked or "
                "expired, or has lost a permission."
            ),
        ),
        Alert(
            name="CredentialExpires",
            # CredentialRejected covers a credential that has expired.
            expr=f"""
                (
                  min by ({_CREDENTIAL}) ({_EXPIRES}) - time()
                    < <<credential_expiry_days>> * 86400
                ) > 0
            """,
            hold="1h",
            severity="warning",
            board="github-billing-exporter",
            summary="A credential of the GitHub Billing Exporter expires soon.",
            description=(
                "Credential {{ $labels.credential }} expires in {{ $value | humanizeDuration }}."
            ),
        ),
        Alert(
            name="DiscoveryFailing",
            expr=f"max by ({_CREDENTIAL}) (github_billing_exporter_discovery_success) == 0",
            hold="2h30m",
            severity="warning",
            board="github-billing-exporter",
            summary="The GitHub Billing Exporter cannot discover accounts.",
            description=(
                "Account discovery with credential {{ $labels.credential }} has failed for two "
                "and a half hours: new accounts are not watched, known accounts still are."
            ),
        ),
        Alert(
            name="RateLimitNearlyExhausted",
            # The last reported value is valid only until the rate limit resets.
            expr=f"""
                min by ({_CREDENTIAL}) ({_RATE_LIMIT}_remaining)
                    / max by ({_CREDENTIAL}) ({_RATE_LIMIT})
                    < <<rate_limit_remaining_ratio>>
                  and on ({_CREDENTIAL})
                    max by ({_CREDENTIAL}) ({_RATE_LIMIT}_reset_timestamp_seconds) > time()
            """,
            hold="10m",
            keep="1h",
            severity="info",
            board="github-billing-exporter",
            summary="A GitHub rate limit is nearly exhausted.",
            description=(
                "Credential {{ $labels.credential }} has {{ $value | humanizePercentage }} of its "
                "requests left until the rate limit resets; the least important collectors wait."
            ),
        ),
        Alert(
            name="PollsMissed",
            # A single missed poll is in the range for an hour; 75 minutes take more than one.
            expr=f"""
                sum by ({JOB}, collector) (
                  increase(github_billing_exporter_polls_missed_total[1h])
                ) > 0
            """,
            hold="75m",
            severity="info",
            board="github-billing-exporter",
            summary="The GitHub Billing Exporter is missing polls.",
            description=(
                "Collector {{ $labels.collector }} has missed polls for more than an hour, "
                '{{ $value | printf "%.0f" }} in the last hour: its data is older than it should '
                "be."
            ),
        ),
        Alert(
            name="AccountVanished",
            # Of an exporter that is up. An account that another exporter reads has moved.
            expr=f"""
                group by ({ACCOUNT}) (last_over_time({_ACCOUNT_INFO}[7d]))
                  unless on ({ACCOUNT}) {_ACCOUNT_INFO}
                  unless on (account_type, account) {_ACCOUNT_INFO}
                  and on ({JOB}) {_BUILD}
            """,
            hold="1h",
            severity="warning",
            board="github-billing-exporter",
            summary="An account that was watched within a week no longer is.",
            description=(
                "The exporter no longer watches {{ $labels.account_type }} {{ $labels.account }}: "
                "it was removed from the settings, the App was uninstalled, or the credential no "
                "longer sees it."
            ),
        ),
        Alert(
            name="StateFileOld",
            expr=f"""
                max by ({JOB}) (
                  max by ({JOB}, instance) ({_COLLECTED}_last_success_timestamp_seconds)
                    - max by ({JOB}, instance) ({_STATE}_last_success_timestamp_seconds)
                ) > <<state_age_hours>> * 3600
            """,
            hold="15m",
            severity="warning",
            board="github-billing-exporter",
            summary="The GitHub Billing Exporter cannot write its state file.",
            description=(
                "An exporter of job {{ $labels.job }} has data that is "
                "{{ $value | humanizeDuration }} newer than its state file: after a restart, it is "
                "missing until GitHub is polled."
            ),
        ),
        Alert(
            name="ConfigReloadFailed",
            # Of one replica or shard it is enough. It stays 0 until valid settings are read.
            expr=f"min by ({JOB}) ({_CONFIG}_last_reload_successful) == 0",
            hold="10m",
            severity="warning",
            board="github-billing-exporter",
            summary="The GitHub Billing Exporter has not reloaded its settings: they are invalid.",
            description=(
                "An exporter of job {{ $labels.job }} was sent SIGHUP, and the settings that it "
                "read are invalid. It continues with the previous ones, but would not start again."
            ),
        ),
        Alert(
            name="UnknownSku",
            expr=f"max by ({JOB}, product, sku) (github_billing_exporter_unknown_sku_info)",
            hold="1h",
            severity="info",
            board="github-billing-exporter",
            summary="GitHub reports a SKU that the exporter does not know.",
            description=(
                "SKU {{ $labels.sku }} of product {{ $labels.product }} is newer than this version "
                "of the exporter, or undocumented. It is exported and included in sums; only "
                "details derived from the names of known SKUs are missing."
            ),
        ),
    ),
)

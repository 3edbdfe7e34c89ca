"""Alerts for whoever runs the exporter: whether the numbers can be trusted.

A collector that fails is asked again within a quarter of an hour, whatever its interval, so that
45 minutes are more than two polls. What one alert says no other repeats: a credential that is
refused is no failing collector, and what fails is not called stale too.
"""

from deploy.prometheus.alert import Alert, Group

_JOB = "account_type, account, collector"
_REFUSED = '{reason=~"unauthorized|forbidden"}'
_REASON = (
    '{{ with printf "github_billing_exporter_collector_failure_info'
    '{account_type=%q,account=%q,collector=%q}" '
    "$labels.account_type $labels.account $labels.collector | query }}"
    ' ({{ . | first | label "reason" }}){{ end }}'
)

_BUILD = "github_billing_exporter_build_info"
_RATE_LIMIT = "github_billing_exporter_api_rate_limit"
_EXPIRES = "github_billing_exporter_credential_expiration_timestamp_seconds"


def _job(fact: str, matchers: str = "") -> str:
    """Give a fact of each job, whichever pod tells it."""
    return f"max by ({_JOB}) (github_billing_exporter_collector_{fact}{matchers})"


EXPORTER = Group(
    "github-billing-exporter-alerts",
    "exporter",
    (
        Alert(
            name="ExporterDown",
            # The job is known by what it served in two weeks, which Prometheus's usual retention
            # holds; without any, nothing is labelled.
            expr=f"""
                group by (job) (
                  up == 0 and on (job, instance) present_over_time({_BUILD}[14d])
                )
                or (
                  group by (job) (present_over_time({_BUILD}[14d]))
                    unless on (job) {_BUILD}
                )
                or absent_over_time({_BUILD}[14d])
            """,
            hold="15m",
            severity="warning",
            board="github-billing-exporter",
            summary="Prometheus cannot scrape the GitHub Billing Exporter.",
            description=(
                "No page has come from the exporter"
                "{{ with $labels.job }} of job {{ . }}{{ end }}, or from one of its replicas, "
                "for 15 minutes: its accounts have no numbers."
            ),
        ),
        Alert(
            name="CollectorFailing",
            expr=f"""
                {_job("success")} == 0
                  unless on ({_JOB}) {_job("failure_info", _REFUSED)}
            """,
            hold="45m",
            severity="warning",
            board="github-billing-exporter",
            summary="A collector of the GitHub Billing Exporter fails.",
            description=(
                "Collector {{ $labels.collector }} of {{ $labels.account_type }} "
                f"{{{{ $labels.account }}}} has failed for 45 minutes{_REASON}. "
                "Its last good numbers stay until they are stale, then they go."
            ),
        ),
        Alert(
            name="ReadingStale",
            expr=f"""
                time() - {_job("last_success_timestamp_seconds")}
                    > {_job("stale_after_seconds")}
                  unless on ({_JOB}) {_job("success")} == 0
                  unless on ({_JOB}) {_job("available")} == 0
            """,
            hold="15m",
            severity="warning",
            board="github-billing-exporter",
            summary="Numbers of GitHub's bill have gone since they were not renewed.",
            description=(
                "What collector {{ $labels.collector }} read of {{ $labels.account_type }} "
                "{{ $labels.account }} is {{ $value | humanizeDuration }} old, too old to be "
                "shown, and yet no attempt failed: it was not asked again."
            ),
        ),
        Alert(
            name="CollectorDisappeared",
            # Which of these two is offered is the platform's choice.
            expr=f"""
                {_job("available", '{collector!~"usage|legacy_.*"}')} == 0
                  and on ({_JOB}) max_over_time({_job("available")}[3d:1h]) == 1
            """,
            hold="45m",
            severity="warning",
            board="github-billing-exporter",
            summary="GitHub no longer offers a collector what it offered before.",
            description=(
                "GitHub offered {{ $labels.collector }} to {{ $labels.account_type }} "
                "{{ $labels.account }} within the last three days and does not any more: "
                "a permission may be lost, or an endpoint closed."
            ),
        ),
        Alert(
            name="CredentialRejected",
            expr=f"""
                count by (account_type, account) (
                  {_job("failure_info", _REFUSED)}
                )
            """,
            hold="45m",
            severity="warning",
            board="github-billing-exporter",
            summary="GitHub refuses the exporter's credential.",
            description=(
                'GitHub refuses {{ $value | printf "%.0f" }} collectors of '
                "{{ $labels.account_type }} {{ $labels.account }}: the credential is wrong, "
                "revoked or expired, or has lost a permission."
            ),
        ),
        Alert(
            name="CredentialExpires",
            # Once it has ended, GitHub refuses it, and CredentialRejected says so.
            expr=f"""
                (
                  min by (credential) ({_EXPIRES}) - time() < <<credential_expiry_days>> * 86400
                ) > 0
            """,
            hold="1h",
            severity="warning",
            board="github-billing-exporter",
            summary="A credential of the GitHub Billing Exporter ends soon.",
            description=(
                "Credential {{ $labels.credential }} ends in {{ $value | humanizeDuration }}."
            ),
        ),
        Alert(
            name="DiscoveryFailing",
            expr="max by (credential) (github_billing_exporter_discovery_success) == 0",
            hold="2h30m",
            severity="warning",
            board="github-billing-exporter",
            summary="The GitHub Billing Exporter cannot find out which accounts there are.",
            description=(
                "With credential {{ $labels.credential }} no accounts could be discovered for two "
                "and a half hours: new ones are not watched; known ones are."
            ),
        ),
        Alert(
            name="RateLimitNearlyExhausted",
            # What is left is what GitHub last said, true until the limit begins anew.
            expr=f"""
                min by (credential) ({_RATE_LIMIT}_remaining) / max by (credential) ({_RATE_LIMIT})
                    < <<rate_limit_remaining_ratio>>
                  and on (credential)
                    max by (credential) ({_RATE_LIMIT}_reset_timestamp_seconds) > time()
            """,
            hold="10m",
            keep="1h",
            severity="info",
            board="github-billing-exporter",
            summary="GitHub's limit of requests is nearly reached.",
            description=(
                "Credential {{ $labels.credential }} has {{ $value | humanizePercentage }} of its "
                "requests left until the limit begins anew; the least valuable collectors wait."
            ),
        ),
        Alert(
            name="PollsMissed",
            # One poll missed is in the hour's range for an hour: longer is more than one.
            expr="""
                sum by (collector) (increase(github_billing_exporter_polls_missed_total[1h])) > 0
            """,
            hold="75m",
            severity="info",
            board="github-billing-exporter",
            summary="The GitHub Billing Exporter does not keep up with its polls.",
            description=(
                'Collector {{ $labels.collector }} missed {{ $value | printf "%.0f" }} polls in '
                "the last hour, and some in the one before: its numbers are older than they "
                "should be."
            ),
        ),
        Alert(
            name="UnknownSku",
            expr="max by (product, sku) (github_billing_exporter_unknown_sku_info)",
            hold="1h",
            severity="info",
            board="github-billing-exporter",
            summary="GitHub reports a SKU that the exporter does not know.",
            description=(
                "SKU {{ $labels.sku }} of product {{ $labels.product }} is newer than this version "
                "of the exporter, or GitHub documents it nowhere. It is published and summed all "
                "the same; only what is known of a SKU by its name is missing."
            ),
        ),
    ),
)

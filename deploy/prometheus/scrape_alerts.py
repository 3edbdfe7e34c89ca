"""Alerts for the operators of the exporter: whether Prometheus scrapes it, and keeps its data."""

from collections.abc import Sequence

from deploy.prometheus.alert import Alert
from deploy.prometheus.labels import JOB, NAMESPACE
from deploy.prometheus.needs import RETENTION_DAYS, SCRAPE_MINUTES

_BUILD = "github_billing_exporter_build_info"
_ACCOUNT_INFO = "github_billing_account_info"
_SHARDS = "github_billing_exporter_shards"
_STORED_SINCE = "prometheus_tsdb_lowest_timestamp_seconds"
_DOWN = f"up == 0 and on ({JOB}, instance) present_over_time({_BUILD}[14d])"

SCRAPES: Sequence[Alert] = (
    Alert(
        name="ExporterDown",
        # The job is found in the last 14 days, within Prometheus's default retention. It was
        # renamed if another job of its namespace reads all its accounts.
        expr=f"""
            group by ({JOB}) ({_DOWN})
            or (
              group by ({JOB}) (present_over_time({_BUILD}[14d]))
                unless on ({JOB}) {_BUILD}
                unless on ({JOB}) (
                  group by ({JOB}) (present_over_time({_ACCOUNT_INFO}[14d]))
                    unless on ({JOB}) group by ({JOB}) (
                      present_over_time({_ACCOUNT_INFO}[14d])
                        unless on ({NAMESPACE}, account_type, account) {_ACCOUNT_INFO}
                    )
                )
            )
            or absent_over_time({_BUILD}[14d])
        """,
        hold="15m",
        severity="warning",
        board="github-billing-exporter",
        summary="Prometheus cannot scrape the GitHub Billing Exporter.",
        description=(
            "Prometheus has not scraped the exporter"
            "{{ with $labels.job }} of job {{ . }}{{ end }}, or one of its replicas, "
            "for 15 minutes: its accounts have no data."
        ),
    ),
    Alert(
        name="ReplicaMissing",
        # Shards know their number. Without shards, as many replicas as in most of the last day:
        # more than that are old and new pods of a rolling update.
        expr=f"""
            (
                max by ({JOB}) ({_SHARDS})
                  - count by ({JOB}) (group by ({JOB}, shard) ({_SHARDS}))
                  > 0
              or
                quantile_over_time(0.9, count by ({JOB}) ({_BUILD})[1d:5m])
                  - count by ({JOB}) ({_BUILD})
                  > 0.5
                  unless on ({JOB}) present_over_time({_SHARDS}[1d])
            )
              unless on ({JOB}) ({_DOWN})
        """,
        hold="15m",
        severity="warning",
        board="github-billing-exporter",
        summary="A replica or a shard of the GitHub Billing Exporter is missing.",
        description=(
            '{{ $value | printf "%.0f" }} of the replicas or shards of the exporter of job '
            "{{ $labels.job }} have been missing for 15 minutes, unknown even as targets that "
            "are down. The accounts of a missing shard have no data."
        ),
    ),
    Alert(
        name="ScrapesTooRare",
        # Scrapes that fail count too. Only ranges, as with rare scrapes `up` has gaps as well.
        # At 2 minutes, one gap in the scrapes is forgotten before two hours have passed.
        expr=f"""
            max by ({JOB}) (
              3600 / (
                count_over_time(up[1h]) < 25
                  and on ({JOB}, instance) present_over_time(up[1h] offset 1h)
                  and on ({JOB}, instance) present_over_time({_BUILD}[1h])
              )
            )
        """,
        hold="2h",
        severity="warning",
        board="github-billing-exporter",
        summary="Prometheus scrapes the GitHub Billing Exporter too rarely.",
        description=(
            "Prometheus has scraped the exporter of job {{ $labels.job }} only every "
            "{{ $value | humanizeDuration }}. "
            f"At more than {SCRAPE_MINUTES}m recorded series have gaps, at "
            "which alerts start over and dashboards show nothing."
        ),
    ),
    Alert(
        name="RetentionTooShort",
        # Of a Prometheus that evaluates these rules and scrapes itself. Old blocks of any age
        # may be deleted for their size. A Ruler of Thanos or Mimir still finds older data.
        expr=f"""
            max by ({JOB}) (
              time() - {_STORED_SINCE} < {RETENTION_DAYS} * 86400
                and on ({JOB}, instance) (
                  prometheus_tsdb_time_retentions_total > 0
                    or
                  prometheus_tsdb_size_retentions_total > 0
                )
                and on ({JOB}, instance)
                  prometheus_rule_group_rules{{rule_group=~".*;github-billing-slope"}}
            )
              unless on ({JOB}) present_over_time({_STORED_SINCE}[1h] offset {RETENTION_DAYS}d)
        """,
        hold="1h",
        severity="info",
        board="github-billing-exporter",
        summary=f"Prometheus keeps less than {RETENTION_DAYS} days of data, which the alerts need.",
        description=(
            "The Prometheus of job {{ $labels.job }} has only {{ $value | humanizeDuration }} of "
            "data, as it deletes what is older: alerts that compare with two weeks, such as "
            "GitHubBillingSpendJump, may never fire."
        ),
    ),
)

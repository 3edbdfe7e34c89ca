"""Included quotas: how much of each is used, and the day on which it ends."""

from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, latest, recorded
from grafana.tables import Column, rows

_QUOTA = "account_quota:github_billing_included"
_WITHOUT_QUOTA = f"on ({IDENTITY}) group_left ()"


def left() -> Panel:
    forecast = f"max by ({IDENTITY}, quota) ({recorded(f'{_QUOTA}:forecast_ratio')})"
    # The forecast is usage at its average rate: at this moment, this share of it.
    elapsed = recorded("account:github_billing_cycle_elapsed:ratio")
    said = f"max by ({IDENTITY}, quota) ({recorded(f'{_QUOTA}:used_ratio')})"
    used = f"({said} or {forecast} * {_WITHOUT_QUOTA} {elapsed})"
    days = latest("cycle_remaining_days")
    pace = f"(({forecast} - {used}) / {_WITHOUT_QUOTA} ({days} > 0))"
    return rows(
        "How much is left of each quota?",
        "Included quotas, this cycle: the used share, the share at the end of the cycle at this "
        "rate, and in how many days it is used up, if before the cycle ends. Legacy platform: the "
        "amounts that GitHub reports. Usage platform: the minutes of standard runners in dollars, "
        "as a share of last month's discount, if that did not suffice; GitHub reports no quota, "
        "and the minutes of public repositories are in both. From `actions_used_minutes`, "
        "`packages_used_bandwidth_gigabytes` and the included amounts; from `usage_gross_usd` and "
        "`previous_cycle_usage_discount_usd`. "
        f"Worry from {DEFAULTS.quota_used_ratio:.0%}.",
        [
            Query(f"sort_desc({used})"),
            Query(forecast),
            Query(f"clamp_min(1 - {used}, 0) / ({pace} > 0) and {forecast} > 1"),
        ],
        [
            Column("account", "Account"),
            Column("quota", "Quota", texts=NAMES, width=138),
            Column("A", "Used", looks.RATIO, _STEPS, bar=True, width=104),
            Column("B", "At the end", looks.RATIO, looks.worse_above(1), width=86),
            Column("C", "Ends in", looks.DAYS, texts={"0": "spent"}, width=72),
        ],
        "No quota was read; on the usage platform, none is known unless it was used up last month",
        sort="Used",
    )


NAMES = {
    "actions_minutes": "Actions minutes",
    "packages_bandwidth": "Packages transfer",
    "shared_storage": "Shared storage",
}
_STEPS = looks.worse_above(DEFAULTS.quota_used_ratio, DEFAULTS.quota_nearly_spent_ratio)

"""Alerts for the budget owners about spend that is unusual, and about seats."""

from deploy.prometheus.alert import Alert, Group
from deploy.prometheus.labels import ACCOUNT, looked_up

_PRODUCT = f"{ACCOUNT}, product"
_CENTER = f"{ACCOUNT}, cost_center"
_GROSS, _NET = "github_billing_usage_gross_usd", "github_billing_usage_net_usd"
_SPEND = f"account:{_NET}"
_LAST_MONTH = "account:github_billing_previous_cycle_usage_net_usd:sum"
_TEAM = "github_billing_team_repository_usage_gross_usd"
_WORKFLOW = "account_organization_repository_workflow:github_billing_workflow_usage"
_SERVER = f"{ACCOUNT}, server"
_SEATS = "account_product:github_billing_seats"

_HOSTNAME = looked_up("github_billing_license_sync_info", _SERVER, "hostname")
_ACCOUNT = "{{ $labels.account_type }} {{ $labels.account }}"


def _licenses(cycle: str) -> str:
    """Return the dollars of licenses by product, in this cycle or with ``cycle`` in the last."""
    sku = f"{_PRODUCT}, sku"
    seats = 'github_billing_usage_gross_quantity{unit="user_months"}'
    return f"""
        sum by ({_PRODUCT}) (
          max by ({sku}) (github_billing_{cycle}usage_gross_usd)
            and on ({sku}) max by ({sku}) ({seats})
        )"""


def _jump(gross: str, net: str) -> str:
    """Return the gross dollars of a day that are far above those of the usual day."""
    return f"""
        {gross}:spend1d > <<spend_jump_factor>> * {gross}:spend1d_avg14d
          and {gross}:spend1d - {gross}:spend1d_avg14d
            > <<spend_jump_deviations>> * {gross}:spend1d_stddev14d
          and {net}:spend1d > <<spend_jump_floor_usd>>
          and {net}:spend1d
            > on ({ACCOUNT}) group_left () <<spend_jump_share>> * {_SPEND}:spend1d_avg14d"""


SPEND = Group(
    "github-billing-spend-alerts",
    "bill",
    (
        Alert(
            name="SpendJump",
            # Not for licenses that are billed on the 1st, as last month.
            expr=f"""
                {_jump(f"account_product:{_GROSS}", f"account_product:{_NET}")}
                  unless on ({_PRODUCT}) (
                    {_licenses("")} <= 1.2 * {_licenses("previous_cycle_")}
                      and on ({ACCOUNT}) account:github_billing_cycle_elapsed:seconds < 4 * 86400
                  )
            """,
            hold="2h",
            keep="6h",
            severity="warning",
            board="github-billing-costs",
            summary="Spend on a product in the last 24 hours is far above the usual day.",
            description=(
                f"The product {{{{ $labels.product }}}} of the {_ACCOUNT} cost "
                '{{ $value | printf "%.2f" }} US dollars before discounts in the last 24 hours, as '
                "GitHub reported it, far more than on the usual day of the two weeks before."
            ),
        ),
        Alert(
            name="OrganizationSpendJump",
            expr=_jump(
                "account_organization:github_billing_organization_usage_gross_usd",
                "account_organization:github_billing_organization_usage_net_usd",
            ),
            hold="2h",
            keep="6h",
            severity="warning",
            board="github-billing-costs",
            summary="Spend of an organization in the last 24 hours is far above its usual day.",
            description=(
                f"The organization {{{{ $labels.organization }}}} in the {_ACCOUNT} cost "
                '{{ $value | printf "%.2f" }} US dollars before discounts in the last 24 hours, as '
                "GitHub reported it, far more than on the usual day of the two weeks before."
            ),
        ),
        Alert(
            name="BillForecastHigh",
            expr=f"""
                {_SPEND}:forecast > <<bill_forecast_factor>> * {_LAST_MONTH}
                  and {_SPEND}:forecast - {_LAST_MONTH}
                    > <<bill_forecast_floor_usd>>
                  and account:github_billing_cycle_elapsed:seconds
                    >= <<bill_forecast_elapsed_days>> * 86400
            """,
            hold="12h",
            severity="info",
            board="github-billing-overview",
            summary="This month's bill is forecast to be far above last month's.",
            description=(
                f"The bill of the {_ACCOUNT} is forecast to be "
                '{{ $value | printf "%.2f" }} US dollars net this month, far above last month\'s.'
            ),
        ),
        Alert(
            name="AiPoolNearlyUsed",
            expr=f"""
                max by ({_CENTER}) (github_billing_cost_center_ai_pool_used_credits)
                    / (max by ({_CENTER}) (github_billing_cost_center_ai_pool_target_credits) > 0)
                  > <<ai_pool_used_ratio>>
            """,
            hold="1h",
            severity="warning",
            board="github-billing-seats",
            summary="A cost center's pool of AI credits is nearly used up.",
            description=(
                f"The cost center {{{{ $labels.cost_center }}}} of the {_ACCOUNT} has used "
                "{{ $value | humanizePercentage }} of the AI credits in its pool this month."
            ),
        ),
        Alert(
            name="PreviousCycleDiffers",
            # Absent in the first three days of a month, while GitHub's reports lag.
            expr=f"""
                max by ({ACCOUNT}, check) (github_billing_previous_cycle_difference_usd)
                  > <<previous_cycle_difference_usd>>
            """,
            hold="1h",
            severity="warning",
            board="github-billing-costs",
            summary="GitHub's sources contradict each other about last month's bill.",
            description=(
                f"Last month's usage summary of the {_ACCOUNT} differs by "
                '{{ $value | printf "%.2f" }} US dollars in the check {{ $labels.check }}.'
            ),
        ),
        Alert(
            name="WorkflowSpendJump",
            # Gross, as included minutes come and go within a month; net, to ignore free ones.
            expr=f"""
                {_WORKFLOW}_gross_usd:spend7d
                    > <<workflow_jump_factor>> * {_WORKFLOW}_gross_usd:spend7d_avg28d
                  and {_WORKFLOW}_net_usd:spend7d > <<workflow_jump_floor_usd>>
            """,
            hold="6h",
            keep="6h",
            severity="warning",
            board="github-billing-workflows",
            summary="A workflow cost far more in the last seven days than in its usual week.",
            description=(
                "The workflow {{ $labels.workflow }} of {{ $labels.organization }}/"
                f"{{{{ $labels.repository }}}} in the {_ACCOUNT} cost "
                '{{ $value | printf "%.2f" }} US dollars before discounts in the last seven days, '
                "as GitHub reported it, far more than in its usual week."
            ),
        ),
        Alert(
            name="AllocationCoverageLow",
            expr=f"""
                account:{_TEAM}:allocated_ratio < <<allocation_coverage_ratio>>
                  and on ({ACCOUNT})
                    account_team:{_TEAM}:sum{{team="(unallocated)"}}
                      > <<allocation_floor_usd>>
            """,
            hold="12h",
            severity="warning",
            board="github-billing-teams",
            summary="Too much of the usage of repositories is allocated to no team.",
            description=(
                "Only {{ $value | humanizePercentage }} of this month's gross dollars of "
                f"repositories of the {_ACCOUNT} are allocated to teams."
            ),
        ),
    ),
)

SEATS = Group(
    "github-billing-seat-alerts",
    "bill",
    (
        Alert(
            name="SeatsExhausted",
            # Plan seats are often exactly full; any push may need another Advanced Security seat.
            expr=f"""
                {_SEATS}:used > {_SEATS}:purchased
                or
                {_SEATS}:used{{product!~"plan|enterprise_licenses"}} >= {_SEATS}:purchased
            """,
            hold="2h30m",
            severity="warning",
            board="github-billing-seats",
            summary="All purchased seats are used.",
            description=(
                f'The {_ACCOUNT} uses {{{{ $value | printf "%.0f" }}}} seats of '
                "{{ $labels.product }}, as many as it purchased or more."
            ),
        ),
        Alert(
            name="SeatsUnused",
            # Of the two weeks, up to four days may be missing.
            expr=f"""
                min_over_time({_SEATS}:unused_ratio[14d:6h]) > <<seats_unused_ratio>>
                  and count_over_time({_SEATS}:unused_ratio[14d:6h]) >= 10 * 4
            """,
            hold="6h",
            severity="info",
            board="github-billing-seats",
            summary="Purchased seats have been unused for two weeks.",
            description=(
                "At least {{ $value | humanizePercentage }} of the seats of {{ $labels.product }} "
                f"that the {_ACCOUNT} purchased have been unused for two weeks."
            ),
        ),
        Alert(
            name="LicenseSyncFailing",
            expr=f"""
                max by ({_SERVER}) (github_billing_license_sync_success) == 0
                or
                time() - max by ({_SERVER}) (github_billing_license_sync_timestamp_seconds)
                  > <<license_sync_age_days>> * 86400
            """,
            hold="2h30m",
            severity="warning",
            board="github-billing-seats",
            summary="An Enterprise Server does not synchronize its licenses.",
            description=(
                f"Server {{{{ $labels.server }}}}{_HOSTNAME} of the {_ACCOUNT} failed to "
                "synchronize its licenses, or has not tried for days: its users may be counted, "
                "and billed, twice."
            ),
        ),
    ),
)

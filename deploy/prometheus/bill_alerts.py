"""Alerts for the budget owners.

Failed polls do not remove data, so these alerts only wait out GitHub's corrections. Of several
alerts for one budget or quota, Alertmanager inhibits the weaker: see ``alertmanager.yml``.
"""

from deploy.prometheus.alert import Alert, Group
from deploy.prometheus.labels import ACCOUNT, looked_up

_BUDGET = f"{ACCOUNT}, budget"
_DESCRIBED = "scope, entity, target, hard"
_CONSUMED = "account_budget:github_billing_budget_consumed_usd:said_or_estimated"
_LIMIT = "account_budget:github_billing_budget_limit_usd:max"
_USED = "account_budget:github_billing_budget:used_ratio"
_QUOTA = "account_quota:github_billing_included"
_SPEND = "account:github_billing_usage_net_usd"
_TEAM = "github_billing_team_repository_usage_gross_usd"
_WORKFLOW = "account_organization_repository_workflow:github_billing_workflow_usage"
_SERVER = f"{ACCOUNT}, server"
_SEATS = "account_product:github_billing_seats"

_HOSTNAME = looked_up("github_billing_license_sync_info", _SERVER, "hostname")
_ACCOUNT = "{{ $labels.account_type }} {{ $labels.account }}"
_NAMED = (
    "{{ $labels.scope }} budget{{ with $labels.target }} for {{ . }}{{ end }}"
    f"{{{{ with $labels.entity }}}} of {{{{ . }}}}{{{{ end }}}} in {_ACCOUNT}"
)


def _described(value: str, matchers: str = "") -> str:
    info = f"max by ({_BUDGET}, {_DESCRIBED}) (github_billing_budget_info{matchers})"
    # The entity of a team's budget is its label team, by which Alertmanager routes.
    of_scope = f'label_join({info}, "team", "/", "scope", "entity")'
    with_team = f'label_replace({of_scope}, "team", "$1", "team", "team/(.+)|.*")'
    # Two pods may describe a budget differently: two alerts, while group_left by these labels
    # would fail for all budgets.
    return f"{with_team} * on ({_BUDGET}) group_left () {value}"


# A budget of 0 forbids paid usage: it is exhausted once anything is paid.
_EXHAUSTED = f"({_CONSUMED} >= clamp_min({_LIMIT}, <<budget_floor_usd>>))"

QUOTAS = Group(
    "github-billing-quota-alerts",
    "bill",
    (
        Alert(
            name="QuotaNearlyUsed",
            expr=f"""
                {_QUOTA}:used_ratio > <<quota_used_ratio>>
                  and on ({ACCOUNT})
                    max by ({ACCOUNT}) (github_billing_cycle_remaining_days)
                      > <<quota_remaining_days>>
            """,
            hold="1h",
            severity="warning",
            board="github-billing-actions",
            summary=(
                "Legacy platform only: an included quota is nearly used up long before the cycle "
                "ends."
            ),
            description=(
                f"The {_ACCOUNT} has used {{{{ $value | humanizePercentage }}}} of its included "
                "{{ $labels.quota }}."
            ),
        ),
        Alert(
            name="QuotaWillRunOut",
            # On the usage platform, the used share is known only from the forecast.
            expr=f"""
                {_QUOTA}:forecast_ratio > 1
                  and (
                      {_QUOTA}:used_ratio > <<quota_forecast_used_ratio>>
                    or
                      {_QUOTA}:forecast_ratio
                        * on ({ACCOUNT}) group_left ()
                          account:github_billing_cycle_elapsed:ratio
                        > <<quota_forecast_used_ratio>>
                  )
                  unless {_QUOTA}:spent == 1
            """,
            hold="6h",
            keep="6h",
            severity="info",
            board="github-billing-actions",
            summary="An included quota will run out before the cycle ends.",
            description=(
                f"The {_ACCOUNT} is forecast to use {{{{ $value | humanizePercentage }}}} of its "
                "included {{ $labels.quota }} by the end of the cycle."
            ),
        ),
        Alert(
            name="QuotaSpent",
            expr=f"{_QUOTA}:spent == 1",
            hold="1h",
            severity="info",
            board="github-billing-actions",
            summary="An included quota is used up, and further usage is billed.",
            description=(
                f"The {_ACCOUNT} pays for usage beyond its included {{{{ $labels.quota }}}} until "
                "the cycle ends."
            ),
        ),
    ),
)

BUDGETS = Group(
    "github-billing-budget-alerts",
    "bill",
    (
        Alert(
            name="BudgetNearlyConsumed",
            expr=f"{_described(_USED)} > <<budget_used_ratio>>",
            hold="1h",
            severity="warning",
            board="github-billing-overview",
            summary="A budget is nearly consumed.",
            description=f"{{{{ $value | humanizePercentage }}}} of the {_NAMED} is consumed.",
        ),
        Alert(
            name="BudgetExhausted",
            expr=_described(_EXHAUSTED, '{hard="false"}'),
            hold="1h",
            severity="warning",
            board="github-billing-overview",
            summary="A budget is exhausted; usage continues and is billed.",
            description=(
                f'The {_NAMED} is exhausted: {{{{ $value | printf "%.2f" }}}} US dollars '
                "consumed this month. Usage is not blocked."
            ),
        ),
        Alert(
            name="HardBudgetExhausted",
            expr=_described(_EXHAUSTED, '{hard="true"}'),
            hold="15m",
            severity="critical",
            board="github-billing-overview",
            summary="A hard budget is exhausted, and GitHub blocks further usage.",
            description=(
                f'The {_NAMED} is exhausted: {{{{ $value | printf "%.2f" }}}} US dollars '
                "consumed this month. GitHub blocks further usage until the month ends or the "
                "budget is raised."
            ),
        ),
        Alert(
            name="BudgetForecastExceeded",
            expr=f"""
                {_described("account_budget:github_billing_budget:forecast_ratio")} > 1
                  and on ({_BUDGET}) {_USED} > <<budget_forecast_used_ratio>>
                  and on ({ACCOUNT})
                    account:github_billing_cycle_elapsed:seconds
                      >= <<budget_forecast_elapsed_days>> * 86400
            """,
            hold="6h",
            keep="6h",
            severity="warning",
            board="github-billing-overview",
            summary="A budget is forecast to be exceeded before the month ends.",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of the {_NAMED} is forecast to be consumed "
                "by the end of the month."
            ),
        ),
    ),
)

SPEND = Group(
    "github-billing-spend-alerts",
    "bill",
    (
        Alert(
            name="SpendJump",
            expr=f"""
                {_SPEND}:spend1d > <<spend_jump_factor>> * {_SPEND}:spend1d_avg14d
                  and {_SPEND}:spend1d > <<spend_jump_floor_usd>>
            """,
            hold="2h",
            keep="6h",
            severity="warning",
            board="github-billing-costs",
            summary="Spend in the last 24 hours is far above the usual day.",
            description=(
                f'The {_ACCOUNT} spent {{{{ $value | printf "%.2f" }}}} US dollars net in the last '
                "24 hours, as GitHub reported it, far more than the daily average of the two weeks "
                "before."
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
            expr=f"""
                min_over_time({_SEATS}:unused_ratio[14d:6h]) > <<seats_unused_ratio>>
                  and {_SEATS}:unused_ratio offset 14d
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

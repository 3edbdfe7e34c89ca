"""Alerts for whoever answers for the money.

What a reading says stays through failed polls, so these wait for GitHub's corrections rather than
for the poller. Where one says more than another of the same budget or quota, Alertmanager
inhibits the weaker: see ``alertmanager.yml``.
"""

from deploy.prometheus.alert import Alert, Group

_BUDGET = "account_type, account, budget"
_DESCRIBED = "scope, entity, target, hard"
_CONSUMED = "account_budget:github_billing_budget_consumed_usd:said_or_estimated"
_LIMIT = "account_budget:github_billing_budget_limit_usd:max"
_USED = "account_budget:github_billing_budget:used_ratio"
_QUOTA = "account_quota:github_billing_included"
_SPEND = "account:github_billing_usage_net_usd"
_SERVER = "account_type, account, server"
_SEATS = "account_product:github_billing_seats"

_HOSTNAME = (
    '{{ with printf "github_billing_license_sync_info{server=%q}" $labels.server | query }}'
    ' ({{ . | first | label "hostname" }}){{ end }}'
)
_ACCOUNT = "{{ $labels.account_type }} {{ $labels.account }}"
_NAMED = (
    "{{ $labels.scope }} budget for {{ $labels.target }}"
    f"{{{{ with $labels.entity }}}} of {{{{ . }}}}{{{{ end }}}} in {_ACCOUNT}"
)


def _info(matchers: str = "") -> str:
    """Join what a budget is for onto a value of it."""
    return (
        f"* on ({_BUDGET}) group_left ({_DESCRIBED}) "
        f"max by ({_BUDGET}, {_DESCRIBED}) (github_billing_budget_info{matchers})"
    )


# A budget of 0 is the usual way to forbid paid usage: it is exhausted once anything is paid.
_EXHAUSTED = f"({_CONSUMED} >= clamp_min({_LIMIT}, <<budget_floor_usd>>))"

QUOTAS = Group(
    "github-billing-quota-alerts",
    "bill",
    (
        Alert(
            name="QuotaNearlyUsed",
            expr=f"""
                {_QUOTA}:used_ratio > <<quota_used_ratio>>
                  and on (account_type, account)
                    max by (account_type, account) (github_billing_cycle_remaining_days)
                      > <<quota_remaining_days>>
            """,
            hold="1h",
            severity="warning",
            board="github-billing-actions",
            summary=(
                "Legacy platform only: what the plan includes is nearly used long before the "
                "cycle ends."
            ),
            description=(
                f"The {_ACCOUNT} has used {{{{ $value | humanizePercentage }}}} of its included "
                "{{ $labels.quota }}."
            ),
        ),
        Alert(
            name="QuotaWillRunOut",
            expr=f"""
                {_QUOTA}:forecast_ratio > 1
                  and {_QUOTA}:used_ratio > <<quota_forecast_used_ratio>>
            """,
            hold="6h",
            keep="6h",
            severity="info",
            board="github-billing-actions",
            summary=(
                "Legacy platform only: what the plan includes will not last until the cycle ends."
            ),
            description=(
                f"As in the last two days, the {_ACCOUNT} will use "
                "{{ $value | humanizePercentage }} of its included {{ $labels.quota }} by the "
                "cycle's end."
            ),
        ),
        Alert(
            name="QuotaSpent",
            expr=f"{_QUOTA}:spent == 1",
            hold="1h",
            severity="info",
            board="github-billing-actions",
            summary="What the plan includes is spent, and further usage is paid for.",
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
            expr=f"{_USED} {_info()} > <<budget_used_ratio>>",
            hold="1h",
            severity="warning",
            board="github-billing-overview",
            summary="A budget is nearly consumed.",
            description=f"{{{{ $value | humanizePercentage }}}} of the {_NAMED} is consumed.",
        ),
        Alert(
            name="BudgetExhausted",
            expr=f"""
                {_EXHAUSTED}
                  {_info('{hard="false"}')}
            """,
            hold="1h",
            severity="warning",
            board="github-billing-overview",
            summary="A budget is consumed; usage goes on and is billed.",
            description=(
                f'The {_NAMED} is consumed: {{{{ $value | printf "%.2f" }}}} US dollars '
                "this month. It stops nothing."
            ),
        ),
        Alert(
            name="HardBudgetExhausted",
            expr=f"""
                {_EXHAUSTED}
                  {_info('{hard="true"}')}
            """,
            hold="15m",
            severity="critical",
            board="github-billing-overview",
            summary="A budget is consumed, and GitHub stops what it is for.",
            description=(
                f'The {_NAMED} is consumed: {{{{ $value | printf "%.2f" }}}} US dollars '
                "this month. GitHub stops further usage until the month ends or the budget is "
                "raised."
            ),
        ),
        Alert(
            name="BudgetForecastExceeded",
            expr=f"""
                (
                  account_budget:github_billing_budget:forecast_ratio > 1
                    and {_USED} > <<budget_forecast_used_ratio>>
                    and on (account_type, account)
                      account:github_billing_cycle_elapsed:seconds
                        >= <<budget_forecast_elapsed_days>> * 86400
                )
                  {_info()}
            """,
            hold="6h",
            keep="6h",
            severity="warning",
            board="github-billing-overview",
            summary="A budget will not last until the month ends.",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of the {_NAMED} will be consumed by the "
                "month's end, if it goes on as it did on average."
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
            summary="A day cost far more than the usual day.",
            description=(
                f'The {_ACCOUNT} used {{{{ $value | printf "%.2f" }}}} US dollars net in the last '
                "24 hours, as GitHub reported it, far more than on the usual day of the two weeks "
                "before."
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
            # People are seldom more than the seats bought for just them; a committer of Advanced
            # Security needs a seat by pushing, which nobody plans.
            expr=f"""
                {_SEATS}:used > {_SEATS}:purchased
                or
                {_SEATS}:used{{product!~"plan|enterprise_licenses"}} >= {_SEATS}:purchased
            """,
            hold="2h30m",
            severity="warning",
            board="github-billing-seats",
            summary="All seats that were bought are used.",
            description=(
                f'The {_ACCOUNT} uses {{{{ $value | printf "%.0f" }}}} seats of '
                "{{ $labels.product }}, as many as were bought or more."
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
            summary="Seats are paid for that nobody has used for two weeks.",
            description=(
                "For two weeks at least {{ $value | humanizePercentage }} of the seats of "
                f"{{{{ $labels.product }}}} that the {_ACCOUNT} bought were not used."
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
            summary="An Enterprise Server does not synchronise its licences.",
            description=(
                f"Server {{{{ $labels.server }}}}{_HOSTNAME} of the {_ACCOUNT} failed to "
                "synchronise its licences or has not for long: its people may be counted, and "
                "billed, twice."
            ),
        ),
    ),
)

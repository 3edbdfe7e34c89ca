"""Alerts for the budget owners.

Failed polls do not remove data, so these alerts only wait out GitHub's corrections. While GitHub
cannot be read, those of budgets and quotas go by the last values, for two days at most. Of several
alerts for one budget or quota, Alertmanager inhibits the weaker: see ``alertmanager.yml``.
"""

from deploy.prometheus.alert import Alert, Group
from deploy.prometheus.labels import ACCOUNT

_BUDGET = f"{ACCOUNT}, budget"
_INFO = "github_billing_budget_info"
_DESCRIBED = "scope, entity, target, hard"
_KNOWN = "account_budget:github_billing_budget:known"
_QUOTA = "account_quota:github_billing_included"

_ACCOUNT = "{{ $labels.account_type }} {{ $labels.account }}"
_NAMED = (
    '{{ $labels.scope }} budget{{ if match "^own:" $labels.budget }} {{ $labels.budget }}{{ end }}'
    "{{ with $labels.target }} for {{ . }}{{ end }}"
    f"{{{{ with $labels.entity }}}} of {{{{ . }}}}{{{{ end }}}} in {_ACCOUNT}"
)


def _described(value: str, matchers: str = "") -> str:
    now, before = f"{_INFO}{matchers}", f"last_over_time({_INFO}{matchers}[2d])"
    known = f"{now} or ({before} unless on ({_BUDGET}) {_INFO})"
    info = f"max by ({_BUDGET}, {_DESCRIBED}) ({known})"
    # The entity of a team's budget is its label team, by which Alertmanager routes.
    of_scope = f'label_join({info}, "team", "/", "scope", "entity")'
    with_team = f'label_replace({of_scope}, "team", "$1", "team", "team/(.+)|.*")'
    # Two pods may describe a budget differently: two alerts, while group_left by these labels
    # would fail for all budgets.
    return f"{with_team} * on ({_BUDGET}) group_left () {value}"


# A budget of 0 forbids paid usage: it is exhausted once anything is paid.
_EXHAUSTED = f"({_KNOWN}_consumed_usd >= clamp_min({_KNOWN}_limit_usd, <<budget_floor_usd>>))"

QUOTAS = Group(
    "github-billing-quota-alerts",
    "bill",
    (
        Alert(
            name="QuotaNearlyUsed",
            expr=f"""
                {_QUOTA}:known_used_ratio > <<quota_used_ratio>>
                  and on ({ACCOUNT})
                    min by ({ACCOUNT}) (last_over_time(github_billing_cycle_remaining_days[2d]))
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
            # On the usage platform, the used share is known only from the forecast. That of whole
            # gigabytes jumps, so the highest of three days counts.
            expr=f"""
                max_over_time({_QUOTA}:known_forecast_ratio[3d]) > 1
                  and (
                      {_QUOTA}:known_used_ratio > <<quota_forecast_used_ratio>>
                    or
                      {_QUOTA}:known_forecast_ratio
                        * on ({ACCOUNT}) group_left ()
                          last_over_time(account:github_billing_cycle_elapsed:ratio[2d])
                        > <<quota_forecast_used_ratio>>
                  )
                  unless {_QUOTA}:known_spent == 1
            """,
            hold="6h",
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
            expr=f"{_QUOTA}:known_spent == 1",
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
            expr=f"{_described(f'{_KNOWN}_used_ratio')} > <<budget_used_ratio>>",
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
            # A forecast near the limit hovers: once above 1, it must fall to 0.95.
            expr=f"""
                {_described(f"{_KNOWN}_forecast_ratio")} > 0.95
                  and on ({_BUDGET}) max_over_time({_KNOWN}_forecast_ratio[1d]) > 1
                  and on ({_BUDGET}) {_KNOWN}_used_ratio > <<budget_forecast_used_ratio>>
                  and on () day_of_month() > <<budget_forecast_elapsed_days>>
            """,
            hold="6h",
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

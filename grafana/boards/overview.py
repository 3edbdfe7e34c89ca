"""Overview: whether the bill is all right."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks, money, trust
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.looks import Column, Panel, Query
from grafana.queries import latest, recorded, total

UID = "github-billing-overview"
BUDGET = "account_budget:github_billing_budget"
QUOTA = "account_quota:github_billing_included"

_OF_BUDGET = "scope, entity, target, hard"
_NO_BUDGET = "These accounts have no budget in dollars, or it may not be read"
_NO_SHARED_BUDGET = (
    "These accounts have no budget in dollars but for one person, or it may not be read"
)
_LEFT_OUT = (
    "Budgets for one person (the scopes `user`, `multi_user_customer` and "
    "`multi_user_cost_center`) are left out: their limit is each person's, and what GitHub says "
    "is consumed may be everyone's."
)


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Overview",
        "Is the bill all right? What is spent, where the month will end, and what is left.",
        [
            Row(
                5,
                [
                    (4, money.spent()),
                    (4, money.forecast()),
                    (4, money.last_month()),
                    (4, fullest_budget()),
                    (4, smallest_headroom()),
                    (4, days_left()),
                ],
            ),
            trust.strip(),
            Row(9, [(14, way()), (10, by_product())]),
            Row(9, [(14, money.daily_by_product()), (6, quotas()), (4, spent_quotas())]),
            Row(10, [(24, budgets())]),
        ],
    )


def fullest_budget() -> Panel:
    return looks.number(
        "Fullest budget",
        "What is consumed of the budget that is nearest to its limit, this cycle. From "
        "`budget_consumed_usd`, or our `budget_estimated_consumed_usd` where GitHub says nothing, "
        "of `budget_limit_usd`. At 100 % a hard budget stops the work. " + _LEFT_OUT,
        Query(f"max({recorded(f'{BUDGET}:used_ratio')})"),
        looks.RATIO,
        _NO_SHARED_BUDGET,
        steps=looks.worse_above(DEFAULTS.budget_used_ratio, 1),
        decimals=0,
    )


def smallest_headroom() -> Panel:
    return looks.number(
        "Smallest headroom",
        "Dollars left in the budget that has the least left, this cycle; negative beyond it. "
        "From `budget_limit_usd` and what is consumed of it. Worry below 0. " + _LEFT_OUT,
        Query(f"min({recorded(f'{BUDGET}:headroom_usd')})"),
        looks.USD,
        _NO_SHARED_BUDGET,
        steps=looks.better_above(0),
        decimals=2,
    )


def days_left() -> Panel:
    return looks.number(
        "Days left",
        "Days until the billing cycle ends, of the account whose cycle ends first. From "
        "`cycle_remaining_days`; 0 is the last day.",
        Query(f"min({latest('cycle_remaining_days')})"),
        looks.NUMBER,
        "No account's cycle is known yet",
        decimals=0,
    )


def way() -> Panel:
    """Where a line falls to zero, a month began."""
    names = (
        "Spent so far",
        "Forecast, this month's average",
        "Forecast, last two days",
        "Last month",
    )
    return looks.lines(
        "How do we get to the month's end?",
        "Net dollars of the month so far, and of the whole month if it goes on as on average, "
        "and as in the last two days. Beside it the whole of last month. From `usage_net_usd` and "
        "`previous_cycle_usage_net_usd`. Worry where both forecasts leave last month behind. "
        f"{money.NOT_THE_INVOICE}",
        [
            Query(total(recorded(money.NET)), names[0]),
            Query(total(recorded(money.FORECAST)), names[1]),
            Query(total(recorded(money.SLOPE)), names[2]),
            Query(total(recorded(money.LAST_MONTH)), names[3]),
        ],
        looks.USD,
        money.NO_DOLLARS,
        colours={
            names[0]: looks.PLAIN,
            names[1]: "#B583D6",
            names[2]: "#59B3C3",
            names[3]: looks.GREY,
        },
        dashed=names[1:],
    )


def by_product() -> Panel:
    return looks.bars(
        "What costs most this month?",
        "Net dollars of the month so far by product. From `usage_net_usd`. A bar leads to what "
        "makes it up.",
        Query(f"sort_desc({total(recorded(money.NET_BY_PRODUCT), 'product')})", "{{product}}"),
        looks.USD,
        money.NO_DOLLARS,
        decimals=2,
        colours=looks.PRODUCTS,
        link=money.TO_PRODUCT,
    )


def quotas() -> Panel:
    return looks.bars(
        "How full is each quota?",
        "Used of what the plan includes, this cycle, on the legacy platform alone: on usage the "
        "used minutes hold public repositories, larger and self-hosted runners, which no quota "
        "covers. From "
        "`actions_used_minutes`, `packages_used_bandwidth_gigabytes` and what is included. Worry "
        f"from {DEFAULTS.quota_used_ratio:.0%} on.",
        Query(
            f"sort_desc({recorded(f'{QUOTA}:used_ratio')})",
            "{{account}} {{quota}}",
        ),
        looks.RATIO,
        "No account here is on the legacy platform: see whether a quota is spent",
        steps=looks.worse_above(DEFAULTS.quota_used_ratio, DEFAULTS.quota_nearly_spent_ratio),
        decimals=0,
        full=1,
    )


def spent_quotas() -> Panel:
    return looks.number(
        "Is a quota spent?",
        "Whether any of the accounts pays for what its plan had included, this cycle, on both "
        "platforms: then all further use costs money. From `actions_paid_minutes` on the legacy "
        "platform, on usage from `usage_net_usd` of the standard runners; and from "
        "`packages_paid_bandwidth_gigabytes` and `shared_storage_estimated_paid_gigabytes`.",
        Query(f"max by (quota) ({recorded(f'{QUOTA}:spent')})", "{{quota}}"),
        looks.NUMBER,
        "Nothing of what plans include was used this month",
        steps=looks.worse_above(1),
        texts={"0": "no", "1": "spent"},
    )


def budgets() -> Panel:
    of = "account_type, account, budget"
    info = f"max by ({of}, {_OF_BUDGET}) ({recorded('github_billing_budget_info')})"

    def described(name: str) -> str:
        return f"{recorded(name)} * on ({of}) group_left ({_OF_BUDGET}) {info}"

    consumed = "consumed_usd:said_or_estimated"
    return looks.rows(
        "How much is left in each budget?",
        "Every budget in dollars, this cycle: its limit, what is consumed by GitHub's word or our "
        "estimate, and the share at the cycle's end if it goes on as it did on average. From "
        "`budget_limit_usd`, `budget_consumed_usd`, `budget_estimated_consumed_usd`, "
        "`budget_info`. A hard budget stops the work at 100 %. Budgets for one person (`user`, "
        "`multi_user_*`) show their limit only: it is each person's, and what GitHub says is "
        "consumed may be everyone's.",
        [
            Query(described(f"{BUDGET}_limit_usd:max")),
            Query(described(f"{BUDGET}_{consumed}")),
            Query(described(f"{BUDGET}:headroom_usd")),
            Query(described(f"{BUDGET}:used_ratio")),
            Query(described(f"{BUDGET}:forecast_ratio")),
        ],
        [
            Column("account", "Account", width=130),
            Column("scope", "Scope", width=190),
            Column("entity", "Of"),
            Column("target", "For"),
            Column("hard", "Stops work", texts={"true": "yes", "false": "no"}, width=110),
            Column("A", "Limit", looks.USD, width=120),
            Column("B", "Consumed", looks.USD, width=120),
            Column("C", "Left", looks.USD, looks.better_above(0), width=120),
            Column(
                "D",
                "Used",
                looks.RATIO,
                looks.worse_above(DEFAULTS.budget_used_ratio, 1),
                bar=True,
                width=240,
            ),
            Column("E", "At the end", looks.RATIO, looks.worse_above(1), width=110),
        ],
        _NO_BUDGET,
        sort="Used",
    )

"""Overview: spend, forecast, budgets and quotas."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks, money, quotas, trust, whole
from grafana.budgets import BUDGET, budget_table, limit_of_account, named
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, latest, recorded, total
from grafana.tables import Column

UID = "github-billing-overview"
QUOTA = "account_quota:github_billing_included"

_NO_BUDGET = "No dollar budgets were read: there are none, or the credential may not read them"
_NO_SHARED_BUDGET = (
    "No dollar budgets other than per-user budgets, or the credential may not read them"
)
_LEFT_OUT = (
    "Per-user budgets (the scopes `user`, `multi_user_customer` and `multi_user_cost_center`) are "
    "left out: their limit is per user, but GitHub's consumed amount may be the total of all "
    "users. Amber with a number of accounts: the budgets of the others could not be read."
)


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Overview",
        "Is the bill on track? Spend, forecast, budgets and quotas.",
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
            Row(9, [(9, money.daily_by_product()), (11, quotas.left()), (4, spent_quotas())]),
            Row(10, [(24, budgets())]),
        ],
    )


def fullest_budget() -> Panel:
    panel = looks.number(
        "Most used budget",
        "Consumed share of the budget closest to its limit, this cycle. From "
        "`budget_consumed_usd`, or `budget_estimated_consumed_usd` if GitHub reports no amount, "
        "and `budget_limit_usd`. At 100 % a hard budget blocks usage. " + _LEFT_OUT,
        whole.named(named(f"topk(1, {recorded(f'{BUDGET}:used_ratio')})"), "budgets"),
        looks.RATIO,
        _NO_SHARED_BUDGET,
        steps=looks.worse_above(DEFAULTS.budget_used_ratio, 1),
        decimals=0,
    )
    return whole.marked(panel)


def smallest_headroom() -> Panel:
    panel = looks.number(
        "Smallest headroom",
        "Dollars left in the budget that has the least left, this cycle; negative if it is "
        "exceeded. From `budget_limit_usd` and the consumed amount. Worry below 0. " + _LEFT_OUT,
        whole.named(named(f"bottomk(1, {recorded(f'{BUDGET}:headroom_usd')})"), "budgets"),
        looks.USD,
        _NO_SHARED_BUDGET,
        steps=looks.bad_below(0),
        decimals=2,
    )
    return whole.marked(panel)


def days_left() -> Panel:
    return looks.number(
        "Days left",
        "Days until the billing cycle ends, for the account whose cycle ends first. From "
        "`cycle_remaining_days`; 0 on the last day.",
        Query(f"min({latest('cycle_remaining_days')})"),
        looks.COUNT,
        "No billing cycle is known yet",
        decimals=0,
    )


def way() -> Panel:
    spent, forecast, slope, before = (
        recorded(name) for name in (money.NET, money.FORECAST, money.SLOPE, money.LAST_MONTH)
    )
    limit = limit_of_account()
    names = (
        "Spent so far",
        "Spent so far, some accounts missing",
        "Forecast",
        "Forecast, last two days",
        "Last month",
        "Budget",
    )
    return looks.lines(
        "Spend and forecast this month",
        "Net dollars, month to date, and two forecasts of the whole month: with what plans cover, "
        "and at the rate of the last two days. For comparison, last month's total, and the "
        "budgets of all usage if every account has one. A line is interrupted while an account "
        "could not be read, and the spend without it is amber. A line drops to 0 when a month "
        "begins. From `usage_net_usd`, `previous_cycle_usage_net_usd` and `budget_limit_usd`. "
        f"Worry if the forecasts exceed last month or the budget. {money.NOT_THE_INVOICE}",
        [
            Query(whole.only_whole(total(spent), spent, money.BILL), names[0]),
            Query(whole.only_partial(total(spent), spent, money.BILL), names[1]),
            Query(whole.only_whole(total(forecast), forecast, money.BILL), names[2]),
            Query(whole.only_whole(total(slope), slope, money.BILL), names[3]),
            Query(whole.only_whole(total(before), before, money.LAST_BILL), names[4]),
            Query(
                f"{total(limit)} unless on () ({spent} unless on ({IDENTITY}) {limit})", names[5]
            ),
        ],
        looks.USD,
        money.NO_DOLLARS,
        colours={
            names[0]: looks.PLAIN,
            names[1]: looks.CARE,
            names[2]: "#B583D6",
            names[3]: "#59B3C3",
            names[4]: looks.GREY,
            names[5]: looks.BAD,
        },
        dashed=names[1:],
    )


def by_product() -> Panel:
    return looks.bars(
        "What costs most this month?",
        "Net dollars by product, month to date. From `usage_net_usd`. Each bar links to the "
        "product's details on the board Costs.",
        Query(f"sort_desc({total(recorded(money.NET_BY_PRODUCT), 'product')})", "{{product}}"),
        looks.USD,
        money.NO_DOLLARS,
        decimals=2,
        colours=looks.PRODUCTS,
        link=money.TO_PRODUCT,
    )


def spent_quotas() -> Panel:
    series = recorded(f"{QUOTA}:spent")
    spent = f"max by (quota) ({series})"
    # 0 means no only if every account was read.
    known = whole.only_whole(spent, series, "usage|legacy_actions")
    panel = looks.number(
        "Quota used up?",
        "Whether any account has used up an included quota, this cycle: further usage is billed. "
        "Unknown if no account has, as far as they could be read. "
        "From `actions_paid_minutes` on the legacy platform and `usage_net_usd` of standard "
        "runners on the usage platform, and from `packages_paid_bandwidth_gigabytes` and "
        "`shared_storage_estimated_paid_gigabytes` on both.",
        Query(f"{spent} > 0 or on (quota) ({known} or on (quota) {spent} - 1)", "{{quota}}"),
        looks.COUNT,
        "No usage of included quotas was read this month",
        steps=[(None, looks.NEUTRAL), (0, looks.GOOD), (1, looks.CARE)],
        texts={"-1": "unknown", "0": "no", "1": "yes"},
    )
    for quota, name in quotas.NAMES.items():
        panel.override_by_name(quota, [model.DynamicConfigValue("displayName", name)])
    return panel


def budgets() -> Panel:
    return budget_table(
        "How much is left in each budget?",
        "All dollar budgets, this cycle: the limit, the consumed amount as GitHub reports it or as "
        "estimated, and its forecast. From `budget_limit_usd`, "
        "`budget_consumed_usd`, `budget_estimated_consumed_usd` and `budget_info`. A hard budget "
        "blocks usage at 100 %. Per-user budgets (`user`, `multi_user_*`) show only their limit: "
        "it is per user, but GitHub's consumed amount may be the total of all users.",
        (
            Column("scope", "Scope", width=155),
            Column("entity", "Entity"),
            Column("target", "Covers"),
            Column("hard", "Hard limit", texts={"true": "yes", "false": "no"}, width=90),
        ),
        _NO_BUDGET,
    )

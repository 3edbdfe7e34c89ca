"""Panels of dollars that several boards share."""

from grafana import looks, whole
from grafana.days import after_a_gap, of_one_day, spent_by_day
from grafana.links import to_board
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, recorded, total

NET = "account:github_billing_usage_net_usd:sum"
NET_BY_PRODUCT = "account_product:github_billing_usage_net_usd:sum"
FORECAST = "account:github_billing_usage_net_usd:forecast"
SLOPE = "account:github_billing_usage_net_usd:forecast_slope"
LAST_MONTH = "account:github_billing_previous_cycle_usage_net_usd:sum"
LAST_MONTH_BY_PRODUCT = "account_product:github_billing_previous_cycle_usage_net_usd:sum"

NOT_THE_INVOICE = "Metered usage only: no plan fees, volume licenses, tax, Marketplace or credits."
NO_DOLLARS = "No bill was read, or only from the legacy platform, which has no dollar amounts"

BILL, LAST_BILL = "usage", "usage_previous_cycle"
"""Collectors of this month's and last month's bill."""

AFTER_A_GAP = "after a gap"

TO_PRODUCT = to_board("github-billing-costs", product="${__field.labels.product}")


def spent() -> Panel:
    return whole.number(
        "Spent this month",
        "Net dollars, month to date. From `usage_net_usd`. GitHub's reports lag by hours, up to "
        f"three days. {NOT_THE_INVOICE}",
        whole.summed(recorded(NET), BILL),
        looks.USD,
        NO_DOLLARS,
    )


def forecast() -> Panel:
    return whole.number(
        "Forecast",
        "Net dollars of the whole month, with what plans covered last month. Too low in the first "
        "month of an account. From `usage_gross_usd` and `usage_discount_usd` by SKU, and last "
        f"month's. Compare it with last month and the budgets. {NOT_THE_INVOICE}",
        whole.summed(recorded(FORECAST), BILL),
        looks.USD,
        f"{NO_DOLLARS}; there is no forecast on the first day of a month",
    )


def last_month() -> Panel:
    return whole.number(
        "Last month",
        "Net dollars of the previous month. From `previous_cycle_usage_net_usd`. Late reports may "
        f"still change it in the first three days. {NOT_THE_INVOICE}",
        whole.summed(recorded(LAST_MONTH), LAST_BILL),
        looks.USD,
        NO_DOLLARS,
    )


def against_last_month() -> Panel:
    now, before = both(FORECAST, LAST_MONTH), both(LAST_MONTH, FORECAST)
    return whole.number(
        "Against last month",
        "Forecast of this month's net dollars relative to last month, all products, over the "
        "accounts that have both. From `usage_net_usd` and `previous_cycle_usage_net_usd`.",
        whole.counted(f"({total(now)} / ({total(before)} > 0) - 1)", now, BILL),
        looks.RATIO,
        f"{NO_DOLLARS}, or nothing was spent last month; there is no forecast on the first day of "
        "a month",
        decimals=1,
    )


def both(name: str, other: str) -> str:
    """Select a recorded series of the accounts that also have the other."""
    return f"({recorded(name)} and on ({IDENTITY}) {recorded(other)})"


def daily_by_product(*matchers: str) -> Panel:
    """Stack the cost of each day: products that have a color, and the others as one."""
    listed = "|".join(looks.PRODUCTS)
    named = of_one_day(spent_by_day(NET_BY_PRODUCT, f'product=~"{listed}"', *matchers))
    others = of_one_day(spent_by_day(NET_BY_PRODUCT, f'product!~"{listed}"', *matchers))
    late = after_a_gap(spent_by_day(NET_BY_PRODUCT, *matchers))
    return looks.daily(
        "Daily spend by product",
        "Net dollars by day (UTC) and product; all products without a color are `other`. From "
        "the daily increase of `usage_net_usd`: late reports count on the day they arrive. After a "
        "gap in the data of up to a week, the first bar has all of its spend, named `after a gap`, "
        "so that the bars add up to the month. Worry if a day stands out, and look for its "
        "product.",
        [
            Query(total(named, "product"), "{{product}}"),
            Query(total(others), "other"),
            Query(total(late), AFTER_A_GAP),
        ],
        looks.USD,
        "Less than one day of data, or the legacy platform, which has no dollar amounts",
        colours={**looks.PRODUCTS, "other": looks.GREY, AFTER_A_GAP: looks.CARE},
    )

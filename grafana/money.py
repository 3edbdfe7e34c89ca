"""Panels of dollars that several boards share."""

from grafana import looks
from grafana.links import to_board
from grafana.looks import Panel, Query
from grafana.queries import day, recorded, total

NET = "account:github_billing_usage_net_usd:sum"
NET_BY_PRODUCT = "account_product:github_billing_usage_net_usd:sum"
FORECAST = "account:github_billing_usage_net_usd:forecast"
SLOPE = "account:github_billing_usage_net_usd:forecast_slope"
LAST_MONTH = "account:github_billing_previous_cycle_usage_net_usd:sum"
LAST_MONTH_BY_PRODUCT = "account_product:github_billing_previous_cycle_usage_net_usd:sum"

NOT_THE_INVOICE = "Metered usage only: no plan fees, volume licenses, tax, Marketplace or credits."
NO_DOLLARS = "No data yet, or the legacy platform, which has no dollar amounts"

TO_PRODUCT = to_board("github-billing-costs", product="${__field.labels.product}")


def spent() -> Panel:
    return looks.number(
        "Spent this month",
        "Net dollars, month to date. From `usage_net_usd`. GitHub's reports lag by hours, up to "
        f"three days. {NOT_THE_INVOICE}",
        Query(total(recorded(NET))),
        looks.USD,
        NO_DOLLARS,
        decimals=2,
    )


def forecast() -> Panel:
    return looks.number(
        "Forecast for the month",
        "Net dollars of the whole month, with what plans covered last month. Too low in the first "
        "month of an account. From `usage_gross_usd` and `usage_discount_usd` by SKU, and last "
        "month's. Compare it with last month and the budgets. "
        f"{NOT_THE_INVOICE}",
        Query(total(recorded(FORECAST))),
        looks.USD,
        "No forecast on the first day of a month or on the legacy platform",
        decimals=2,
    )


def last_month() -> Panel:
    return looks.number(
        "Last month",
        "Net dollars of the previous month. From `previous_cycle_usage_net_usd`. Late reports may "
        f"still change it in the first three days. {NOT_THE_INVOICE}",
        Query(total(recorded(LAST_MONTH))),
        looks.USD,
        "Only the usage platform reports last month's dollars",
        decimals=2,
    )


def daily_by_product(*matchers: str) -> Panel:
    """Stack the cost of each day: products that have a color, and the others as one."""
    listed = "|".join(looks.PRODUCTS)
    named = day(recorded(NET_BY_PRODUCT, f'product=~"{listed}"', *matchers))
    others = day(recorded(NET_BY_PRODUCT, f'product!~"{listed}"', *matchers))
    return looks.daily(
        "Daily spend by product",
        "Net dollars by day (UTC) and product; all products without a color are `other`. From "
        "the daily increase of `usage_net_usd`: late reports count on the day they arrive. Worry "
        "if a day stands out, and look for its product.",
        [
            Query(total(named, "product"), "{{product}}"),
            Query(total(others), "other"),
        ],
        looks.USD,
        "Less than one day of data, or the legacy platform, which has no dollar amounts",
        colours={**looks.PRODUCTS, "other": looks.GREY},
    )

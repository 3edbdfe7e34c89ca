"""Panels about dollars that several boards show."""

from grafana import looks
from grafana.looks import Panel, Query
from grafana.queries import day, recorded, total

NET = "account:github_billing_usage_net_usd:sum"
NET_BY_PRODUCT = "account_product:github_billing_usage_net_usd:sum"
FORECAST = "account:github_billing_usage_net_usd:forecast_run_rate"
SLOPE = "account:github_billing_usage_net_usd:forecast_slope"
LAST_MONTH = "account:github_billing_previous_cycle_usage_net_usd:sum"

NOT_THE_INVOICE = (
    "Metered usage, not the invoice: no plan fee, volume licences, tax, Marketplace or credits."
)
NO_DOLLARS = "The legacy platform tells no dollars, or nothing was read yet"

TO_PRODUCT = (
    "/d/github-billing-costs?var-product=${__field.labels.product}"
    "&${datasource:queryparam}&${account_type:queryparam}&${account:queryparam}"
    "&${__url_time_range}"
)


def spent() -> Panel:
    return looks.number(
        "Spent this month",
        "Net dollars of the month so far. From `usage_net_usd`. GitHub's reports lag by hours, up "
        f"to three days. {NOT_THE_INVOICE}",
        Query(total(recorded(NET))),
        looks.USD,
        NO_DOLLARS,
        decimals=2,
    )


def forecast() -> Panel:
    return looks.number(
        "Forecast for the month",
        "The month's net dollars if it goes on as it did on average. From `usage_net_usd` and the "
        "part of the cycle that has passed. Worry against last month and the budgets. "
        f"{NOT_THE_INVOICE}",
        Query(total(recorded(FORECAST))),
        looks.USD,
        "There is no forecast on the first day of a month, nor on the legacy platform",
        decimals=2,
    )


def last_month() -> Panel:
    return looks.number(
        "Last month",
        "Net dollars of the whole month before. From `previous_cycle_usage_net_usd`. In the first "
        f"three days it may still change by late rows. {NOT_THE_INVOICE}",
        Query(total(recorded(LAST_MONTH))),
        looks.USD,
        "GitHub tells last month's dollars on the usage platform alone",
        decimals=2,
    )


def daily_by_product(*matchers: str) -> Panel:
    """Stack what each day cost: the products that have a colour, and the others as one."""
    listed = "|".join(looks.PRODUCTS)
    named = day(recorded(NET_BY_PRODUCT, f'product=~"{listed}"', *matchers))
    others = day(recorded(NET_BY_PRODUCT, f'product!~"{listed}"', *matchers))
    return looks.daily(
        "What does a day cost?",
        "Net dollars by day in UTC and by product; products of no colour are one. From what "
        "`usage_net_usd` grew by in the day: what GitHub reports late counts when it comes. Worry "
        "where a day stands out; look for its product.",
        [
            Query(total(named, "product"), "{{product}}"),
            Query(total(others), "other"),
        ],
        looks.USD,
        "No whole day has been scraped yet, or the legacy platform tells no dollars",
        colours={**looks.PRODUCTS, "other": looks.GREY},
    )

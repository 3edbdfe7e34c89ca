"""Costs: spend by product, SKU, repository, organization and cost center."""

from grafana_foundation_sdk.models import dashboard as model

from grafana import cost_centers, looks, money, movers, trust, whole
from grafana.days import spent_between
from grafana.frame import Row, Section, chosen, host
from grafana.frame import board as composed
from grafana.links import REPOSITORY
from grafana.looks import Panel, Query
from grafana.months import completed, difference, growth
from grafana.queries import IDENTITY, cents, latest, recorded, top, total
from grafana.tables import Column, rows

UID = "github-billing-costs"

_OF_PRODUCT = 'product=~"$product"'
_SO_FAR = "month to date"
_DISCOUNT = "included in plans, free for public repositories or discounted by GitHub"
_SKU = ("product", "sku")


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Costs",
        "Where does the money go? By product, SKU, repository, organization and cost center.",
        [
            Row(
                5,
                [
                    (4, amount("Gross", "gross", "before included usage and discounts")),
                    (4, amount("Discount", "discount", _DISCOUNT)),
                    (4, amount("Net", "net", "after discounts")),
                    (4, money.last_month()),
                    (4, money.against_last_month()),
                    (4, last_day()),
                ],
            ),
            trust.strip(),
            Row(10, [(10, money.daily_by_product(_OF_PRODUCT)), (14, products())]),
            Row(10, [(14, skus()), (10, movers.skus(_OF_PRODUCT))]),
            Row(10, [(14, unit_costs()), (10, against_usual())]),
            Row(8, [(24, storage())]),
            Section("Repositories", folded=True),
            Row(10, [(14, repositories()), (10, movers.repositories(_OF_PRODUCT))]),
            Section("Organizations and cost centers of enterprises", folded=True),
            Row(
                10,
                [
                    (8, organizations()),
                    (8, cost_centers.bars(_OF_PRODUCT)),
                    (8, movers.cost_centers(_OF_PRODUCT)),
                ],
            ),
            Row(10, [(24, cost_centers.charged(_OF_PRODUCT))]),
        ],
        [chosen("product", "Product", "github_billing_usage_gross_usd"), host()],
    )


def amount(title: str, kind: str, meaning: str) -> Panel:
    name = f"account_product:github_billing_usage_{kind}_usd:sum"
    read = recorded(money.NET)
    return whole.number(
        title,
        f"Dollars {meaning}, {_SO_FAR}. From `usage_{kind}_usd`. Gross less discount is net. "
        + money.NOT_THE_INVOICE,
        # A bill without these products is 0.
        whole.counted(
            f"({total(recorded(name, _OF_PRODUCT))} or 0 * {total(read)})", read, money.BILL
        ),
        looks.USD,
        money.NO_DOLLARS,
    )


def last_day() -> Panel:
    return whole.number(
        "Last 24 hours",
        "Net dollars of the last 24 hours, including late reports. From the increase of "
        "`usage_net_usd`; on the first day of a month also from `previous_cycle_usage_net_usd`.",
        whole.counted(total(spent_between(1, 0, _OF_PRODUCT)), spent_between(1, 0), money.BILL),
        looks.USD,
        f"Less than one day of data. {money.NO_DOLLARS}",
    )


def products() -> Panel:
    def by_product(metric: str) -> str:
        return total(latest(metric, *_SKU, only=_OF_PRODUCT), "product")

    net, before = (
        latest(f"{period}usage_net_usd", *_SKU, only=_OF_PRODUCT)
        for period in ("", "previous_cycle_")
    )
    forecast = recorded("account_product:github_billing_usage_net_usd:forecast", _OF_PRODUCT)
    last = recorded(money.LAST_MONTH_BY_PRODUCT, _OF_PRODUCT)
    return rows(
        "What does each product cost?",
        f"Dollars by product, {_SO_FAR}: gross, discount and net; the forecast of the month, last "
        "month's total, and the difference between these two, over the accounts that have both. "
        "From `usage_*_usd` and `previous_cycle_usage_net_usd`.",
        [
            Query(by_product("usage_gross_usd")),
            Query(by_product("usage_discount_usd")),
            Query(total(completed(net, before), "product")),
            Query(total(forecast, "product")),
            Query(total(before, "product")),
            Query(cents(difference(forecast, last, "product"))),
            Query(growth(forecast, last, "product")),
        ],
        [
            Column("product", "Product"),
            Column("A", "Gross", looks.USD, width=77),
            Column("B", "Discount", looks.USD, width=77),
            Column("C", "Net", looks.USD, width=77),
            Column("D", "Forecast", looks.USD, width=77),
            Column("E", "Last month", looks.USD, width=90),
            Column("F", "Change", looks.USD, width=77),
            Column("G", "Change, %", looks.RATIO, width=82),
        ],
        money.NO_DOLLARS,
        sort="Net",
    )


def skus() -> Panel:
    net, before = (
        latest(f"{period}usage_net_usd", *_SKU, only=_OF_PRODUCT)
        for period in ("", "previous_cycle_")
    )
    forecast = recorded("account_product_sku:github_billing_usage_net_usd:forecast", _OF_PRODUCT)
    return rows(
        "Which SKU costs most?",
        f"Net dollars by SKU, {_SO_FAR}; the forecast of the month, last month's total, and the "
        "difference between these two, over the accounts that have both. From `usage_net_usd` and "
        "`previous_cycle_usage_net_usd`.",
        [
            Query(total(completed(net, before), *_SKU)),
            Query(total(forecast, *_SKU)),
            Query(total(before, *_SKU)),
            Query(cents(difference(forecast, before, *_SKU))),
            Query(growth(forecast, before, *_SKU)),
        ],
        [
            Column("sku", "SKU"),
            Column("A", "Net", looks.EXACT_USD, width=100),
            Column("B", "Forecast", looks.EXACT_USD, width=100),
            Column("C", "Last month", looks.EXACT_USD, width=105),
            Column("D", "Change", looks.EXACT_USD, width=100),
            Column("E", "Change, %", looks.RATIO, width=95),
        ],
        money.NO_DOLLARS,
        sort="Net",
    )


def breakdown(
    word: str, metric: str, label: str, *others: str, unasked: str, only: str = _OF_PRODUCT
) -> Panel:
    by_label = total(latest(metric, label, *others, only=only), label)
    return looks.bars(
        f"Which {word} costs most?",
        f"Net dollars by {word}, {_SO_FAR}: the top ten, and the rest as `other`, so that the bars "
        f"add up to the net total. From `{metric}`.",
        Query(top(by_label, label), f"{{{{{label}}}}}"),
        looks.USD,
        unasked,
        decimals=2,
    )


def organizations() -> Panel:
    return breakdown(
        "organization",
        "organization_usage_net_usd",
        "organization",
        *_SKU,
        unasked="No usage by organization: it needs an enterprise, and the collector "
        "usage_organizations, which is off by default",
    )


def repositories() -> Panel:
    of = ("organization", "repository")
    matched = f'{_OF_PRODUCT},repository!=""'
    spent = total(latest("repository_usage_net_usd", *of, *_SKU, only=matched), *of)
    named = f'label_join({spent}, "repository", "/", "organization", "repository")'
    return looks.bars(
        "Which repository costs most?",
        f"Net dollars by repository, {_SO_FAR}: the top ten, and the rest as `other`. Usage "
        "without a repository, such as licenses, is left out, so the bars may add up to less than "
        "the net total. From `repository_usage_net_usd`.",
        Query(top(named, "repository"), "{{repository}}"),
        looks.USD,
        "No usage by repository: it needs the collector usage_repositories, which is off by "
        "default",
        decimals=2,
        link=REPOSITORY,
    )


def unit_costs() -> Panel:
    of = ("product", "sku", "unit")
    matched = f'{_OF_PRODUCT},unit!=""'
    quantity = total(latest("usage_gross_quantity", *of, only=matched), *of)
    gross, discount, net = (
        total(latest(f"usage_{kind}_usd", *_SKU, only=_OF_PRODUCT), *_SKU)
        for kind in ("gross", "discount", "net")
    )
    by_unit = "on (product, sku) group_left ()"
    share = f"({discount} / ({gross} > 0))"
    return rows(
        "What does one unit cost?",
        f"By SKU, {_SO_FAR}: the quantity, GitHub's price of a unit, what a unit costs on average "
        "after discounts, and the discounted share. A unit is a minute, a gigabyte-hour, or a seat "
        "for a month. A SKU that had two prices in the month has none. From "
        "`usage_gross_quantity`, `usage_price_usd` and `usage_*_usd`.",
        [
            Query(quantity),
            Query(f"max by ({', '.join(of)}) ({latest('usage_price_usd', *of, only=_OF_PRODUCT)})"),
            Query(f"1 / ({quantity} > 0) * {by_unit} {net}"),
            Query(f"0 * {quantity} + {by_unit} {share}"),
        ],
        [
            Column("sku", "SKU"),
            Column("unit", "Unit", width=120),
            Column("A", "Quantity", looks.COUNT, width=100),
            Column("B", "Price", looks.USD, exact=True, width=110),
            Column("C", "After discounts", looks.USD, decimals=4, width=115),
            Column("D", "Discounted", looks.RATIO, width=100),
        ],
        money.NO_DOLLARS,
        sort="Quantity",
    )


def storage() -> Panel:
    of = ("product", "sku", "unit")
    stored = latest("usage_gross_quantity", *of, only=f'{_OF_PRODUCT},unit="gigabyte_hours"')
    seconds = recorded("account:github_billing_cycle_elapsed:seconds")
    # An empty bill has no quantities.
    empty = f"{recorded('account:github_billing_usage_gross_usd:sum')} == 0"
    read = f"({total(latest('usage_gross_quantity', *of), IDENTITY)} or {empty})"
    each = f"{stored} / on ({IDENTITY}) group_left () (({seconds} > 3 * 86400) / 3600)"
    return looks.lines(
        "How much is stored?",
        "Gigabytes stored by SKU, on average since the month began; from the fourth day on, as "
        "GitHub's reports lag, and interrupted while an account could not be read. From "
        "`usage_gross_quantity` in gigabyte-hours. Worry if a line grows: what is stored costs "
        "every hour.",
        [Query(whole.only_whole(total(each, "sku"), read, money.BILL), "{{sku}}")],
        looks.GIGABYTES,
        "No bill or storage by the hour was read, or only in the first four days of the month",
    )


def against_usual() -> Panel:
    names = ("Last 24 hours", "Usual day")
    spend, usual = spent_between(1, 0), spent_between(15, 1)
    return looks.lines(
        "Is today unusual?",
        "Net dollars of the last 24 hours and of the usual day, the mean of the 14 days before, of "
        "all products. A line is interrupted while an account could not be read. From the increase "
        "of `usage_net_usd`, and from `previous_cycle_usage_net_usd` after the turn of a month. "
        "Worry if the lines diverge.",
        [
            Query(whole.only_whole(total(spend), spend, money.BILL), names[0]),
            Query(whole.only_whole(f"{total(usual)} / 14", usual, money.BILL), names[1]),
        ],
        looks.USD,
        "Less than one day of data, or the legacy platform, which has no dollar amounts",
        colours={names[0]: looks.PLAIN, names[1]: looks.GREY},
        dashed=[names[1]],
    )

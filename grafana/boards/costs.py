"""Costs: spend by product, SKU, repository, organization and cost center."""

from grafana_foundation_sdk.models import dashboard as model

from grafana import looks, money, trust
from grafana.frame import Row, chosen
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, latest, recorded, top, total
from grafana.tables import Column, rows

UID = "github-billing-costs"

_OF_PRODUCT = 'product=~"$product"'
_SO_FAR = "month to date"
_DISCOUNT = "included in plans, free for public repositories or discounted by GitHub"


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Costs",
        "Where does the money go? By product, SKU, repository, organization and cost center.",
        [
            Row(
                4,
                [
                    (4, amount("Gross", "gross", "before included usage and discounts")),
                    (4, amount("Discount", "discount", _DISCOUNT)),
                    (4, amount("Net", "net", "after discounts")),
                    (4, money.last_month()),
                    (4, against_last_month()),
                    (4, last_day()),
                ],
            ),
            trust.strip(),
            Row(10, [(14, money.daily_by_product(_OF_PRODUCT)), (10, products())]),
            Row(
                10,
                [
                    (8, breakdown("SKU", "usage_net_usd", "sku", "product", unasked=_NO_SKU)),
                    (8, repositories()),
                    (8, against_usual()),
                ],
            ),
            Row(
                9,
                [
                    (
                        12,
                        breakdown(
                            "organization",
                            "organization_usage_net_usd",
                            "organization",
                            "product",
                            "sku",
                            unasked=_unasked("usage_organizations"),
                        ),
                    ),
                    (12, cost_centers()),
                ],
            ),
        ],
        [chosen("product", "Product", "github_billing_usage_gross_usd")],
    )


_NO_SKU = money.NO_DOLLARS


def _unasked(collector: str) -> str:
    return f"Enable the collector {collector}: it is off by default"


def amount(title: str, kind: str, meaning: str) -> Panel:
    name = f"account_product:github_billing_usage_{kind}_usd:sum"
    return looks.number(
        title,
        f"Dollars {meaning}, {_SO_FAR}. From `usage_{kind}_usd`. Gross less discount is net. "
        + money.NOT_THE_INVOICE,
        Query(total(recorded(name, _OF_PRODUCT))),
        looks.USD,
        money.NO_DOLLARS,
        decimals=2,
    )


def against_last_month() -> Panel:
    forecast, before = (total(recorded(name)) for name in (money.FORECAST, money.LAST_MONTH))
    return looks.number(
        "Forecast vs. last month",
        "Forecast of this month's net dollars, with what plans cover, relative to last month, "
        "all products. From `usage_net_usd` and `previous_cycle_usage_net_usd`.",
        Query(f"{forecast} / ({before} > 0) - 1"),
        looks.RATIO,
        "No forecast on the first day of a month, or no spend last month",
        decimals=1,
    )


def last_day() -> Panel:
    return looks.number(
        "Last 24 hours",
        "Net dollars of the last 24 hours, including late reports; on the first day of a month, "
        "month to date. From the increase of `usage_net_usd`.",
        Query(total(recorded("account_product:github_billing_usage_net_usd:spend1d", _OF_PRODUCT))),
        looks.USD,
        "Less than one day of data, or the legacy platform, which has no dollar amounts",
        decimals=2,
    )


def products() -> Panel:
    def by_product(metric: str) -> str:
        return total(latest(metric, "product", "sku", only=_OF_PRODUCT), "product")

    return rows(
        "What does each product cost?",
        f"Dollars by product, {_SO_FAR}: gross, discount and net, and last month's total. "
        "From `usage_*_usd` and `previous_cycle_usage_net_usd`.",
        [
            Query(by_product(f"{period}usage_{kind}_usd"))
            for period, kind in (("", "gross"), ("", "discount"), ("", "net"))
        ]
        + [Query(by_product("previous_cycle_usage_net_usd"))],
        [
            Column("product", "Product"),
            Column("A", "Gross", looks.USD, width=115),
            Column("B", "Discount", looks.USD, width=115),
            Column("C", "Net", looks.USD, width=115),
            Column("D", "Last month", looks.USD, width=115),
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


def repositories() -> Panel:
    of = ("organization", "repository")
    matched = f'{_OF_PRODUCT},repository!=""'
    spent = total(latest("repository_usage_net_usd", *of, "product", "sku", only=matched), *of)
    named = f'label_join({spent}, "repository", "/", "organization", "repository")'
    return looks.bars(
        "Which repository costs most?",
        f"Net dollars by repository, {_SO_FAR}: the top ten, and the rest as `other`. Usage "
        "without a repository, such as licenses, is left out, so the bars may add up to less than "
        "the net total. From `repository_usage_net_usd`.",
        Query(top(named, "repository"), "{{repository}}"),
        looks.USD,
        _unasked("usage_repositories"),
        decimals=2,
    )


def cost_centers() -> Panel:
    of = f"{IDENTITY}, cost_center"
    spent = total(
        latest("cost_center_usage_net_usd", "cost_center", "product", "sku", only=_OF_PRODUCT),
        of,
    )
    info = latest("cost_center_info", "cost_center", "name")
    named = f"{spent} * on ({of}) group_left (name) {info}"
    by_id = f'label_replace({spent}, "name", "$1", "cost_center", "(.+)")'
    rest = f'label_replace({by_id}, "name", "(no cost center)", "cost_center", "none")'
    by_name = f"sum by (name) ({named} or on ({of}) {rest})"
    return looks.bars(
        "Which cost center costs most?",
        f"Net dollars by cost center, {_SO_FAR}: the top ten, the rest as `other`, and usage "
        "outside cost centers, so that the bars add up to the net total. From "
        "`cost_center_usage_net_usd` and `cost_center_info`.",
        Query(top(by_name, "name"), "{{name}}"),
        looks.USD,
        _unasked("usage_cost_centers"),
        decimals=2,
    )


def against_usual() -> Panel:
    names = ("Last 24 hours", "Usual day")
    of = "account:github_billing_usage_net_usd"
    return looks.lines(
        "Is today unusual?",
        "Net dollars of the last 24 hours and of the usual day, the mean of the 14 days before, of "
        "all products. On the first day of a month, month to date. From the increase of "
        "`usage_net_usd`. Worry if the lines diverge.",
        [
            Query(total(recorded(f"{of}:spend1d")), names[0]),
            Query(total(recorded(f"{of}:spend1d_avg14d")), names[1]),
        ],
        looks.USD,
        "Less than one day of data, or the legacy platform, which has no dollar amounts",
        colours={names[0]: looks.PLAIN, names[1]: looks.GREY},
        dashed=[names[1]],
    )

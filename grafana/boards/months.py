"""Months: closed months, and this month against earlier ones."""

from grafana_foundation_sdk.models import dashboard as model

from grafana import looks, money, trust
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.months import (
    closed,
    completed,
    difference,
    growth,
    month_ago,
    share,
    this_day_last_month,
    this_day_last_year,
    year_ago,
)
from grafana.queries import Moved, latest, recorded, total
from grafana.tables import Column, rows

UID = "github-billing-months"
SHOWN = 24
"""Months that GitHub keeps."""

_BILL = "previous_cycle_usage_net_usd"
_PRICE = "previous_cycle_usage_price_usd"
_SKU = ("product", "sku")
_PRICED = (*_SKU, "unit")
_LATE = (
    "GitHub reports usage up to three days late, so last month may still change in the first days "
    "of this one."
)
_BOTH = "Differences are over the accounts that have data of both months."


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Months",
        "How does the bill change? Closed months, this month so far, the largest changes, prices.",
        [
            Row(
                5,
                [
                    (5, money.spent()),
                    (5, money.forecast()),
                    (4, money.last_month()),
                    (
                        5,
                        against("Last month vs. previous", "the month before it", month_ago),
                    ),
                    (
                        5,
                        against("Last month vs. a year ago", "the same month a year ago", year_ago),
                    ),
                ],
            ),
            trust.strip(),
            Row(11, [(24, by_product())]),
            Row(11, [(24, so_far())]),
            Row(11, [(24, last_month())]),
            Row(10, [(12, grown()), (12, fallen())]),
            Row(7, [(24, prices())]),
        ],
    )


def against(title: str, words: str, moved: Moved) -> Panel:
    now = recorded(money.LAST_MONTH)
    return looks.number(
        title,
        f"Net dollars of last month relative to {words}, both complete, over the accounts that "
        f"have data of both. From `{_BILL}`. {_LATE}",
        Query(growth(now, moved(now))),
        looks.RATIO,
        "No data of that month, or only the legacy platform, which has no dollar amounts",
        decimals=1,
    )


def by_product() -> Panel:
    listed = "|".join(looks.PRODUCTS)
    named, others = (_closed(f'product{operator}"{listed}"') for operator in ("=~", "!~"))
    return looks.monthly(
        "Net dollars of closed months",
        "Net dollars by month (UTC) and product; all products without a color are `other`. The "
        "current month appears when it is over. From `previous_cycle_usage_net_usd`, which GitHub "
        "reports with late usage in the next month; until the exporter has read that, the last "
        "`usage_net_usd` of the month. A gap is a month without data; a month that lacks an "
        f"account is too low. {money.NOT_THE_INVOICE}",
        [Query(total(named, "product"), "{{product}}"), Query(total(others), "other")],
        looks.USD,
        "No closed month has data, or the legacy platform, which has no dollar amounts",
        months=SHOWN,
        colours={**looks.PRODUCTS, "other": looks.GREY},
    )


def so_far() -> Panel:
    now, month, year = (
        latest("usage_net_usd", *_SKU, moved=moved)
        for moved in (str, this_day_last_month, this_day_last_year)
    )
    return _compared(
        "This month so far, and earlier months to the same day",
        "Net dollars by SKU, month to date, against the last month and the same month a year ago "
        "until the same day and hour, or their end if they are shorter. From `usage_net_usd`. "
        f"{_BOTH} Months loaded by `history` are complete on each day, while GitHub's reports lag "
        "by up to three days.",
        ("This month", now),
        ("Last month", month),
        ("A year ago", year),
        empty=money.NO_DOLLARS,
    )


def last_month() -> Panel:
    now, month, year = (latest(_BILL, *_SKU, moved=moved) for moved in (str, month_ago, year_ago))
    return _compared(
        "Last month, and earlier months, all complete",
        "Net dollars by SKU of last month, the month before it, and the same month a year before. "
        f"From `{_BILL}`. {_BOTH} {_LATE}",
        ("Last month", now),
        ("Month before", month),
        ("Year before", year),
        empty="Only the usage platform reports last month's dollars",
    )


def grown() -> Panel:
    return _changed("What grew most?", ">", "Largest growth", descending=True)


def fallen() -> Panel:
    return _changed("What fell most?", "<", "Largest fall", descending=False)


def prices() -> Panel:
    now = latest("usage_price_usd", *_PRICED)
    last, month, year = (
        latest(_PRICE, *_PRICED, moved=moved) for moved in (str, month_ago, year_ago)
    )
    changed = " or ".join(f"({last} != {other})" for other in (now, month, year))
    return rows(
        "Which prices changed?",
        "SKUs whose price per unit in last month differs from this month, the month before or the "
        "same month a year before; the largest price of the selected accounts. An empty cell is an "
        "unknown price: a SKU with two prices in a month has none. From `usage_price_usd` and "
        "`previous_cycle_usage_price_usd`.",
        [
            Query(f"max by ({', '.join(_PRICED)}) ({price} and ({changed}))")
            for price in (last, now, month, year)
        ],
        [
            Column("product", "Product"),
            Column("sku", "SKU"),
            Column("unit", "Unit"),
            *(
                Column(letter, words, looks.USD, exact=True, width=170)
                for letter, words in (
                    ("D", "A year before"),
                    ("C", "The month before"),
                    ("A", "Last month"),
                    ("B", "This month"),
                )
            ),
        ],
        "No price changed, no data of earlier months, or only the legacy platform, without prices",
        sort="Product",
        descending=False,
    )


def _closed(*matchers: str) -> str:
    names = money.NET_BY_PRODUCT, money.LAST_MONTH_BY_PRODUCT
    return closed(*(recorded(name, *matchers) for name in names), "product")


def _compared(
    title: str, about: str, now: tuple[str, str], *before: tuple[str, str], empty: str
) -> Panel:
    # Complete, as Grafana sorts by it.
    queries = [Query(total(completed(now[1], *(then for _, then in before)), *_SKU))]
    columns = [
        Column("product", "Product", width=95),
        Column("sku", "SKU"),
        Column("A", now[0], looks.USD, width=130),
    ]
    letters = iter("BCDEFG")
    for (words, then), span in zip(before, ("Month", "Year"), strict=True):
        compared: list[tuple[str, str, str, int]] = [
            (total(then, *_SKU), words, looks.USD, 120),
            (difference(now[1], then, *_SKU), f"{span} change", looks.USD, 125),
            (growth(now[1], then, *_SKU), f"{span}, %", looks.RATIO, 95),
        ]
        for (expression, heading, unit, width), letter in zip(compared, letters, strict=False):
            queries.append(Query(expression))
            columns.append(Column(letter, heading, unit, width=width))
    return rows(title, about, queries, columns, empty, sort=now[0])


def _changed(title: str, operator: str, words: str, *, descending: bool) -> Panel:
    now, before = latest(_BILL, *_SKU), latest(_BILL, *_SKU, moved=month_ago)
    change = f"round({difference(now, before, *_SKU)}, 0.01)"
    return rows(
        title,
        f"{words} of net dollars from the month before to last month, by SKU, both complete. A SKU "
        f"that is new has no percentage. From `{_BILL}`. {_BOTH} {_LATE}",
        [
            Query(f"{change} {operator} 0"),
            Query(f"{share(change, now, before, *_SKU)} {operator} 0"),
        ],
        [
            Column("product", "Product", width=130),
            Column("sku", "SKU"),
            Column("A", "Change", looks.USD, width=140),
            Column("B", "Change, %", looks.RATIO, absent="new", width=120),
        ],
        "No change, no data of the month before, or only the legacy platform, without dollars",
        sort="Change",
        descending=descending,
    )

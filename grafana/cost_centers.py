"""Panels of cost centers."""

from grafana import looks
from grafana.looks import Panel, Query
from grafana.months import difference, this_day_last_month
from grafana.queries import IDENTITY, Moved, any_of, cents, latest, top, total
from grafana.tables import Column, rows

_OF = (IDENTITY, "cost_center")
_NONE = (
    "No usage by cost center: it needs an enterprise, and the collector usage_cost_centers, which "
    "is off by default"
)


def bars(only: str) -> Panel:
    return looks.bars(
        "Which cost center costs most?",
        "Net dollars by cost center, month to date: the top ten, the rest as `other`, and usage "
        "outside cost centers, so that the bars add up to the net total. From "
        "`cost_center_usage_net_usd` and `cost_center_info`.",
        Query(top(total(_named(_spent("usage_net_usd", only)), "name"), "name"), "{{name}}"),
        looks.USD,
        _NONE,
        decimals=2,
    )


def charged(only: str) -> Panel:
    """Build a table to charge costs by."""
    net = _spent("usage_net_usd", only)
    then = _spent("usage_net_usd", only, this_day_last_month)
    return rows(
        "What is charged to each cost center?",
        "Dollars by cost center, month to date: gross, discount and net; last month's net total, "
        "and the difference between net and last month's on the same day and hour, if the "
        "data goes back so far. From `cost_center_usage_*_usd`, that of the previous cycle and "
        "`cost_center_info`. To export: Inspect, Data.",
        [
            Query(total(_named(_spent("usage_gross_usd", only)), "name")),
            Query(total(_named(_spent("usage_discount_usd", only)), "name")),
            Query(total(_named(net), "name")),
            Query(total(_named(_spent("usage_net_usd", only, period="previous_cycle_")), "name")),
            Query(cents(total(_named(difference(net, then, *_OF)), "name"))),
        ],
        [
            Column("name", "Cost center"),
            *(
                Column(letter, heading, looks.EXACT_USD, width=110)
                for letter, heading in zip(
                    "ABCDE", ("Gross", "Discount", "Net", "Last month", "Change"), strict=True
                )
            ),
        ],
        _NONE,
        sort="Gross",
    )


def _spent(metric: str, only: str, moved: Moved = str, *, period: str = "") -> str:
    by_sku = latest(
        f"{period}cost_center_{metric}", "cost_center", "product", "sku", only=only, moved=moved
    )
    return total(by_sku, *_OF)


def _named(spent: str) -> str:
    """Add the label ``name``, or the id where the name is unknown."""
    of = ", ".join(_OF)
    on = f"on ({of})"
    info = any_of(latest("cost_center_info", "cost_center", "name"), of)
    by_id = f'label_replace({spent}, "name", "$1", "cost_center", "(.+)")'
    by_id = f'label_replace({by_id}, "name", "(no cost center)", "cost_center", "none")'
    return f"({spent} * {on} group_left (name) {info} or {on} {by_id})"

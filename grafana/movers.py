"""What changed most from the week before to the last seven days, across the turn of a month."""

from grafana.links import REPOSITORY_IN_TABLE
from grafana.looks import EXACT_USD, Panel, Query
from grafana.queries import CYCLE_START, IDENTITY, TOP, ago, any_of, cents, latest, recorded, total
from grafana.tables import Column, rows

_CYCLE = recorded(CYCLE_START)
_OF = f"on ({IDENTITY})"
_NO_WEEKS = "No bill was read, or less than two weeks of data"


def skus(only: str) -> Panel:
    change = _change("usage_net_usd", ("product", "sku"), only)
    return _table(
        "SKU",
        "usage_net_usd",
        total(change, "product", "sku"),
        [Column("sku", "SKU")],
        _NO_WEEKS,
    )


def repositories(only: str) -> Panel:
    of = ("organization", "repository")
    change = _change("repository_usage_net_usd", (*of, "product", "sku"), f'{only},repository!=""')
    return _table(
        "repository",
        "repository_usage_net_usd",
        total(change, *of),
        [
            Column("organization", "Organization", width=130),
            Column("repository", "Repository", link=REPOSITORY_IN_TABLE),
        ],
        f"{_NO_WEEKS}, or the collector usage_repositories is disabled, as by default",
    )


def cost_centers(only: str) -> Panel:
    change = _change("cost_center_usage_net_usd", ("cost_center", "product", "sku"), only)
    by_id = total(change, IDENTITY, "cost_center")
    of = f"{IDENTITY}, cost_center"
    info = any_of(latest("cost_center_info", "cost_center", "name"), of)
    return _table(
        "cost center",
        "cost_center_usage_net_usd",
        total(f"{by_id} * on ({of}) group_left (name) {info}", "name"),
        [Column("name", "Cost center")],
        f"{_NO_WEEKS}, no cost centers, or the collector usage_cost_centers is disabled, as by "
        "default",
    )


def _table(word: str, metric: str, change: str, named: list[Column], empty: str) -> Panel:
    change = cents(change)
    largest = f"topk({TOP}, abs({change})) > 0"
    return rows(
        f"Which {word} changed most this week?",
        f"Net dollars of the last seven days less those of the seven days before: the {TOP} "
        "largest changes, up or down, sorted by their size. "
        f"From `{metric}` and that of the previous cycle.",
        [Query(largest), Query(f"{change} and {largest}")],
        [
            *named,
            Column("B", "Change", EXACT_USD, width=95),
            Column("A", "Size", EXACT_USD, width=95),
        ],
        empty,
        sort="Size",
    )


def _change(metric: str, labels: tuple[str, ...], only: str) -> str:
    """Return the second difference of dollars month to date, continued over the month's turn.

    A value of this month continues the last month's total. A missing series counts as 0, but an
    account needs data at all three times.
    """
    now, week, two_weeks = (
        latest(metric, *labels, only=only, moved=ago(days)) for days in (0, 7, 14)
    )
    before = latest(f"previous_cycle_{metric}", *labels, only=only)
    this_cycle = (f"({ago(days)(_CYCLE)} == bool {_CYCLE})" for days in (7, 14))
    continued = "1 - 2 * {} + {}".format(*this_cycle)
    parts = {
        "now": now,
        "week": f"-2 * {week}",
        "two_weeks": two_weeks,
        "before": f"{before} * {_OF} group_left () ({continued})",
    }
    either = " or ".join(
        f'label_replace({part}, "part", "{name}", "", "")' for name, part in parts.items()
    )
    there = " ".join(f"and {_OF} {each}" for each in (now, week, two_weeks))
    return f"(({either}) {there})"

"""Accounts: what each account costs, to compare and to export."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from grafana import links, looks, money, trust, whole
from grafana.budgets import BUDGET
from grafana.days import spent_between
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, TOP, cents, last_success, latest, recorded, total
from grafana.tables import Column, rows

UID = "github-billing-accounts"

_BY_ACCOUNT = f"by ({IDENTITY})"


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Accounts",
        "Which account costs what? To compare, to export, and with links to each account.",
        [
            Row(
                5,
                [
                    (5, money.spent()),
                    (5, money.forecast()),
                    (5, money.last_month()),
                    (5, money.against_last_month()),
                    (4, unread()),
                ],
            ),
            trust.strip(),
            Row(11, [(24, accounts())]),
            Row(9, [(15, over_time()), (9, reach())]),
        ],
    )


def unread() -> Panel:
    missing = whole.missing(recorded(money.NET), money.BILL)
    expected = whole.expected(money.BILL)
    return looks.number(
        "Unread accounts",
        "Accounts whose dollars could not be read, now, or that vanished in the last day: their "
        "part is missing from every sum. Accounts on the legacy platform have no dollars and do "
        "not count. From `usage_net_usd` and `collector_success` of `usage`. Worry at 1: the board "
        "Exporter shows why.",
        Query(f"count({missing}) or on () 0 * count({expected})"),
        looks.COUNT,
        "No account whose dollars GitHub offers",
        steps=looks.worse_above(None, 1),
    )


def accounts() -> Panel:
    spent, forecast, before = (
        f"max {_BY_ACCOUNT} ({recorded(name)})"
        for name in (money.NET, money.FORECAST, money.LAST_MONTH)
    )
    read = last_success('collector=~"usage|legacy_actions"')
    panel = rows(
        "What does each account cost?",
        "Net dollars by account, month to date: spent, forecast, last month, the difference "
        "between these two, the last 24 hours, and the share of the sum. The consumed share of "
        "the most used budget, and the time since the bill was read. "
        "From `usage_net_usd`, `previous_cycle_usage_net_usd`, `budget_*` and `account_info`. "
        "A dash is unknown: not read, or not offered by the legacy platform. To export: Inspect, "
        f"Data. {money.NOT_THE_INVOICE}",
        [
            Query(f"sort_desc({spent})"),
            Query(forecast),
            Query(before),
            Query(cents(f"{forecast} - {before}")),
            Query(f"{forecast} / ({before} > 0) - 1"),
            Query(spent_between(1, 0)),
            Query(f"{spent} / on () group_left () ({total(spent)} > 0)"),
            Query(f"max {_BY_ACCOUNT} ({recorded(f'{BUDGET}:used_ratio')})"),
            Query(f"time() - max {_BY_ACCOUNT} ({read})"),
            Query(links.of_accounts()),
        ],
        [
            Column("account", "Account", link=links.COSTS_OF_ACCOUNT),
            *(
                Column(letter, heading, looks.EXACT_USD, width=97)
                for letter, heading in zip(
                    "ABCD", ("Spent", "Forecast", "Last month", "Change"), strict=True
                )
            ),
            Column("E", "Change, %", looks.RATIO, width=95),
            Column("F", "Last 24 hours", looks.EXACT_USD, width=110),
            Column("G", "Share", looks.RATIO, bar=True, width=112),
            Column(
                "H",
                "Budget used",
                looks.RATIO,
                looks.worse_above(DEFAULTS.budget_used_ratio, 1),
                width=100,
            ),
            Column("I", "Read", looks.SECONDS, width=90),
            Column(links.PAGE, "On GitHub", width=85, link=links.ON_GITHUB),
        ],
        "No account is known yet",
        sort="Spent",
    )
    return links.opened(panel, "On GitHub")


def over_time() -> Panel:
    spent = recorded(money.NET)
    return looks.lines(
        f"How did the {TOP} most expensive accounts get here?",
        f"Net dollars by account, month to date, of the {TOP} accounts that cost most; a line "
        "drops to 0 when a month begins, and is interrupted while an account could not be read. "
        "From `usage_net_usd`. Worry if a line becomes steep.",
        [Query(f"topk({TOP}, {spent})", "{{account}}")],
        looks.USD,
        money.NO_DOLLARS,
    )


def reach() -> Panel:
    latest_item = latest("usage_latest_item_timestamp_seconds")
    return rows(
        "How far do GitHub's reports reach?",
        "Time since the latest usage in GitHub's report of each account, now: what was used since "
        "is in no number yet. From `usage_latest_item_timestamp_seconds`. GitHub's reports lag by "
        "hours, up to three days. Worry beyond.",
        [Query(f"time() - {latest_item}")],
        [Column("account", "Account"), Column("A", "Latest usage", looks.SECONDS, width=150)],
        "Only a report by day tells: it needs a collector such as usage_repositories, which is off "
        "by default",
        sort="Latest usage",
    )

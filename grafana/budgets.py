"""Budgets: their names, their table, and the limit of an account."""

from collections.abc import Sequence

from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks
from grafana.links import COSTS_OF_ACCOUNT
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, any_of, recorded
from grafana.tables import Column, rows

BUDGET = "account_budget:github_billing_budget"

_INFO = "scope, entity, target, hard"
_OF = f"{IDENTITY}, budget"


def named(series: str) -> str:
    """Add the label ``name`` to series by budget: whose it is, and what it covers."""
    entity, account = (_facts(matcher) for matcher in ('entity!=""', 'entity=""'))
    either = f'{entity} or label_replace({account}, "entity", "$1", "account", "(.+)")'
    name = f'label_join({_target(either)}, "name", ": ", "entity", "target")'
    return f"{series} * on ({_OF}) group_left (name) {any_of(name, _OF)}"


def limit_of_account() -> str:
    """Return the smallest budget of each account that covers all of its usage."""
    covers = _facts('scope=~"account|$account_type"', 'target=""')
    limit = recorded(f"{BUDGET}_limit_usd:max")
    return f"min by ({IDENTITY}) ({limit} and on ({_OF}) {covers})"


def budget_table(
    title: str, about: str, described: Sequence[Column], empty: str, *matchers: str
) -> Panel:
    """Build a table of the budgets whose `budget_info` has the ``matchers``, the fullest first.

    ``described`` are the columns that name a budget, of the labels of `budget_info`.
    """
    info = any_of(_target(_facts(*matchers)), _OF)

    def joined(name: str) -> str:
        return f"{recorded(name)} * on ({_OF}) group_left ({_INFO}) {info}"

    return rows(
        title,
        about,
        [
            Query(joined(f"{BUDGET}_limit_usd:max")),
            Query(joined(f"{BUDGET}_consumed_usd:said_or_estimated")),
            Query(joined(f"{BUDGET}:headroom_usd")),
            Query(joined(f"{BUDGET}:used_ratio")),
            Query(joined(f"{BUDGET}:forecast_ratio")),
        ],
        [
            Column("account", "Account", link=COSTS_OF_ACCOUNT),
            *described,
            Column("A", "Limit", looks.USD, width=95),
            Column("B", "Consumed", looks.USD, width=95),
            Column("C", "Left", looks.USD, looks.bad_below(0), width=95),
            Column(
                "D",
                "Used",
                looks.RATIO,
                looks.worse_above(DEFAULTS.budget_used_ratio, 1),
                bar=True,
                width=150,
            ),
            Column("E", "Forecast", looks.RATIO, looks.worse_above(1), width=90),
        ],
        empty,
        sort="Used",
    )


def _facts(*matchers: str) -> str:
    return f"max by ({_OF}, {_INFO}) ({recorded('github_billing_budget_info', *matchers)})"


def _target(info: str) -> str:
    return f'label_replace({info}, "target", "all usage", "target", "")'

"""Workflows: what each costs, which of them grows, and self-hosted runners."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from grafana import looks, self_hosted, trust, whole
from grafana.frame import Row, Section, host
from grafana.frame import board as composed
from grafana.links import REPOSITORY, REPOSITORY_IN_TABLE
from grafana.looks import Panel, Query
from grafana.queries import day, last_success, latest, recorded, top, total
from grafana.self_hosted import BY_SYSTEM, HOSTED, OWN
from grafana.tables import Column, rows

UID = "github-billing-workflows"

_WORKFLOW = ("organization", "repository", "workflow")
_LEVEL = "account_organization_repository_workflow:github_billing_workflow_usage"
_NET, _GROSS = f"{_LEVEL}_net_usd:sum", f"{_LEVEL}_gross_usd:sum"
_WEEK, _USUAL = f"{_LEVEL}_gross_usd:spend7d", f"{_LEVEL}_gross_usd:spend7d_avg28d"
_DRAWN = 7
_COLLECTOR = "usage_workflows"
_OFF = "Enable the collector usage_workflows: enterprises only, off by default"
_NO_WEEK = "Quiet in the first eight days of a month, or less than two weeks of data"
_ONCE_A_DAY = "GitHub's export is read once a day, and lags by up to three days."


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Workflows",
        "Which workflow costs what, which of them grows, and what do self-hosted runners save?",
        [
            Row(5, [(5, spent()), (5, last_week()), (5, part()), (5, estimated()), (4, age())]),
            trust.strip(),
            Row(14, [(15, dearest()), (9, repositories())]),
            Row(10, [(24, daily())]),
            Row(8, [(24, grown())]),
            Row(11, [(24, every())]),
            Section("Self-hosted beside hosted", folded=True),
            Row(9, [(7, self_hosted.per_minute()), (17, sides())]),
        ],
        [host()],
    )


def spent() -> Panel:
    return whole.number(
        "Spent on workflows",
        "Net dollars of minutes of workflows, month to date. Not storage, nor other usage without "
        f"a workflow. From `workflow_usage_net_usd`. {_ONCE_A_DAY}",
        whole.covered(total(recorded(_NET)), _COLLECTOR),
        looks.USD,
        _OFF,
    )


def last_week() -> Panel:
    now = recorded(_NET)
    week = f"({total(now)} - {total(f'{now} offset 7d')})"
    return whole.number(
        "Last seven days",
        "Net dollars of all workflows in the last seven days, as GitHub reported them; from the "
        f"ninth day of a month on. From the increase of `workflow_usage_net_usd`. {_ONCE_A_DAY}",
        whole.covered(f"({week} and on () day_of_month() > 8)", _COLLECTOR),
        looks.USD,
        _NO_WEEK,
    )


def part() -> Panel:
    actions = latest("usage_gross_usd", "product", "sku", only='product="actions"')
    return whole.number(
        "Share of Actions",
        "Gross dollars of workflows as a share of all of Actions, month to date. The rest is "
        "storage, and what GitHub reported since the last export. From `workflow_usage_gross_usd` "
        "and `usage_gross_usd`.",
        whole.covered(f"({total(recorded(_GROSS))} / ({total(actions)} > 0))", _COLLECTOR),
        looks.RATIO,
        _OFF,
        decimals=1,
    )


def estimated() -> Panel:
    return whole.number(
        "Self-hosted, own price",
        "Minutes of self-hosted runners of workflows at the price of your settings, month to date. "
        "No part of GitHub's bill. From `workflow_own_estimated_usd`.",
        whole.covered(total(latest("workflow_own_estimated_usd", *_WORKFLOW, "sku")), _COLLECTOR),
        looks.USD,
        "No self-hosted minutes, or no own_prices in the settings",
    )


def age() -> Panel:
    read = last_success(f'collector="{_COLLECTOR}"')
    return looks.number(
        "Age of workflows",
        "Time since GitHub's export was last read, for the account with the oldest. From "
        f"`collector_last_success_timestamp_seconds` of `usage_workflows`. {_ONCE_A_DAY}",
        Query(f"time() - min({read})"),
        looks.SECONDS,
        _OFF,
        decimals=1,
    )


def dearest() -> Panel:
    return looks.bars(
        "Which workflow costs most?",
        "Net dollars by workflow, month to date: the top ten, and the rest as `other`, so that the "
        "bars add up to all workflows. `(other)` are the small ones beyond the series limit. From "
        "`workflow_usage_net_usd`.",
        Query(top(total(_named(recorded(_NET)), "workflow"), "workflow"), "{{workflow}}"),
        looks.USD,
        _OFF,
        decimals=2,
    )


def repositories() -> Panel:
    joined = f'label_join({recorded(_NET)}, "repository", "/", "organization", "repository")'
    return looks.bars(
        "Which repository's workflows cost most?",
        "Net dollars of workflows by repository, month to date: the top ten, and the rest as "
        "`other`, so that the bars add up to all workflows. From `workflow_usage_net_usd`.",
        Query(top(total(joined, "repository"), "repository"), "{{repository}}"),
        looks.USD,
        _OFF,
        decimals=2,
        link=REPOSITORY,
    )


def daily() -> Panel:
    of = ", ".join(_WORKFLOW)
    spend = total(day(recorded(_NET)), *_WORKFLOW)
    largest = f"topk({_DRAWN}, {total(f'{recorded(_NET)} @ end()', *_WORKFLOW)})"
    rest = f"sum({spend} unless on ({of}) {largest})"
    other = f'label_replace({rest}, "workflow", "other", "", "")'
    return looks.daily(
        "Daily spend by workflow",
        f"Net dollars by day (UTC): the {_DRAWN} workflows that cost most this month, and the rest "
        "as `other`, without the first day of a new workflow. From the daily increase of "
        f"`workflow_usage_net_usd`. {_ONCE_A_DAY}",
        [
            Query(f"{_named(f'({spend} and on ({of}) {largest})')} or {other}", "{{workflow}}"),
        ],
        looks.USD,
        f"Less than one day of data. {_OFF}",
        colours={"other": looks.GREY},
    )


def grown() -> Panel:
    week, usual = (total(recorded(name), *_WORKFLOW) for name in (_WEEK, _USUAL))
    change = f"topk(20, {week} - {usual} > 0)"
    return rows(
        "Which workflow grew most?",
        "Gross dollars of the last seven days against the usual week, the mean of the four weeks "
        "before: the 20 largest growths. From the ninth day of a month on, of workflows with two "
        "weeks of data. From the increase of `workflow_usage_gross_usd`. Worry above "
        f"{DEFAULTS.workflow_jump_factor:.0%} of the usual week.",
        [
            Query(change),
            Query(f"{week} and {change}"),
            Query(f"{usual} and {change}"),
            Query(f"{week} / ({usual} > 0) and {change}"),
        ],
        [
            *_names(),
            Column("B", "Last 7 days", looks.USD, width=150),
            Column("C", "Usual week", looks.USD, width=150),
            Column("A", "Change", looks.USD, width=150),
            Column(
                "D",
                "Of the usual week",
                looks.RATIO,
                looks.worse_above(DEFAULTS.workflow_jump_factor),
                absent="new",
                width=170,
            ),
        ],
        _NO_WEEK,
        sort="Change",
    )


def every() -> Panel:
    minutes, own_minutes = (
        total(_minutes(matcher), *_WORKFLOW) for matcher in (f'sku!~"{_OWN_SKUS}"', OWN)
    )
    gross = total(recorded(_GROSS), *_WORKFLOW)
    return rows(
        "What does each workflow cost?",
        "Dollars and minutes by workflow, month to date, and gross dollars of the last seven days. "
        "Per minute: gross dollars of a minute on GitHub's runners. From `workflow_usage_*` and "
        "`workflow_own_estimated_usd`, which is at the price of your settings and in none of the "
        "others. To export the table: Inspect, Data, Download CSV.",
        [
            Query(total(recorded(_NET), *_WORKFLOW)),
            Query(gross),
            Query(minutes),
            Query(f"{gross} / ({minutes} > 0)"),
            Query(total(recorded(_WEEK), *_WORKFLOW)),
            Query(own_minutes),
            Query(total(latest("workflow_own_estimated_usd", *_WORKFLOW, "sku"), *_WORKFLOW)),
        ],
        [
            *_names(),
            Column("A", "Net", looks.EXACT_USD, width=100),
            Column("B", "Gross", looks.EXACT_USD, width=100),
            Column("E", "Gross, 7 days", looks.EXACT_USD, width=105),
            Column("C", "Hosted, min", looks.COUNT, width=100),
            Column("D", "Per minute", looks.USD, decimals=4, width=105),
            Column("F", "Self-hosted, min", looks.COUNT, width=125),
            Column("G", "Own price", looks.EXACT_USD, width=100),
        ],
        _OFF,
        sort="Net",
    )


def sides() -> Panel:
    of = ", ".join(BY_SYSTEM)
    by_both = (*BY_SYSTEM, *_WORKFLOW)
    hosted, own = (
        total(self_hosted.system(_minutes(matcher)), *by_both) for matcher in (HOSTED, OWN)
    )
    at_own, at_hosted = self_hosted.own_price(*BY_SYSTEM), self_hosted.hosted_price(*BY_SYSTEM)

    def at(minutes: str, price: str) -> str:
        return total(f"{minutes} * on ({of}) group_left () ({price})", *_WORKFLOW)

    return rows(
        "Which workflow would cost less on the other side?",
        "Minutes by workflow, month to date, and what they would cost on the other side: hosted "
        "minutes at the price of your settings, self-hosted minutes at the mean gross price of a "
        "hosted minute of the system. From `workflow_usage_gross_quantity`, "
        "`workflow_usage_gross_usd` and `workflow_own_estimated_usd`.",
        [
            Query(_named(expression))
            for expression in (
                f"({total(own, *_WORKFLOW)} or 0 * {total(hosted, *_WORKFLOW)})",
                total(latest("workflow_own_estimated_usd", *_WORKFLOW, "sku"), *_WORKFLOW),
                at(own, at_hosted),
                total(hosted, *_WORKFLOW),
                total(recorded(_GROSS), *_WORKFLOW),
                at(hosted, at_own),
            )
        ],
        [
            Column("workflow", "Workflow"),
            Column("A", "Self-hosted, min", looks.COUNT, width=130),
            Column("B", "Own price", looks.USD, width=85),
            Column("C", "If hosted", looks.USD, width=85),
            Column("D", "Hosted, min", looks.COUNT, width=95),
            Column("E", "Gross", looks.USD, width=85),
            Column("F", "If self-hosted", looks.USD, width=105),
        ],
        _OFF,
        sort="Self-hosted, min",
    )


def _minutes(matcher: str) -> str:
    only = f'{matcher},unit="minutes"'
    return latest("workflow_usage_gross_quantity", *_WORKFLOW, "sku", "unit", only=only)


def _named(expression: str) -> str:
    # Without the folder that nearly all workflows are in.
    path = r'"\\.github/workflows/(.+)"'
    short = f'label_replace({expression}, "workflow", "$1", "workflow", {path})'
    return f'label_join({short}, "workflow", "/", "organization", "repository", "workflow")'


def _names() -> list[Column]:
    return [
        Column("organization", "Organization", width=130),
        Column("repository", "Repository", width=150, link=REPOSITORY_IN_TABLE),
        Column("workflow", "Workflow", link=f"{REPOSITORY_IN_TABLE}/blob/HEAD/${{__value.raw}}"),
    ]


_OWN_SKUS = "actions_self_hosted.*"

"""Teams: whose money it is, for a chargeback."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from exporter.own import UNALLOCATED
from grafana import looks, money, trust, whole
from grafana.boards.costs import breakdown
from grafana.budgets import BUDGET, budget_table
from grafana.frame import Row, Section, chosen, host
from grafana.frame import board as composed
from grafana.links import REPOSITORY
from grafana.looks import Panel, Query
from grafana.months import completed, difference, growth
from grafana.queries import IDENTITY, any_of, day, latest, recorded, top, total
from grafana.tables import Column, rows

UID = "github-billing-teams"

_NET = "account_team:github_billing_team_usage_net_usd:sum"
_LAST_MONTH = "account_team:github_billing_previous_cycle_team_usage_net_usd:sum"
_GROSS = "account_team:github_billing_team_repository_usage_gross_usd:sum"
_SPEND1D = "account_team:github_billing_team_repository_usage_net_usd:spend1d"
_COLLECTOR, _LAST_MONTH_COLLECTOR = "usage_teams", "usage_previous_cycle_teams"
_SKU = ("product", "sku")
_TEAMS, _REST = f'team!="{UNALLOCATED}"', f'team="{UNALLOCATED}"'
_CHOSEN = 'team=~"$team"'
_DRAWN = 7
_COLOURS = {UNALLOCATED: "#5C6066", "other": looks.GREY}
_OFF = "No allocation to teams: add rules to the settings"
_NO_FORECAST = "No forecast on the first day of a month"
_ALL = (
    f"All teams and `{UNALLOCATED}`, the usage that no rule takes, add up to GitHub's usage report "
    "of the same time."
)
_ONLY = (
    "Only of products that GitHub reports by repository: Actions, Codespaces, Git LFS and "
    "Packages. Seats and AI credits belong to persons."
)
_TODAYS_RULES = "Last month is by today's rules, from its fourth day on."


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Teams",
        "Whose money is it? Share, trend, growth and budgets of teams, and what no team has.",
        [
            Row(
                5,
                [
                    (5, spent("Allocated to teams", _TEAMS, "of all teams")),
                    (5, spent("Unallocated", _REST, f"of `{UNALLOCATED}`, which no rule takes")),
                    (5, covered()),
                    (5, last_month()),
                    (4, fullest_budget()),
                ],
            ),
            trust.strip(),
            Row(13, [(10, shares()), (14, daily())]),
            Row(10, [(24, chargeback())]),
            Row(10, [(12, movers()), (12, unallocated())]),
            Row(7, [(24, budgets())]),
            Section("Selected teams"),
            Row(
                13,
                [
                    (8, daily_by_product()),
                    (
                        8,
                        breakdown(
                            "SKU of these teams",
                            "team_usage_net_usd",
                            "sku",
                            "team",
                            "product",
                            unasked=_OFF,
                            only=_CHOSEN,
                        ),
                    ),
                    (8, repositories()),
                ],
            ),
        ],
        [chosen("team", "Team", "github_billing_team_usage_gross_usd"), host()],
    )


def spent(title: str, matcher: str, meaning: str) -> Panel:
    # 0 if there are teams and none of them matches.
    known = f"0 * {total(recorded(_NET))}"
    return whole.number(
        title,
        f"Net dollars {meaning}, month to date. From `team_usage_net_usd`. {_ALL} "
        f"{money.NOT_THE_INVOICE}",
        whole.covered(f"({total(recorded(_NET, matcher))} or {known})", _COLLECTOR),
        looks.USD,
        _OFF,
    )


def covered() -> Panel:
    allocated, everything = total(recorded(_GROSS, _TEAMS)), total(recorded(_GROSS))
    return whole.number(
        "Repository usage allocated",
        f"Share of this month's gross dollars that is allocated to teams. {_ONLY} From "
        f"`team_usage_gross_usd`. Worry below {DEFAULTS.allocation_coverage_ratio:.0%}.",
        whole.covered(f"(({allocated} or 0 * {everything}) / ({everything} > 0))", _COLLECTOR),
        looks.RATIO,
        "No usage of repositories yet, or no allocation to teams",
        steps=looks.better_above(DEFAULTS.allocation_coverage_ratio, looks.CARE),
        decimals=1,
    )


def last_month() -> Panel:
    everything = total(recorded(_LAST_MONTH))
    return whole.number(
        "Last month, allocated",
        "Net dollars of all teams in the previous month. From "
        f"`previous_cycle_team_usage_net_usd`. {_TODAYS_RULES}",
        whole.covered(
            f"({total(recorded(_LAST_MONTH, _TEAMS))} or 0 * {everything})", _LAST_MONTH_COLLECTOR
        ),
        looks.USD,
        "Last month is read on the fourth day of a month",
    )


def fullest_budget() -> Panel:
    of = f"{IDENTITY}, budget"
    teams = f"max by ({of}) ({recorded('github_billing_budget_info', _OF_TEAM)})"
    return looks.number(
        "Most used budget",
        "Consumed share of the team's budget closest to its limit, this month. From "
        "`budget_estimated_consumed_usd` and `budget_limit_usd`. Worry at 100 %: an own budget "
        "blocks no usage.",
        Query(f"max({recorded(f'{BUDGET}:used_ratio')} and on ({of}) {teams})"),
        looks.RATIO,
        _NO_BUDGET,
        steps=looks.worse_above(DEFAULTS.budget_used_ratio, 1),
        decimals=0,
    )


def shares() -> Panel:
    teams = top(total(recorded(_GROSS, _TEAMS), "team"), "team")
    everything = total(recorded(_GROSS))
    none = f'label_replace(0 * {everything}, "team", "{UNALLOCATED}", "", "")'
    rest = f"({total(recorded(_GROSS, _REST), 'team')} or {none})"
    return looks.bars(
        "Who has which share of repository usage?",
        "Share of this month's gross dollars by team: the top ten, the rest of the teams as "
        f"`other`, and `{UNALLOCATED}`, so that the bars add up to 100 %. {_ONLY} From "
        "`team_usage_gross_usd`.",
        Query(
            f"sort_desc(({teams} or {rest}) / on () group_left () ({everything} > 0))", "{{team}}"
        ),
        looks.RATIO,
        "No usage of repositories yet, or no allocation to teams",
        decimals=1,
        colours=_COLOURS,
        plain=looks.PLAIN,
    )


def daily() -> Panel:
    spend = total(recorded(_SPEND1D, _TEAMS), "team")
    largest = f"topk({_DRAWN}, {total(f'{recorded(_GROSS, _TEAMS)} @ end()', 'team')})"
    other = f'label_replace(sum({spend} unless on (team) {largest}), "team", "other", "", "")'
    return looks.daily(
        "Daily spend by team",
        f"Net dollars by day (UTC): the {_DRAWN} teams that use most this month, the rest of the "
        f"teams as `other`, and `{UNALLOCATED}`. {_ONLY} From the daily increase of "
        "`team_usage_net_usd`: late reports count on the day they arrive. Worry if a day stands "
        "out.",
        [
            Query(f"{spend} and on (team) {largest} or {other}", "{{team}}"),
            Query(total(recorded(_SPEND1D, _REST), "team"), "{{team}}"),
        ],
        looks.USD,
        "Less than one day of data, or no allocation to teams",
        colours=_COLOURS,
    )


def chargeback() -> Panel:
    net, before, forecast = recorded(_NET), recorded(_LAST_MONTH), _forecast(recorded(_NET))

    def dollars(metric: str) -> str:
        return total(latest(metric, "team", *_SKU), "team")

    return rows(
        "What does each team cost?",
        "Dollars by team, month to date: gross, discount, net and its share; and the forecast of "
        "the whole month at its average daily rate against last month. Beside GitHub's dollars, "
        "and in none of them: self-hosted runners at the price of your settings. From "
        "`team_usage_*_usd`, `previous_cycle_team_usage_net_usd` and `team_own_estimated_usd`. "
        f"{_ALL} {_TODAYS_RULES} To export the table: Inspect, Data, Download CSV.",
        [
            Query(total(completed(net, before), "team")),
            Query(dollars("team_usage_gross_usd")),
            Query(dollars("team_usage_discount_usd")),
            Query(f"{total(net, 'team')} / on () group_left () ({total(net)} > 0)"),
            Query(total(forecast, "team")),
            Query(total(before, "team")),
            Query(difference(forecast, before, "team")),
            Query(growth(forecast, before, "team")),
            Query(dollars("team_own_estimated_usd")),
        ],
        [
            Column("team", "Team"),
            Column("B", "Gross", looks.EXACT_USD, width=110),
            Column("C", "Discount", looks.EXACT_USD, width=110),
            Column("A", "Net", looks.EXACT_USD, width=110),
            Column("D", "Share", looks.RATIO, bar=True, width=150),
            Column("F", "Last month", looks.EXACT_USD, width=110),
            Column("E", "Forecast", looks.EXACT_USD, width=110),
            Column("G", "Change", looks.USD, width=110),
            Column("H", "Change, %", looks.RATIO, width=100),
            Column("I", "Self-hosted", looks.EXACT_USD, width=110),
        ],
        _OFF,
        sort="Net",
    )


def movers() -> Panel:
    of = ("team", "product")
    net, before = (
        total(latest(f"{period}team_usage_net_usd", "team", *_SKU), IDENTITY, *of)
        for period in ("", "previous_cycle_")
    )
    forecast = _forecast(net)
    change = difference(forecast, before, *of)
    largest = f"topk(20, abs(round({change}, 0.01)) > 0)"
    return rows(
        "What changes most?",
        "Forecast of this month's net dollars, at its average daily rate, against last month, by "
        "team and product: the 20 largest changes. What is new has no percentage. From "
        f"`team_usage_net_usd` and `previous_cycle_team_usage_net_usd`. {_TODAYS_RULES}",
        [
            Query(f"{change} and {largest}"),
            Query(f"{growth(forecast, before, *of)} and {largest}"),
        ],
        [
            Column("team", "Team"),
            Column("product", "Product", width=110),
            Column("A", "Change", looks.USD, width=110),
            Column("B", "Change, %", looks.RATIO, absent="new", width=100),
        ],
        f"{_NO_FORECAST}, or no data of last month",
        sort="Change",
    )


def unallocated() -> Panel:
    kinds = ("gross", "net")
    return rows(
        "What is unallocated?",
        f"Dollars of `{UNALLOCATED}` by SKU, month to date: usage of repositories that no rule "
        "takes, and what belongs to no repository, such as seats. From `team_usage_*_usd`. "
        "`github-billing-exporter check` names the repositories.",
        [
            Query(total(latest(f"team_usage_{kind}_usd", "team", *_SKU, only=_REST), *_SKU))
            for kind in kinds
        ],
        [
            Column("product", "Product", width=110),
            Column("sku", "SKU"),
            Column("A", "Gross", looks.USD, width=100),
            Column("B", "Net", looks.USD, width=100),
        ],
        "Nothing is unallocated, or no allocation to teams",
        sort="Net",
    )


def budgets() -> Panel:
    return budget_table(
        "How much is left in the budget of each team?",
        "Own budgets of teams, this month: the limit, the net dollars consumed, and the forecast "
        "at the month's average rate. From `budget_limit_usd`, `budget_estimated_consumed_usd` "
        "and `budget_info`. An own budget blocks no usage.",
        (Column("entity", "Team"), Column("target", "Covers", width=200)),
        _NO_BUDGET,
        _OF_TEAM,
    )


def daily_by_product() -> Panel:
    listed = "|".join(looks.PRODUCTS)
    named, others = (
        day(latest("team_usage_net_usd", "team", *_SKU, only=f'{_CHOSEN},product{sign}"{listed}"'))
        for sign in ("=~", "!~")
    )
    return looks.daily(
        "Daily spend of these teams by product",
        "Net dollars of the selected teams by day (UTC) and product; all products without a color "
        "are `other`. From the daily increase of `team_usage_net_usd`.",
        [Query(total(named, "product"), "{{product}}"), Query(total(others), "other")],
        looks.USD,
        "Less than one day of data, or no allocation to teams",
        colours={**looks.PRODUCTS, "other": looks.GREY},
    )


def repositories() -> Panel:
    of = ("organization", "repository")
    spent = total(latest("repository_usage_net_usd", *of, *_SKU), IDENTITY, *of)
    by = ", ".join((IDENTITY, *of))
    team = any_of(latest("repository_team_info", *of, "team", only=_CHOSEN), by)
    theirs = f"{spent} * on ({by}) group_left (team) {team}"
    named = f'label_join({theirs}, "repository", "/", "organization", "repository")'
    return looks.bars(
        "Which of their repositories costs most?",
        "Net dollars of the selected teams' repositories, month to date: the top ten, and the rest "
        "as `other`. Only repositories that have series of their own. From "
        "`repository_usage_net_usd` and `repository_team_info`.",
        Query(top(named, "repository"), "{{repository}}"),
        looks.USD,
        "Needs usage_repositories and repository_team_info, off by default",
        decimals=2,
        link=REPOSITORY,
    )


def _forecast(net: str) -> str:
    elapsed = "account:github_billing_cycle_elapsed"
    share, seconds = recorded(f"{elapsed}:ratio"), recorded(f"{elapsed}:seconds")
    of = f"on ({IDENTITY})"
    return f"({net} / {of} group_left () {share} and {of} {seconds} >= 86400)"


_OF_TEAM = 'scope="team"'
_NO_BUDGET = "No budget of a team: add own_budgets to the settings"

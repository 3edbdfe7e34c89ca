"""Checks of the rules of ``allocation`` against each other, and against the collectors."""

from collections.abc import Iterator, Sequence

from exporter.accounts import Account, AccountType
from exporter.collectors import Collector
from exporter.own import Rule
from exporter.settings import resolved
from exporter.settings.model import Fault, Loc, Settings
from exporter.settings.sources.located import Sources

_RULES: Loc = ("allocation", "rules")
_TEAM_INFO: Loc = ("allocation", "repository_team_info")
_TEAMS, _REPOSITORIES = "usage_teams", "usage_repositories"
_OF_RULES = (_TEAMS, "usage_previous_cycle_teams")


def check_allocation(
    settings: Settings, sources: Sources, collectors: Sequence[Collector]
) -> Iterator[str]:
    """Yield an error line for each rule that cannot match, and for what lacks rules."""
    faults = [*_repeated(settings, sources), *_without_rules(settings)]
    if settings.allocation.repository_team_info and collectors:
        faults += _without_repositories(settings, collectors)
    for loc, fault in faults:
        yield f"{sources.place(*loc)}: {fault}"


def _repeated(settings: Settings, sources: Sources) -> Iterator[Fault]:
    first: dict[tuple[str, str], tuple[Loc, str]] = {}
    for position, rule in enumerate(settings.allocation.own_rules):
        for selector, text, loc in _selected(rule, (*_RULES, position)):
            before, team = first.setdefault((selector, text.casefold()), (loc, rule.team))
            if before != loc:
                alike = rule.team.casefold() == team.casefold()
                whose = "" if alike else " for another team"
                where, _, other = sources.place(*before).rpartition(": ")
                yield loc, f"takes the same as {other} ({where}){whose}: remove one of the two"


def _selected(rule: Rule, loc: Loc) -> Iterator[tuple[str, str, Loc]]:
    for selector in ("repositories", "organizations"):
        for position, pattern in enumerate(getattr(rule, selector)):
            yield selector, pattern, (*loc, selector, position)
    for selector in ("property", "topic", "cost_center"):
        if value := getattr(rule, selector):
            yield selector, str(value), loc


def _without_rules(settings: Settings) -> Iterator[Fault]:
    if settings.allocation.rules:
        return
    needed = "needs allocation.rules: add them to the configuration file"
    if settings.allocation.repository_team_info:
        yield _TEAM_INFO, needed
    lists: list[tuple[Loc, tuple[str, ...]]] = [(("collectors",), settings.collectors)]
    for position, entry in enumerate(settings.entries):
        lists.append((("accounts", position, "collectors"), entry.collectors))
    for loc, names in lists:
        for position, name in enumerate(names):
            if name in _OF_RULES:
                yield (*loc, position), f"this collector {needed}, or remove it"


def _without_repositories(settings: Settings, collectors: Sequence[Collector]) -> Iterator[Fault]:
    # Discovered accounts use the global settings.
    named = [account for account, _ in resolved.located_accounts(settings)]
    possible = [resolved.account_of(settings, kind, "(any)") for kind in AccountType]

    def both(account: Account) -> bool:
        on = {each.name for each in resolved.collectors_for(settings, account, collectors)}
        return {_TEAMS, _REPOSITORIES} <= on

    if settings.allocation.rules and not any(map(both, named or possible)):
        yield (
            _TEAM_INFO,
            f"no account has both {_TEAMS} and {_REPOSITORIES}: add the latter to collectors",
        )

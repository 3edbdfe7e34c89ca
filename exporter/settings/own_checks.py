"""Checks of own prices and own budgets: duplicates, accounts, and collectors of their numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from exporter.accounts import Account, AccountType, Platform
from exporter.billing.owners import PERSON, organization_of
from exporter.collectors import Collector
from exporter.collectors.own_budgets import source
from exporter.own import UNALLOCATED, Budget, Rule, Scope
from exporter.phrases import first_of
from exporter.settings import resolved
from exporter.settings.model import Fault, Loc, Settings
from exporter.settings.own import BudgetEntry
from exporter.settings.sources.located import Sources

_SHOWN_ACCOUNTS = 10
_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def check_own(
    settings: Settings, sources: Sources, collectors: Sequence[Collector], *, accounts: bool
) -> Iterator[str]:
    """Yield an error line for each conflict of own prices and own budgets.

    ``accounts`` is False if an account or a list of collectors is already invalid: skip the checks
    of budgets that depend on these.
    """
    faults = [_prices(settings, sources), _names(settings, sources)]
    if accounts and collectors:
        faults.append(_budgets(settings, {each.name: each for each in collectors}))
    for loc, fault in chain(*faults):
        yield f"{sources.place(*loc)}: {fault}"


def _prices(settings: Settings, sources: Sources) -> Iterator[Fault]:
    first: dict[tuple[str, date], Loc] = {}
    for position, entry in enumerate(settings.own_prices):
        loc: Loc = ("own_prices", position)
        if first.setdefault((entry.sku, entry.start), loc) != loc:
            other = sources.place(*first[entry.sku, entry.start])
            yield loc, f"{other} already has a price of this SKU from this day: remove one"


def _names(settings: Settings, sources: Sources) -> Iterator[Fault]:
    first: dict[str, Loc] = {}
    for position, entry in enumerate(settings.own_budgets):
        loc: Loc = ("own_budgets", position, "name")
        if first.setdefault(entry.name.casefold(), loc) != loc:
            other = sources.place(*first[entry.name.casefold()])
            yield loc, f"already used by {other}: choose another"


def _budgets(settings: Settings, collectors: Mapping[str, Collector]) -> Iterator[Fault]:
    for position, entry in enumerate(settings.own_budgets):
        loc: Loc = ("own_budgets", position)
        account = _account(settings, entry)
        if isinstance(account, str):
            yield (*loc, "account"), account
        elif account is not None:
            budget = entry.budget(account.name)
            whole = budget.scope is Scope.ACCOUNT
            fault = _unfitting(entry, budget, account) or _uncollected(
                budget, account, settings, collectors
            )
            if fault:
                yield loc if whole else (*loc, budget.scope.value), fault


def _account(settings: Settings, entry: BudgetEntry) -> Account | str | None:
    """Return the account, its fault, or None without accounts."""
    watched = list({each.key: each for each, _ in resolved.located_accounts(settings)}.values())
    discovered = any(each.discover for each in resolved.credentials(settings))
    named = first_of([f"{each.type}/{each.name}" for each in watched], _SHOWN_ACCOUNTS)
    one = f"one of the configured accounts: {named or 'none'}"
    if entry.account is None:
        if discovered:
            return f"account is required because discovery is on: set it to {one}"
        if len(watched) > 1:
            return f"account is required because several accounts are watched: set it to {one}"
        return watched[0] if watched else None
    same = [each for each in watched if entry.concerns(each.type, each.name)]
    # A discovered organization may have the name of an enterprise.
    if len(same) > 1 or (discovered and same and "/" not in entry.account):
        return f"is ambiguous: use {' or '.join(f'{each.type}/{each.name}' for each in same)}"
    return same[0] if same else f"must be {one}"


def _unfitting(entry: BudgetEntry, budget: Budget, account: Account) -> str:
    owner, _, _ = budget.entity.partition("/")
    owned = budget.scope in {Scope.ORGANIZATION, Scope.REPOSITORY, Scope.WORKFLOW}
    if account.type is not AccountType.ENTERPRISE:
        if owned and owner.casefold() != account.name.casefold():
            return f"must belong to {account}, whose usage the budget covers: correct it or account"
    elif entry.repository and "/" not in entry.repository:
        return "must be OWNER/NAME for an enterprise, such as acme/web"
    elif owned and organization_of(owner) == PERSON:
        return "must belong to an organization: repositories of people have no series"
    if budget.scope is Scope.TEAM and not _may_be_allocated(budget.entity, account.own.rules):
        return "no rule of allocation has this team: add a rule, or correct the name"
    if budget.scope is Scope.WORKFLOW and (
        budget.product not in {"", "actions"}
        or (budget.sku and not budget.sku.startswith("actions_"))
    ):
        return "a workflow has only usage of Actions: remove product and sku, or correct them"
    return ""


def _may_be_allocated(team: str, rules: Sequence[Rule]) -> bool:
    named = {UNALLOCATED, *(rule.team.casefold() for rule in rules)}
    read = any(rule.property or rule.topic or rule.cost_center for rule in rules)
    return not rules or read or team.casefold() in named


def _uncollected(
    budget: Budget, account: Account, settings: Settings, collectors: Mapping[str, Collector]
) -> str:
    if account.platform is Platform.LEGACY:
        return f"{account} is on the legacy platform, which has no usage in US dollars: remove it"
    name = source(account, budget).collector
    collector = collectors.get(name)
    if collector and resolved.collectors_for(settings, account, [collector]):
        return _unnamed(budget, account, settings, collectors["cost_centers"])
    if collector and account.type not in collector.account_types:
        return f"needs collector {name}, which does not support {account.type} accounts: remove it"
    _, entry = settings.entry(account)
    if name in {*settings.no_collectors, *(entry.no_collectors if entry else ())}:
        return f"needs collector {name}: remove it from no_collectors"
    if budget.scope is Scope.TEAM:
        return f"needs collector {name}: add allocation.rules"
    return f"needs collector {name}: add it to collectors"


def _unnamed(budget: Budget, account: Account, settings: Settings, names: Collector) -> str:
    by_name = budget.scope is Scope.COST_CENTER and not _ID.fullmatch(budget.entity)
    if by_name and not resolved.collectors_for(settings, account, [names]):
        return f"needs collector {names.name}: remove it from no_collectors, or use the ID"
    return ""

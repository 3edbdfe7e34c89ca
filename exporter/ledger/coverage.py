"""How much of a bill the rules allocate, and why they leave the rest, in words."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from math import fsum
from typing import NamedTuple

from exporter.accounts import Account, AccountType
from exporter.billing.allocation import Allocation, Traits, Usage, may_take
from exporter.billing.reports import Names
from exporter.billing.sums import Sums
from exporter.github.errors import GitHubError
from exporter.own import UNALLOCATED, Rule

RIGHTS = (
    "membership in the organizations with scope repo, or Metadata: read of all their repositories"
)
"""Permission to list topics and custom properties."""

_BLIND = f"What a blind rule might have taken is {UNALLOCATED}."
_SHOWN, _SHOWN_REPOSITORIES = 5, 3


class Part(NamedTuple):
    """A part of the bill, and whose usage it is."""

    usage: Usage
    names: Names
    sums: Sums


@dataclass(slots=True)
class Listed:
    """Traits of repositories by organization in folded case.

    Of some organizations GitHub ``refused`` the list, of others that of an earlier reading was
    ``kept``, with the error.
    """

    traits: dict[str, Mapping[str, Traits]] = field(default_factory=dict)
    refused: dict[str, GitHubError] = field(default_factory=dict)
    kept: dict[str, GitHubError] = field(default_factory=dict)


def coverage(parts: Iterable[Part], allocation: Allocation) -> str:
    """Return the allocated share of the bill before discounts, and the dearest of the rest."""
    allocated: list[float] = []
    rest: dict[str, list[float]] = {}
    for usage, names, sums in parts:
        if allocation.verdicts[usage].team == UNALLOCATED:
            rest.setdefault(_shown(usage, names), []).append(sums.gross)
        else:
            allocated.append(sums.gross)
    taken = fsum(allocated)
    whole = fsum([*allocated, *(dollars for its in rest.values() for dollars in its)])
    share = f" ({taken / whole:.0%})" if whole > 0 else ""
    everything = {usage[:2] for usage in allocation.verdicts if usage.repository}
    left = {usage[:2] for usage, its in allocation.verdicts.items() if its.team == UNALLOCATED}
    dearest = sorted(((fsum(its), name) for name, its in rest.items()), reverse=True)[:_SHOWN]
    shown = ", ".join(f"{name} {_dollars(usd)}" for usd, name in dearest if usd > 0)
    return (
        f"Allocated to teams, before discounts: {_dollars(taken)} of {_dollars(whole)}{share}, "
        f"{len(everything - left):,} of {len(everything):,} repositories."
        f"{f' Not allocated: {shown}.' if shown else ''}"
    )


def notes(account: Account, allocation: Allocation, listed: Listed) -> Iterator[str]:
    """Yield a sentence for all that the rules could not see, did not choose, or never took."""
    rules = account.own.rules
    verdicts = allocation.verdicts.items()
    blind = {usage: its.rules for usage, its in verdicts if its.blind}
    for error, organizations in _by_error(listed.refused):
        folded = {organization.casefold() for organization in organizations}
        of_these = [usage for usage in blind if usage.organization.casefold() in folded]
        yield (
            f"{_rules(chain(*map(blind.pop, of_these)))} cannot see the repositories of "
            f"{_some(organizations)}: {error}. {_BLIND} {error.hint_for(RIGHTS)}"
        )
    if blind:
        yield (
            f"{_rules(chain(*blind.values()))} cannot see repositories that GitHub does not list, "
            "as they are renamed, deleted or hidden from the credential: "
            f"{_repositories(blind)}. {_BLIND}"
        )
    for error, organizations in _by_error(listed.kept):
        yield f"Repositories of {_some(organizations)} are as listed before: {error}."
    for rule, repositories in sorted(allocation.several.items()):
        yield (
            f"{_rules([rule])} left repositories with several teams to the rules after it: "
            f"{_repositories(repositories)}."
        )
    matched = {*allocation.several, *chain(*(its.rules for _, its in verdicts))}
    idle = [
        position
        for position, rule in enumerate(rules)
        if position not in matched and _may_take(rule, account)
        if not (listed.refused and (rule.property or rule.topic))
    ]
    if idle and any(usage.repository for usage in allocation.verdicts):
        yield f"{_rules(idle)} matched nothing this month."
    known = {name for its in listed.traits.values() for each in its.values() for name in each.names}
    properties = sorted({rules[position].property for position in idle} - {""})
    unknown = [name for name in properties if name.casefold() not in known]
    if unknown and any(listed.traits.values()):
        yield f"No listed repository has the custom property {_some(unknown)}."


def _may_take(rule: Rule, account: Account) -> bool:
    # The rules serve all accounts: those of another organization are not worth a word here.
    if account.type is AccountType.ENTERPRISE:
        return True
    if rule.property or rule.topic:
        return account.type is AccountType.ORGANIZATION
    return not rule.cost_center and may_take(rule, account.name)


def _by_error(errors: Mapping[str, GitHubError]) -> Iterator[tuple[GitHubError, list[str]]]:
    # Without the request's id, which would make the note another one every time.
    found = {name: replace(error, endpoint="", request_id="") for name, error in errors.items()}
    for shown in dict.fromkeys(map(str, found.values())):
        alike = [name for name, error in found.items() if str(error) == shown]
        yield found[alike[0]], alike


def _rules(positions: Iterable[int]) -> str:
    return _some([f"allocation.rules[{position}]" for position in sorted(set(positions))])


def _repositories(found: Iterable[tuple[str, ...]]) -> str:
    return _some(sorted({"/".join(names[:2]) for names in found}), _SHOWN_REPOSITORIES)


def _some(names: Collection[str], most: int = _SHOWN) -> str:
    shown = ", ".join([*names][:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def _shown(usage: Usage, names: Names) -> str:
    repository = "/".join(usage[:2])
    return repository if usage.repository else f"{names.product} outside repositories"


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}"

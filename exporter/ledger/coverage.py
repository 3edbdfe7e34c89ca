"""How much of a bill the rules allocate, and why they leave the rest, in words."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from math import fsum
from typing import NamedTuple

from exporter.accounts import Account, AccountType
from exporter.billing import matches
from exporter.billing.allocation import Allocation, Traits, Usage
from exporter.billing.matches import Place
from exporter.billing.reports import Names
from exporter.billing.sums import Sums
from exporter.github.errors import GitHubError
from exporter.own import UNALLOCATED

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


@dataclass(slots=True)
class _Share:
    dollars: list[float] = field(default_factory=list)
    allocated: list[float] = field(default_factory=list)

    def add(self, dollars: float, *, allocated: bool) -> None:
        self.dollars.append(dollars)
        if allocated:
            self.allocated.append(dollars)

    def __str__(self) -> str:
        taken, whole = fsum(self.allocated), fsum(self.dollars)
        percent = f" ({taken / whole:.0%})" if whole > 0 else ""
        return f"{_dollars(taken)} of {_dollars(whole)}{percent}"


def coverage(parts: Iterable[Part], allocation: Allocation) -> str:
    """Return the allocated shares of the bill before discounts, and the dearest of the rest.

    Usage with a repository has a share of its own: rules can raise it to all of it, while seats and
    credits belong to no repository.
    """
    of_repositories, of_all = _Share(), _Share()
    rest: dict[str, list[float]] = {}
    for usage, names, sums in parts:
        allocated = allocation.verdicts[usage].team != UNALLOCATED
        if not allocated:
            rest.setdefault(_shown(usage, names), []).append(sums.gross)
        for share in (of_repositories, of_all) if usage.repository else (of_all,):
            share.add(sums.gross, allocated=allocated)
    everything = {usage[:2] for usage in allocation.verdicts if usage.repository}
    left = {usage[:2] for usage, its in allocation.verdicts.items() if its.team == UNALLOCATED}
    dearest = sorted(((fsum(its), name) for name, its in rest.items()), reverse=True)[:_SHOWN]
    shown = ", ".join(f"{name} {_dollars(usd)}" for usd, name in dearest if usd > 0)
    return (
        f"Allocated to teams, before discounts: {of_repositories} with a repository, "
        f"{len(everything - left):,} of {len(everything):,} repositories; {of_all} in all."
        f"{f' Not allocated: {shown}.' if shown else ''}"
    )


def notes(account: Account, allocation: Allocation, listed: Listed) -> Iterator[str]:
    """Yield a sentence for all that the rules could not see, did not choose, or never took."""
    rules = account.own.rules
    blind = _blind(allocation)
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
    idle = _idle(account, matched_or_blind(account, allocation, listed))
    if idle:
        yield f"{_some(matches.named(rules, idle))} matched nothing this month."
    known = {name for its in listed.traits.values() for each in its.values() for name in each.names}
    properties = sorted({rules[place.rule].property for place in idle} - {""})
    unknown = [name for name in properties if name.casefold() not in known]
    if unknown and any(listed.traits.values()):
        yield f"No listed repository has the custom property {_some(unknown)}."


def matched_or_blind(account: Account, allocation: Allocation, listed: Listed) -> set[Place] | None:
    """Return the places of rules that took usage, or might have if they were not blind.

    None if the month has no repositories yet: that says nothing about the rules.
    """
    if not any(usage.repository for usage in allocation.verdicts):
        return None
    # A repository that is no longer listed says nothing about a rule that sees the others.
    unseen = (its for usage, its in _blind(allocation).items() if not _unlisted(usage, listed))
    return matches.matched(account.own.rules, allocation) | {*map(Place, chain(*unseen))}


def _idle(account: Account, found: set[Place] | None) -> list[Place]:
    if found is None:
        return []
    idle = {*matches.places(account.own.rules)} - found
    return [place for place in sorted(idle) if _may_take(place, account)]


def _may_take(place: Place, account: Account) -> bool:
    # The rules serve all accounts: those of another organization are not worth a word here.
    rule = account.own.rules[place.rule]
    if account.type is AccountType.ENTERPRISE:
        return True
    if rule.property or rule.topic:
        return account.type is AccountType.ORGANIZATION
    return not rule.cost_center and matches.may_take(rule, place, account.name)


def _blind(allocation: Allocation) -> dict[Usage, tuple[int, ...]]:
    return {usage: its.rules for usage, its in allocation.verdicts.items() if its.blind}


def _unlisted(usage: Usage, listed: Listed) -> bool:
    listing = listed.traits.get(usage.organization.casefold())
    return bool(listing and usage.repository.casefold() not in listing)


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

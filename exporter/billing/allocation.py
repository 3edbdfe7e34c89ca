"""Allocation of usage to teams: the first rule that takes it decides."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import NamedTuple

from exporter.own import UNALLOCATED, Rule, team_name


class Usage(NamedTuple):
    """Owner, bare repository and cost center of a part of the bill, each empty if it has none."""

    organization: str
    repository: str = ""
    cost_center: str = ""


class Traits(NamedTuple):
    """Topics of a repository, and values by name of custom property in folded case.

    None if unknown.
    """

    topics: Collection[str] | None
    properties: Mapping[str, Collection[str]] | None

    @property
    def names(self) -> Collection[str]:
        return self.properties or ()


Listings = Mapping[str, Mapping[str, Traits]]
"""Traits by organization and repository, in folded case. Those of other repositories of the
organization are unknown; repositories of other owners have none."""


class Verdict(NamedTuple):
    """A team, and the positions of the rules that decided it.

    One rule decides for its team; all blind rules that might have taken the usage decide for
    `UNALLOCATED`. Empty if no rule takes it.
    """

    team: str
    rules: tuple[int, ...] = ()

    @property
    def blind(self) -> bool:
        return self.team == UNALLOCATED and bool(self.rules)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The verdict on each part of a bill.

    ``several`` are the repositories that a rule did not take, as they have several values or
    topics for it, by the rule's position.
    """

    verdicts: Mapping[Usage, Verdict]
    several: Mapping[int, Collection[tuple[str, str]]]

    @property
    def blind(self) -> bool:
        return any(verdict.blind for verdict in self.verdicts.values())

    @property
    def teams(self) -> set[str]:
        return {verdict.team for verdict in self.verdicts.values()} - {UNALLOCATED}

    def of_repositories(self) -> dict[tuple[str, str], str]:
        """Return the teams of repositories, without those whose cost centers have several."""
        found: dict[tuple[str, str], set[str]] = {}
        for usage, verdict in self.verdicts.items():
            if usage.repository:
                found.setdefault(usage[:2], set()).add(verdict.team)
        return {whose: min(teams) for whose, teams in found.items() if len(teams) == 1}


class _Part(NamedTuple):
    """A `Usage` in folded case, and the traits of its repository."""

    organization: str
    repository: str
    cost_center: str
    listed: bool
    traits: Traits

    @property
    def full_name(self) -> str:
        return f"{self.organization}/{self.repository}"


_Candidates = Callable[[_Part], Collection[str] | None]
"""Returns the possible teams of a part: the rule takes it if there is exactly one; None if
unknown."""

_UNKNOWN = Traits(None, None)


def allocate(rules: Sequence[Rule], usage: Iterable[Usage], listings: Listings) -> Allocation:
    """Allocate parts of a bill: each to the team of the first rule that takes it.

    What a blind rule might have taken is never left to a later one. Names and patterns ignore case,
    and teams that differ only in case are one: spelled as in the first rule that names it, else as
    the alphabetically first.
    """
    candidates = [_candidates(rule) for rule in rules]
    several: dict[int, set[tuple[str, str]]] = {}
    verdicts: dict[Usage, Verdict] = {}
    for each in usage:
        part, blind = _part(each, listings), list[int]()
        verdicts[each] = Verdict(UNALLOCATED)
        for position, of_rule in enumerate(candidates):
            found = of_rule(part)
            if found is None:
                blind.append(position)
                verdicts[each] = Verdict(UNALLOCATED, tuple(blind))
            elif len(found) == 1:
                if not blind:
                    [team] = found
                    verdicts[each] = Verdict(team, (position,))
                break
            elif found and not blind:
                several.setdefault(position, set()).add(each[:2])
    spelled = _spellings(rules, {verdict.team for verdict in verdicts.values()})
    return Allocation(
        {usage: its._replace(team=spelled[its.team.casefold()]) for usage, its in verdicts.items()},
        several,
    )


def organizations_to_list(rules: Sequence[Rule], usage: Iterable[Usage]) -> set[str]:
    """Return the organizations whose repositories must be listed to allocate all usage."""
    last = max((number for number, rule in enumerate(rules, 1) if _reads_listing(rule)), default=0)
    candidates = [None if _reads_listing(rule) else _candidates(rule) for rule in rules[:last]]
    found: set[str] = set()
    for each in usage:
        if each.repository and each.organization not in found:
            part = _part(each, {})
            for of_rule in candidates:
                if of_rule is None:
                    found.add(each.organization)
                    break
                if len(of_rule(part) or ()) == 1:
                    break
    return found


def _reads_listing(rule: Rule) -> bool:
    return bool(rule.property or rule.topic)


def _part(usage: Usage, listings: Listings) -> _Part:
    organization, repository = usage.organization.casefold(), usage.repository.casefold()
    listing = listings.get(organization) if repository else None
    traits = _UNKNOWN if listing is None else listing.get(repository, _UNKNOWN)
    return _Part(organization, repository, usage.cost_center, listing is not None, traits)


def _spellings(rules: Sequence[Rule], teams: Iterable[str]) -> dict[str, str]:
    named = [*(rule.team for rule in rules if rule.team), *sorted(teams)]
    return {name.casefold(): name for name in reversed(named)}


def _candidates(rule: Rule) -> _Candidates:
    if rule.property:
        return _of_property(rule.property)
    if rule.topic:
        return _of_topic(rule.topic)
    if rule.cost_center:
        return lambda part: _distinct([part.cost_center])
    matches, teams = matcher(rule.patterns()), (rule.team,)
    if rule.repositories:
        return lambda part: teams if part.repository and matches(part.full_name) else ()
    return lambda part: teams if part.organization and matches(part.organization) else ()


def is_wild(pattern: str) -> bool:
    return not {"*", "?", "["}.isdisjoint(pattern)


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return whether any of the patterns matches a name in folded case."""
    folded = {pattern.casefold() for pattern in patterns}
    wild = set(filter(is_wild, folded))
    names = folded - wild
    if not wild:
        return names.__contains__
    wanted = re.compile("|".join(map(translate, sorted(wild))))
    return lambda name: name in names or wanted.match(name) is not None


def _of_property(name: str) -> _Candidates:
    key = name.casefold()

    def candidates(part: _Part) -> Collection[str] | None:
        if not part.listed:
            return ()
        if part.traits.properties is None:
            return None
        return _distinct(part.traits.properties.get(key, ()))

    return candidates


def _of_topic(template: str) -> _Candidates:
    before, _, after = template.casefold().partition("*")

    def team(topic: str) -> str:
        fits = topic.startswith(before) and topic.endswith(after)
        return topic[len(before) : max(len(topic) - len(after), 0)] if fits else ""

    def candidates(part: _Part) -> Collection[str] | None:
        if not part.listed:
            return ()
        return None if part.traits.topics is None else _distinct(map(team, part.traits.topics))

    return candidates


def _distinct(values: Iterable[str]) -> Collection[str]:
    # All values count: an invalid one beside a valid one must not decide in silence.
    texts = {text.casefold(): text for value in values if (text := value.strip())}
    if len(texts) == 1:
        return tuple(filter(None, map(team_name, texts.values())))
    return texts.values()

"""The rules of allocation that took usage of a bill, and which of their patterns did."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from exporter.billing.allocation import Allocation, is_wild, matcher
from exporter.own import Rule


class Place(NamedTuple):
    """The position of a rule, and of one of its patterns; 0 if it has none."""

    rule: int
    pattern: int = 0


def places(rules: Sequence[Rule]) -> Iterator[Place]:
    for position, rule in enumerate(rules):
        for pattern in range(len(rule.patterns()) or 1):
            yield Place(position, pattern)


def matched(rules: Sequence[Rule], allocation: Allocation) -> set[Place]:
    """Return the places that took usage, or did not as a repository has several teams."""
    names: dict[int, set[str]] = {}
    for (organization, repository, _), its in allocation.verdicts.items():
        if not its.blind:
            for position in its.rules:
                full_name = f"{organization}/{repository}"
                name = full_name if rules[position].repositories else organization
                names.setdefault(position, set()).add(name.casefold())
    found = {Place(position) for position in allocation.several}
    for position, its_names in names.items():
        patterns = rules[position].patterns()
        taking = [n for n, pattern in enumerate(patterns) if _takes(pattern, its_names)]
        found |= {Place(position, number) for number in taking or [0]}
    return found


def named(rules: Sequence[Rule], found: Collection[Place]) -> list[str]:
    """Return the names of places in the settings: a rule's own instead of all its patterns."""
    shown: dict[str, None] = {}
    for place in sorted(found):
        rule, name = rules[place.rule], f"allocation.rules[{place.rule}]"
        if any(Place(place.rule, other) not in found for other in range(len(rule.patterns()))):
            selector = "repositories" if rule.repositories else "organizations"
            name = f"{name}.{selector}[{place.pattern}]"
        shown[name] = None
    return [*shown]


def may_take(rule: Rule, place: Place, owner: str) -> bool:
    """Return whether the pattern at a place of a rule may match usage of ``owner``."""
    of_owner, _, _ = rule.patterns()[place.pattern].partition("/")
    return matcher([of_owner])(owner.casefold())


def to_text(found: Iterable[Place]) -> str:
    """Return places as text, for `of_text`."""
    return " ".join(f"{rule}.{pattern}" for rule, pattern in sorted(found))


def of_text(text: str) -> set[Place]:
    return {Place(*map(int, place.split("."))) for place in text.split()}


def _takes(pattern: str, names: Collection[str]) -> bool:
    # Most patterns are names: one look-up each, though a rule may have thousands.
    return pattern.casefold() in names or (is_wild(pattern) and any(map(matcher([pattern]), names)))

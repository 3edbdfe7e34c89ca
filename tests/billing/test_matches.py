"""The rules that took usage, and which of their patterns did, by their names in the settings."""

from collections.abc import Sequence

import pytest

from exporter.billing.allocation import Traits, Usage, allocate
from exporter.billing.matches import Place, matched, may_take, named, of_text, places, to_text
from exporter.own import Rule

WEB, IOS, SEATS = Usage("acme", "web"), Usage("Acme", "iOS"), Usage("labs")
USAGE = (WEB, IOS, SEATS)


def repositories(*patterns: str) -> Rule:
    return Rule(repositories=patterns, team="platform")


def idle(*rules: Rule, usage: Sequence[Usage] = USAGE) -> list[str]:
    found = matched(rules, allocate(rules, usage, {"acme": {"web": Traits([], {})}}))
    return named(rules, {*places(rules)} - found)


class TestPatterns:
    @pytest.mark.parametrize("pattern", ["acme/web", "ACME/ios", "acme/*", "*/we?", "*/[vw]eb"])
    def test_that_match_are_not_idle(self, pattern: str) -> None:
        assert not idle(repositories(pattern))

    def test_that_match_beside_others_are_not_idle(self) -> None:
        assert not idle(repositories("acme/web", "acme/*", "*/ios"))

    def test_that_match_nothing_are_named(self) -> None:
        rule = repositories("acme/web", "acme/ipa", "acme/mob*", "acme/i*")
        assert idle(rule) == [
            "allocation.rules[0].repositories[1]",
            "allocation.rules[0].repositories[2]",
        ]

    def test_whose_usage_an_earlier_rule_took_are_idle(self) -> None:
        rules = [repositories("acme/web"), repositories("acme/ios", "acme/web")]
        assert idle(*rules) == ["allocation.rules[1].repositories[1]"]

    def test_of_organizations_match_the_owner(self) -> None:
        rule = Rule(organizations=("labs", "acme", "web", "acme/*"), team="everyone")
        assert idle(rule) == [
            "allocation.rules[0].organizations[2]",
            "allocation.rules[0].organizations[3]",
        ]

    def test_may_match_usage_of_the_owners_they_name(self) -> None:
        rule = repositories("acme/web", "*/ios", "LABS/*")
        owners = ["acme", "labs", "Labs", "other"]
        assert [[may_take(rule, Place(0, at), owner) for owner in owners] for at in range(3)] == [
            [True, False, False, False],
            [True, True, True, True],
            [False, True, True, False],
        ]


class TestRules:
    def test_are_named_instead_of_all_their_patterns(self) -> None:
        assert idle(repositories("acme/a", "acme/b"), Rule(cost_center=True)) == [
            "allocation.rules[0]",
            "allocation.rules[1]",
        ]

    def test_are_in_order(self) -> None:
        rules = [repositories(f"acme/r{number}") for number in range(12)]
        assert idle(*rules) == [f"allocation.rules[{number}]" for number in range(12)]

    def test_that_left_a_repository_of_several_teams_are_not_idle(self) -> None:
        rules = [Rule(topic="team-*"), Rule(property="team")]
        traits = {"acme": {"web": Traits(["team-a", "team-b"], {})}}
        found = matched(rules, allocate(rules, [WEB], traits))
        assert named(rules, {*places(rules)} - found) == ["allocation.rules[1]"]

    def test_that_are_blind_did_not_match(self) -> None:
        rules = [Rule(property="team")]
        assert matched(rules, allocate(rules, [WEB], {"acme": {}})) == set()


def test_places_as_text_are_the_same_again() -> None:
    found = {Place(0, 1), Place(12, 3), Place(2)}
    assert of_text(to_text(found)) == found
    assert of_text(to_text([])) == set()

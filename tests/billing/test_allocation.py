"""The rules of allocation: the first that takes usage decides, and nothing is chosen in silence."""

from collections.abc import Collection, Mapping

import pytest

from exporter.billing.allocation import (
    Allocation,
    Listings,
    Traits,
    Usage,
    allocate,
    organizations_to_list,
)
from exporter.own import UNALLOCATED, Rule

WEB = Usage("acme", "web")
SEATS = Usage("acme")
BY_NAME = Rule(repositories=("acme/web", "acme/api-*"), team="platform")
BY_PROPERTY = Rule(property="team")
BY_TOPIC = Rule(topic="team-*")
BY_ORGANIZATION = Rule(organizations=("acme",), team="everyone")
BY_COST_CENTER = Rule(cost_center=True)


def listing(
    topics: Collection[str] | None = (),
    properties: Mapping[str, Collection[str]] | None = None,
    *,
    of: str = "acme",
    repository: str = "web",
) -> Listings:
    return {of: {repository: Traits(topics, {} if properties is None else properties)}}


def team(*rules: Rule, usage: Usage = WEB, listings: Listings | None = None) -> str:
    return allocate(rules, [usage], listings or {}).verdicts[usage].team


def several(allocation: Allocation) -> dict[int, set[tuple[str, str]]]:
    return {position: set(found) for position, found in allocation.several.items()}


class TestNames:
    @pytest.mark.parametrize(
        ("usage", "taken"),
        [
            (Usage("acme", "web"), True),
            (Usage("ACME", "Web"), True),
            (Usage("acme", "API-2"), True),
            (Usage("acme", "api"), False),
            (Usage("acme", "web2"), False),
            (Usage("labs", "web"), False),
            (Usage("acme"), False),
            (Usage("", "web"), False),
        ],
    )
    def test_are_whole_owners_and_names_whatever_the_case(self, usage: Usage, taken: bool) -> None:
        assert team(BY_NAME, usage=usage) == ("platform" if taken else UNALLOCATED)

    def test_of_any_owner_are_told_apart_by_owner(self) -> None:
        rules = [Rule(repositories=(f"{owner}/web",), team=owner) for owner in ("acme", "labs")]
        for owner in ("acme", "labs"):
            assert team(*rules, usage=Usage(owner, "web")) == owner

    @pytest.mark.parametrize("pattern", ["*/web", "acme/*", "a?me/w?b", "*/*", "acme/[vw]eb"])
    def test_may_be_patterns(self, pattern: str) -> None:
        assert team(Rule(repositories=(pattern,), team="platform")) == "platform"

    def test_of_an_organization_take_all_that_is_billed_to_it(self) -> None:
        assert team(BY_ORGANIZATION) == team(BY_ORGANIZATION, usage=SEATS) == "everyone"
        assert team(BY_ORGANIZATION, usage=Usage("")) == UNALLOCATED
        assert team(Rule(organizations=("*",), team="all"), usage=Usage("")) == UNALLOCATED


class TestOrder:
    def test_the_first_rule_that_takes_decides(self) -> None:
        assert team(BY_NAME, BY_ORGANIZATION) == "platform"
        assert team(BY_ORGANIZATION, BY_NAME) == "everyone"

    def test_what_no_rule_takes_is_unallocated(self) -> None:
        found = allocate([BY_NAME], [SEATS], {}).verdicts[SEATS]
        assert not found.blind
        assert found == (UNALLOCATED, ())


class TestProperties:
    def test_the_value_is_the_team(self) -> None:
        listings = listing(properties={"team": [" search "], "owner": ["nobody"]})
        assert team(BY_PROPERTY, listings=listings) == "search"
        assert team(BY_PROPERTY, usage=Usage("Acme", "WEB"), listings=listings) == "search"

    @pytest.mark.parametrize(
        "values", [[], [""], ["  "], ["(other)"], ["(unallocated)"], ["x" * 257]]
    )
    def test_without_a_value_that_is_a_team_leave_it_to_the_next_rule(
        self, values: list[str]
    ) -> None:
        listings = listing(properties={"team": values})
        assert team(BY_PROPERTY, BY_ORGANIZATION, listings=listings) == "everyone"

    def test_with_several_values_leave_it_to_the_next_rule_and_say_so(self) -> None:
        listings = listing(properties={"team": ["search", "ads"]})
        found = allocate([BY_PROPERTY, BY_ORGANIZATION], [WEB], listings)
        assert found.verdicts[WEB] == ("everyone", (1,))
        assert several(found) == {0: {("acme", "web")}}

    @pytest.mark.parametrize("values", [["search", "Search "], ["search", ""]])
    def test_the_same_value_twice_is_one(self, values: list[str]) -> None:
        listings = listing(properties={"team": values})
        assert team(BY_PROPERTY, listings=listings).casefold() == "search"

    def test_an_invalid_value_beside_a_team_is_a_second_value(self) -> None:
        listings = listing(properties={"team": ["search", "(other)"]})
        assert several(allocate([BY_PROPERTY], [WEB], listings)) == {0: {("acme", "web")}}

    def test_of_another_organization_do_not_count(self) -> None:
        listings = {**listing(of="labs", properties={"team": ["search"]}), "acme": {}}
        assert team(BY_PROPERTY, listings=listings) == UNALLOCATED


class TestTopics:
    @pytest.mark.parametrize(
        ("template", "topics", "expected"),
        [
            ("team-*", ["go", "team-search"], "search"),
            ("Team-*", ["team-search"], "search"),
            ("*-team", ["search-team"], "search"),
            ("team-*-x", ["team-search-x", "team-x"], "search"),
            ("*", ["search"], "search"),
            ("team-*", ["team-"], UNALLOCATED),
            ("team-*", ["myteam-search"], UNALLOCATED),
            ("a*a", ["a", "aa"], UNALLOCATED),
            ("team-*", [], UNALLOCATED),
            ("team-*", ["team-search", "team-ads"], UNALLOCATED),
        ],
    )
    def test_the_part_for_the_asterisk_is_the_team(
        self, template: str, topics: list[str], expected: str
    ) -> None:
        assert team(Rule(topic=template), listings=listing(topics)) == expected

    def test_that_match_twice_leave_it_to_the_next_rule_and_say_so(self) -> None:
        found = allocate([BY_TOPIC, BY_NAME], [WEB], listing(["team-a", "team-b"]))
        assert found.verdicts[WEB] == ("platform", (1,))
        assert several(found) == {0: {("acme", "web")}}


class TestCostCenters:
    def test_the_name_is_the_team_of_all_that_is_in_it(self) -> None:
        for usage in (Usage("acme", "web", "Search "), Usage("", "", "Search")):
            assert team(BY_COST_CENTER, usage=usage) == "Search"

    def test_usage_outside_is_left_to_the_next_rule(self) -> None:
        assert team(BY_COST_CENTER, BY_ORGANIZATION) == "everyone"


class TestBlindRules:
    @pytest.mark.parametrize("rule", [BY_PROPERTY, BY_TOPIC])
    @pytest.mark.parametrize(
        "listings",
        [
            {"acme": {}},
            listing(["team-search"], {"team": ["search"]}, repository="renamed"),
            {"acme": {"web": Traits(None, None)}},
        ],
        ids=["refused", "renamed or deleted", "hidden"],
    )
    def test_leave_nothing_to_later_rules(self, rule: Rule, listings: Listings) -> None:
        found = allocate([rule, BY_ORGANIZATION], [WEB, SEATS], listings).verdicts
        assert found[WEB] == (UNALLOCATED, (0,))
        assert found[WEB].blind
        assert found[SEATS].team == "everyone"

    @pytest.mark.parametrize("rule", [BY_PROPERTY, BY_TOPIC])
    def test_take_nothing_from_earlier_rules(self, rule: Rule) -> None:
        assert team(BY_NAME, rule, listings={"acme": {}}) == "platform"

    def test_are_blind_one_by_one(self) -> None:
        listings = {"acme": {"web": Traits(["team-search"], None)}}
        assert team(BY_TOPIC, BY_PROPERTY, listings=listings) == "search"
        assert team(BY_PROPERTY, BY_TOPIC, listings=listings) == UNALLOCATED

    def test_are_all_that_might_have_taken_the_usage(self) -> None:
        rules = [BY_PROPERTY, BY_COST_CENTER, BY_TOPIC, BY_ORGANIZATION, BY_PROPERTY]
        usage = [WEB, WEB._replace(cost_center="ads")]
        found = allocate(rules, usage, {"acme": {}}).verdicts
        assert [found[each].rules for each in usage] == [(0, 2), (0,)]

    def test_do_not_concern_repositories_of_people(self) -> None:
        usage = Usage("(user)", "dotfiles")
        rules = [BY_PROPERTY, BY_TOPIC, Rule(repositories=("*/dotfiles",), team="people")]
        assert team(*rules, usage=usage, listings={"acme": {}}) == "people"


class TestSpelling:
    def test_teams_that_differ_in_case_are_one_as_the_rules_spell_it(self) -> None:
        rules = [BY_COST_CENTER, Rule(repositories=("acme/web",), team="Search")]
        usage = [WEB, Usage("acme", "web", "search"), Usage("acme", "web", "SEARCH")]
        assert allocate(rules, usage, {}).teams == {"Search"}

    def test_else_as_the_first_of_the_alphabet(self) -> None:
        for names in (["search", "Search"], ["Search", "search"]):
            usage = [Usage("acme", "web", name) for name in names]
            assert allocate([BY_COST_CENTER], usage, {}).teams == {"Search"}


class TestRepositories:
    def test_have_the_team_of_all_their_usage(self) -> None:
        usage = [WEB, Usage("acme", "api-1"), Usage("acme", "web", "x"), SEATS]
        found = allocate([BY_NAME], usage, {})
        assert found.of_repositories() == {
            ("acme", "web"): "platform",
            ("acme", "api-1"): "platform",
        }

    def test_of_several_teams_have_none(self) -> None:
        usage = [WEB, Usage("acme", "web", "ads"), Usage("acme", "ios", "ads")]
        assert allocate([BY_COST_CENTER], usage, {}).of_repositories() == {("acme", "ios"): "ads"}


class TestListings:
    def test_are_wanted_only_of_organizations_whose_usage_reaches_a_rule(self) -> None:
        usage = [WEB, Usage("labs", "paper"), Usage("seats-only"), Usage("acme", "ios", "ads")]
        assert organizations_to_list([BY_NAME, BY_PROPERTY], usage) == {"labs", "acme"}
        assert organizations_to_list([BY_ORGANIZATION, BY_TOPIC], usage) == {"labs"}
        assert organizations_to_list([BY_NAME, BY_COST_CENTER], usage) == set()

"""What the reading of teams says of itself: notes and coverage."""

import pytest

from exporter.own import Rule
from tests.support.accounts import CORP
from tests.support.collect import read
from tests.support.teams import (
    BY_TEAM,
    EVERYONE,
    PLATFORM,
    PROPERTY,
    TOPIC,
    by_team,
    github,
    listed,
    used,
    with_rules,
)


class TestNotes:
    @pytest.mark.parametrize("status", [400, 403, 404, 422])
    def test_say_which_rule_is_blind_and_why(self, status: int) -> None:
        rows = [used("web", 1), used("ios", 2), used("", 4), used("x", 8, organization="labs")]
        lists = {"acme": status, "labs": [listed("x", custom_properties={"team": "x"})]}
        account = with_rules(PLATFORM, PROPERTY, TOPIC, EVERYONE, account=CORP)
        reading = read(BY_TEAM, account, github(rows, lists))
        assert by_team(reading) == {"platform": 1, "(unallocated)": 2, "everyone": 4, "x": 8}
        [note] = reading.notes
        assert note.startswith(
            "allocation.rules[1], allocation.rules[2] cannot see the repositories of acme: "
            f"GitHub answered {status}. What a blind rule might have taken is (unallocated). "
        )
        assert ("Metadata: read" in note) is (status in {403, 404})

    def test_name_no_blind_rule_that_a_seeing_one_keeps_usage_from(self) -> None:
        account = with_rules(PROPERTY, EVERYONE, TOPIC)
        [note] = read(BY_TEAM, account, github([used("web", 1)], {"acme": 403})).notes[:1]
        assert note.startswith("allocation.rules[0] cannot see the repositories of acme: ")

    def test_name_repositories_that_github_does_not_list(self) -> None:
        rows = [used("old", 1), used("deleted", 1), used("ios", 1)]
        lists = {"acme": [listed("ios", custom_properties={"team": "mobile"})]}
        reading = read(BY_TEAM, with_rules(PROPERTY, EVERYONE), github(rows, lists))
        assert by_team(reading) == {"(unallocated)": 2, "mobile": 1}
        first, _ = reading.notes
        assert "allocation.rules[0] cannot see repositories that GitHub does not list" in first
        assert first.endswith(
            ": acme/deleted, acme/old. What a blind rule might have taken is (unallocated)."
        )

    def test_name_three_repositories_of_many(self) -> None:
        rows = [used(f"r{number}", 1) for number in range(1005)]
        [note, *_] = read(
            BY_TEAM, with_rules(PROPERTY), github(rows, {"acme": [listed("x")]})
        ).notes
        assert ": acme/r0, acme/r1, acme/r10 and 1,002 more. " in note

    def test_name_repositories_with_several_teams(self) -> None:
        lists = {"acme": [listed("ios", custom_properties={"team": ["a", "b"]})]}
        reading = read(BY_TEAM, with_rules(PROPERTY, EVERYONE), github([used("ios", 1)], lists))
        [note] = reading.notes
        assert note == (
            "allocation.rules[0] left repositories with several teams to the rules after it: "
            "acme/ios."
        )

    def test_name_rules_that_match_nothing_and_properties_that_do_not_exist(self) -> None:
        rules = [Rule(property="Squad"), TOPIC, PLATFORM, Rule(repositories=("acme/x",), team="x")]
        lists = {"acme": [listed("web", custom_properties={"team": "a"})]}
        reading = read(BY_TEAM, with_rules(*rules), github([used("web", 1)], lists))
        idle, unknown = reading.notes
        assert idle == (
            "allocation.rules[0], allocation.rules[1], allocation.rules[3] matched nothing this "
            "month."
        )
        assert unknown == "No listed repository has the custom property Squad."

    def test_name_patterns_that_match_nothing_beside_others_that_do(self) -> None:
        rule = Rule(repositories=("acme/web", "acme/ipa", "acme/mob*", "labs/x"), team="platform")
        [note] = read(BY_TEAM, with_rules(rule), github([used("web", 1)])).notes
        assert note == (
            "allocation.rules[0].repositories[1], allocation.rules[0].repositories[2] matched "
            "nothing this month."
        )

    def test_name_rules_that_see_the_rest_and_match_nothing(self) -> None:
        lists = {"acme": [listed("web", custom_properties={"team": "a"})]}
        account = with_rules(Rule(property="Squad"), TOPIC)
        _, idle, unknown = read(
            BY_TEAM, account, github([used("web", 1), used("deleted", 1)], lists)
        ).notes
        assert idle == "allocation.rules[0], allocation.rules[1] matched nothing this month."
        assert unknown == "No listed repository has the custom property Squad."

    @pytest.mark.parametrize("refused", [403, []], ids=["refused", "empty"])
    def test_do_not_judge_blind_rules(self, refused: object) -> None:
        account = with_rules(PROPERTY, TOPIC)
        [note] = read(BY_TEAM, account, github([used("web", 1)], {"acme": refused})).notes
        assert note.startswith("allocation.rules[0], allocation.rules[1] cannot see")

    def test_do_not_speak_of_rules_for_other_accounts_or_of_an_empty_month(self) -> None:
        elsewhere = [
            Rule(repositories=("labs/*",), team="a"),
            Rule(organizations=("labs",), team="b"),
            Rule(cost_center=True),
        ]
        assert read(BY_TEAM, with_rules(PLATFORM, *elsewhere), github([used("web", 1)])).notes == ()
        assert read(BY_TEAM, with_rules(PLATFORM), github([])).notes == ()


class TestCoverage:
    def test_is_of_dollars_before_discounts_and_of_repositories(self) -> None:
        rows = [used("web", 60), used("ios", 1234), used("api", 0), used("", 6)]
        reading = read(BY_TEAM, with_rules(PLATFORM), github(rows))
        assert reading.facts["allocation"] == (
            "Allocated to teams, before discounts: $60.00 of $1,294.00 (5%) with a repository, "
            "1 of 3 repositories; $60.00 of $1,300.00 (5%) in all. "
            "Not allocated: acme/ios $1,234.00, actions outside repositories $6.00."
        )

    def test_is_whole_of_repositories_though_seats_have_no_team(self) -> None:
        rows = [used("web", 8), used("", 92)]
        reading = read(BY_TEAM, with_rules(PLATFORM), github(rows))
        assert reading.facts["allocation"] == (
            "Allocated to teams, before discounts: $8.00 of $8.00 (100%) with a repository, "
            "1 of 1 repositories; $8.00 of $100.00 (8%) in all. "
            "Not allocated: actions outside repositories $92.00."
        )

    def test_names_the_dearest_five(self) -> None:
        rows = [used(f"r{number}", number) for number in range(9)]
        coverage = read(BY_TEAM, with_rules(PLATFORM), github(rows)).facts["allocation"]
        assert [each for each in range(9) if f"acme/r{each} " in coverage] == [4, 5, 6, 7, 8]

    def test_of_an_empty_month_has_no_share(self) -> None:
        assert read(BY_TEAM, with_rules(PLATFORM), github([])).facts["allocation"] == (
            "Allocated to teams, before discounts: $0.00 of $0.00 with a repository, "
            "0 of 0 repositories; $0.00 of $0.00 in all."
        )

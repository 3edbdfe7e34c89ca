"""The month by team, from a report, rules and lists of repositories."""

from collections.abc import Mapping
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.accounts import Account
from exporter.collectors.usage_teams import TEAMS
from exporter.github.errors import InvalidPayload
from exporter.metrics.model import Reading
from exporter.own import Rule
from tests.support.accounts import ACME, CORP, MONA
from tests.support.collect import CANARY, read, said
from tests.support.teams import (
    BY_REPOSITORY,
    BY_TEAM,
    EVERYONE,
    PLATFORM,
    PROPERTY,
    TOPIC,
    Row,
    by_team,
    github,
    listed,
    lists_asked,
    used,
    with_rules,
)


class TestTeams:
    def test_have_quantities_and_dollars_by_sku(self) -> None:
        rows = [used("web", 8), used("web", 4), used("ios", 2, sku="Actions macOS"), used("", 20)]
        assert said(read(BY_TEAM, with_rules(PLATFORM), github(rows))) == {
            "team_usage_gross_quantity platform actions actions_linux minutes": 1200,
            "team_usage_gross_usd platform actions actions_linux": 12,
            "team_usage_discount_usd platform actions actions_linux": 3,
            "team_usage_net_usd platform actions actions_linux": 9,
            "team_usage_gross_quantity (unallocated) actions actions_linux minutes": 2000,
            "team_usage_gross_usd (unallocated) actions actions_linux": 20,
            "team_usage_discount_usd (unallocated) actions actions_linux": 5,
            "team_usage_net_usd (unallocated) actions actions_linux": 15,
            "team_usage_gross_quantity (unallocated) actions actions_macos minutes": 200,
            "team_usage_gross_usd (unallocated) actions actions_macos": 2,
            "team_usage_discount_usd (unallocated) actions actions_macos": 0.5,
            "team_usage_net_usd (unallocated) actions actions_macos": 1.5,
        }

    def test_come_from_properties_and_topics(self) -> None:
        rows = [used("web", 1), used("ios", 2), used("api", 4), used("docs", 8)]
        lists = {
            "acme": [
                listed("ios", custom_properties={"team": "mobile", "owner": CANARY}),
                listed("API", topics=["go", "team-backend"]),
                listed("docs", custom_properties={"team": None}),
                listed("unused", custom_properties={"team": "nobody"}),
            ]
        }
        answers = github(rows, lists)
        reading = read(BY_TEAM, with_rules(PLATFORM, PROPERTY, TOPIC), answers)
        assert by_team(reading) == {"platform": 1, "mobile": 2, "backend": 4, "(unallocated)": 8}
        assert CANARY not in str(reading)
        [request] = [each for each in answers.requests if each.url.path.endswith("/repos")]
        assert dict(request.url.params) == {"per_page": "100"}

    @pytest.mark.parametrize(("rule", "name"), [("Team", "team"), ("team", "TEAM")])
    def test_come_from_properties_whatever_the_case(self, rule: str, name: str) -> None:
        lists = {"acme": [listed("ios", custom_properties={name: "mobile", "owner": CANARY})]}
        reading = read(BY_TEAM, with_rules(Rule(property=rule)), github([used("ios", 1)], lists))
        assert by_team(reading) == {"mobile": 1}
        assert not reading.notes

    def test_of_an_enterprise_are_apart_by_organization(self) -> None:
        rows = [used("web", 1), used("web", 2, organization="labs"), used("", 4, organization="")]
        lists = {"acme": [listed("web", custom_properties={"team": "a"})], "labs": [listed("web")]}
        account = with_rules(PROPERTY, EVERYONE, account=CORP)
        reading = read(BY_TEAM, account, github(rows, lists))
        assert by_team(reading) == {"a": 1, "everyone": 2, "(unallocated)": 4}

    def test_of_a_user_do_not_come_from_properties_and_topics(self) -> None:
        answers = github([used("web", 1, organization="mona")])
        rules = [PROPERTY, TOPIC, Rule(organizations=("mona",), team="me")]
        assert by_team(read(BY_TEAM, with_rules(*rules, account=MONA), answers)) == {"me": 1}
        assert not lists_asked(answers)

    def test_of_people_are_not_listed(self) -> None:
        rows = [used("octo_acme/dotfiles", 1, organization="")]
        answers = github(rows)
        account = with_rules(PROPERTY, EVERYONE, account=CORP)
        assert by_team(read(BY_TEAM, account, answers)) == {"everyone": 1}
        assert not lists_asked(answers)

    @pytest.mark.parametrize("teams", [TEAMS, TEAMS + 1])
    def test_are_a_thousand_at_most(self, teams: int) -> None:
        names = [f"r{number}" for number in range(teams)]
        account = with_rules(*(Rule(repositories=(f"acme/{name}",), team=name) for name in names))
        answers = github([*(used(name, 1) for name in names), used("", 5)])
        if teams == TEAMS:
            assert len(by_team(read(BY_TEAM, account, answers))) == TEAMS + 1
        else:
            with pytest.raises(InvalidPayload, match="allocation"):
                read(BY_TEAM, account, answers)


class TestLists:
    def test_are_not_asked_for_rules_by_name(self) -> None:
        answers = github([used("web", 1), used("ios", 1)])
        read(BY_TEAM, with_rules(PLATFORM, EVERYONE), answers)
        assert not lists_asked(answers)

    def test_are_asked_of_organizations_whose_usage_reaches_the_rule(self) -> None:
        rows = [
            used("web", 1),
            used("Paper", 1, organization="labs"),
            used("paper", 1, organization="LABS"),
            used("", 1, organization="seats"),
        ]
        answers = github(rows, {"labs": []})
        read(BY_TEAM, with_rules(PLATFORM, PROPERTY, account=CORP), answers)
        assert [each.casefold() for each in lists_asked(answers)] == ["/orgs/labs/repos"]

    @pytest.mark.parametrize("missing", ["custom_properties", "topics"])
    def test_without_a_field_leave_its_rules_blind(self, missing: str) -> None:
        fields = {"topics": ["team-a"], "custom_properties": {"team": "b"}}
        row = {name: value for name, value in listed("ios", **fields).items() if name != missing}
        rules = [PROPERTY, EVERYONE] if missing == "custom_properties" else [TOPIC, EVERYONE]
        reading = read(BY_TEAM, with_rules(*rules), github([used("ios", 1)], {"acme": [row]}))
        assert by_team(reading) == {"(unallocated)": 1}

    @pytest.mark.parametrize("value", [3, True, {"a": "b"}, [], [None]], ids=str)
    def test_with_odd_values_leave_the_repository_to_the_next_rule(self, value: object) -> None:
        lists = {"acme": [listed("ios", custom_properties={"team": value})]}
        reading = read(BY_TEAM, with_rules(PROPERTY, EVERYONE), github([used("ios", 1)], lists))
        assert by_team(reading) == {"everyone": 1}


_NAMES = ["web", "WEB", "ios", "acme/api", ""]
_rows = st.lists(
    st.builds(
        used,
        st.sampled_from(_NAMES),
        st.floats(-1e6, 1e6).map(lambda usd: round(usd, 8)),
        organization=st.sampled_from(["acme", "Acme", "labs", ""]),
        sku=st.sampled_from(["Actions Linux", "actions_linux", "Copilot Business"]),
    ),
    max_size=12,
)
_rules = st.lists(
    st.sampled_from(
        [
            PLATFORM,
            Rule(repositories=("*/api", "acme/w?b"), team="Platform"),
            PROPERTY,
            TOPIC,
            Rule(organizations=("labs",), team="labs"),
            EVERYONE,
            Rule(cost_center=True),
        ]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
_repositories = st.lists(
    st.builds(
        listed,
        st.sampled_from(["web", "ios", "api"]),
        topics=st.lists(st.sampled_from(["team-a", "team-b", "go"])),
        custom_properties=st.fixed_dictionaries(
            {}, optional={"team": st.sampled_from(["a", "A ", ["a", "b"], None, "(x)"])}
        ),
    ),
    max_size=3,
)
_lists = st.dictionaries(
    st.sampled_from(["acme", "Acme", "labs"]), st.sampled_from([403, 404]) | _repositories
)


class TestTheSum:
    @given(_rows, _rules, _lists, st.sampled_from([ACME, CORP]))
    def test_is_the_reports_to_the_cent_whatever_the_rules(
        self, rows: list[Row], rules: list[Rule], lists: Mapping[str, object], account: Account
    ) -> None:
        account = with_rules(*rules, account=account)
        teams = sums(read(BY_TEAM, account, github(rows, lists)), "team_usage")
        whole = sums(read(BY_REPOSITORY, account, github(rows)), "repository_usage")
        assert teams == pytest.approx(whole, rel=1e-12, abs=1e-4)


def sums(reading: Reading, family: str) -> dict[tuple[str, ...], float]:
    """Sum the samples by metric, product and SKU."""
    found: dict[tuple[str, ...], list[float]] = {}
    for metric, labels, value in reading.samples:
        if family in metric.name:
            names = dict(zip(metric.labels, labels, strict=True))
            key = metric.name.partition(family)[2], names["product"], names["sku"]
            found.setdefault(key, []).append(value)
    return {key: fsum(values) for key, values in found.items()}

"""The month by team, from a report, rules and lists of repositories."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.accounts import Account
from exporter.collectors.usage_teams import TEAMS
from exporter.github.errors import InvalidPayload
from exporter.metrics.model import Reading
from exporter.own import Own, Rule
from tests.support.accounts import ACME, CORP, MONA
from tests.support.collect import CANARY, COLLECTORS, Says, read, said

BY_TEAM, BY_REPOSITORY = COLLECTORS["usage_teams"], COLLECTORS["usage_repositories"]
PLATFORM = Rule(repositories=("acme/web",), team="platform")
PROPERTY, TOPIC = Rule(property="team"), Rule(topic="team-*")
EVERYONE = Rule(organizations=("*",), team="everyone")

Row = Mapping[str, object]


def used(
    repository: str, gross: float, *, organization: str = "acme", sku: str = "Actions Linux"
) -> Row:
    return {
        "date": "2026-10-02T03:00:00Z",
        "product": "actions",
        "sku": sku,
        "unitType": "Minutes",
        "quantity": gross * 100,
        "grossAmount": gross,
        "discountAmount": gross / 4,
        "netAmount": gross * 3 / 4,
        "organizationName": organization,
        "repositoryName": repository,
    }


def listed(name: str, **fields: object) -> Row:
    """Return a repository as GitHub lists it, with a person in it."""
    return {
        "name": name,
        "owner": {"login": CANARY},
        "topics": [],
        "custom_properties": {},
        **fields,
    }


def github(rows: Sequence[Row], lists: Mapping[str, object] | None = None) -> Says:
    """Answer with a report, and with lists of repositories by organization."""
    paths: dict[str, object] = {
        f"{root}/settings/billing/usage": {"usageItems": rows}
        for root in ("/organizations/acme", "/users/mona", "/enterprises/acme-corp")
    }
    for root in ("/organizations/acme", "/users/mona", "/enterprises/acme-corp"):
        paths[f"{root}/settings/billing/usage/summary"] = {
            "timePeriod": {"year": 2026, "month": 10},
            "usageItems": [],
        }
    return Says(paths | {f"/orgs/{name}/repos": its for name, its in (lists or {}).items()})


def with_rules(*rules: Rule, account: Account = ACME) -> Account:
    return replace(account, own=Own(rules, team_info=True))


def by_team(reading: Reading, kind: str = "gross") -> dict[str, float]:
    """Return dollars by team."""
    found: dict[str, float] = {}
    for name, value in said(reading).items():
        metric, team, *_ = name.split(" ")
        if metric == f"team_usage_{kind}_usd":
            found[team] = found.get(team, 0) + value
    return found


def lists_asked(answers: Says) -> list[str]:
    return [each.url.path for each in answers.requests if each.url.path.endswith("/repos")]


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

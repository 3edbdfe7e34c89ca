"""The rules of allocation, from the configuration file to the account."""

from pathlib import Path

import pytest

from exporter.accounts import AccountType
from exporter.collectors import ALL
from exporter.own import Own, Rule
from exporter.settings import SettingsError, resolved
from tests.settings import in_file

RULES = """\
allocation:
  rules:
    - repositories: [acme/web, "acme/api-*"]
      team: " platform "
    - property: team
    - topic: "team-*"
    - organizations: [acme-research]
      team: research
    - cost_center: true
"""


def faults(path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        in_file(path, text, ALL)
    return [fault.removeprefix(f"{path / 'config.yaml'}:") for fault in caught.value.faults]


class TestRules:
    def test_are_those_of_every_account(self, tmp_path: Path) -> None:
        text = f"organizations: [acme]\naccounts:\n  - enterprise: acme-corp\n{RULES}"
        rules = (
            Rule(repositories=("acme/web", "acme/api-*"), team="platform"),
            Rule(property="team"),
            Rule(topic="team-*"),
            Rule(organizations=("acme-research",), team="research"),
            Rule(cost_center=True),
        )
        watched = resolved.accounts(in_file(tmp_path, text, ALL))
        assert [account.own for account in watched] == [Own(rules)] * 2

    @pytest.mark.parametrize("kind", AccountType)
    def test_turn_usage_teams_on(self, tmp_path: Path, kind: AccountType) -> None:
        for text, on in ((RULES, True), ("", False)):
            settings = in_file(tmp_path, f"{kind}s: [acme]\n{text}", ALL)
            [account] = resolved.accounts(settings)
            names = {each.name for each in resolved.collectors_for(settings, account, ALL)}
            assert ("usage_teams" in names) is on

    def test_that_are_invalid_are_told_at_once_and_compared_later(self, tmp_path: Path) -> None:
        text = (
            "collectors: [usage_teams]\n"
            "allocation:\n"
            "  repository_team_info: true\n"
            "  rules:\n"
            "    - property: team\n"
            "    - property: team\n"
            "    - topic: none\n"
            "    - {}\n"
        )
        topic, empty = faults(tmp_path, text)
        assert topic.startswith("7: allocation.rules[2].topic: must be a topic with exactly one *")
        assert empty.startswith("8: allocation.rules[3]: must have exactly one of")

    @pytest.mark.parametrize(
        ("selector", "place"),
        [
            ("repositories: [acme/*]", ".repositories[0]"),
            ("organizations: ['*']", ".organizations[0]"),
            ("cost_center: true", ""),
        ],
    )
    def test_cannot_take_the_same_twice(self, tmp_path: Path, selector: str, place: str) -> None:
        team = "" if "true" in selector else ", team: platform"
        rule = f"    - {{{selector}{team}}}\n"
        [fault] = faults(tmp_path, f"allocation:\n  rules:\n{rule}{rule}")
        assert fault == (
            f"4: allocation.rules[1]{place}: takes the same as allocation.rules[0]{place} "
            f"({tmp_path / 'config.yaml'}:3): remove one of the two"
        )


class TestUsageTeams:
    @pytest.mark.parametrize("collector", ["usage_teams", "usage_previous_cycle_teams"])
    def test_cannot_be_required_without_rules(self, tmp_path: Path, collector: str) -> None:
        text = f"accounts:\n  - organization: acme\n    collectors: [usage, {collector}]\n"
        [fault] = faults(tmp_path, text)
        assert fault == (
            "3: accounts[0].collectors[1]: this collector needs allocation.rules: add them to the "
            "configuration file, or remove it"
        )


class TestTeamInfo:
    @pytest.mark.parametrize(
        "given",
        ["collectors: [usage_repositories]\n", "collectors: [usage_repositories]\nusers: [m]\n"],
    )
    def test_is_of_every_account(self, tmp_path: Path, given: str) -> None:
        settings = in_file(tmp_path, f"{given}{RULES}  repository_team_info: true\n", ALL)
        account = resolved.account_of(settings, AccountType.ORGANIZATION, "acme")
        assert account.own.team_info

    def test_needs_usage_teams_too(self, tmp_path: Path) -> None:
        text = (
            "collectors: [usage_repositories]\nno_collectors: [usage_teams]\n"
            f"{RULES}  repository_team_info: true\n"
        )
        [fault] = faults(tmp_path, text)
        assert fault.startswith("12: allocation.repository_team_info: no account has both")

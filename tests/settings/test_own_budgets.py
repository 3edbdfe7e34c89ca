"""Own budgets in the file: accepted values, and one line for each fault."""

from pathlib import Path
from uuid import UUID

import pytest

from exporter.collectors import ALL
from exporter.own import Budget, Scope
from exporter.settings import load, resolved
from tests.support.own_settings import ACME, CORP, accounts, budget, fault
from tests.support.simulator_server import command

NAME_FAULT = "3: own_budgets[0].name: must be up to 100 letters, digits, hyphens and underscores"


class TestBudgets:
    @pytest.mark.parametrize(
        ("keys", "found"),
        [
            ({}, Budget("b", 5)),
            ({"account": "ACME"}, Budget("b", 5)),
            ({"account": "organization/acme"}, Budget("b", 5)),
            ({"product": "Git LFS"}, Budget("b", 5, product="git_lfs")),
            ({"sku": "Actions Linux"}, Budget("b", 5, sku="actions_linux")),
            ({"organization": "Acme"}, Budget("b", 5, Scope.ORGANIZATION, "Acme")),
            ({"repository": "web"}, Budget("b", 5, Scope.REPOSITORY, "acme/web")),
            ({"repository": "Acme/web"}, Budget("b", 5, Scope.REPOSITORY, "Acme/web")),
        ],
    )
    def test_are_those_of_the_account(
        self, tmp_path: Path, keys: dict[str, object], found: Budget
    ) -> None:
        text = f"{ACME}collectors: [usage_repositories]\n{budget(**keys)}"
        (acme,) = accounts(tmp_path, text)
        assert acme.own.budgets == (found,)

    @pytest.mark.parametrize(
        ("rule", "team"),
        [
            ("{organizations: [acme], team: Platform}", "platform"),
            ("{organizations: [acme], team: Platform}", "(unallocated)"),
            ("{property: team}", "anything"),
            ('{topic: "team-*"}', "anything"),
        ],
    )
    def test_of_a_team_need_a_rule_that_may_have_it(
        self, tmp_path: Path, rule: str, team: str
    ) -> None:
        text = f"{ACME}allocation: {{rules: [{rule}]}}\n{budget(team=team)}"
        (acme,) = accounts(tmp_path, text)
        assert acme.own.budgets == (Budget("b", 5, Scope.TEAM, team),)

    def test_of_a_team_without_a_rule_are_at_fault(self, tmp_path: Path) -> None:
        rules = "allocation: {rules: [{organizations: [acme], team: platform}]}\n"
        assert fault(tmp_path, ACME + rules + budget(team="plattform")) == (
            "4: own_budgets[0].team: no rule of allocation has this team: add a rule, or correct "
            "the name"
        )

    def test_of_another_account_are_not(self, tmp_path: Path) -> None:
        acme, corp = accounts(tmp_path, ACME + CORP + budget(account="acme-corp"))
        assert (acme.own.budgets, corp.own.budgets) == ((), (Budget("b", 5),))

    @pytest.mark.parametrize(
        ("text", "collectors"),
        [
            (budget(), {"own_budgets"}),
            ("", set()),
            (f"no_collectors: [own_budgets]\n{budget()}", set()),
        ],
    )
    def test_turn_their_collector_on(self, tmp_path: Path, text: str, collectors: set[str]) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(ACME + text)
        settings = load({"config": {"file": file}}, {}, ALL)
        (acme,) = resolved.accounts(settings)
        on = {each.name for each in resolved.collectors_for(settings, acme, ALL)}
        assert on & {"own_budgets"} == collectors

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("own_budgets:\n  - {usd: 5}\n", "3: own_budgets[0]: name is required"),
            ("own_budgets:\n  - {name: b}\n", "3: own_budgets[0]: usd is required"),
            (budget(usd=-5), "3: own_budgets[0].usd: must be a number, 0 or greater"),
            (
                budget(name="a b"),
                NAME_FAULT,
            ),
            (
                budget(name=101 * "a"),
                NAME_FAULT,
            ),
            (budget(teem="x"), "3: own_budgets[0].teem: no such key: did you mean team?"),
            (
                budget(team=" x"),
                (
                    "3: own_budgets[0].team: must be a name of up to 100 characters in one line, "
                    "without spaces at its ends"
                ),
            ),
            (
                budget(team="x", repository="web"),
                (
                    "3: own_budgets[0]: must have only one of organization, cost_center, team, "
                    "repository and workflow"
                ),
            ),
            (
                budget(product="actions", sku="actions_linux"),
                "3: own_budgets[0].sku: must have only one of product and sku",
            ),
            (
                budget(repository="a/b/c"),
                "3: own_budgets[0].repository: must be OWNER/NAME, such as acme/web",
            ),
            (
                budget(workflow="acme/web"),
                (
                    "3: own_budgets[0].workflow: must be OWNER/NAME/PATH, such as "
                    "acme/web/.github/workflows/ci.yml"
                ),
            ),
            (
                f"{budget()}  - {{name: B, usd: 6}}\n",
                (
                    "4: own_budgets[1].name: already used by FILE:3: own_budgets[0].name: choose "
                    "another"
                ),
            ),
            (
                budget(account="globex"),
                (
                    "3: own_budgets[0].account: must be one of the configured accounts: "
                    "organization/acme"
                ),
            ),
            (
                budget(account="team/acme"),
                "3: own_budgets[0].account: must be [TYPE/]NAME, such as acme or enterprise/acme",
            ),
            (
                f"{CORP}{budget()}",
                (
                    "4: own_budgets[0]: account is required because several accounts are "
                    "watched: set it to one "
                    "of the configured accounts: organization/acme, enterprise/acme-corp"
                ),
            ),
            (
                f"enterprises: [acme]\n{budget(account='acme')}",
                "4: own_budgets[0].account: is ambiguous: use organization/acme or enterprise/acme",
            ),
            (
                f"discover: {{enabled: true}}\n{budget()}",
                (
                    "4: own_budgets[0]: account is required because discovery is on: set it to "
                    "one of the "
                    "configured accounts: organization/acme"
                ),
            ),
            (
                f"discover: {{enabled: true}}\n{budget(account='acme')}",
                "4: own_budgets[0].account: is ambiguous: use organization/acme",
            ),
            (
                f"no_collectors: [usage]\n{budget()}",
                "4: own_budgets[0]: needs collector usage: remove it from no_collectors",
            ),
            (
                f"platform: legacy\n{budget(product='actions')}",
                (
                    "4: own_budgets[0]: organization acme is on the legacy platform, which has no "
                    "usage in US dollars: remove it"
                ),
            ),
            (
                budget(repository="web"),
                (
                    "3: own_budgets[0].repository: needs collector usage_repositories: add it to "
                    "collectors"
                ),
            ),
            (
                budget(repository="globex/web"),
                (
                    "3: own_budgets[0].repository: must belong to organization acme, whose "
                    "usage the "
                    "budget covers: correct it or account"
                ),
            ),
            (
                budget(organization="globex"),
                (
                    "3: own_budgets[0].organization: must belong to organization acme, whose "
                    "usage the "
                    "budget covers: correct it or account"
                ),
            ),
            (
                budget(cost_center="Platform"),
                (
                    "3: own_budgets[0].cost_center: needs collector usage_cost_centers, which "
                    "does not "
                    "support organization accounts: remove it"
                ),
            ),
            (
                budget(team="platform"),
                "3: own_budgets[0].team: needs collector usage_teams: add allocation.rules",
            ),
        ],
    )
    def test_at_fault_say_so_in_one_line(self, tmp_path: Path, text: str, line: str) -> None:
        assert fault(tmp_path, ACME + text) == line.replace("FILE", str(tmp_path / "config.yaml"))

    @pytest.mark.parametrize(
        ("keys", "line"),
        [
            (
                {"repository": "web"},
                "repository: must be OWNER/NAME for an enterprise, such as acme/web",
            ),
            (
                {"repository": "mona_corp/web"},
                "repository: must belong to an organization: repositories of people have no series",
            ),
            (
                {"organization": "acme"},
                "organization: needs collector usage_organizations: add it to collectors",
            ),
            (
                {"cost_center": "Platform"},
                "cost_center: needs collector usage_cost_centers: add it to collectors",
            ),
            (
                {"workflow": "acme/web/.github/workflows/ci.yml", "product": "actions"},
                "workflow: needs collector usage_workflows: add it to collectors",
            ),
            (
                {"workflow": "acme/web/.github/workflows/ci.yml", "product": "packages"},
                (
                    "workflow: a workflow has only usage of Actions: remove product and sku, or "
                    "correct them"
                ),
            ),
            (
                {"workflow": "acme/web/ci.yml", "sku": "copilot_for_business"},
                (
                    "workflow: a workflow has only usage of Actions: remove product and sku, or "
                    "correct them"
                ),
            ),
        ],
    )
    def test_of_an_enterprise_at_fault_say_so_in_one_line(
        self, tmp_path: Path, keys: dict[str, object], line: str
    ) -> None:
        assert fault(tmp_path, CORP + budget(**keys)) == f"3: own_budgets[0].{line}"

    @pytest.mark.parametrize(
        ("center", "message"),
        [("Platform", "needs collector cost_centers"), (str(UUID(int=1)), "")],
    )
    def test_of_a_cost_center_need_its_names_unless_it_is_an_id(
        self, tmp_path: Path, center: str, message: str
    ) -> None:
        on = "collectors: [usage_cost_centers]\nno_collectors: [cost_centers]\n"
        text = CORP + on + budget(cost_center=center)
        if message:
            assert message in fault(tmp_path, text)
        else:
            assert len(accounts(tmp_path, text)) == 1

    def test_are_not_doubted_for_an_account_at_fault(self, tmp_path: Path) -> None:
        text = "organizations: [a/b]\n" + budget(account="acme")
        assert fault(tmp_path, text).startswith("1: organizations[0]: must be a name")

    def test_at_fault_end_the_command_with_exit_code_2(self, tmp_path: Path) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(ACME + budget(repository="web"))
        done = command("check", "--config.file", str(file), env={"GITHUB_BILLING_TOKEN": "t"})
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "needs collector usage_repositories: add it to collectors" in done.stderr

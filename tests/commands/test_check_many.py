"""The command ``check`` for an enterprise with many organizations and one App."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from exporter.accounts import AccountType
from exporter.demo import SimulatedApp, SimulatedInstallation
from tests.support.app_server import APP_ID, KEYS, pem, public_pem
from tests.support.checked import said
from tests.support.simulator_server import command, simulated_github
from tests.support.world import enterprise, organization

TEAMS = [f"team-{number:02}" for number in range(1, 13)]
BILLED_TO_OWNER = ("team-02", "team-04")
HIDDEN, SUSPENDED, NOT_INSTALLED = "team-06", "team-08", "team-10"


class TestTwelveOrganizations:
    """An enterprise and one App, which five of the organizations do not let read their bill."""

    @pytest.fixture(scope="class")
    @classmethod
    def github(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
        hidden = {"usage", "plan", "budgets", "models"}
        accounts = [
            enterprise("octo-corp"),
            *(
                organization(
                    name,
                    enterprise="octo-corp",
                    billed_to_owner=name in BILLED_TO_OWNER,
                    hidden=hidden if name == HIDDEN else set(),
                )
                for name in TEAMS
            ),
        ]
        installed = [SimulatedInstallation(1, AccountType.ENTERPRISE, "octo-corp")]
        installed += (
            SimulatedInstallation(
                100 + place, AccountType.ORGANIZATION, name, suspended=name == SUSPENDED
            )
            for place, name in enumerate(TEAMS)
            if name != NOT_INSTALLED
        )
        app = SimulatedApp(int(APP_ID), "Iv1.octo", [public_pem()], installed)
        key = tmp_path_factory.mktemp("app") / "key.pem"
        key.write_text(pem())
        with simulated_github(*accounts, app=app) as (_, url):
            yield {
                "GITHUB_BILLING_API_URL": url,
                "GITHUB_BILLING_APP_ID": APP_ID,
                "GITHUB_BILLING_APP_PRIVATE_KEY_FILE": str(key),
                "GITHUB_BILLING_ORGANIZATIONS": ",".join(TEAMS),
                "GITHUB_BILLING_ENTERPRISES": "octo-corp",
            }

    @pytest.fixture(scope="class")
    @classmethod
    def ended(cls, github: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return command("check", env=github)

    def test_are_a_verdict_then_what_fails_then_a_line_each(
        self, ended: subprocess.CompletedProcess[str]
    ) -> None:
        assert ended.returncode == 1
        verdict, _, *lines = ended.stdout.splitlines()
        assert verdict == "13 accounts: 8 work, 5 fail"
        states = [
            state for line in lines for state in re.findall(r"^\w+ [\w-]+: (works|fails)", line)
        ]
        assert states == ["fails"] * 5 + ["works"] * 8
        assert len(lines) < 50

    def test_share_a_cause(self, ended: subprocess.CompletedProcess[str]) -> None:
        first, second = BILLED_TO_OWNER
        assert (
            f"organization {first}: fails organization {second}: fails usage: GitHub answered 404"
        ) in said(ended)
        assert said(ended).count("if it is octo-corp, its bill includes the account") == 1
        assert "watch the enterprise instead" not in ended.stdout

    def test_are_told_what_an_app_can_have(self, ended: subprocess.CompletedProcess[str]) -> None:
        assert "Required: App with Administration: read." in said(ended)
        assert "classic token" not in ended.stdout

    def test_are_told_of_the_installation(self, ended: subprocess.CompletedProcess[str]) -> None:
        report = said(ended)
        assert f"organization {SUSPENDED}: fails" in report
        assert report.count("the App's installation is suspended") == 1
        assert f"organization {NOT_INSTALLED}: fails" in report
        assert report.count("Install the App on the account.") == 1

    def test_of_another_kind_are_recognised_by_the_installation(
        self, github: Mapping[str, str]
    ) -> None:
        wrong = {
            "GITHUB_BILLING_ORGANIZATIONS": "octo-corp",
            "GITHUB_BILLING_ENTERPRISES": "team-01",
        }
        ended = command("check", env={**github, **wrong})
        assert ended.returncode == 1
        assert "octo-corp is an enterprise: use --enterprise octo-corp" in said(ended)
        assert "team-01 is an organization: use --organization team-01" in said(ended)

    def test_fail_together_with_a_wrong_key(
        self, github: Mapping[str, str], tmp_path: Path
    ) -> None:
        key = tmp_path / "key.pem"
        key.write_text(pem(KEYS[1]))
        ended = command("check", env={**github, "GITHUB_BILLING_APP_PRIVATE_KEY_FILE": str(key)})
        assert ended.returncode == 1
        assert ended.stdout.startswith("13 accounts: 13 fail\n")
        assert ended.stdout.count("answered 401") == 1
        assert len(ended.stdout.splitlines()) < 10

    def test_are_told_of_those_on_the_bill_that_discovery_left_out(
        self, github: Mapping[str, str]
    ) -> None:
        less = {**github, "GITHUB_BILLING_ORGANIZATIONS": ""}
        ended = command("check", "--discover", "--collector", "usage_organizations", env=less)
        assert (
            f"Warning: discovery did not find {SUSPENDED}, {NOT_INSTALLED}, on the bill of "
            "enterprise octo-corp: "
        ) in said(ended)
        assert f"organization {SUSPENDED}" not in ended.stdout

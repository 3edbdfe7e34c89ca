"""The command ``check``: its verdict, causes and hints, as text and as JSON."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import jsonschema
import pytest

from exporter.commands.checking.report import Report
from exporter.demo import demo_accounts
from exporter.demo.callers import SimulatedToken
from tests.support import checked
from tests.support.checked import said
from tests.support.faults.fault import Fault
from tests.support.paths import ROOT
from tests.support.programs import free_port
from tests.support.simulator_server import asking, command, simulated_github
from tests.support.world import enterprise, organization, user

DEMO_ACCOUNTS = (
    *("--organization", "acme", "--organization", "oldtown", "--organization", "sandbox"),
    *("--user", "mona", "--enterprise", "acme-corp"),
)
MIA, OF_ENTERPRISE = "ghp_" + "mia" * 12, "github_pat_" + "mia" * 12


@pytest.fixture(scope="module")
def github() -> Iterator[str]:
    """Serve the demo's accounts, mia's, and an organization behind a proxy's login page."""
    mia = SimulatedToken("mia-hacker", scopes="user, read:org", sees={"mia-hacker", "acme"})
    tokens = {MIA: mia, OF_ENTERPRISE: SimulatedToken("mia-hacker", sees={"mia-hacker"})}
    accounts = [*demo_accounts(), user("mia-hacker"), organization("broken")]
    expires = datetime(2027, 1, 2, 3, 4, tzinfo=UTC)
    with simulated_github(*accounts, expires=expires, tokens=tokens) as (it, url):
        it.faults.add(Fault.html_with_200(account="broken"))
        yield url


class TestTheDemosAccounts:
    @pytest.fixture(scope="class")
    @classmethod
    def ended(cls, github: str) -> subprocess.CompletedProcess[str]:
        return command("check", *DEMO_ACCOUNTS, "--format", "json", env=asking(github))

    @pytest.fixture(scope="class")
    @classmethod
    def report(cls, ended: subprocess.CompletedProcess[str]) -> Report:
        return checked.read(ended.stdout)

    def test_work(self, ended: subprocess.CompletedProcess[str], report: Report) -> None:
        assert report.verdict == "5 accounts: 5 work"
        assert report.success
        assert ended.returncode == 0
        assert "Traceback" not in ended.stderr

    @pytest.mark.parametrize(
        ("account", "collector", "state"),
        [
            ("acme", "usage", "works"),
            ("acme", "legacy_actions", "standby"),
            ("oldtown", "legacy_actions", "works"),
            ("oldtown", "usage", "standby"),
            ("acme-corp", "advanced_security", "works"),
        ],
    )
    def test_have_their_collectors(
        self, report: Report, account: str, collector: str, state: str
    ) -> None:
        assert checked.collector(report, collector, account).state == state

    def test_lack_some_for_a_reason(self, report: Report) -> None:
        plan = checked.collector(report, "plan", "sandbox")
        assert plan.state == "not offered"
        assert plan.cause is not None
        assert "GitHub does not show the account's plan to this credential" in plan.cause.detail
        assert "Set the quota.* settings, or fix the credential. Required: " in plan.cause.hint
        assert "classic token with admin:org, of an owner" in plan.cause.hint

    def test_have_a_credential(self, report: Report) -> None:
        (credential,) = report.credentials
        assert credential.kind == "classic personal access token"
        assert credential.scopes is not None
        assert "manage_billing:enterprise" in credential.scopes
        assert credential.expires == "2027-01-02T03:04:00Z"
        assert credential.limit == 5000

    def test_overlap(self, report: Report) -> None:
        (warning,) = report.warnings
        assert "enterprise acme-corp may own acme, oldtown, sandbox: " in warning
        assert "do not sum across account_type" in warning
        assert "no_collectors" not in warning, "none that lists the same twice is on"

    def test_need_requests_and_series(self, report: Report) -> None:
        rates = [each.requests_per_hour for its in report.accounts for each in its.collectors]
        assert report.credentials[0].requests_per_hour == pytest.approx(sum(rates), abs=1)
        series = sum(each.series for its in report.accounts for each in its.collectors)
        assert report.series is not None
        assert series < report.series < series + 2000

    def test_are_described_by_the_schema(self, ended: subprocess.CompletedProcess[str]) -> None:
        schema = json.loads((ROOT / "docs" / "check.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(ended.stdout), schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**json.loads(ended.stdout), "schema": 2}, schema)


class TestOnePersonsAccount:
    def test_is_a_few_lines(self, github: str) -> None:
        ended = command("check", "--user", "mia-hacker", env=asking(github, MIA))
        assert ended.returncode == 0
        assert ended.stdout.splitlines()[0] == "1 account: works"
        assert len(ended.stdout.splitlines()) < 10
        assert "scopes: user, read:org" in said(ended)
        assert ended.stderr == "Testing every credential and account ...\n"

    def test_has_every_collector_if_asked_for(self, github: str) -> None:
        ended = command("check", "--user", "mia-hacker", "--verbose", env=asking(github, MIA))
        rows = re.findall(r"^  (\w+) +(?:works|standby) +\d+ +[\d.]+$", ended.stdout, re.MULTILINE)
        assert {"usage", "plan", "model_usage", "legacy_actions"} <= {*rows}

    def test_is_explained_once_with_a_wrong_token(self, github: str) -> None:
        ended = command("check", "--user", "mona", env=asking(github, "ghp_wrong"))
        assert ended.returncode == 1
        assert ended.stdout.startswith("1 account: fails\n")
        assert ended.stdout.count("answered 401") == 1
        assert ended.stdout.count("create a new one") == 1
        assert "Required" not in ended.stdout

    def test_is_recognised_under_a_wrong_name_or_kind(self, github: str) -> None:
        wrong = (
            *("--organization", "mia-hacker", "--organization", "acne", "--enterprise", "acme"),
            *("--user", "acme", "--user", "mia-haker", "--user", "mona"),
        )
        ended = command("check", *wrong, env=asking(github, MIA))
        assert ended.returncode == 1
        assert ended.stdout.startswith("6 accounts: 6 fail\n")
        report = said(ended)
        for account, told in {
            "organization mia-hacker": "mia-hacker is a user: use --user mia-hacker.",
            "organization acne": "GitHub has no organization acne: check the spelling",
            "enterprise acme": "acme is an organization: use --organization acme, unless",
            "user acme": "acme is an organization: use --organization acme.",
            "user mia-haker": "GitHub has no user mia-haker: use --user mia-hacker.",
            "user mona": "the token belongs to another user: only mona's own token can read",
        }.items():
            assert f"{account}: fails {told}" in report
        assert "Required" not in report

    def test_cannot_have_what_only_organizations_have(self, github: str) -> None:
        wanted = ("--user", "mia-hacker", "--collector", "budgets")
        ended = command("check", *wanted, env=asking(github, MIA))
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "--collector: this collector does not support user accounts" in ended.stderr


class TestDiscovery:
    def test_that_finds_nothing_fails(self, github: str) -> None:
        ended = command("check", "--discover", env=asking(github, OF_ENTERPRISE))
        assert ended.returncode == 1
        assert ended.stdout.startswith("0 accounts; discovery with credential default: nothing")
        assert "GitHub shows no organizations to a fine-grained token" in said(ended)

    def test_that_excludes_all_fails(self, github: str) -> None:
        excluding = ("--discover", "--discover.exclude", "*", "--user", "mia-hacker")
        ended = command("check", *excluding, env=asking(github, MIA))
        assert ended.returncode == 1
        assert "none of the 1 accounts that the credential sees is included" in said(ended)

    def test_of_what_is_watched_already_finds_something(self, github: str) -> None:
        watched = ("--discover", "--organization", "acme")
        ended = command("check", *watched, env=asking(github, MIA))
        assert "Discovery with credential default: 0 additional accounts." in ended.stdout
        assert "nothing found" not in ended.stdout

    def test_of_an_enterprises_organizations_says_what_is_read_twice(self) -> None:
        owned = organization("acme", enterprise="acme-corp")
        with simulated_github(enterprise(), owned) as (_, url):
            twice = ("--enterprise", "acme-corp", "--discover", "--collector", "usage_repositories")
            ended = command("check", *twice, env=asking(url))
        assert "Warning: enterprise acme-corp owns acme: an enterprise's bill" in said(ended)
        assert "usage_repositories, usage_previous_cycle_repositories: on for both" in said(ended)


class TestGitHub:
    def test_behind_a_login_page_is_told(self, github: str) -> None:
        ended = command("check", "--organization", "broken", env=asking(github))
        assert ended.returncode == 1
        assert "HTML instead of JSON" in said(ended)
        assert "Traceback" not in ended.stderr

    def test_that_cannot_be_reached_is_explained_once(self) -> None:
        nobody = asking(f"http://127.0.0.1:{free_port()}")
        accounts = ("--organization", "acme", "--user", "mona", "--poll.timeout", "1s")
        ended = command("check", *accounts, env=nobody)
        assert ended.returncode == 1
        assert ended.stdout.startswith("2 accounts: 2 fail\n")
        assert ended.stdout.count("unreachable") == 1
        assert "Traceback" not in ended.stderr

    def test_that_fails_for_all_accounts_alike_is_explained_once(self) -> None:
        with simulated_github(organization("acme"), organization("beta")) as (it, url):
            it.faults.add(Fault.html_with_200(match="/settings/billing"))
            accounts = ("--organization", "acme", "--organization", "beta")
            ended = command("check", *accounts, "--no-collector", "copilot_seats", env=asking(url))
        assert ended.stdout.startswith("2 accounts: 2 fail\n")
        assert said(ended).count("HTML instead of JSON") == 1
        assert "all of its accounts fail" in ended.stdout

    def test_that_fails_in_part_is_told_too(self) -> None:
        with simulated_github(organization("acme")) as (it, url):
            it.faults.add(Fault.html_with_200(match="/budgets"))
            ended = command("check", "--organization", "acme", env=asking(url))
        assert ended.returncode == 0
        assert ended.stdout.startswith("1 account: works in part\n")
        assert "budgets, budget_estimates: " in said(ended)

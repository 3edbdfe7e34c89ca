"""No name and no secret is in what ``check`` makes for bug reports, whatever GitHub answers."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from exporter.app import utc_now
from exporter.commands.checking.report import Report
from exporter.recording import tape
from tests.support import checked
from tests.support.faults.fault import Fault
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.planted import CANARY_ID, PLANTS, TOKEN, PlantedGitHub
from tests.support.programs import free_port
from tests.support.simulator_server import asking, command, served, simulated_github
from tests.support.world import enterprise, organization, row, user

OWNER = "canary-corp"
TEAMS = (
    {"repositories": [f"{OWNER}/*"], "team": "canary-team"},
    {"property": "canary-property"},
)


def settings(folder: Path) -> Mapping[str, object]:
    """Return settings with a name wherever a name may be."""
    token = folder / "canary-token"
    token.write_text(TOKEN)
    return {
        "credentials": [{"name": "canary-credential", "token_file": str(token)}],
        "accounts": [
            {"organization": OWNER, "credential": "canary-credential"},
            {"user": "canary-user", "credential": "canary-credential"},
            {"enterprise": "canary-enterprise", "credential": "canary-credential"},
        ],
        "state": {"file": str(folder / "canary-state")},
        "allocation": {"rules": TEAMS},
        "own_budgets": [{"name": "canary-budget", "usd": 1, "account": f"organization/{OWNER}"}],
    }


class Told(NamedTuple):
    ended: subprocess.CompletedProcess[str]
    texts: Mapping[str, str]
    url: str


@pytest.fixture(scope="module", params=list(PLANTS))
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Record a GitHub that names someone in all that it says, and return every text."""
    folder = tmp_path_factory.mktemp("canary")
    file, recording = folder / "config.yaml", folder / "recording"
    file.write_text(yaml.safe_dump(settings(folder)))
    accounts = [organization(OWNER), user("canary-user"), enterprise("canary-enterprise")]
    github = PlantedGitHub(accounts, clock=utc_now, token=TOKEN)
    github.plant = PLANTS[request.param]
    with served(github) as url:
        options = ("--config.file", str(file), "--poll.timeout", "2s", "--verbose", "--anonymous")
        env = {**asking(url), "GITHUB_BILLING_TOKEN": ""}
        ended = command("check", *options, "--record", str(recording), env=env)
    texts = {str(path): path.read_text() for path in recording.rglob("*") if path.is_file()}
    texts |= {"stdout": ended.stdout, "stderr": ended.stderr.replace(str(recording), "")}
    return Told(ended, texts, url)


class TestCanaries:
    @pytest.mark.parametrize("secret", ["canary", str(CANARY_ID), "github.com/"])
    def test_are_nowhere(self, told: Told, secret: str) -> None:
        assert [at for at, text in told.texts.items() if secret in text.lower()] == []

    def test_are_in_no_name_of_a_file(self, told: Told) -> None:
        assert [path for path in told.texts if "canary" in Path(path).name] == []

    def test_nor_is_the_host(self, told: Told) -> None:
        host = told.url.removeprefix("http://")
        assert [at for at, text in told.texts.items() if host in text] == []

    def test_of_repositories_are_only_what_rules_read(self, told: Told) -> None:
        answers = [json.loads(text) for at, text in told.texts.items() if "/answers/" in at]
        listings = [each["body"] for each in answers if each["endpoint"].endswith("/repos")]
        found = {name for body in listings for repository in body or () for name in repository}
        assert found <= {"name", "topics", "custom_properties"}

    def test_do_not_keep_answers_out(self, told: Told) -> None:
        answers = [json.loads(text) for at, text in told.texts.items() if "/answers/" in at]
        assert sum(each.get("status") == 200 for each in answers) > 5
        assert any("usageItems" in (each.get("body") or {}) for each in answers)

    def test_do_not_keep_the_report_out(self, told: Told) -> None:
        assert "credential credential-1" in told.ended.stdout.lower()
        for account in ("organization organization-1", "user user-1", "enterprise enterprise-1"):
            assert f"\n{account}: " in told.ended.stdout
        assert "Traceback" not in told.ended.stderr


class TestAnonymous:
    @pytest.fixture(scope="class")
    @classmethod
    def github(cls) -> Iterator[str]:
        accounts = [organization("acme", hidden={"plan"}), organization("web"), enterprise()]
        with simulated_github(*accounts) as (_, url):
            yield url

    @pytest.fixture(scope="class")
    @classmethod
    def reports(cls, github: str) -> tuple[Report, Report]:
        """Return the report with names, and without."""
        asked = ("check", "--organization", "acme", "--organization", "web", "--format", "json")
        found = (command(*asked, *more, env=asking(github)) for more in ((), ("--anonymous",)))
        with_names, without = (checked.read(ended.stdout) for ended in found)
        return with_names, without

    def test_json_names_no_account(self, reports: tuple[Report, Report]) -> None:
        assert [each.name for each in reports[1].accounts] == ["organization-1", "organization-2"]

    def test_json_keeps_the_rest(self, reports: tuple[Report, Report]) -> None:
        named, anonymous = reports
        for one, other in zip(named.accounts, anonymous.accounts, strict=True):
            assert one.state == other.state
            assert [(each.name, each.state) for each in one.collectors] == [
                (each.name, each.state) for each in other.collectors
            ]
        plan, same = (checked.collector(each, "plan", each.accounts[0].name) for each in reports)
        assert plan.cause == same.cause
        assert plan.cause is not None
        assert "Required: classic token with admin:org, of an owner" in plan.cause.hint

    def test_text_warns_without_names(self, github: str) -> None:
        both = ("--enterprise", "acme-corp", "--organization", "acme", "--anonymous")
        text = checked.said(command("check", *both, env=asking(github)))
        assert "Warning: enterprise enterprise-1 may own organization-1:" in text
        assert "acme" not in text

    def test_hides_hosts_and_proxies(self) -> None:
        proxy = f"http://proxy-of-acme.invalid:{free_port()}"
        env = {
            **asking("https://github.acme.example/api/v3"),
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "",
            "no_proxy": "",
        }
        soon = ("--organization", "acme", "--poll.timeout", "1s", "--anonymous", "--verbose")
        ended = command("check", *soon, env=env)
        assert "no connection to the proxy host-" in checked.said(ended)
        assert "acme" not in ended.stdout

    def test_hides_files_without_github(self, tmp_path: Path) -> None:
        token = tmp_path / "token-of-acme"
        token.write_text(TOKEN)
        offline = ("--organization", "acme", "--github.token-file", str(token), "--offline")
        ended = command("check", *offline, "--anonymous", "--format", "json", env={})
        report = checked.read(ended.stdout)
        assert [each.path for each in report.places if "credential" in each.setting] == ["file-1"]
        assert "acme" not in ended.stdout
        assert str(tmp_path) not in ended.stdout


class TestNamesInUnrecordedAnswers:
    @pytest.fixture(scope="class")
    @classmethod
    def texts(cls, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
        """Record an enterprise whose usage is too long to be recorded."""
        folder = tmp_path_factory.mktemp("long")
        github = FaultyGitHub([enterprise("acme-corp")], clock=utc_now)
        used = {"date": f"{utc_now():%Y-%m-01T00:00:00Z}", "organizationName": "topsecret-org"}
        rows = [{**row(), **used, "quantity": 5.0, "further": " " * 1_000_000}] * 40
        body = json.dumps({"usageItems": rows}).encode()
        assert len(body) > tape.LIMIT
        github.faults.add(Fault(match="/usage/summary"))  # as it is
        github.faults.add(Fault(match="/billing/usage", status=200, body=body))
        asked = ("--enterprise", "acme-corp", "--discover", "--collector", "usage_organizations")
        hides = ("--anonymous", "--record", str(folder))
        with served(github) as url:
            ended = command("check", *asked, *hides, env=asking(url))
        texts = {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}
        return {**texts, "stdout": ended.stdout, "stderr": ended.stderr}

    def test_are_replaced(self, texts: Mapping[str, str]) -> None:
        assert "discovery did not find organization-" in " ".join(texts["stdout"].split())
        assert [at for at, text in texts.items() if "topsecret" in text] == []

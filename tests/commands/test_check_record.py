"""``check --record``: what GitHub answered, as it can be sent with a bug report."""

import json
import math
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from exporter.app import utc_now
from exporter.collectors import ALL
from exporter.demo import SimulatedAccount, demo_accounts
from exporter.recording.answers import Answer
from tests.support import checked, recordings
from tests.support.faults.fault import Fault
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.simulator_server import asking, command, served, simulated_github
from tests.support.world import enterprise, organization, user

OPT_IN = tuple(
    word
    for each in ALL
    if not each.default and not each.turned_on_by and not each.beside and not each.makes
    for word in ("--collector", each.name)
)
DEMO = (
    *("--organization", "acme", "--organization", "oldtown", "--organization", "sandbox"),
    *("--user", "mona", "--enterprise", "acme-corp"),
)


class Recorded(NamedTuple):
    folder: Path
    ended: subprocess.CompletedProcess[str]
    answers: Sequence[Answer]
    github: FaultyGitHub

    def of(self, end: str, **query: str) -> list[Answer]:
        """Return the answers of endpoints that end so, with at least this query."""
        return [
            each
            for each in self.answers
            if each.endpoint.endswith(end) and query.items() <= each.query.items()
        ]


def record(
    folder: Path,
    *arguments: str,
    accounts: Sequence[SimulatedAccount],
    prepare: Callable[[FaultyGitHub], None] = lambda _: None,
    **fields: Any,
) -> Recorded:
    """Record a simulated GitHub whose usage does not grow meanwhile."""
    now = utc_now()
    github = FaultyGitHub(accounts, clock=lambda: now, **fields)
    prepare(github)
    with served(github) as url:
        ended = command("check", *arguments, "--record", str(folder), env=asking(url))
    return Recorded(folder, ended, recordings.answers(folder), github)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("recording")
    return record(folder, *DEMO, *OPT_IN, accounts=demo_accounts())


class TestTheDemosRecording:
    def test_replays(self, demo: Recorded) -> None:
        recordings.check(demo.folder)

    def test_has_an_answer_for_each_request(self, demo: Recorded) -> None:
        assert len(demo.answers) == len(demo.github.requests)
        assert f"Recorded {len(demo.answers)} answers in {demo.folder}." in demo.ended.stderr

    def test_is_for_its_owner_only(self, demo: Recorded) -> None:
        modes = {path.stat().st_mode & 0o777 for path in demo.folder.rglob("*") if path.is_file()}
        assert modes == {0o600}

    def test_names_accounts_the_same_everywhere(self, demo: Recorded) -> None:
        (plain,) = {each.path for each in demo.of("/orgs/{account}") if each.status == 200} - {
            "/orgs/organization-3"
        }
        assert plain == "/orgs/organization-1"
        (summary,) = {
            json.dumps(each.body["organization"])
            for each in demo.of("/usage/summary")
            if each.path.startswith("/organizations/organization-1/") and each.status == 200
        }
        assert summary == '"organization-1"'

    def test_keeps_what_github_prices(self, demo: Recorded) -> None:
        rows = [
            row
            for each in demo.of("/billing/usage")
            for row in (each.body or {}).get("usageItems", ())
        ]
        assert {row["sku"] for row in rows} > {"Actions Linux", "Actions storage"}
        for row in rows:
            gross = row["quantity"] * row["pricePerUnit"]
            assert math.isclose(gross, row["grossAmount"], rel_tol=1e-6, abs_tol=1e-6)
            net = row["grossAmount"] - row["discountAmount"]
            assert math.isclose(net, row["netAmount"], rel_tol=1e-9, abs_tol=1e-9)

    def test_scales_every_amount_by_one_factor(self, demo: Recorded) -> None:
        def totals(body: dict[str, Any]) -> dict[str, float]:
            return {
                row["sku"]: row["grossAmount"] for row in body["usageItems"] if row["grossAmount"]
            }

        real = _asked(demo, "/organizations/acme/settings/billing/usage/summary")
        (answer, *_) = [
            each
            for each in demo.of("/usage/summary", month=str(utc_now().month))
            if each.path.startswith("/organizations/organization-1/") and len(each.query) == 2
        ]
        factors = {round(usd / totals(real)[sku], 6) for sku, usd in totals(answer.body).items()}
        assert len(factors) == 1
        assert not 0.8 < factors.pop() < 1.25

    def test_tells_the_headers_that_matter(self, demo: Recorded) -> None:
        headers = demo.of("/usage/summary")[0].headers
        assert headers["etag"].startswith('"etag-')
        assert headers["x-ratelimit-limit"] == "5000"
        assert "admin:org" in headers["x-oauth-scopes"]
        assert headers["x-github-request-id"].startswith("request-")

    @pytest.mark.parametrize(
        "answer",
        [
            "Which kinds of credentials may read usage? classic personal access token, organ",
            "organization: standby (1), works (2);",
            "for a wrong one? no product: 200 (3), 403 (2), 404 (2), 422 (2); code_security:",
            "Is the discount of storage real? not answered: compare the net of a closed month with",
            "its invoice; usage report and summary agree on it in ",
            "Which endpoints send an ETag? sent by actions, advanced-security,",
            "had the same ETag exactly if they had the same body",
            "and without cost centers? usage/summary: equal with 3 cost centers; usage: equal with",
            "see its own share? organizations beside an enterprise: standby (1), works (2)",
            "undocumented SKUs? git_lfs: Git LFS bandwidth, Git LFS storage;",
            "serve usage? not answered: no host of ghe.com was asked",
            "repeat on every page? consumed-licenses: ",
            "without Copilot? not answered",
            "negative? median 0.",
        ],
    )
    def test_answers_in_words(self, demo: Recorded, answer: str) -> None:
        for text in (demo.ended.stderr, (demo.folder / "README.txt").read_text()):
            assert answer in " ".join(text.split())

    def test_warns_that_the_factor_can_be_computed(self, demo: Recorded) -> None:
        page = " ".join((demo.folder / "README.txt").read_text().split())
        assert "the recording itself can reveal the factor" in page

    def test_leaves_the_report_as_it_is(self, demo: Recorded) -> None:
        assert "organization acme: works" in demo.ended.stdout
        assert "acme" not in (demo.folder / "check.json").read_text()


def _asked(demo: Recorded, path: str) -> dict[str, Any]:
    """Ask the same GitHub again."""
    now = utc_now()
    with served(demo.github) as url:
        found = httpx.get(
            f"{url}{path}",
            params={"year": now.year, "month": now.month},
            headers={"authorization": f"Bearer {demo.github.token}"},
        )
    body: dict[str, Any] = found.json()
    return body


_TO_LOGIN = {"location": "https://acme.example.com/login"}
_RENAMED = {"location": "/organizations/9001/usage"}
_PAGE = {"content-type": "text/html; charset=utf-8"}
_SAML = "Resource of acme protected by organization SAML enforcement."


def _broken(github: FaultyGitHub) -> None:
    unknown = b'{"usageItems": [], "hour": 3, "acme-corp": 1}'
    for fault in (
        Fault(
            match="/copilot/billing",
            account="acme",
            status=502,
            body=b"<html>acme</html>",
            headers=_PAGE,
        ),
        Fault(match="/budgets", cut=40, times=1),
        Fault(match="/advanced-security", status=302, body=b"", headers=_TO_LOGIN),
        Fault.forbidden(_SAML, match="/ai_credit"),
        Fault(match="/usage/summary", account="beta", status=200, body=unknown),
        Fault(match="/orgs/acme", status=301, body=b"", headers=_RENAMED),
    ):
        github.faults.add(fault)


class TestRefusals:
    @pytest.fixture(scope="class")
    @classmethod
    def broken(cls, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
        folder = tmp_path_factory.mktemp("broken") / "new"
        accounts = [organization("acme"), organization("beta", copilot=False)]
        asked = ("--organization", "acme", "--organization", "beta", "--poll.timeout", "2s")
        return record(folder, *asked, accounts=accounts, prepare=_broken)

    def test_replay_too(self, broken: Recorded) -> None:
        recordings.check(broken.folder)
        assert broken.ended.returncode == 1

    def test_of_a_page_have_only_its_type_and_length(self, broken: Recorded) -> None:
        page = broken.of("/copilot/billing")[0]
        assert page.status == 502
        assert page.headers["content-type"] == "text/html"
        assert (page.is_json, page.body, page.length) == (False, None, 17)

    def test_that_were_cut_name_the_error(self, broken: Recorded) -> None:
        (cut,) = [each for each in broken.of("/budgets") if each.failure]
        assert cut.failure == "RemoteProtocolError"

    def test_keep_the_words_of_github(self, broken: Recorded) -> None:
        messages = {each.body["message"] for each in broken.of("/ai_credit/usage")}
        assert messages == {"Resource of … protected by organization SAML enforcement."}

    def test_answer_for_accounts_without_copilot(self, broken: Recorded) -> None:
        text = " ".join(broken.ended.stderr.split())
        assert "without Copilot? ai_credit/usage: 403 (1)" in text

    def test_to_another_host_do_not_name_it(self, broken: Recorded) -> None:
        moved = {each.headers["location"] for each in broken.of("/advanced-security")}
        assert moved == {"https://elsewhere-1.invalid/"}

    def test_within_the_host_are_followed(self, broken: Recorded) -> None:
        asked = [each for each in broken.of("/orgs/{account}") if each.status == 404]
        assert {each.path for each in asked} == {"/path-1"}

    def test_list_unknown_fields_but_no_names(self, broken: Recorded) -> None:
        unknown = [each.unknown for each in broken.of("/usage/summary") if each.unknown]
        assert {tuple(each) for each in unknown} == {("hour", "…")}
        endpoint = "/organizations/{account}/settings/billing/usage/summary"
        assert f"Unknown field, left out: {endpoint}: hour" in broken.ended.stderr


class TestOtherHosts:
    def test_of_an_enterprise_server_replay(self, tmp_path: Path) -> None:
        github = FaultyGitHub(
            [organization("acme", ghas="bundled")], clock=utc_now, enterprise_server=True
        )
        with served(github) as url:
            env = asking(f"{url}/api/v3")
            ended = command("check", "--organization", "acme", "--record", str(tmp_path), env=env)
        assert {each.host for each in recordings.answers(tmp_path)} == {"Enterprise Server"}
        assert checked.account(recordings.report(tmp_path), "organization-1").state == "works"
        assert ended.returncode == 0
        recordings.check(tmp_path)

    def test_that_cannot_be_reached_replay(self, tmp_path: Path) -> None:
        with simulated_github() as (_, url):
            pass
        ended = command(
            "check",
            "--organization",
            "acme",
            "--poll.timeout",
            "1s",
            "--record",
            str(tmp_path),
            env=asking(url),
        )
        assert ended.returncode == 1
        assert {each.failure for each in recordings.answers(tmp_path)} == {"ConnectError"}


class TestTheFolder:
    @pytest.fixture(scope="class")
    @classmethod
    def env(cls) -> Iterator[dict[str, str]]:
        with simulated_github(organization("acme"), enterprise(), user()) as (_, url):
            yield asking(url)

    def test_must_be_empty(self, tmp_path: Path, env: dict[str, str]) -> None:
        (tmp_path / "mine").touch()
        ended = command("check", "--organization", "acme", "--record", str(tmp_path), env=env)
        assert ended.returncode == 2
        assert f"--record: the folder {tmp_path} is not empty" in ended.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["mine"]

    def test_must_be_in_a_folder(self, tmp_path: Path, env: dict[str, str]) -> None:
        folder = tmp_path / "missing" / "new"
        ended = command("check", "--organization", "acme", "--record", str(folder), env=env)
        assert ended.returncode == 3
        assert f"--record: cannot write {folder}: No such file or directory" in ended.stderr

    def test_needs_github(self, tmp_path: Path, env: dict[str, str]) -> None:
        offline = ("--organization", "acme", "--offline", "--record", str(tmp_path / "new"))
        ended = command("check", *offline, env=env)
        assert ended.returncode == 2
        assert "--record needs GitHub: remove --offline" in ended.stderr
        assert not (tmp_path / "new").exists()

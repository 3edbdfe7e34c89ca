"""The license report as a process, with the simulated GitHub on loopback."""

import csv
import io
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from exporter.demo import DEMO_TOKEN, SimulatedAccount
from tests.support.faults.fault import Fault
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.paths import ROOT
from tests.support.programs import HANG_SECONDS, fetch
from tests.support.world import enterprise, organization

NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
CANARIES = ["canary-ada", "canary-grace", "canary-linus"]
HEADINGS = [
    "User login",
    "Organization / repository",
    "Last pushed date",
    "Last pushed email",
    "Product",
    "Host",
]
NO_REPOSITORIES = ["api", "acme/", "/api", "acme/api/x", "https://github.com/acme/api", "a b/c", ""]
PREVIOUS = "the report of last month\n"


@dataclass
class Desk:
    """A simulated GitHub, and the command that reads from it."""

    github: FaultyGitHub
    url: str

    def licenses(
        self, *arguments: str, stdout: int = subprocess.PIPE
    ) -> subprocess.CompletedProcess[str]:
        """Run the command with debug logging."""
        return subprocess.run(
            [sys.executable, "-m", "exporter", "licenses", "--log.level", "debug", *arguments],
            cwd=ROOT,
            env={"GITHUB_BILLING_TOKEN": DEMO_TOKEN, "GITHUB_BILLING_API_URL": self.url},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )


@contextmanager
def desk(*accounts: SimulatedAccount) -> Iterator[Desk]:
    github = FaultyGitHub(accounts, clock=lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(github, lifespan="off", ws="none", log_config=None))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield Desk(github, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()


def large() -> SimulatedAccount:
    """Return an organization whose repositories take three pages."""
    names = [f"r{number:03}" for number in range(250)]
    return organization(ghas="bundled", repositories=names, committers=CANARIES)


def rows_of(report: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(report)))


def truth(at: Desk, account: str, product: str = "") -> set[tuple[str, str, str, str]]:
    """Read the committers from the simulated GitHub, without the exporter."""
    found = set()
    query = {"advanced_security_product": product} if product else {}
    headers = {"authorization": f"Bearer {DEMO_TOKEN}"}
    for page in range(1, 5):
        answer = fetch(
            f"{at.url}/{account}/settings/billing/advanced-security",
            params={**query, "per_page": "100", "page": str(page)},
            headers=headers,
        )
        assert answer.status_code == 200
        for repository in answer.json()["repositories"]:
            for each in repository["advanced_security_committers_breakdown"]:
                found.add(
                    (
                        each["user_login"],
                        repository["name"],
                        each["last_pushed_date"],
                        each["last_pushed_email"],
                    )
                )
    return found


class TestReport:
    def test_holds_each_person_and_repository_of_all_pages_as_csv(self) -> None:
        with desk(large()) as at:
            done = at.licenses("--organization", "acme")
            said = truth(at, "orgs/acme")
        assert done.returncode == 0, done.stderr
        headings, *rows = rows_of(done.stdout)
        assert headings == HEADINGS
        assert {(r[0], r[1], r[2], r[3]) for r in rows} == said
        assert len(rows) == len(said) > 250
        assert {(r[4], r[5]) for r in rows} == {("advanced_security", "127.0.0.1")}
        assert rows == sorted(rows)

    def test_tells_progress_and_no_login_on_stderr(self) -> None:
        with desk(large()) as at:
            done = at.licenses("--organization", "acme")
        assert done.stderr.splitlines() == [
            f"organization acme, advanced_security: page {page} of 3 …" for page in (1, 2, 3)
        ]
        for canary in CANARIES:
            assert canary in done.stdout

    def test_json_splits_organization_and_repository(self) -> None:
        account = organization(ghas="split", repositories=["api"], committers=CANARIES)
        with desk(account) as at:
            done = at.licenses("--organization", "acme", "--format", "json")
            said = {
                (product, *each)
                for product in ("code_security", "secret_protection")
                for each in truth(at, "orgs/acme", product)
            }
        objects = json.loads(done.stdout)
        assert len(objects) == len(said) > 0
        assert said == {
            (
                each["product"],
                each["user_login"],
                f"{each['organization']}/{each['repository']}",
                each["last_pushed_date"],
                each["last_pushed_email"],
            )
            for each in objects
        }
        assert {each["repository"] for each in objects} == {"api"}

    def test_one_product_is_reported_alone(self) -> None:
        account = organization(ghas="split", committers=CANARIES)
        with desk(account) as at:
            done = at.licenses("--organization", "acme", "--product", "secret_protection")
            said = truth(at, "orgs/acme", "secret_protection")
        assert {(r[0], r[1], r[2], r[3]) for r in rows_of(done.stdout)[1:]} == said
        assert {r[4] for r in rows_of(done.stdout)[1:]} == {"secret_protection"}

    def test_repositories_that_are_named_are_reported_alone_whatever_their_case(self) -> None:
        account = organization(ghas="split", repositories=["api", "web", "x"], committers=CANARIES)
        with desk(account) as at:
            named = ("--repository", "acme/api", "--repository", "Acme/WEB")
            done = at.licenses("--organization", "acme", *named)
            said = {
                (product, *each)
                for product in ("code_security", "secret_protection")
                for each in truth(at, "orgs/acme", product)
            }
        rows = rows_of(done.stdout)[1:]
        assert {(r[4], r[0], r[1], r[2], r[3]) for r in rows} == {
            each for each in said if each[2] in {"acme/api", "acme/web"}
        }
        assert {row[1] for row in rows} == {"acme/api", "acme/web"}
        assert done.returncode == 0
        assert all(": page " in line for line in done.stderr.splitlines())

    def test_a_named_repository_that_github_says_nothing_of_is_told(self) -> None:
        with desk(large()) as at:
            named = ("--repository", "acme/r007", "--repository", "acme/R7")
            done = at.licenses("--organization", "acme", *named)
        assert {row[1] for row in rows_of(done.stdout)[1:]} == {"acme/r007"}
        assert [line for line in done.stderr.splitlines() if ": page " not in line] == [
            "acme/R7: GitHub reports no licenses for this repository: check the name"
        ]
        assert done.returncode == 0

    def test_an_organization_that_owns_no_named_repository_is_not_asked(self) -> None:
        with desk(
            organization("other"),
            large(),
            enterprise(ghas="bundled", repositories=["lab/x1"], committers=CANARIES),
        ) as at:
            everyone = ("--organization", "other", "--organization", "acme")
            named = ("--repository", "acme/r007", "--repository", "lab/x1")
            done = at.licenses(*everyone, "--enterprise", "acme-corp", *named)
            assert not [each for each in at.github.requests if "/other/" in each.path]
        assert done.returncode == 0, done.stderr
        assert {row[1] for row in rows_of(done.stdout)[1:]} == {"acme/r007", "lab/x1"}

    def test_table_has_a_line_for_each_person(self) -> None:
        names = [f"corp/r{number}" for number in range(9)] + ["lab/x1", "lab/x2"]
        account = enterprise(ghas="bundled", repositories=names, committers=CANARIES)
        with desk(account) as at:
            done = at.licenses("--enterprise", "acme-corp", "--format", "table")
            said = truth(at, "enterprises/acme-corp")
        heading, *lines = done.stdout.splitlines()
        assert heading.split() == [
            *("LOGIN", "E-MAIL", "LAST", "PUSH", "PRODUCT", "ORGANIZATIONS", "REPOSITORIES")
        ]
        assert [line.split()[0] for line in lines] == CANARIES
        for line, login in zip(lines, CANARIES, strict=True):
            mine = [each for each in said if each[0] == login]
            assert max(each[2] for each in mine) in line
            assert f"{login}@example.com" in line
            assert line.endswith(f" and {len(mine) - 3} more")
            assert "corp, lab" in line

    def test_is_a_table_on_a_terminal(self) -> None:
        terminal, end = os.openpty()
        try:
            with desk(organization(ghas="bundled", committers=CANARIES)) as at:
                done = at.licenses("--organization", "acme", stdout=end)
            shown = os.read(terminal, 65536).decode()
        finally:
            os.close(terminal)
            os.close(end)
        assert done.returncode == 0, done.stderr
        assert shown.startswith("LOGIN ")

    def test_what_an_enterprise_and_its_organization_both_tell_is_in_it_once(self) -> None:
        with desk(
            organization(ghas="bundled", enterprise="acme-corp", committers=CANARIES),
            enterprise(ghas="bundled", repositories=["lab/x1"], committers=CANARIES),
        ) as at:
            done = at.licenses("--organization", "acme", "--enterprise", "acme-corp")
            said = truth(at, "enterprises/acme-corp")
            assert truth(at, "orgs/acme") < said
        rows = rows_of(done.stdout)[1:]
        assert len(rows) == len(said)

    def test_goes_into_a_file_that_its_owner_alone_can_read(self, tmp_path: Path) -> None:
        file = tmp_path / "report.csv"
        file.write_text(PREVIOUS)
        with desk(large()) as at:
            done = at.licenses("--organization", "acme", "--output", str(file))
        assert (done.returncode, done.stdout) == (0, "")
        assert rows_of(file.read_text())[0] == HEADINGS
        assert file.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]
        for canary in CANARIES:
            assert canary not in done.stderr


class TestFailure:
    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (Fault.html_with_200(match="advanced-security"), "invalid_payload"),
            (Fault.forbidden("Must be an owner.", match="advanced-security"), "forbidden"),
        ],
    )
    def test_a_broken_page_in_the_middle_leaves_the_previous_file(
        self, fault: Fault, reason: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "report.csv"
        file.write_text(PREVIOUS)
        with desk(large()) as at:
            at.github.faults.add(Fault(match="advanced-security", times=2))
            at.github.faults.add(fault)
            done = at.licenses("--organization", "acme", "--output", str(file))
        assert done.returncode == 1
        *progress, failure = done.stderr.splitlines()
        assert len(progress) == 1
        assert failure.startswith(f"github-billing-exporter: organization acme: {reason}: ")
        assert file.read_text() == PREVIOUS
        assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]
        for canary in CANARIES:
            assert canary not in done.stderr

    def test_a_broken_page_in_the_middle_leaves_stdout_empty(self) -> None:
        with desk(large()) as at:
            at.github.faults.add(Fault(match="advanced-security", times=3))
            at.github.faults.add(Fault.not_found(match="advanced-security"))
            done = at.licenses("--organization", "acme")
        assert (done.returncode, done.stdout) == (1, "")
        assert "page 2 of 3 …" in done.stderr

    def test_a_product_that_is_not_there_is_told_with_those_that_are(self) -> None:
        with desk(organization(ghas="bundled", committers=CANARIES)) as at:
            done = at.licenses("--organization", "acme", "--product", "code_security")
        assert (done.returncode, done.stdout) == (1, "")
        assert "has no code_security, only advanced_security" in done.stderr

    def test_without_advanced_security_the_hint_names_the_permission(self) -> None:
        with desk(organization()) as at:
            done = at.licenses("--organization", "acme")
        assert (done.returncode, done.stdout) == (1, "")
        assert "organization acme: forbidden" in done.stderr
        assert "admin:org" in done.stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["--organization", "acme", "--format", "xml"],
            ["--organization", "acme", "--product", "copilot"],
            ["--organization", "acme", "--github.api-url", "nowhere"],
            ["--organization", "acme", "--repository", "other/api"],
            *(["--organization", "acme", "--repository", name] for name in NO_REPOSITORIES),
        ],
    )
    def test_wrong_settings_are_told_before_anything_is_asked(
        self, arguments: Sequence[str]
    ) -> None:
        with desk(large()) as at:
            done = at.licenses(*arguments)
            assert not at.github.requests
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("github-billing-exporter: ")

    def test_a_user_alone_is_wrong_settings(self, tmp_path: Path) -> None:
        config = tmp_path / "config.yml"
        config.write_text("users: [mona]\n")
        with desk() as at:
            done = at.licenses("--config.file", str(config))
        assert (done.returncode, done.stdout) == (2, "")
        assert "--organization" in done.stderr

    def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(
        self, tmp_path: Path
    ) -> None:
        with desk(large()) as at:
            done = at.licenses(
                "--organization", "acme", "--output", str(tmp_path / "absent" / "report.csv")
            )
            assert not at.github.requests
        assert done.returncode == 3
        assert "--output" in done.stderr

"""The bill by workflow as a process, from an export that the simulated GitHub makes."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from subprocess import CompletedProcess

import pytest

from exporter.app import utc_now
from exporter.demo import DEMO_TOKEN, SimulatedAccount, demo_accounts
from exporter.demo.exports import SimulatedExports
from tests.support.simulator_server import asking, command, simulated_github

ENTERPRISE = {"GITHUB_BILLING_ENTERPRISES": "acme-corp"}


@dataclass
class Desk:
    """An enterprise whose exports are ready at once, in two parts."""

    url: str
    account: SimulatedAccount

    @property
    def exports(self) -> SimulatedExports:
        return self.account.exports

    def bill(self, *arguments: str, **watched: str) -> CompletedProcess[str]:
        return command("bill", *arguments, env={**asking(self.url), **(watched or ENTERPRISE)})

    def rows(self, *arguments: str) -> list[dict[str, str]]:
        run = self.bill("--format", "csv", *arguments)
        assert run.returncode == 0, run.stderr
        return list(csv.DictReader(io.StringIO(run.stdout)))


@pytest.fixture
def desk() -> Iterator[Desk]:
    accounts = demo_accounts()
    (corp,) = (each for each in accounts if each.name == "acme-corp")
    corp.exports.processing = timedelta(0)
    corp.exports.parts = 2
    with simulated_github(*accounts) as (_, url):
        yield Desk(url, corp)


@pytest.fixture
def month() -> str:
    return f"{utc_now().replace(day=1) - timedelta(days=1):%Y-%m}"


def total(rows: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(row["net_usd"]) for row in rows), Decimal())


class TestAMonth:
    def test_by_workflow_is_the_bill(self, desk: Desk, month: str) -> None:
        workflows = desk.rows("--month", month, "--by", "workflow")
        whole = desk.rows("--month", month)
        assert abs(total(workflows) - total(whole)) < Decimal("0.01")
        paths = {row["workflow"].split("/")[0] for row in workflows}
        assert paths == {"", ".github", "dynamic", "required"}
        (export,) = desk.exports.made
        assert (f"{export.start:%Y-%m-%d}", export.start.month) == (
            f"{month}-01",
            export.end.month,
        )
        assert (export.end + timedelta(days=1)).day == 1

    def test_may_be_by_all_that_the_report_has(self, desk: Desk, month: str) -> None:
        by = ("day", "cost_center", "product", "sku", "workflow")
        rows = desk.rows("--month", month, *(part for name in by for part in ("--by", name)))
        first = next(row for row in rows if row["workflow"].startswith(".github"))
        assert first["day"].startswith(month)
        assert first["organization"].startswith("acme-")
        assert (first["product"], first["sku"][:8]) == ("actions", "actions_")
        assert {row["cost_center"] for row in rows} >= {"none"}
        assert abs(total(rows) - total(desk.rows("--month", month))) < Decimal("0.01")

    def test_says_how_far_it_is_from_the_summary(self, desk: Desk, month: str) -> None:
        run = desk.bill("--month", month, "--by", "workflow")
        assert run.returncode == 0, run.stderr
        assert f"enterprise acme-corp, {month}: the net is that of the usage summary" in run.stdout

    def test_is_made_once_a_day(self, desk: Desk, month: str) -> None:
        for _ in range(2):
            desk.rows("--month", month, "--by", "workflow")
        assert len(desk.exports.made) == 1

    def test_names_no_person(self, desk: Desk, month: str) -> None:
        run = desk.bill("--month", month, "--by", "workflow", "--format", "json")
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        assert rows
        assert all("username" not in row for row in rows)
        assert "monalisa" not in run.stdout + run.stderr


class TestAnExportThatFails:
    def test_is_one_line_without_githubs_words(self, desk: Desk, month: str) -> None:
        desk.exports.error = f"monalisa said {DEMO_TOKEN}"
        run = desk.bill("--month", month, "--by", "workflow")
        assert run.returncode == 1
        assert "enterprise acme-corp: rejected: GitHub failed to make the export" in run.stderr
        assert run.stderr.count("\n") == 1
        assert "monalisa" not in run.stderr

    def test_behind_another_one_is_one_line(self, desk: Desk) -> None:
        now = utc_now()
        desk.exports.processing = timedelta(hours=1)
        desk.exports.make(
            "acme-corp", "summarized", now.date(), now.date(), now=now, actor="monalisa"
        )
        run = desk.bill("--by", "workflow")
        assert run.returncode == 1
        assert "another export of the enterprise is running" in run.stderr
        assert run.stderr.count("\n") == 1

    def test_with_urls_that_have_expired_is_one_line(self, desk: Desk, month: str) -> None:
        desk.exports.urls_last = timedelta(0)
        run = desk.bill("--month", month, "--by", "workflow")
        assert run.returncode == 1
        assert "the host refuses the URL of the download" in run.stderr
        assert "sig=" not in run.stderr
        assert run.stderr.count("\n") == 1


class TestOtherAccounts:
    @pytest.mark.parametrize(
        "watched",
        [
            {"GITHUB_BILLING_ORGANIZATIONS": "acme"},
            {"GITHUB_BILLING_USERS": "mona"},
            {"GITHUB_BILLING_ORGANIZATIONS": "acme", **ENTERPRISE},
        ],
    )
    def test_get_the_file_by_mail(self, desk: Desk, watched: dict[str, str]) -> None:
        run = desk.bill("--by", "workflow", **watched)
        assert (run.returncode, run.stdout) == (2, "")
        assert "GitHub mails its detailed usage report, which --file reads" in run.stderr
        assert run.stderr.count("\n") == 1
        assert desk.exports.made == []

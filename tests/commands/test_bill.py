"""The bill of any month as a process, with the simulated GitHub on loopback."""

import csv
import gzip
import io
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from exporter.app import utc_now
from exporter.demo import DEMO_TOKEN, demo_accounts
from exporter.ledger.totals import IN_MEMORY
from tests.support.faults.fault import Fault
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.programs import HANG_SECONDS, fetch, installed_command
from tests.support.simulator_server import asking, command, simulated_github
from tests.support.world import organization

MONEY = ("gross_usd", "discount_usd", "net_usd")
WATCHED = {
    "GITHUB_BILLING_ORGANIZATIONS": "acme",
    "GITHUB_BILLING_ENTERPRISES": "acme-corp",
    "GITHUB_BILLING_USERS": "mona",
}
ROOTS = {"organization": "organizations", "enterprise": "enterprises", "user": "users"}


def last_month() -> datetime:
    return (utc_now().replace(day=1) - timedelta(days=1)).replace(day=1)


@dataclass
class Desk:
    """A simulated GitHub, and the command that reads from it."""

    github: FaultyGitHub
    url: str
    watched: Mapping[str, str] = field(default_factory=lambda: WATCHED)

    def bill(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return command("bill", *arguments, env={**asking(self.url), **self.watched})

    def rows(self, *arguments: str) -> list[dict[str, str]]:
        """Return the rows of the CSV."""
        run = self.bill("--format", "csv", *arguments)
        assert run.returncode == 0, run.stderr
        return list(csv.DictReader(io.StringIO(run.stdout)))

    def summary(self, kind: str, name: str, month: datetime) -> list[dict[str, Decimal | str]]:
        """Return the rows that GitHub answers."""
        url = f"{self.url}/{ROOTS[kind]}/{name}/settings/billing/usage/summary"
        query = httpx.QueryParams(year=month.year, month=month.month)
        answer = fetch(f"{url}?{query}", headers={"authorization": f"Bearer {DEMO_TOKEN}"})
        found: list[dict[str, Decimal | str]]
        found = json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)["usageItems"]
        return found


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with simulated_github(*demo_accounts()) as (github, url):
        yield Desk(github, url)


@pytest.fixture
def month() -> str:
    return f"{last_month():%Y-%m}"


def total(rows: list[dict[str, str]], column: str = "net_usd") -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal())


class TestAMonth:
    @pytest.mark.parametrize(
        ("kind", "name"), [("organization", "acme"), ("enterprise", "acme-corp"), ("user", "mona")]
    )
    def test_has_githubs_numbers_to_the_last_digit(
        self, desk: Desk, month: str, kind: str, name: str
    ) -> None:
        rows = desk.rows("--month", month, "--account", f"{kind}/{name}")
        asked = desk.summary(kind, name, last_month())
        assert {
            (row["sku"], Decimal(row["quantity"]), *(Decimal(row[each]) for each in MONEY))
            for row in rows
        } == {
            (
                row["sku"].replace("copilot_ai_unit", "copilot_ai_credits"),  # type: ignore[union-attr]
                row["grossQuantity"],
                row["grossAmount"],
                row["discountAmount"],
                row["netAmount"],
            )
            for row in asked
        }
        assert {(row["account_type"], row["account"]) for row in rows} == {(kind, name)}

    def test_is_the_current_one_by_default_as_a_table_with_a_sum_per_account(
        self, desk: Desk
    ) -> None:
        run = desk.bill()
        assert run.returncode == 0, run.stderr
        for heading in ("organization acme\n", "user mona\n", "enterprise acme-corp\n"):
            assert heading in run.stdout
        assert sum(line.startswith("sum ") for line in run.stdout.splitlines()) == 3
        assert "actions_linux " in run.stdout
        assert "E-" not in run.stdout

    @pytest.mark.parametrize("by", ["repository", "day", "cost_center", "model", "organization"])
    def test_has_the_same_net_by_any_dimension(self, desk: Desk, month: str, by: str) -> None:
        arguments = ("--month", month, "--account", "acme-corp")
        parts, whole = desk.rows(*arguments, "--by", by), desk.rows(*arguments)
        assert len({row[by] for row in parts}) > 1
        for column in MONEY:
            assert abs(total(parts, column) - total(whole, column)) < Decimal("1e-6")

    def test_names_the_columns_in_the_order_asked(self, desk: Desk, month: str) -> None:
        by = ("--by", "day", "--by", "sku", "--by", "repository")
        (row, *_) = desk.rows("--month", month, "--account", "acme", *by)
        assert ",".join(row) == (
            "account_type,account,day,sku,organization,repository,"
            "unit,quantity,price_usd,gross_usd,discount_usd,net_usd"
        )
        assert row["day"] == f"{month}-01"
        assert row["organization"] == "acme"

    def test_names_cost_centers_and_usage_outside_them(self, desk: Desk, month: str) -> None:
        rows = desk.rows("--month", month, "--account", "acme-corp", "--by", "cost_center")
        assert {row["cost_center"] for row in rows} >= {"Platform", "none"}
        assert {row["quantity"] for row in rows} == {""}  # minutes and gigabytes have no sum

    def test_by_model_replaces_the_sku_of_ai_credits(self, desk: Desk, month: str) -> None:
        arguments = ("--month", month, "--account", "acme", "--by", "sku", "--by", "model")
        models = [row for row in desk.rows(*arguments) if row["sku"] == "copilot_ai_credits"]
        assert len(models) > 1
        assert all(row["model"] for row in models)

    def test_may_be_json_lines(self, desk: Desk, month: str) -> None:
        arguments = ("--month", month, "--account", "acme")
        run = desk.bill(*arguments, "--format", "json")
        found = [json.loads(line, parse_float=str) for line in run.stdout.splitlines()]
        assert [{key: str(value) for key, value in row.items()} for row in found] == desk.rows(
            *arguments
        )
        assert "e-" not in run.stdout.lower()


class TestMonths:
    def test_are_summed_or_kept_apart(self, desk: Desk) -> None:
        first = f"{last_month() - timedelta(days=40):%Y-%m}"
        months = ("--from", first, "--to", f"{last_month():%Y-%m}", "--account", "acme")
        whole, apart = desk.rows(*months), desk.rows(*months, "--by", "month")
        assert len({row["sku"] for row in whole}) == len(whole)
        assert apart[0]["month"] == first
        assert abs(total(whole) - total(apart)) < Decimal("1e-6")


class TestManyRows:
    """A result that is sorted on disk, and a report that GitHub only answers day by day."""

    @pytest.mark.parametrize("day_reports_only", [False, True])
    def test_have_the_sums_of_the_summary(self, month: str, *, day_reports_only: bool) -> None:
        account = organization(
            "large",
            repositories=tuple(f"service-{number}" for number in range(1_000)),
            report_rows=60_000,
            day_reports_only=day_reports_only,
        )
        with simulated_github(account) as (github, url):
            desk = Desk(github, url, {"GITHUB_BILLING_ORGANIZATIONS": "large"})
            whole = desk.rows("--month", month)
            by = ("--by", "repository", "--by", "sku", "--by", "day")
            parts = desk.rows("--month", month, *by)
        assert len(parts) > IN_MEMORY
        keys = [(row["repository"], row["sku"], row["day"]) for row in parts]
        assert keys == sorted(set(keys))
        for column in MONEY:
            assert abs(total(parts, column) - total(whole, column)) < Decimal("1e-6")


class TestChecks:
    def test_of_a_closed_month_follow_the_table(self, desk: Desk, month: str) -> None:
        run = desk.bill("--month", month, "--account", "acme-corp")
        assert run.returncode == 0
        for check in ("report", "year", "price", "discount", "cost_centers", "organizations"):
            assert f"enterprise acme-corp, {month}: {check}: agrees" in run.stdout
        assert "An invoice also includes" in run.stdout

    def test_are_beside_a_file(self, desk: Desk, month: str) -> None:
        run = desk.bill("--month", month, "--account", "acme", "--format", "csv")
        assert "agrees" not in run.stdout
        assert f"organization acme, {month}: report: agrees" in run.stderr

    def test_compare_the_amount_of_an_invoice(self, desk: Desk, month: str) -> None:
        arguments = ("--month", month, "--account", "acme")
        net = total(desk.rows(*arguments))
        same = desk.bill(*arguments, "--amount", f"{net:.2f}")
        assert (same.returncode, "invoice: agrees" in same.stdout) == (0, True)
        other = desk.bill(*arguments, "--amount", f"{net + 5:.2f}")
        assert other.returncode == 1
        assert "invoice: differs by 5.00 USD" in other.stdout
        assert "(the invoice is higher)" in other.stdout

    def test_are_not_made_of_the_current_month(self, desk: Desk) -> None:
        run = desk.bill("--month", f"{utc_now():%Y-%m}", "--account", "acme")
        assert run.returncode == 0
        assert "agrees" not in run.stdout


class TestAFailure:
    @pytest.fixture
    def failing(self, desk: Desk) -> Iterator[Desk]:
        desk.github.faults.add(Fault(match="/users/mona/", status=403))
        yield desk
        desk.github.faults.clear()

    def test_of_an_account_leaves_no_file(self, failing: Desk, month: str, tmp_path: Path) -> None:
        output = tmp_path / "bill.csv"
        output.write_text("before")
        run = failing.bill("--month", month, "--format", "csv", "--output", str(output))
        assert run.returncode == 1
        assert "user mona: forbidden" in run.stderr
        assert output.read_text() == "before"
        assert list(tmp_path.iterdir()) == [output]

    def test_of_an_account_leaves_no_table_in_a_file(self, failing: Desk, tmp_path: Path) -> None:
        run = failing.bill("--output", str(tmp_path / "bill.txt"))
        assert run.returncode == 1
        assert list(tmp_path.iterdir()) == []

    def test_of_a_discovery_leaves_no_file(self, desk: Desk, tmp_path: Path) -> None:
        desk.github.faults.add(Fault(match="/user/orgs", status=500))
        try:
            run = desk.bill("--discover", "--format", "csv", "--output", str(tmp_path / "a.csv"))
        finally:
            desk.github.faults.clear()
        assert (run.returncode, run.stdout) == (1, "")
        assert "discovery failed: unreachable" in run.stderr
        assert list(tmp_path.iterdir()) == []

    def test_of_an_account_leaves_the_tables_of_the_others(self, failing: Desk) -> None:
        run = failing.bill()
        assert run.returncode == 1
        assert "organization acme\n" in run.stdout
        assert "user mona\n" not in run.stdout
        assert DEMO_TOKEN not in run.stdout + run.stderr


class TestAFile:
    def test_is_csv_and_compressed_by_its_name(
        self, desk: Desk, month: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "bill.csv.gz"
        run = desk.bill("--month", "last", "--account", "acme", "--output", str(path))
        assert (run.returncode, run.stdout) == (0, "")
        printed = desk.bill("--month", month, "--account", "acme", "--format", "csv").stdout
        assert gzip.decompress(path.read_bytes()).decode() == printed

    def test_may_be_standard_output(self, desk: Desk, month: str) -> None:
        arguments = ("--month", month, "--account", "acme", "--format", "csv")
        assert desk.bill(*arguments, "--output", "-").stdout == desk.bill(*arguments).stdout

    def test_may_have_no_room(self, desk: Desk) -> None:
        with Path("/dev/full").open("w") as full:
            run = subprocess.run(
                [installed_command(), "bill", "--format", "csv"],
                env={**os.environ, **asking(desk.url), **WATCHED},
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=HANG_SECONDS,
                check=False,
            )
        assert run.returncode == 3
        assert run.stderr == ("github-billing-exporter: standard output: No space left on device\n")

    def test_that_cannot_be_written_is_known_before_github_is_asked(self, desk: Desk) -> None:
        run = desk.bill("--output", "/nowhere/bill.csv")
        assert (run.returncode, run.stdout) == (3, "")
        assert run.stderr.count("\n") == 1


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--month", "2026-13"], "--month must be a month, such as 2026-10"),
            (["--month", "2019-01"], "--month is older than 24 months"),
            (["--month", "2999-01"], "--month is in the future"),
            (["--month", "9999-12"], "--month is beyond the calendar"),
            (["--account", "a\udcff"], "--account must be [TYPE/]NAME"),
            (["--month", "2026-01", "--from", "2026-01"], "--month cannot be combined"),
            (["--to", "2026-01"], "--to needs --from"),
            (["--by", "workflow"], "GitHub makes a report with workflows for enterprises only"),
            (["--by", "model", "--by", "day"], "--by model cannot be combined"),
            (["--by", "cost_center", "--account", "acme"], "only enterprises have cost centers"),
            (["--account", "nobody"], "--account must be one of the watched accounts"),
            (["--amount", "1"], "--amount needs --month with a month that is over"),
        ],
    )
    def test_is_one_line(self, desk: Desk, arguments: list[str], message: str) -> None:
        run = desk.bill(*arguments)
        assert (run.returncode, run.stdout) == (2, "")
        assert message in run.stderr
        assert run.stderr.count("\n") == 1

    def test_of_an_amount(self, desk: Desk, month: str) -> None:
        for arguments, message in (
            (("--amount", "1e3", "--account", "acme"), "--amount must be US dollars"),
            (("--amount", "1"), "--amount needs one account"),
        ):
            run = desk.bill("--month", month, *arguments)
            assert (run.returncode, run.stdout) == (2, "")
            assert message in run.stderr

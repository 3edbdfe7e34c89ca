"""The bill of GitHub's own CSV files as a process: nobody is asked."""

import subprocess
from pathlib import Path

import pytest

from tests.support.simulator_server import command


class TestGithubsOwnFile:
    HEADER = (
        "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
        "discount_amount,net_amount,username,organization,repository,workflow_path,"
        "cost_center_name\n"
    )

    @pytest.fixture
    def report(self, tmp_path: Path) -> Path:
        path = tmp_path / "usageReport.csv"
        path.write_text(
            "\ufeff"
            + self.HEADER
            + '"2026-01-31","actions","actions_linux","3","minutes","0.006","0.018","0","0.018",'
            '"octocat","acme","web",".github/workflows/a.yml",""\n'
            '"2026-02-01","actions","actions_linux","5","minutes","0.006","0.030","0","0.030",'
            '"octocat","acme","web",".github/workflows/b.yml",""\n'
        )
        return path

    def read(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command without any account or credential."""
        return command("bill", "--format", "csv", *arguments, env={})

    def test_is_read_without_asking_anyone(self, report: Path) -> None:
        run = self.read("--file", str(report), "--account", "organization/acme")
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.splitlines()[1] == (
            "organization,acme,actions,actions_linux,minutes,8,0.006,0.048,0,0.048"
        )

    def test_has_workflows(self, report: Path) -> None:
        run = self.read("--file", str(report), "--by", "workflow", "--month", "2026-02")
        assert run.stdout.splitlines()[1:] == [
            ",,acme,web,.github/workflows/b.yml,minutes,5,0.006,0.03,0,0.03"
        ]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "is empty"),
            (HEADER + '"2026-01-31","actions"', "line 2"),
            ("login,mail\na,b\n", "is not a usage report of GitHub"),
        ],
    )
    def test_that_is_none_is_one_line(self, tmp_path: Path, content: str, message: str) -> None:
        path = tmp_path / "a.csv"
        path.write_text(content)
        run = self.read("--file", str(path))
        assert (run.returncode, run.stdout) == (2, "")
        assert message in run.stderr
        assert run.stderr.count("\n") == 1

    def test_of_another_account_is_an_error(self, report: Path) -> None:
        run = self.read("--file", str(report), "--account", "organization/other")
        assert run.returncode == 2
        assert "another account" in run.stderr

    def test_may_differ_from_an_invoice_by_half_a_cent_per_sku(self, report: Path) -> None:
        arguments = ("--file", str(report), "--by", "repository", "--by", "day")
        assert self.read(*arguments, "--amount", "0.05").returncode == 0
        run = self.read(*arguments, "--amount", "0.07")
        assert (run.returncode, "invoice: differs by 0.02 USD" in run.stderr) == (1, True)

    @pytest.mark.parametrize("account", ["organization", "organization/", "organization/a/b", "x"])
    def test_needs_a_whole_name_of_its_account(self, report: Path, account: str) -> None:
        run = self.read("--file", str(report), "--account", account)
        assert run.returncode == 2
        assert "--account must be organization/NAME or user/NAME" in run.stderr

    def test_named_twice_is_an_error(self, report: Path) -> None:
        run = self.read("--file", str(report), "--file", str(report))
        assert run.returncode == 2

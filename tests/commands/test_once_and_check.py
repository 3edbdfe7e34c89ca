"""The commands ``once`` and ``check``."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount, demo_accounts
from tests.support.faults.fault import Fault
from tests.support.programs import Version, free_port, installed_command
from tests.support.promtool import ALLOWED_FINDINGS, promtool_check_metrics
from tests.support.simulator_server import asking, command, simulated_github

DEMO_ACCOUNTS = (
    *("--organization", "acme", "--organization", "oldtown", "--organization", "sandbox"),
    *("--user", "mona", "--enterprise", "acme-corp"),
)


def values(page: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def github() -> Iterator[str]:
    """Serve the demo's accounts, and one behind a proxy's login page."""
    accounts = [*demo_accounts(), SimulatedAccount(AccountType.ORGANIZATION, "broken")]
    with simulated_github(*accounts, expires=datetime(2027, 1, 2, 3, 4, tzinfo=UTC)) as (it, url):
        it.faults.add(Fault.html_with_200(account="broken"))
        yield url


@pytest.fixture(scope="module")
def page(github: str) -> subprocess.CompletedProcess[str]:
    return command("once", *DEMO_ACCOUNTS, env=asking(github))


@pytest.fixture(scope="module")
def report(github: str) -> subprocess.CompletedProcess[str]:
    return command("check", *DEMO_ACCOUNTS, env=asking(github))


class TestOnce:
    def test_prints_the_whole_page(self, page: subprocess.CompletedProcess[str]) -> None:
        found = values(page.stdout)
        accounts = {dict(labels).get("account") for _, labels in found}
        assert {"acme", "oldtown", "sandbox", "mona", "acme-corp"} <= accounts
        names = {name for name, _ in found}
        for name in ("usage_net_usd", "actions_used_minutes", "exporter_collector_success"):
            assert f"github_billing_{name}" in names
        assert page.stdout.endswith("\n")

    def test_what_is_optional_and_not_offered_is_no_fault(
        self, page: subprocess.CompletedProcess[str]
    ) -> None:
        not_offered = {
            (dict(labels)["account"], dict(labels)["collector"])
            for (name, labels), value in values(page.stdout).items()
            if name == "github_billing_exporter_collector_available" and value == 0
        }
        assert ("sandbox", "plan") in not_offered
        assert page.returncode == 0

    def test_leaves_the_process_to_node_exporter(
        self, page: subprocess.CompletedProcess[str]
    ) -> None:
        names = {name for name, _ in values(page.stdout)}
        assert {name.partition("_")[0] for name in names} == {"github"}

    @pytest.mark.parametrize("version", ["oldest", "newest"])
    def test_promtool_minds_the_units_of_the_invoice_alone(
        self, page: subprocess.CompletedProcess[str], version: Version
    ) -> None:
        assert sorted(promtool_check_metrics(page.stdout, version)) == ALLOWED_FINDINGS

    def test_a_file_is_replaced_whole_and_readable_for_all(
        self, github: str, tmp_path: Path
    ) -> None:
        output = tmp_path / "github.prom"
        output.write_text("old\n" * 100_000)
        output.chmod(0o600)
        with output.open() as reader:
            ended = command(
                *("once", "--organization", "acme", "--output", str(output)), env=asking(github)
            )
            assert reader.read() == "old\n" * 100_000
        assert (ended.returncode, ended.stdout) == (0, "")
        assert ("github_billing_account_info", "acme") in {
            (name, dict(labels).get("account")) for name, labels in values(output.read_text())
        }
        assert output.stat().st_mode & 0o777 == 0o644
        assert list(tmp_path.iterdir()) == [output]

    def test_the_page_is_written_though_something_required_failed(
        self, github: str, tmp_path: Path
    ) -> None:
        output = tmp_path / "github.prom"
        ended = command(
            *("once", "--organization", "acme", "--organization", "broken"),
            *("--output", str(output)),
            env=asking(github),
        )
        assert ended.returncode == 1
        said = values(output.read_text())
        succeeded = {
            dict(labels)["account"]: value
            for (name, labels), value in said.items()
            if name == "github_billing_exporter_collector_success"
            and dict(labels)["collector"] == "usage"
        }
        assert succeeded == {"acme": 1, "broken": 0}

    @pytest.mark.parametrize("output", ["missing/github.prom", "file/github.prom"])
    def test_a_file_that_cannot_be_written_is_one_line(
        self, github: str, tmp_path: Path, output: str
    ) -> None:
        (tmp_path / "file").touch()
        ended = command(
            *("once", "--organization", "acme", "--log.level", "error"),
            *("--output", str(tmp_path / output)),
            env=asking(github),
        )
        assert (ended.returncode, ended.stdout) == (3, "")
        (line,) = ended.stderr.splitlines()
        where = tmp_path / output
        assert line.startswith(f"github-billing-exporter: --output: cannot write {where}: ")
        assert list(tmp_path.iterdir()) == [tmp_path / "file"]

    def test_a_file_that_cannot_be_finished_leaves_no_part_of_it(
        self, github: str, tmp_path: Path
    ) -> None:
        limited = 'ulimit -f 8 && exec "$@"'  # blocks: less than the page
        once = ("once", "--organization", "acme", "--log.level", "error", "--output")
        ended = subprocess.run(
            ["sh", "-c", limited, "sh", installed_command(), *once, tmp_path / "github.prom"],
            # Coverage data and bytecode files would hit the limit, too.
            env={**asking(github), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 3
        (line,) = ended.stderr.splitlines()
        assert line.endswith(f"--output: cannot write {tmp_path / 'github.prom'}: File too large")
        assert list(tmp_path.iterdir()) == []


class TestCheck:
    def test_tells_what_works_and_what_is_not_offered_and_why(
        self, report: subprocess.CompletedProcess[str]
    ) -> None:
        rows = self.rows(report.stdout)
        assert rows["organization acme", "usage"][0] == "works"
        assert rows["organization acme", "legacy_actions"][0] == "standby"
        assert rows["organization oldtown", "legacy_actions"][0] == "works"
        assert rows["enterprise acme-corp", "advanced_security"][0] == "works"
        state, *_, why = rows["organization sandbox", "plan"]
        assert state == "not offered"
        assert "GitHub does not show the account's plan to this credential" in why
        assert "Set the quota.* settings, or fix the credential. Required: owner" in why
        assert report.returncode == 0

    def test_tells_of_the_credential(self, report: subprocess.CompletedProcess[str]) -> None:
        assert report.stdout.startswith(
            "Credential default: classic personal access token; scopes: admin:org, "
            "manage_billing:enterprise, read:enterprise, repo, user; "
            "expires: 2027-01-02 03:04 UTC\n"
        )

    def test_warns_where_accounts_overlap(self, report: subprocess.CompletedProcess[str]) -> None:
        (warning,) = [line for line in report.stdout.splitlines() if line.startswith("Warning: ")]
        assert "enterprise acme-corp may own acme, oldtown, sandbox" in warning
        assert "do not sum across account_type" in warning

    def test_estimates_series_and_requests(
        self,
        report: subprocess.CompletedProcess[str],
        page: subprocess.CompletedProcess[str],
    ) -> None:
        told = re.search(
            r"About (\d+) series\.\n"
            r"Credential default: (\d+) requests per hour of the 5000 that GitHub allows",
            report.stdout,
        )
        assert told is not None
        rows = self.rows(report.stdout).values()
        assert int(told[2]) == pytest.approx(sum(float(cells[2]) for cells in rows), abs=1)
        assert int(told[1]) == pytest.approx(len(values(page.stdout)), rel=0.1)

    def test_exits_1_where_something_required_fails_and_tells_why(self, github: str) -> None:
        ended = command("check", "--organization", "broken", env=asking(github))
        assert ended.returncode == 1
        state, *_, why = self.rows(ended.stdout)["organization broken", "usage"]
        assert state == "fails"
        assert "HTML instead of JSON" in why
        assert "Traceback" not in ended.stderr

    def test_exits_1_where_github_cannot_be_reached(self) -> None:
        nobody = asking(f"http://127.0.0.1:{free_port()}")
        ended = command("check", "--organization", "acme", "--poll.timeout", "1s", env=nobody)
        assert ended.returncode == 1
        assert self.rows(ended.stdout)["organization acme", "usage"][0] == "fails"
        assert "Traceback" not in ended.stderr

    @staticmethod
    def rows(report: str) -> Mapping[tuple[str, str], list[str]]:
        """Return the cells of the table by account and collector."""
        _, _, table = report.partition("\n\n")
        found: dict[tuple[str, str], list[str]] = {}
        rest: list[str] = []
        for line in table.partition("\n\n")[0].splitlines()[1:]:
            if line.startswith("    "):
                rest[-1] = f"{rest[-1]} {line.strip()}".strip()
            else:
                account, collector, *cells = re.split(r"  +", line)
                rest = [*cells, ""]
                found[account, collector] = rest
        return found

    def test_tells_how_much_of_the_bill_the_rules_allocate(
        self, github: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(
            "organizations: [acme]\n"
            "allocation:\n"
            "  rules:\n"
            "    - repositories: [acme/web]\n"
            "      team: platform\n"
            "    - repositories: [acme/none]\n"
            "      team: nobody\n",
            encoding="utf-8",
        )
        ended = command("check", "--config.file", str(file), env=asking(github))
        assert ended.returncode == 0
        words = " ".join(ended.stdout.split())
        assert re.search(
            r"Allocated to teams, before discounts: \$[0-9,.]+ of \$[0-9,.]+ \([0-9]+%\) with a "
            r"repository, 1 of 3 repositories; \$[0-9,.]+ of \$[0-9,.]+ \([0-9]+%\) in all\. "
            r"Not allocated: \S+ .*\$[0-9,.]+\. "
            r"allocation.rules\[1\] matched nothing this month\.",
            words,
        )

    def test_names_rules_that_matched_nothing_in_any_account(
        self, github: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(
            "organizations: [acme]\n"
            "users: [mona]\n"
            "allocation:\n"
            "  rules:\n"
            "    - repositories: [acme/web, acne/web]\n"
            "      team: platform\n"
            "    - organizations: [mona]\n"
            "      team: mona\n"
            "    - organizations: [acme-reserch]\n"
            "      team: research\n"
            "    - cost_center: true\n",
            encoding="utf-8",
        )
        ended = command("check", "--config.file", str(file), env=asking(github))
        assert ended.returncode == 0
        assert "matched nothing this month" not in ended.stdout
        assert re.findall(
            r"Warning: (\S+) matched nothing in any account that was read.", ended.stdout
        ) == [
            "allocation.rules[0].repositories[1]",
            "allocation.rules[2]",
            "allocation.rules[3]",
        ]

"""The command ``once``."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount, demo_accounts
from tests.support.faults.fault import Fault
from tests.support.programs import Version, installed_command
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

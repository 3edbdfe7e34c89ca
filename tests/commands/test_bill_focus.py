"""The bill in FOCUS as a process, with the simulated GitHub on loopback."""

import gzip
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from exporter.app import utc_now
from exporter.demo import demo_accounts
from tests.support.focus import charges_of, total, violations
from tests.support.simulator_server import asking, command, simulated_github

MONTH = f"{utc_now().replace(day=1) - timedelta(days=1):%Y-%m}"
WATCHED = {
    "GITHUB_BILLING_ORGANIZATIONS": "acme",
    "GITHUB_BILLING_ENTERPRISES": "acme-corp",
    "GITHUB_BILLING_USERS": "mona",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulated_github(*demo_accounts()) as (_, url):
        yield url


def bill(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Write the bill of the last month without its checks, which --month would add."""
    months = ("--from", MONTH, "--to", MONTH)
    return command("bill", *months, *arguments, env={**asking(url), **WATCHED})


def charges(url: str, *arguments: str) -> list[dict[str, str]]:
    run = bill(url, "--format", "focus", *arguments)
    assert run.returncode == 0, run.stderr
    return charges_of(run.stdout)


class TestAMonth:
    @pytest.mark.parametrize("by", ["sku", "day", "repository", "cost_center", "model"])
    def test_is_billed_to_the_last_digit(self, url: str, by: str) -> None:
        whole = bill(url, "--format", "csv", "--by", by)
        assert whole.returncode == 0, whole.stderr
        rows = charges_of(whole.stdout)
        found = charges(url, "--by", by)
        for column, amount in (("BilledCost", "net_usd"), ("x_DiscountAmount", "discount_usd")):
            assert total(found, column) == total(rows, amount)
        listed = total(rows, "gross_usd")
        assert abs(total(found, "ListCost") - listed) < Decimal("1e-6")
        kinds = {each["BillingAccountType"] for each in found}
        assert kinds == {"Enterprise", "Organization", "User"}
        assert violations(found, "1.4") == []

    def test_fits_the_columns_of_version_1_2(self, url: str) -> None:
        found = charges(url, "--focus-version", "1.2", "--by", "repository")
        assert {each["ProviderName"] for each in found} == {"GitHub"}
        assert violations(found, "1.2") == []

    def test_is_version_1_4_by_product_and_sku_unless_asked_otherwise(self, url: str) -> None:
        found = charges(url, "--account", "acme")
        assert "ServiceProviderName" in found[0]
        assert {each["ChargePeriodStart"] for each in found} == {f"{MONTH}-01T00:00:00Z"}
        assert {each["ResourceId"] for each in found} == {""}
        assert {"actions_linux", "copilot_for_business"} <= {each["SkuId"] for each in found}

    def test_has_charges_with_and_without_a_discount(self, url: str) -> None:
        halves = [
            each for each in charges(url, "--account", "acme") if each["SkuId"] == "actions_linux"
        ]
        assert [Decimal(each["BilledCost"]) > 0 for each in halves] == [False, True]

    def test_has_repositories_cost_centers_models_and_days(self, url: str) -> None:
        of_corp = ("--account", "acme-corp")
        repositories = charges(url, *of_corp, "--by", "repository")
        assert {each["ResourceId"] for each in repositories} > {
            "",
            "github.com/acme-platform/gateway",
        }
        assert {each["SubAccountId"] for each in repositories} > {"orgs/acme-platform"}
        tags = {each["Tags"] for each in charges(url, *of_corp, "--by", "cost_center")}
        assert tags > {"", '{"cost_center":"Platform"}'}
        assert len({each["x_Model"] for each in charges(url, *of_corp, "--by", "model")}) > 2
        days = {each["ChargePeriodStart"] for each in charges(url, *of_corp, "--by", "day")}
        assert len(days) > 27

    def test_is_compressed_by_its_name(self, url: str, tmp_path: Path) -> None:
        path = tmp_path / "bill.csv.gz"
        run = bill(url, "--format", "focus", "--output", str(path))
        assert (run.returncode, run.stdout) == (0, "")
        assert violations(charges_of(gzip.decompress(path.read_bytes()).decode()), "1.4") == []

    def test_through_azure_is_not_billed_here(self, url: str) -> None:
        found = charges(url, "--focus-billed-through", "azure")
        assert {each["BilledCost"] for each in found} == {"0.0"}
        assert total(found, "EffectiveCost") > 100


HEADER = (
    "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,"
    "net_amount,username,organization,repository,workflow_path,cost_center_name\n"
)


class TestGithubsOwnFile:
    def read(
        self, tmp_path: Path, content: str, *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "usageReport.csv"
        path.write_text(content)
        return command("bill", "--format", "focus", "--file", str(path), *arguments, env={})

    def test_has_workflows_and_no_person(self, tmp_path: Path) -> None:
        line = (
            "2026-01-31,actions,actions_linux,3,minutes,0.006,0.018000000000000002,0,"
            "0.018000000000000002,octocat,acme,web,.github/workflows/a.yml,Platform\n"
        )
        by = ("--by", "workflow", "--by", "day", "--by", "cost_center")
        run = self.read(tmp_path, HEADER + line, "--account", "enterprise/acme-corp", *by)
        assert (run.returncode, run.stderr) == (0, "")
        (found,) = charges_of(run.stdout)
        assert found["x_WorkflowPath"] == ".github/workflows/a.yml"
        assert found["ResourceId"] == "github.com/acme/web"
        assert found["ChargePeriodStart"] == "2026-01-31T00:00:00Z"
        assert (found["BilledCost"], found["ListCost"]) == ("0.018000000000000002", "0.018")
        assert "octocat" not in run.stdout

    @pytest.mark.parametrize(
        ("content", "arguments", "message"),
        [
            (HEADER, (), "--format focus with --file needs --account TYPE/NAME"),
            (
                HEADER + "2026-01-31,actions,actions_linux,3,minutes,,,,,,acme,web,,\n",
                ("--account", "organization/acme"),
                "--format focus: actions_linux of 2026-01 has no amounts",
            ),
        ],
    )
    def test_that_makes_no_charges_is_one_line(
        self, tmp_path: Path, content: str, arguments: tuple[str, ...], message: str
    ) -> None:
        output = tmp_path / "charges.csv"
        run = self.read(tmp_path, content, *arguments, "--output", str(output))
        assert (run.returncode, run.stdout) == (2, "")
        assert message in run.stderr
        assert run.stderr.count("\n") == 1
        assert not output.exists()


class TestWrongUsage:
    @pytest.mark.parametrize(
        "arguments", [("--focus-version", "1.2"), ("--focus-billed-through", "azure")]
    )
    def test_of_flags_without_the_format_is_one_line(
        self, url: str, arguments: tuple[str, ...]
    ) -> None:
        run = bill(url, *arguments, "--format", "csv")
        assert (run.returncode, run.stdout) == (2, "")
        assert f"{arguments[0]} needs --format focus" in run.stderr
        assert run.stderr.count("\n") == 1

"""The command ``history`` as a process, and what Prometheus makes of its files."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.app import utc_now
from exporter.billing.cycle import Cycle
from exporter.demo import demo_accounts
from exporter.ledger import periods
from tests.support.programs import Version, program, prometheus, query
from tests.support.simulator_server import asking, command, simulated_github

OF_YEARS = ("--storage.tsdb.retention.time=10y",)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulated_github(*demo_accounts()) as (_, base_url):
        yield base_url


def closed(months: int) -> list[Cycle]:
    """Return the last months that are over, the oldest first."""
    found = [Cycle.at(utc_now()).previous()]
    while len(found) < months:
        found.insert(0, found[0].previous())
    return found


def billed(url: str, months: list[Cycle]) -> dict[tuple[str, str, str], float]:
    """Return net US dollars of mona by month, product and SKU."""
    first, last = (periods.text_of(month) for month in (months[0], months[-1]))
    asked = ("--user", "mona", "--from", first, "--to", last, "--format", "csv")
    by = ("--by", "month", "--by", "product", "--by", "sku")
    bill = command("bill", *asked, *by, env=asking(url))
    assert bill.returncode == 0, bill.stderr
    return {
        (row["month"], row["product"], row["sku"]): float(row["net_usd"])
        for row in csv.DictReader(bill.stdout.splitlines())
    }


@pytest.mark.parametrize(("version", "months"), [("oldest", 2), ("newest", 24)])
def test_each_month_ends_with_its_bill(
    url: str, version: Version, months: int, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    tool = ("--promtool", str(program("promtool", version)))
    asked = ("--user", "mona", "--months", str(months), "--step", "1h")
    made = command("history", *asked, *tool, "--output", str(data), env=asking(url))
    assert made.returncode == 0, made.stderr
    found = {}
    with prometheus("{}", version, data=data, flags=OF_YEARS) as base_url:
        for month in closed(months):
            end = int(month.end.timestamp()) - 1
            asked_at = f"last_over_time(github_billing_usage_net_usd[1h] @ {end})"
            for labels, value in query(base_url, asked_at):
                found[periods.text_of(month), labels["product"], labels["sku"]] = value
    assert len({month for month, _, _ in found}) == months
    assert found == billed(url, closed(months))

"""The command ``history`` as a process, and what Prometheus makes of its files."""

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from exporter.app import utc_now
from exporter.billing.cycle import Cycle
from exporter.demo import demo_accounts
from exporter.ledger import periods
from tests.support.programs import Version, program, prometheus, query
from tests.support.receivers import Receiver, receiving_prometheus, victoria_metrics
from tests.support.simulator_server import asking, command, simulated_github

RECEIVERS: Mapping[str, Callable[[], AbstractContextManager[Receiver]]] = {
    "Prometheus 2": partial(receiving_prometheus, "oldest", "800d"),
    "Prometheus 3": partial(receiving_prometheus, "newest", "800d"),
    "VictoriaMetrics": partial(victoria_metrics, "-retentionPeriod=3y"),
}
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


@pytest.mark.parametrize(("version", "months", "step"), [("oldest", 2, "1h"), ("newest", 24, "6h")])
def test_each_month_ends_with_its_bill(
    url: str, version: Version, months: int, step: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    tool = ("--promtool", str(program("promtool", version)))
    asked = ("--user", "mona", "--months", str(months), "--step", step)
    made = command("history", *asked, *tool, "--output", str(data), env=asking(url))
    assert made.returncode == 0, made.stderr
    found = {}
    with prometheus("{}", version, data=data, flags=OF_YEARS) as base_url:
        for month in closed(months):
            end = int(month.end.timestamp()) - 1
            asked_at = f"last_over_time(github_billing_usage_net_usd[{step}] @ {end})"
            for labels, value in query(base_url, asked_at):
                found[periods.text_of(month), labels["product"], labels["sku"]] = value
    assert len({month for month, _, _ in found}) == months
    assert found == billed(url, closed(months))


class TestRemoteWrite:
    @pytest.mark.parametrize("name", RECEIVERS)
    def test_sends_each_month_with_its_bill_and_again_without_duplicates(
        self, url: str, name: str
    ) -> None:
        asked = ("--user", "mona", "--months", "3", "--step", "6h", "--label", "job=billing")
        with RECEIVERS[name]() as receiver:
            for _ in range(2):
                target = ("--remote-write", receiver.write_url)
                sent = command("history", *asked, *target, env=asking(url))
                assert (sent.returncode, sent.stdout) == (0, "")
                assert "samples. Prometheus deletes those" in sent.stderr
            series = receiver.samples("github_billing_usage_net_usd")
        found = {}
        for month in closed(3):
            start, end = (int(at.timestamp() * 1000) for at in (month.start, month.end))
            for labels, samples in series.items():
                times = [at for at, _ in samples]
                assert times == sorted(set(times))
                named = dict(labels)
                assert named["job"] == "billing"
                of_month = [value for at, value in samples if start <= at < end]
                found[periods.text_of(month), named["product"], named["sku"]] = of_month[-1]
        assert found == pytest.approx(billed(url, closed(3)))

    def test_asks_the_demo(self) -> None:
        with receiving_prometheus("newest", "800d") as receiver:
            target = ("--remote-write", receiver.write_url)
            asked = ("--demo", "--months", "1", "--step", "6h", "--until", "now")
            sent = command("history", *asked, *target, env={})
            assert sent.returncode == 0, sent.stderr
            accounts = {
                dict(labels)["account"]
                for labels in receiver.samples("github_billing_account_info")
            }
        assert accounts == {"acme", "acme-corp", "mona", "sandbox"}

    def test_of_a_server_without_a_window_names_the_setting(self, url: str) -> None:
        with receiving_prometheus("newest", None) as receiver:
            target = ("--remote-write", receiver.write_url)
            first = ("--user", "mona", "--months", "1", "--step", "6h", "--until", "now")
            command("history", *first, *target, env=asking(url))
            older = ("--user", "mona", "--months", "3", "--step", "6h")
            refused = command("history", *older, *target, env=asking(url))
        assert refused.returncode == 1
        (line,) = [line for line in refused.stderr.splitlines() if "--remote-write" in line]
        assert "storage.tsdb.out_of_order_time_window" in line

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((), "set either --output FOLDER or --remote-write URL"),
            (("--output", "a", "--remote-write", "http://h/x"), "set either --output FOLDER or"),
            (("--header-file", "x", "--output", "a"), "--header-file needs --remote-write"),
            (("--promtool", "true", "--remote-write", "http://h/x"), "--promtool needs --output"),
            (("--remote-write", "http://user:secret@h/x"), "--remote-write: the URL must not"),
            (("--remote-write", "ftp://h/x"), "--remote-write: must be the URL"),
            (("--remote-write", "http://h/x", "--header-file", "/none"), "--header-file: cannot"),
        ],
    )
    def test_of_wrong_usage_is_one_line(
        self, url: str, arguments: tuple[str, ...], message: str
    ) -> None:
        run = command("history", "--user", "mona", *arguments, env=asking(url))
        assert (run.returncode, run.stdout) == (2, "")
        assert message in run.stderr
        assert "secret" not in run.stderr
        assert run.stderr.count("\n") == 1

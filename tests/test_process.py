"""The installed exporter as a process, scraped by Prometheus."""

import socket
from collections.abc import Iterator, Mapping
from functools import partial
from math import fsum, isclose
from pathlib import Path

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.accounts import AccountType, Platform
from exporter.demo import DEMO_TOKEN, SimulatedAccount, SimulatedGitHub
from tests.support.known_rows import ROWS
from tests.support.programs import (
    HANG_SECONDS,
    Exporter,
    Version,
    fetch,
    get,
    prometheus,
    query,
    running,
    series,
    until,
)
from tests.support.promtool import ALLOWED_FINDINGS, promtool_check_metrics
from tests.support.simulator_server import asking, simulated_github

UPGRADING = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
QUICK = ("--poll.interval", "4s", "--poll.timeout", "4s")


NET_USD = {
    "actions_linux": 0.1 + 0.2,
    "actions_macos_l": 987654.321,
    "packages_storage": -3.25,
    "copilot_for_business": 0.0,
}
LEGACY = {
    "actions": {
        "total_minutes_used": 305,
        "total_paid_minutes_used": 12.5,
        "included_minutes": 3000,
        "minutes_used_breakdown": {"UBUNTU": 205, "MACOS": 10, "WINDOWS": 90, "total": 305},
    }
}


def total(exporter: Exporter) -> float:
    return fsum(series(exporter, "usage_net_usd").values())


def scraped(url: str) -> bool:
    """Return whether Prometheus has the bills of both jobs."""
    return len(query(url, "group by (job) (github_billing_usage_net_usd)")) == 2


@pytest.fixture(scope="module")
def demo() -> Iterator[Exporter]:
    with running(["demo", *QUICK], {}) as exporter:
        yield exporter


@pytest.fixture(scope="module")
def billed() -> Iterator[Exporter]:
    """Run the exporter with known billing rows."""
    accounts = (
        SimulatedAccount(AccountType.ORGANIZATION, "acme", usage_items=ROWS),
        SimulatedAccount(
            AccountType.ORGANIZATION, "oldtown", platform=Platform.LEGACY, legacy=LEGACY
        ),
    )
    names = ("--organization", "acme", "--organization", "oldtown")
    with simulated_github(*accounts) as (_, url), running(names, asking(url)) as exporter:
        yield exporter


@pytest.fixture(scope="module")
def scrapers(demo: Exporter, billed: Exporter) -> Iterator[Mapping[Version, str]]:
    """Run all versions of Prometheus at once, to save time, and yield their base URLs."""
    jobs = "".join(
        f"  - job_name: {name}\n"
        f"    static_configs: [{{targets: ['{exporter.base_url.removeprefix('http://')}']}}]\n"
        for name, exporter in (("demo", demo), ("billed", billed))
    )
    config = f"global: {{scrape_interval: 5s, scrape_timeout: 5s}}\nscrape_configs:\n{jobs}"
    with prometheus(config, "oldest") as oldest, prometheus(config, "newest") as newest:
        for url in (oldest, newest):
            until(partial(scraped, url))
        yield {"oldest": oldest, "newest": newest}


@pytest.fixture(params=["oldest", "newest"])
def scraper(request: pytest.FixtureRequest, scrapers: Mapping[Version, str]) -> str:
    return scrapers[request.param]


class _Target(msgspec.Struct, rename="camel"):
    health: str
    last_error: str


class _Targets(msgspec.Struct, rename="camel"):
    active_targets: list[_Target]


class _Answer(msgspec.Struct):
    data: _Targets


def ready(exporter: Exporter) -> None:
    """Wait until every account was polled once."""
    until(lambda: fetch(f"{exporter.base_url}/readyz").is_success)


def settled(demo: Exporter) -> None:
    """Wait until every account of the demo has been polled: readiness waits an interval at most."""

    def known() -> bool:
        platforms = {dict(labels)["platform"] for labels in series(demo, "account_info")}
        attempted = {
            (dict(labels)["account"], dict(labels)["collector"])
            for labels in series(demo, "exporter_collector_last_attempt_timestamp_seconds")
        }
        available = {
            (dict(labels)["account"], dict(labels)["collector"])
            for labels in series(demo, "exporter_collector_available")
        }
        return (
            platforms == set(Platform)
            and ("sandbox", "plan") in attempted
            and {("acme", "plan"), ("sandbox", "advanced_security")} <= available
        )

    until(known)


class TestDemo:
    def test_shows_a_bill_by_itself(self) -> None:
        with running(["demo"], {}) as exporter:
            assert until(lambda: series(exporter, "usage_net_usd"))

    def test_shows_each_kind_of_account_and_both_platforms(self, demo: Exporter) -> None:
        settled(demo)
        accounts = [dict(labels) for labels in series(demo, "account_info")]
        assert {account["account_type"] for account in accounts} == set(AccountType)
        assert {account["platform"] for account in accounts} == set(Platform)

    def test_shows_a_permission_that_is_missing_and_how_to_mend_it(self, demo: Exporter) -> None:
        settled(demo)
        available = {
            (dict(labels)["account"], dict(labels)["collector"]): value
            for labels, value in series(demo, "exporter_collector_available").items()
        }
        assert available["sandbox", "advanced_security"] == 0
        assert ("sandbox", "plan") not in available
        assert available["acme", "plan"] == 1
        assert "GitHub does not show the account" in get(demo, "/")

    def test_fails_at_that_permission_alone(self, demo: Exporter) -> None:
        settled(demo)
        (failing,) = map(dict, series(demo, "exporter_collector_failure_info"))
        assert (failing["account"], failing["collector"]) == ("sandbox", "plan")
        assert "1 failing" in get(demo, "/")

    def test_says_that_it_is_one(self, demo: Exporter) -> None:
        ready(demo)
        assert "This is the demo: all numbers are made up" in get(demo, "/")
        hosts = {dict(labels)["host"] for labels in series(demo, "account_info")}
        assert hosts == {"simulated-github.invalid"}

    def test_grows(self, demo: Exporter) -> None:
        before = until(lambda: total(demo))
        until(lambda: total(demo) > before)

    @pytest.mark.parametrize("version", ["oldest", "newest"])
    def test_promtool_minds_the_units_of_the_invoice_alone(
        self, demo: Exporter, version: Version
    ) -> None:
        ready(demo)
        page = get(demo, "/metrics")
        assert "process_cpu_seconds_total" in page
        assert sorted(promtool_check_metrics(page, version)) == ALLOWED_FINDINGS


class TestPrometheus:
    def test_scrapes_without_a_complaint(self, scraper: str) -> None:
        assert [point.value for point in query(scraper, "up")] == [1, 1]
        answer = fetch(f"{scraper}/api/v1/targets")
        targets = msgspec.json.decode(answer.content, type=_Answer).data.active_targets
        assert [(target.health, target.last_error) for target in targets] == [("up", "")] * 2
        complaints = {
            sample.name: sample.value
            for family in text_string_to_metric_families(fetch(f"{scraper}/metrics").text)
            for sample in family.samples
            if sample.name.startswith("prometheus_target_scrapes_")
        }
        assert "prometheus_target_scrapes_sample_duplicate_timestamp_total" in complaints
        assert set(complaints.values()) == {0}

    def test_counts_the_accounts_of_the_demo(self, scraper: str) -> None:
        counting = 'count by (account_type) (github_billing_account_info{job="demo"})'

        def all_counted() -> bool:
            counted = query(scraper, counting)
            return {point.labels["account_type"]: point.value for point in counted} == {
                "organization": 3,
                "user": 1,
                "enterprise": 1,
            }

        until(all_counted)

    def test_adds_up_to_what_the_page_says(self, scraper: str, demo: Exporter) -> None:
        def agree() -> bool:
            added = query(scraper, 'sum(github_billing_usage_net_usd{job="demo"})')
            return [isclose(p.value, total(demo), rel_tol=1e-12) for p in added] == [True]

        until(agree)

    def test_knows_the_rows_of_github_to_the_last_digit(self, scraper: str) -> None:
        net = query(scraper, 'github_billing_usage_net_usd{account="acme",job="billed"}')
        assert {point.labels["sku"]: point.value for point in net} == NET_USD
        quantity = query(
            scraper, 'github_billing_usage_gross_quantity{job="billed",sku="actions_linux"}'
        )
        assert [(point.labels["unit"], point.value) for point in quantity] == [
            ("minutes", 1234568.0)
        ]

    def test_knows_what_the_legacy_endpoints_say(self, scraper: str) -> None:
        minutes = query(
            scraper, 'github_billing_actions_runner_used_minutes{account="oldtown",job="billed"}'
        )
        assert {point.labels["runner"]: point.value for point in minutes} == {
            "linux": 205,
            "macos": 10,
            "windows": 90,
        }
        included = query(
            scraper, 'github_billing_actions_included_minutes{account="oldtown",job="billed"}'
        )
        assert [point.value for point in included] == [3000]


class TestWhatIsNoRequest:
    @pytest.mark.parametrize(
        ("said", "status"),
        [
            (b"\x16\x03\x01\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nx: " + b"x" * 20_000, b"400"),
            (
                b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
                b"200",
            ),
        ],
    )
    def test_is_told_to_the_client_and_fills_no_log(
        self, demo: Exporter, said: bytes, status: bytes
    ) -> None:
        url = httpx.URL(demo.base_url)
        with socket.create_connection((url.host, url.port), timeout=HANG_SECONDS) as client:
            client.sendall(said)
            assert client.recv(12) == b"HTTP/1.1 " + status
        assert get(demo, "/healthz") == "alive\n"
        lines = map(msgspec.json.decode, demo.stderr.read_bytes().splitlines())
        assert not [line for line in lines if "equest" in line["event"]]


class TestTokenFile:
    def test_is_read_again_without_a_restart(self, tmp_path: Path) -> None:
        token = tmp_path / "token"
        token.write_text(f"{DEMO_TOKEN}\n")
        account = SimulatedAccount(AccountType.ORGANIZATION, "acme", usage_items=ROWS)
        arguments = (
            *("--organization", "acme", "--github.token-file", str(token)),
            *("--poll.interval", "1s", "--poll.timeout", "1s", "--poll.stale-after", "1h"),
        )
        with (
            simulated_github(account) as (github, url),
            running(arguments, {"GITHUB_BILLING_API_URL": url}) as exporter,
        ):
            until(lambda: series(exporter, "usage_net_usd"))
            github.token = "ghp_" + "rotated" * 5
            until(lambda: self.reason(exporter) == "unauthorized")
            assert total(exporter) == fsum(NET_USD.values())
            assert "unauthorized</b>" in get(exporter, "/")
            token.write_text(github.token)
            until(lambda: self.reason(exporter) is None)
            assert self.last_authorization(github) == f"Bearer {github.token}"

    @staticmethod
    def reason(exporter: Exporter) -> str | None:
        found = [dict(labels) for labels in series(exporter, "exporter_collector_failure_info")]
        return next((labels["reason"] for labels in found if labels["collector"] == "usage"), None)

    @staticmethod
    def last_authorization(github: SimulatedGitHub) -> str:
        return github.requests[-1].headers["authorization"]

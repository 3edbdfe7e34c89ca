"""From GitHub's bill to a message, end to end: exporter, Prometheus and Alertmanager."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest
import yaml

from deploy.prometheus import alerts
from exporter.accounts import AccountType
from exporter.demo import SimulatedAccount, SimulatedBudget
from tests.support.paths import ROOT
from tests.support.programs import (
    Version,
    alertmanager,
    fetch,
    prometheus,
    query,
    running,
    until,
)
from tests.support.simulator_server import asking, simulated_github

PROMETHEUS = ROOT / "deploy" / "prometheus"
BUDGET = SimulatedBudget("actions", 100, "organization", entity="acme", hard=True)
RECEIVERS = "http://host.docker.internal:9095"
EXPORTER = """
organizations: [acme]
poll: {interval: 2s, timeout: 2s, stale_after: 1h}
collector_settings:
  budgets: {interval: 2s, timeout: 2s, stale_after: 1h}
  budget_estimates: {interval: 2s, timeout: 2s, stale_after: 1h}
"""


class Message(msgspec.Struct, rename="camel"):
    """The fields of an Alertmanager webhook that are asserted here."""

    receiver: str
    status: str
    alerts: list["Told"]


class Told(msgspec.Struct, rename="camel"):
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]


@contextmanager
def webhook() -> Iterator[tuple[str, list[Message]]]:
    """Listen on loopback. Yield the base URL and the growing list of messages."""
    messages: list[Message] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append(msgspec.json.decode(body, type=Message))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Do not log requests."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", messages
        finally:
            server.shutdown()
            thread.join()


def spent(usd: float) -> list[dict[str, object]]:
    """Return summary rows in which Actions costs `usd`."""
    return [
        {
            "product": "Actions",
            "sku": "actions_linux",
            "unitType": "minutes",
            "pricePerUnit": 0.01,
            "grossQuantity": usd * 100,
            "grossAmount": usd,
            "discountQuantity": 0,
            "discountAmount": 0,
            "netQuantity": usd * 100,
            "netAmount": usd,
        }
    ]


def hurried(text: str) -> str:
    """Shorten every wait in a rule file or an Alertmanager configuration to a second."""
    return re.sub(r"((?:for|interval|group_wait|group_interval): )\S+", r"\g<1>1s", text)


def config(exporter: str, alertmanager_url: str, folder: Path) -> str:
    for name in ("recording.yml", "alerts.yml"):
        (folder / name).write_text(hurried((PROMETHEUS / name).read_text()))
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": "5s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "*.yml")],
            "scrape_configs": [
                {
                    "job_name": "github-billing",
                    "static_configs": [{"targets": [exporter.removeprefix("http://")]}],
                }
            ],
            "alerting": {
                "alertmanagers": [
                    {"static_configs": [{"targets": [alertmanager_url.removeprefix("http://")]}]}
                ]
            },
        }
    )


class _Rule(msgspec.Struct, rename="camel"):
    name: str
    health: str
    last_error: str = ""


class _Group(msgspec.Struct):
    rules: list[_Rule]


class _Groups(msgspec.Struct):
    groups: list[_Group]


class _Rules(msgspec.Struct):
    data: _Groups


def evaluated(url: str) -> list[_Rule]:
    """Return the rules, or an empty list until each was evaluated."""
    answer = fetch(f"{url}/api/v1/rules")
    found = msgspec.json.decode(answer.content, type=_Rules).data.groups
    rules = [rule for group in found for rule in group.rules]
    return [] if any(rule.health == "unknown" for rule in rules) else rules


def test_every_rule_is_evaluated_on_the_demo_without_a_fault(tmp_path: Path) -> None:
    with (
        running(["demo"], {}) as exporter,
        prometheus(config(exporter.base_url, "http://127.0.0.1:1", tmp_path), "newest") as url,
    ):
        until(lambda: query(url, "account:github_billing_usage_net_usd:sum"))
        rules = until(lambda: evaluated(url))
        assert [rule for rule in rules if rule.health != "ok" or rule.last_error] == []
        # The demo has a nearly consumed hard budget and a token that lacks a permission.
        expected = {"GitHubBillingBudgetNearlyConsumed", "GitHubBillingCollectorFailing"}
        until(lambda: expected <= {p.labels["alertname"] for p in query(url, "ALERTS")})


def of_budgets(messages: Iterable[Message]) -> dict[str, list[Told]]:
    """Return the alerts about budgets by receiver."""
    told: dict[str, list[Told]] = {}
    for message in messages:
        if found := [each for each in message.alerts if "budget" in each.labels]:
            told.setdefault(message.receiver, []).extend(found)
    return told


@pytest.mark.parametrize("version", ["oldest", "newest"])
def test_a_bill_that_passes_a_hard_budget_reaches_pager_and_finance(
    version: Version, tmp_path: Path
) -> None:
    account = SimulatedAccount(
        AccountType.ORGANIZATION, "acme", usage_items=spent(30), budgets=[BUDGET]
    )
    settings = tmp_path / "exporter.yaml"
    settings.write_text(EXPORTER)
    rules = tmp_path / "rules"
    rules.mkdir()
    routes = hurried((PROMETHEUS / "alertmanager.yml").read_text())
    with (
        simulated_github(account) as (_, github_url),
        running(["--config.file", str(settings)], asking(github_url)) as exporter,
        webhook() as (hook, messages),
        alertmanager(routes.replace(RECEIVERS, hook), version) as manager,
        prometheus(config(exporter.base_url, manager, rules), version) as url,
    ):
        ratio = "account_budget:github_billing_budget:used_ratio"
        until(lambda: [point.value for point in query(url, ratio)] == [0.3])
        assert not [point for point in query(url, "ALERTS") if "budget" in point.labels]

        account.usage_items = spent(112.5)
        until(lambda: of_budgets(messages).keys() >= {"pager", "finance"})
        firing = {
            point.labels["alertname"]
            for point in query(url, 'ALERTS{alertstate="firing", budget!=""}')
        }

    assert firing >= {"GitHubBillingHardBudgetExhausted", "GitHubBillingBudgetNearlyConsumed"}
    told = of_budgets(messages)
    assert told.keys() == {"pager", "finance"}
    assert {each.labels["alertname"] for found in told.values() for each in found} == {
        "GitHubBillingHardBudgetExhausted"
    }
    assert told["finance"][0] == told["pager"][0]
    assert told["pager"][0] == Told(
        status="firing",
        labels={
            "alertname": "GitHubBillingHardBudgetExhausted",
            "severity": "critical",
            "area": "bill",
            "job": "github-billing",
            "account_type": "organization",
            "account": "acme",
            "budget": BUDGET.id,
            "scope": "organization",
            "entity": "acme",
            "target": "actions",
            "hard": "true",
        },
        annotations={
            "summary": "A hard budget is exhausted, and GitHub blocks further usage.",
            "description": "The organization budget for actions of acme in organization acme is "
            "exhausted: 112.50 US dollars consumed this month. GitHub blocks further usage until "
            "the month ends or the budget is raised.",
            "runbook_url": f"{alerts.RUNBOOKS}/GitHubBillingHardBudgetExhausted.md",
        },
    )

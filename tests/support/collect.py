"""One collector's reading, from a fake GitHub."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from exporter.accounts import Account
from exporter.billing.cycle import Cycle
from exporter.collectors import ALL, Collector
from exporter.collectors.collector import FromReadings, FromReport
from exporter.github.api import GitHub, attempt
from exporter.github.auth import from_token
from exporter.github.client import Client
from exporter.github.work import aside
from exporter.ledger.whole_report import ask_all
from exporter.metrics.model import Reading

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
COLLECTORS = {collector.name: collector for collector in ALL}

CANARY = "canary-login"

T = TypeVar("T")
Replies = Callable[[httpx.Request], httpx.Response]


def read(collector: Collector, account: Account, github: Replies) -> Reading:
    """Attempt one collector at ``NOW``. Retries do not wait."""

    async def reading(questions: GitHub) -> Reading:
        match collector.collect:
            case FromReport() as of:
                cycle = Cycle.at(NOW).previous() if of.previous else Cycle.at(NOW)
                report = await aside(
                    ask_all, questions, account, cycle, NOW, repositories=of.repositories
                )
                return await aside(of.collect, questions, account, report)
            case FromReadings():
                raise TypeError(f"{collector.name} asks nothing")
            case collect:
                return await aside(collect, questions, account, NOW)

    found = attempted(github, reading)
    collector.check(found)
    return found


def attempted(github: Replies, what: Callable[[GitHub], Coroutine[Any, Any, T]]) -> T:
    """Return the result of one attempt. Retries do not wait."""

    async def at_once(seconds: float) -> None: ...

    async def attempting() -> T:
        client = Client(
            transport=httpx.MockTransport(github),
            base_url="https://api.github.com",
            credential=from_token("default", "ghp_test"),
            observer=lambda exchange: None,
            clock=lambda: NOW,
            sleep=at_once,
        )
        async with attempt(client, {}, 30.0) as questions:
            return await what(questions)

    return asyncio.run(attempting())


def budget(number: int = 1, **fields: object) -> dict[str, object]:
    """Return an organization's budget as GitHub sends it, with a person in it."""
    return {
        "id": f"b{number}",
        "budget_type": "ProductPricing",
        "budget_product_sku": "actions",
        "budget_scope": "organization",
        "budget_entity_name": "acme",
        "budget_amount": 100,
        "prevent_further_usage": False,
        "budget_alerting": {"will_alert": True, "alert_recipients": [CANARY]},
        **fields,
    }


def answer(said: object) -> httpx.Response:
    """Answer 200 with JSON or raw bytes; an ``int`` is the status of a refusal."""
    if isinstance(said, int):
        return httpx.Response(said, json={"message": "No", "status": str(said)})
    return httpx.Response(200, content=said if isinstance(said, bytes) else json.dumps(said))


class Says:
    """A GitHub of a few paths; others return 404."""

    def __init__(self, paths: Mapping[str, object]) -> None:
        self.paths = paths
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return answer(self.paths.get(request.url.path, 404))


def said(reading: Reading) -> dict[str, float]:
    """Return the samples, keyed by metric name and label values separated by spaces."""
    return {
        " ".join([metric.name.removeprefix("github_billing_"), *labels]): value
        for metric, labels, value in reading.samples
    }

"""Large answers do not lengthen the turns of the event loop.

A turn is measured in function calls on the loop's thread, so that the speed of the machine does
not matter.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from exporter.app import App
from exporter.collectors import ALL
from exporter.github.auth import from_token
from exporter.settings import load
from tests.support.collect import budget
from tests.support.world import row

NOW = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
FEW, MANY = 3, 1000
BILL = "/enterprises/acme/settings/billing"

Payloads = Callable[[int], Mapping[str, object]]
"""Return GitHub's payloads by path, with the given number of items."""


async def longest_turn(scenario: Coroutine[Any, Any, None]) -> int:
    """Return the most function calls between two turns of the loop.

    Assert that no JSON is decoded on it: this would count as one call, however long it takes.
    """
    calls = longest = 0

    def count(frame: object, event: str, function: object) -> None:
        nonlocal calls
        calls += 1
        assert function is not msgspec.json.decode

    async def beat() -> None:
        nonlocal calls, longest
        while True:
            calls = 0
            await asyncio.sleep(0)
            longest = max(longest, calls)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    sys.setprofile(count)
    try:
        await scenario
    finally:
        sys.setprofile(None)
        beating.cancel()
    return longest


def once(collector: str, github: Callable[[httpx.Request], httpx.Response]) -> tuple[int, int]:
    """Poll one collector of an enterprise. Return the longest turn and the number of series."""

    async def at_once(seconds: float) -> None: ...

    async def scenario() -> tuple[int, int]:
        others = [each.name for each in ALL if each.name != collector]
        flags = {"enterprises": ["acme"], "no_collectors": others, "collectors": [collector]}
        app = App.assemble(
            load(flags, {}, ALL),
            from_token("default", "ghp_token"),
            transport=httpx.MockTransport(github),
            clock=lambda: NOW,
            sleep=at_once,
            process=False,
        )
        longest = await longest_turn(app.once())
        (job,) = (job for watched in app.poller.accounts for job in watched.jobs)
        assert job.last_attempt == NOW
        return longest, len(job.known.reading.samples) if job.known.reading else 0

    return asyncio.run(scenario())


def summary(count: int) -> object:
    rows = [row(sku=f"sku_{number}") for number in range(count)]
    return {"timePeriod": {"year": 2026, "month": 10}, "usageItems": rows}


def models(count: int) -> object:
    rows = [row(product="Copilot", model=f"model {number}") for number in range(count)]
    return {"timePeriod": {"year": 2026, "month": 10}, "usageItems": rows}


def report(count: int) -> object:
    item = {
        "date": "2026-10-01T00:00:00Z",
        "product": "actions",
        "sku": "Actions Linux",
        "quantity": 1,
        "unitType": "Minutes",
        "grossAmount": 1,
        "discountAmount": 0,
        "netAmount": 1,
        "organizationName": "acme",
    }
    return {"usageItems": [item | {"repositoryName": f"repo-{n}"} for n in range(count)]}


def budgets(count: int) -> object:
    return {"budgets": [budget(number, budget_scope="enterprise") for number in range(count)]}


def centers(count: int) -> object:
    return {"costCenters": [{"id": str(number), "name": "one"} for number in range(count)]}


def servers(count: int) -> object:
    return {"server_instances": [{"server_id": str(n), "hostname": "a"} for n in range(count)]}


GITHUBS: Mapping[str, Payloads] = {
    "usage": lambda count: {f"{BILL}/usage/summary": summary(count)},
    "usage_repositories": lambda count: {
        f"{BILL}/usage": report(count),
        f"{BILL}/usage/summary": summary(count),
        f"{BILL}/cost-centers": {"costCenters": []},
    },
    "model_usage": lambda count: {f"{BILL}/ai_credit/usage": models(count)},
    "budgets": lambda count: {f"{BILL}/budgets": budgets(count)},
    "budget_estimates": lambda count: {
        f"{BILL}/budgets": budgets(count),
        f"{BILL}/usage/summary": summary(count),
    },
    "cost_centers": lambda count: {f"{BILL}/cost-centers": centers(count)},
    "license_sync": lambda count: {"/enterprises/acme/license-sync-status": servers(count)},
}


def says(payloads: Mapping[str, object]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        said = payloads.get(request.url.path)
        status = 404 if said is None else 200
        return httpx.Response(status, content=json.dumps(said or {"message": "Not Found"}))

    return answer


class TestATurnOfTheLoop:
    @pytest.mark.parametrize("collector", GITHUBS)
    def test_is_no_longer_for_a_large_answer(self, collector: str) -> None:
        little, few = once(collector, says(GITHUBS[collector](FEW)))
        much, many = once(collector, says(GITHUBS[collector](MANY)))
        assert many > few > 0
        assert much < 2 * little

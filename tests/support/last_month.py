"""Last month's bill, its checks, and a GitHub whose endpoints contradict each other about it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from exporter.demo import SimulatedAccount, SimulatedCostCenter, SimulatedGitHub
from tests.support.world import World, enterprise, row

CHECKS = "usage_previous_cycle_checks"
NAMED: Mapping[str, object] = {"collectors": [CHECKS]}
OF_ALL = {"report", "year", "price", "models"}
OF_ENTERPRISES = OF_ALL | {"cost_centers"}

LINUX = row(
    pricePerUnit=0.008,
    grossQuantity=1000,
    discountQuantity=250,
    netQuantity=750,
    grossAmount=8.0,
    discountAmount=2.0,
    netAmount=6.0,
)
STORAGE = row(
    sku="actions_storage",
    unitType="gigabyte-hours",
    pricePerUnit=0.001,
    grossQuantity=1000,
    discountQuantity=1000,
    grossAmount=1.0,
    discountAmount=1.0,
)
AI = row(
    product="Copilot",
    sku="copilot_ai_unit",
    unitType="ai-units",
    pricePerUnit=0.01,
    grossQuantity=400,
    netQuantity=400,
    grossAmount=4.0,
    netAmount=4.0,
)
BILL = [LINUX, STORAGE, AI]

Row = dict[str, Any]
Change = Callable[[str, Mapping[str, str], list[Row]], list[Row]]
"""Return the rows to send instead of these, for a path and its query."""

_OF_THE_BODY = {"content-length", "content-encoding", "etag"}


def acme_corp(**fields: Any) -> SimulatedAccount:
    return enterprise(
        repositories=["acme/web", "research/models", "labs/paper"],
        cost_centers=[
            SimulatedCostCenter("Platform", [("Org", "acme")], id="platform"),
            SimulatedCostCenter("Research", [("Repo", "research/models")], state="deleted"),
        ],
        **fields,
    )


class Contradicting(httpx.AsyncBaseTransport):
    """A transport to ``github`` that changes the rows of its usage reports."""

    github: SimulatedGitHub

    def __init__(self, change: Change) -> None:
        self._change = change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await httpx.ASGITransport(self.github).handle_async_request(request)
        body = json.loads(b"".join([part async for part in response.aiter_bytes()]) or b"{}")
        if "usageItems" in body:
            query = dict(request.url.params)
            body["usageItems"] = self._change(request.url.path, query, body["usageItems"])
        headers = [pair for pair in response.headers.items() if pair[0] not in _OF_THE_BODY]
        return httpx.Response(response.status_code, headers=headers, content=json.dumps(body))


def contradicted(account: SimulatedAccount, change: Change, **fields: Any) -> World:
    """Return a world in which the rows of GitHub's usage reports are changed."""
    wire = Contradicting(change)
    world = World(account, settings=NAMED, transport=wire, **fields)
    wire.github = world.github
    return world


def differences(world: World) -> dict[str, float]:
    """Return the differences on the page in US dollars by check."""
    return {
        dict(labels)["check"]: value
        for labels, value in world.series("previous_cycle_difference_usd").items()
    }


def is_report(path: str, query: Mapping[str, str], *, of_year: bool) -> bool:
    return path.endswith("/billing/usage") and of_year == ("month" not in query)

"""A GitHub whose reports of one month can be made to differ from each other."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from exporter.accounts import Account, AccountType
from exporter.billing.cycle import Cycle
from exporter.github.api import GitHub
from exporter.ledger.asked import Month
from tests.support.collect import attempted

T = TypeVar("T")
Item = dict[str, object]

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
OCTOBER = Cycle.at(datetime(2026, 10, 1, tzinfo=UTC))


def item(sku: str, quantity: float, price: float, covered: float = 0.0, **more: object) -> Item:
    """Return a row of the usage summary, of which ``covered`` is in a quota."""
    product = sku.partition("_")[0]
    unit = {"actions": "minutes", "copilot": "ai-credits"}[product]
    unit = "gigabyte-hours" if sku.endswith("storage") else unit
    return {
        "product": product,
        "sku": sku,
        "unitType": unit,
        "pricePerUnit": price,
        "grossQuantity": quantity,
        "grossAmount": quantity * price,
        "discountQuantity": covered,
        "discountAmount": covered * price,
        "netQuantity": quantity - covered,
        "netAmount": (quantity - covered) * price,
        **more,
    }


def dated(row: Item, date: str = "2026-10-12T08:00:00Z", organization: str = "acme") -> Item:
    """Return the row of the usage report with the numbers of one of the summary."""
    same = ("product", "sku", "unitType", "pricePerUnit")
    amounts = ("grossAmount", "discountAmount", "netAmount")
    return {
        "date": date,
        **{name: row[name] for name in (*same, *amounts)},
        "quantity": row["grossQuantity"],
        "organizationName": organization,
        "repositoryName": "web",
    }


LINUX = item("actions_linux", 1000, 0.006, 500)
STORAGE = item("actions_storage", 5000, 0.00033602, 1000)
CREDITS = item("copilot_ai_credits", 300, 0.01, 100)


@dataclass
class Books:
    """October of an enterprise, in agreement until a part is replaced.

    ``centers`` and ``organizations`` are the summaries by cost center id and organization,
    ``listed`` the cost centers by state.
    ``statuses`` replaces the answer for paths that contain a text.
    """

    rows: list[Item] = field(default_factory=lambda: [LINUX, STORAGE, CREDITS])
    report: list[Item] = field(default_factory=lambda: [dated(LINUX), dated(STORAGE)])
    of_center: list[Item] = field(default_factory=lambda: [dated(CREDITS)])
    year: list[Item] = field(
        default_factory=lambda: [
            dated(row, "2026-10-01T00:00:00Z") for row in (LINUX, STORAGE, CREDITS)
        ]
    )
    centers: dict[str, list[Item]] = field(
        default_factory=lambda: {"none": [LINUX, STORAGE], "c1": [CREDITS]}
    )
    organizations: dict[str, list[Item]] = field(default_factory=lambda: {"acme": [LINUX, STORAGE]})
    models: list[Item] = field(default_factory=lambda: [{**CREDITS, "model": "GPT-5"}])
    listed: dict[str, list[Item]] = field(
        default_factory=lambda: {"active": [{"id": "c1", "name": "Research"}], "deleted": []}
    )
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, request.url.params
        self.asked.append(str(request.url))
        for text, status in self.statuses.items():
            if text in f"{path}?{query}":
                return httpx.Response(status, json={"message": "no"})
        return httpx.Response(200, json=self._answer(path.rpartition("/")[2], path, query))

    def _answer(self, last: str, path: str, query: httpx.QueryParams) -> Mapping[str, object]:
        period = {"timePeriod": {"year": 2026, "month": 10}}
        center = query.get("cost_center_id")
        if last == "cost-centers":
            return {"costCenters": self.listed[query["state"]]}
        if last == "summary":
            rows = self.rows if center is None else self.centers.get(center, [])
            if organization := query.get("organization"):
                rows = self.organizations.get(organization, [])
            return {**period, "usageItems": rows}
        if "ai_credit" in path:
            return {**period, "usageItems": self.models}
        if "premium_request" in path:
            return {**period, "usageItems": []}
        if "month" in query:
            return {"usageItems": self.of_center if center else self.report}
        return {"usageItems": [] if center else self.year}

    def read(
        self,
        what: Callable[[Month], Coroutine[Any, Any, T]],
        kind: AccountType = AccountType.ENTERPRISE,
    ) -> T:
        """Return the result of a coroutine function for October."""

        async def reading(github: GitHub) -> T:
            return await what(Month(github, Account(kind, "acme"), OCTOBER, NOW))

        return attempted(self, reading)

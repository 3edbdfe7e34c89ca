"""Made-up accounts, and a fake GitHub that answers for one of them.

Numbers are sent as GitHub sends them: floats with the noise of multiplication.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

import httpx

from tests.support.calculator.names import PRODUCTS, SKUS, UNITS

Json = dict[str, Any]
Kind = Literal["organization", "user", "enterprise"]
Month = tuple[int, int]
Source = Literal["both", "summary", "report"]

OCTOBER: Month = (2026, 10)
_ROOTS = {"organization": "organizations", "user": "users", "enterprise": "enterprises"}
_PATH = re.compile(r"/(organizations|orgs|users|enterprises)/([^/]+)/(?:settings/)?(.+)")
_LEGACY = {"billing/actions", "billing/packages", "billing/shared-storage"}


@dataclass(frozen=True)
class Use:
    """A row of the bill.

    ``free`` is the share of the quantity that a discount covers. With ``report_discounts`` the
    report discounts all of it, as GitHub was seen to do for storage. ``credit`` is in dollars on
    top of the price, negative for a refund. ``center`` is the id of the cost center that pays.
    ``said_by`` is the source of the row if the other one lags. ``spelling`` selects one of the
    spellings of the row's names.
    """

    sku: str
    quantity: float
    price: float = 1.0
    free: float = 0.0
    report_discounts: bool = False
    credit: float = 0.0
    organization: str = "acme"
    repository: str = "web"
    center: str = ""
    day: int = 2
    said_by: Source = "both"
    spelling: int = 0

    @property
    def free_quantity(self) -> float:
        return round(self.quantity * self.free, 6)

    @property
    def names(self) -> Json:
        """Product, SKU and unit, in the selected ``spelling``, and the price."""
        sku = SKUS[self.sku]
        every = list(product(PRODUCTS[sku.product], UNITS[sku.unit], sku.spelt))
        name, unit, spelt = every[self.spelling % len(every)]
        return {"product": name, "sku": spelt, "unitType": unit, "pricePerUnit": self.price}

    def amounts(self, free_quantity: float) -> Json:
        gross = self.quantity * self.price + self.credit
        discount = free_quantity * self.price
        return {
            "grossAmount": gross,
            "discountAmount": discount,
            "netAmount": gross - discount,
        }


@dataclass(frozen=True)
class Center:
    """A cost center.

    ``lists`` has the states whose lists include it, if not only its own. ``pool`` has the AI
    credits of its pool and those used.
    """

    id: str
    name: str
    state: str = "active"
    lists: tuple[str, ...] = ()
    pool: tuple[float, float] | None = None

    @property
    def payload(self) -> Json:
        pool = dict(zip(("target_amount", "current_amount"), self.pool or (), strict=False))
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "resources": [],
            "ai_credit_pool_state": pool or None,
        }


@dataclass(frozen=True)
class Budget:
    """A budget. ``listed`` sends its target as a list."""

    id: str
    scope: str
    entity: str = ""
    type: str = "ProductPricing"
    target: str = "actions"
    listed: bool = False

    @property
    def payload(self) -> Json:
        one, many = "budget_product_sku", "budget_product_skus"
        return {
            "id": self.id,
            "budget_type": self.type,
            **({many: [self.target]} if self.listed else {one: self.target}),
            "budget_scope": self.scope,
            **({"budget_entity_name": self.entity} if self.entity else {}),
            "budget_amount": 50,
            "prevent_further_usage": True,
            "budget_alerting": {"will_alert": True, "alert_recipients": ["mona"]},
        }


@dataclass(frozen=True)
class Seat:
    """A Copilot seat; ``holder`` is ``None`` if GitHub sends no assignee."""

    kind: str
    holder: int | None
    used: str | None = None

    @property
    def payload(self) -> Json:
        holder = {"id": self.holder, "type": self.kind, "login": f"{self.kind}-{self.holder}"}
        return {
            "assignee": None if self.holder is None else holder,
            "last_activity_at": self.used,
            "plan_type": "business",
        }


@dataclass
class MadeUp:
    """An account on GitHub, as the handler of a transport.

    If ``minds_state`` is false, the list of cost centers ignores the requested state. If ``merges``
    is true, the summary has one row for each SKU, spelling and price. ``others`` has other answers
    by path.
    """

    kind: Kind = "enterprise"
    name: str = "corp"
    months: dict[Month, Sequence[Use]] = field(default_factory=dict)
    centers: Sequence[Center] = ()
    budgets: Sequence[Budget] = ()
    seats: Sequence[Seat] = ()
    minds_state: bool = True
    merges: bool = False
    others: Mapping[str, Json] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/{_ROOTS[self.kind]}/{self.name}"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        body = self.answer(request.url.path, query)
        if body and query.get("page", "1") != "1":
            body = {name: [] if isinstance(value, list) else value for name, value in body.items()}
        if body is None:
            gone = (match := _PATH.fullmatch(request.url.path)) and match[3] in _LEGACY
            return httpx.Response(410 if gone else 404, json={"message": "Not Found"})
        return httpx.Response(200, content=json.dumps(body))

    def answer(self, path: str, query: Mapping[str, str]) -> Json | None:
        match = _PATH.fullmatch(path)
        if path in self.others or match is None or match[2] != self.name:
            return self.others.get(path)
        match match[3]:
            case "billing/usage/summary" | "billing/usage" as what:
                year, month = int(query["year"]), int(query["month"])
                uses = self.months.get((year, month), ())
                if what == "billing/usage":
                    return {"usageItems": self._report(uses, f"{year}-{month:02}", query)}
                period = {"year": year, "month": month}
                return {"timePeriod": period, "usageItems": self._summary(uses, query)}
            case "billing/cost-centers" if self.kind == "enterprise":
                return {"costCenters": self._centers(query.get("state"))}
            case "billing/budgets" if self.kind != "user":
                listed = [budget.payload for budget in self.budgets]
                return {"budgets": listed, "has_next_page": False, "total_count": len(listed)}
            case "copilot/billing/seats":
                listed = [seat.payload for seat in self.seats]
                return {"total_seats": _holders(self.seats), "seats": listed}
        return None

    def _summary(self, uses: Iterable[Use], query: Mapping[str, str]) -> list[Json]:
        kept = [use for use in uses if use.said_by != "report" and _passes(use, query)]
        rows = [
            {
                **use.names,
                "grossQuantity": use.quantity,
                "discountQuantity": use.free_quantity,
                "netQuantity": use.quantity - use.free_quantity,
                **use.amounts(use.free_quantity),
            }
            for use in kept
        ]
        return _merged(rows) if self.merges else rows

    def _report(self, uses: Iterable[Use], month: str, query: Mapping[str, str]) -> list[Json]:
        center = query.get("cost_center_id", "")
        return [
            {
                **use.names,
                **use.amounts(use.quantity if use.report_discounts else use.free_quantity),
                "date": f"{month}-{use.day:02}" + ("T05:20:13Z" if use.day % 2 else ""),
                "quantity": use.quantity,
                **self._owner(use),
            }
            for use in uses
            if use.said_by != "summary" and use.center == center
        ]

    def _owner(self, use: Use) -> Json:
        # GitHub names the owner in one of two ways, and not at all for a user.
        if self.kind == "user":
            return {"repositoryName": use.repository} if use.repository else {}
        if use.repository and use.day % 3 == 0:
            return {"repositoryName": f"{use.organization}/{use.repository}"}
        named = {"repositoryName": use.repository}
        return {"organizationName": use.organization, **named} if use.organization else named

    def _centers(self, state: str | None) -> list[Json]:
        return [
            each.payload
            for each in self.centers
            if not self.minds_state or state is None or state in (each.lists or (each.state,))
        ]


def _holders(seats: Iterable[Seat]) -> int:
    named = {(seat.kind, seat.holder) for seat in seats if seat.holder is not None}
    return len(named) + sum(seat.holder is None for seat in seats)


def _passes(use: Use, query: Mapping[str, str]) -> bool:
    center = query.get("cost_center_id")
    wanted = {
        "organization": use.organization,
        "repository": f"{use.organization}/{use.repository}",
        "cost_center_id": use.center or "none" if center == "none" else use.center,
    }
    return all(query[key] == value for key, value in wanted.items() if key in query)


def _merged(rows: Iterable[Json]) -> list[Json]:
    sums: dict[tuple[Any, ...], Json] = {}
    for row in rows:
        key = tuple(value for name, value in row.items() if not name.endswith(("tity", "ount")))
        before = sums.setdefault(
            key, {name: 0.0 for name in row if name.endswith(("tity", "ount"))}
        )
        for name in before:
            before[name] += row[name]
    names = ("product", "sku", "unitType", "pricePerUnit")
    return [
        {**dict(zip(names, key, strict=True)), **{k: round(v, 8) for k, v in amounts.items()}}
        for key, amounts in sums.items()
    ]


def of(*uses: Use, month: Month = OCTOBER, **fields: Any) -> MadeUp:
    """Return an enterprise with the uses of one month."""
    return replace(MadeUp(months={month: uses}), **fields)

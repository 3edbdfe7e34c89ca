"""The page of an account, recomputed from GitHub's answers in exact decimals.

It sends its own requests, reads numbers as written, and shares no code with the exporter.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from tests.support.calculator import names

Series = tuple[str, frozenset[tuple[str, str]]]
Page = dict[Series, Decimal]
Ask = Callable[[str, Mapping[str, str]], bytes]

NONE = "none"
"""The label of the remainder, which belongs to no part."""

UNALLOCATED = "(unallocated)"
"""The team of the remainder, and of usage that no rule takes."""

RULES = ({"repositories": ["*/web"], "team": "web"}, {"cost_center": True})
"""The rules of allocation that are recomputed."""

_NOISE = Decimal("1e-6")
_KINDS = ("gross", "discount", "net")
_ROOTS = {"organization": "organizations", "user": "users", "enterprise": "enterprises"}
_AGES = (("0-7d", 7), ("8-30d", 30), ("31-90d", 90))

_DIVIDED = {
    "organization_usage": (("organization",), (NONE,)),
    "repository_usage": (("organization", "repository"), (NONE, "")),
    "cost_center_usage": (("cost_center",), (NONE,)),
    "team_usage": (("team",), (UNALLOCATED,)),
}
"""The labels of the parts, and their values for the remainder."""


def _per(prefix: str) -> set[str]:
    return {f"{prefix}_gross_quantity", *(f"{prefix}_{kind}_usd" for kind in _KINDS)}


def _by_sku(prefix: str) -> set[str]:
    return {f"{prefix}_price_usd", *(f"{prefix}_{kind}_quantity" for kind in _KINDS), *_per(prefix)}


METRICS = frozenset(
    {
        "actions_used_minutes",
        "actions_paid_minutes",
        "actions_runner_used_minutes",
        "packages_used_bandwidth_gigabytes",
        "packages_paid_bandwidth_gigabytes",
        "shared_storage_estimated_gigabytes",
        "shared_storage_estimated_paid_gigabytes",
        "usage_latest_item_timestamp_seconds",
        "budget_estimated_consumed_usd",
        "copilot_seat_last_activity_seats",
        "exporter_unknown_sku_info",
        *_by_sku("usage"),
        *_by_sku("previous_cycle_usage"),
        *_per("repository_usage"),
        *_per("organization_usage"),
        *_per("cost_center_usage"),
        *_per("team_usage"),
    }
)
"""Every recomputed metric: any other series of them is wrong."""


@dataclass(frozen=True)
class Row:
    """A row of the summary or the report with canonical names; the report has one quantity."""

    product: str
    sku: names.Sku
    unit: str
    price: Decimal
    quantities: tuple[Decimal, ...]
    dollars: tuple[Decimal, ...]
    organization: str = ""
    repository: str = ""
    date: datetime | None = None

    @classmethod
    def read(cls, item: Mapping[str, Any], owner: str = "") -> "Row":
        if "grossQuantity" in item:
            quantities = tuple(item[f"{kind}Quantity"] for kind in _KINDS)
        else:
            quantities = (item["quantity"],)
        before, _, name = (item.get("repositoryName") or "").rpartition("/")
        date = item.get("date")
        return cls(
            product=names.PRODUCT_OF[item["product"]],
            sku=names.SKU_OF[item["sku"]],
            unit=names.UNIT_OF[item["unitType"]],
            price=item["pricePerUnit"],
            quantities=quantities,
            dollars=tuple(item[f"{kind}Amount"] for kind in _KINDS),
            organization=item.get("organizationName") or before or owner,
            repository=name,
            date=date and datetime.fromisoformat(date).replace(tzinfo=UTC),
        )

    @property
    def names(self) -> dict[str, str]:
        return {"product": self.product, "sku": self.sku.key}

    def values(self, prefix: str) -> Iterator[tuple[str, dict[str, str], Decimal]]:
        """Yield metric, SKU labels and value of the gross quantity and of each dollar amount."""
        yield f"{prefix}_gross_quantity", {**self.names, "unit": self.unit}, self.quantities[0]
        for kind, amount in zip(_KINDS, self.dollars, strict=True):
            yield f"{prefix}_{kind}_usd", self.names, amount


@dataclass
class Calculator:
    """Recomputes the page of one account, as read at ``now``."""

    kind: str
    name: str
    ask: Ask
    now: datetime
    page: Page = field(default_factory=dict)

    def whole(self) -> Page:
        """Recompute every metric of `METRICS` that the account has."""
        self.month()
        self.previous()
        parts = self.reports() if self.kind == "enterprise" else [self.report()]
        rows = [row for part in parts for row in part]
        payers = ["", *self.centers().values()] if self.kind == "enterprise" else [""]
        self.divide(
            "team_usage",
            [
                (("web" if row.repository == "web" else payer or UNALLOCATED,), row)
                for payer, part in zip(payers, parts, strict=True)
                for row in part
            ],
        )
        if self.kind == "enterprise":
            self.divide("organization_usage", [((row.organization,), row) for row in rows])
            self.divide("cost_center_usage", self.by_center())
        self.divide("repository_usage", [((row.organization, row.repository), row) for row in rows])
        if dates := [row.date for row in rows if row.date]:
            self.add("usage_latest_item_timestamp_seconds", int(max(dates).timestamp()))
        self.unknown([*rows, *self.summary()])
        if self.kind != "user":
            self.estimates()
            self.seats()
        return self.page

    def add(self, metric: str, value: Decimal | int, /, **labels: str) -> None:
        account = {"account_type": self.kind, "account": self.name}
        series = metric, frozenset({**account, **labels}.items())
        self.page[series] = self.page.get(series, Decimal(0)) + value

    def get(self, path: str, **query: str) -> Any:
        classic = self.kind == "organization" and path.startswith("/copilot")
        root = "orgs" if classic else _ROOTS[self.kind]
        body = self.ask(f"/{root}/{self.name}{path}", query)
        return json.loads(body, parse_float=Decimal, parse_int=Decimal)

    def summary(self, at: datetime | None = None, /, **filters: str) -> list[Row]:
        month = _month(at or self.now)
        answer = self.get("/settings/billing/usage/summary", **month, **filters)
        return [Row.read(item) for item in answer["usageItems"]]

    def report(self, **center: str) -> list[Row]:
        answer = self.get("/settings/billing/usage", **_month(self.now), **center)
        owner = "" if self.kind == "enterprise" else self.name
        return [Row.read(item, owner) for item in answer["usageItems"]]

    def reports(self) -> list[list[Row]]:
        """Return the report outside cost centers, then the report of each cost center."""
        return [self.report(), *(self.report(cost_center_id=each) for each in self.centers())]

    def centers(self) -> dict[str, str]:
        """Return the names of all cost centers by id."""
        return {
            center["id"]: center["name"]
            for state in ("active", "deleted")
            for center in self.get("/settings/billing/cost-centers", state=state)["costCenters"]
        }

    def month(self) -> None:
        rows = self.summary()
        self._by_sku("usage", rows)
        self._actions([row for row in rows if (row.product, row.unit) == ("actions", "minutes")])
        self._packages([r for r in rows if (r.product, r.unit) == ("packages", "gigabytes")])
        stored = ("actions_storage", "packages_storage")
        self._storage([r for r in rows if r.sku.key in stored and r.unit == "gigabyte_hours"])

    def _by_sku(self, prefix: str, rows: Sequence[Row]) -> None:
        for row in rows:
            for kind, quantity in zip(_KINDS, row.quantities, strict=True):
                self.add(f"{prefix}_{kind}_quantity", quantity, **row.names, unit=row.unit)
            for kind, amount in zip(_KINDS, row.dollars, strict=True):
                self.add(f"{prefix}_{kind}_usd", amount, **row.names)
        by_names = sorted(rows, key=_priced)
        for (product, sku, unit), same in groupby(by_names, key=_priced):
            price, *others = {row.price for row in same}
            if not others:
                self.add(f"{prefix}_price_usd", price, product=product, sku=sku, unit=unit)

    def _actions(self, rows: Sequence[Row]) -> None:
        self.add("actions_used_minutes", sum(row.quantities[0] for row in rows))
        self.add("actions_paid_minutes", sum(row.quantities[2] for row in rows if row.price))
        for row in rows:
            runner = {"os": row.sku.os, "runner": row.sku.runner}
            self.add("actions_runner_used_minutes", row.quantities[0], **runner)

    def _packages(self, rows: Sequence[Row]) -> None:
        gross, net = (sum(row.quantities[column] for row in rows) for column in (0, 2))
        self.add("packages_used_bandwidth_gigabytes", gross)
        self.add("packages_paid_bandwidth_gigabytes", net)

    def _storage(self, rows: Sequence[Row]) -> None:
        gross, net = (sum(row.quantities[column] for row in rows) for column in (0, 2))
        start = self.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        past = self.now - start
        if past >= timedelta(hours=72):
            hours = Decimal(past // timedelta(microseconds=1)) / 3_600_000_000
            self.add("shared_storage_estimated_gigabytes", gross / hours)
        self.add("shared_storage_estimated_paid_gigabytes", Decimal(net) / 744)

    def previous(self) -> None:
        last_month = self.now.replace(day=1) - timedelta(days=1)
        self._by_sku("previous_cycle_usage", self.summary(last_month))

    def by_center(self) -> list[tuple[tuple[str, ...], Row]]:
        return [
            ((center,), row)
            for center in self.centers()
            for row in self.summary(cost_center_id=center)
        ]

    def divide(self, prefix: str, parts: Iterable[tuple[tuple[str, ...], Row]]) -> None:
        """Add the parts, and under `NONE` the summary minus the parts.

        There is no remainder of a SKU that the summary lacks. A positive one is left out for a SKU
        of which reports have less than the summary: it is not reported yet.
        """
        labels, nowhere = _DIVIDED[prefix]
        whole: dict[Series, Decimal] = defaultdict(Decimal)
        for row in self.summary():
            for metric, what, value in row.values(prefix):
                whole[metric, frozenset(what.items())] += value
        known = frozenset(whole)
        rest = whole.copy()
        for part, row in parts:
            for metric, what, value in row.values(prefix):
                self.add(metric, value, **what, **dict(zip(labels, part, strict=True)))
                rest[metric, frozenset(what.items())] -= value
        unreported = {
            dict(used)["sku"]
            for (metric, used), value in rest.items()
            if metric.endswith("_quantity")
            and value > _NOISE * max(Decimal(1), whole[metric, used])
        }
        for series, value in rest.items():
            metric, used = series
            of_reports = prefix != "cost_center_usage"
            late = of_reports and dict(used)["sku"] in unreported and value > 0
            strange = of_reports and series not in known
            if (
                not late
                and not strange
                and abs(value) > _NOISE * max(Decimal(1), abs(whole[series]))
            ):
                self.add(metric, value, **dict(used), **dict(zip(labels, nowhere, strict=True)))

    def estimates(self) -> None:
        for budget in self.get("/settings/billing/budgets")["budgets"]:
            scope = self._scope(budget["budget_scope"], budget.get("budget_entity_name", ""))
            covers = _covered(budget)
            if scope is not None and covers:
                net = sum(row.dollars[2] for row in self.summary(**scope) if covers(row))
                self.add("budget_estimated_consumed_usd", net, budget=budget["id"])

    def _scope(self, scope: str, entity: str) -> dict[str, str] | None:
        # None: a scope without an estimate.
        if scope == self.kind:
            return {}
        if scope == "organization":
            return {"organization": entity}
        if scope == "repository" and ("/" in entity or self.kind == "organization"):
            return {"repository": entity if "/" in entity else f"{self.name}/{entity}"}
        if scope == "cost_center":
            for center, name in self.centers().items():
                if entity in (center, name):
                    return {"cost_center_id": center}
        return None

    def seats(self) -> None:
        holders: dict[object, list[str]] = {}
        answer = self.get("/copilot/billing/seats")
        for place, seat in enumerate(answer["seats"]):
            who = seat["assignee"]
            uses = holders.setdefault((who["type"], who["id"]) if who else place, [])
            uses += [seat["last_activity_at"]] if seat["last_activity_at"] else []
        ages = Counter(self._age(uses) for uses in holders.values())
        for age in (*(name for name, _ in _AGES), "over_90d", "never"):
            self.add("copilot_seat_last_activity_seats", ages[age], age=age)

    def _age(self, uses: Iterable[str]) -> str:
        last = max(map(datetime.fromisoformat, uses), default=None)
        if last is None:
            return "never"
        days = (self.now - last) / timedelta(days=1)
        return next((name for name, limit in _AGES if days <= limit), "over_90d")

    def unknown(self, rows: Iterable[Row]) -> None:
        for product, sku in {(r.product, r.sku.key) for r in rows if not r.sku.documented}:
            labels = frozenset({"product": product, "sku": sku}.items())
            self.page["exporter_unknown_sku_info", labels] = Decimal(1)


def _month(at: datetime) -> dict[str, str]:
    return {"year": str(at.year), "month": str(at.month)}


def _priced(row: Row) -> tuple[str, str, str]:
    return row.product, row.sku.key, row.unit


def _covered(budget: Mapping[str, Any]) -> Callable[[Row], bool] | None:
    # None: a budget in seats.
    targets = budget.get("budget_product_skus") or [budget["budget_product_sku"]]
    if budget["budget_type"] == "ProductPricing":
        products = {names.PRODUCT_OF[target] for target in targets}
        return lambda row: row.product in products
    if budget["budget_type"] == "BundlePricing":
        bundled = frozenset().union(*(names.BUNDLES[target] for target in targets))
        return lambda row: row.sku.key in bundled
    skus = {names.SKU_OF[target] for target in targets}
    return None if skus <= set(names.SEATS) else lambda row: row.sku in skus

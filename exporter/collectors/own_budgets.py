"""Budgets of the settings, and their consumption from the account's other readings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from math import fsum
from typing import NamedTuple

from exporter.accounts import Account, AccountType
from exporter.billing import skus
from exporter.collectors.collector import Collector, FromReadings
from exporter.collectors.usage_teams import BLIND
from exporter.github.permissions import Permission
from exporter.ledger.cost_centers import REST
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample
from exporter.metrics.series_limit import OTHER
from exporter.own import UNALLOCATED, Budget, Scope


@dataclass(frozen=True, slots=True)
class Source:
    """The collector of a scope's net dollars, and the labels that have a budget's entity."""

    collector: str
    metric: Metric
    labels: tuple[str, ...] = ()


_SOURCES: Mapping[Scope, Source] = {
    Scope.ACCOUNT: Source("usage", catalogue.USAGE_USD.net),
    Scope.ORGANIZATION: Source(
        "usage_organizations", catalogue.ORGANIZATION_USAGE_USD.net, ("organization",)
    ),
    Scope.COST_CENTER: Source(
        "usage_cost_centers", catalogue.COST_CENTER_USAGE_USD.net, ("cost_center",)
    ),
    Scope.TEAM: Source("usage_teams", catalogue.TEAM_USAGE_USD.net, ("team",)),
    Scope.REPOSITORY: Source(
        "usage_repositories",
        catalogue.REPOSITORY_USAGE_USD.net,
        ("organization", "repository"),
    ),
    Scope.WORKFLOW: Source(
        "usage_workflows",
        catalogue.WORKFLOW_USAGE_NET_USD,
        ("organization", "repository", "workflow"),
    ),
}


def source(account: Account, budget: Budget) -> Source:
    """Return the source of a budget's consumption. An organization is its own account."""
    whole = budget.scope is Scope.ORGANIZATION and account.type is not AccountType.ENTERPRISE
    return _SOURCES[Scope.ACCOUNT if whole else budget.scope]


class _UnknownError(Exception):
    """The consumption cannot be known. The message completes a note."""


def collect(account: Account, readings: Mapping[str, Reading], now: datetime) -> Reading:
    """Sum the net dollars that each budget covers, from one reading per budget.

    At a month's edge, readings of the old month are unused as soon as one is of the new month.
    """
    budgets = [(budget, source(account, budget)) for budget in account.own.budgets]
    needed = {of: readings[of.collector] for _, of in budgets if of.collector in readings}
    cycle_end = max((each.cycle_end for each in needed.values() if each.cycle_end), default=None)
    used = {of: each for of, each in needed.items() if each.cycle_end == cycle_end}
    usage = {of: _Usage(of, reading) for of, reading in needed.items()}
    known = _Known(account, readings.get("cost_centers"))
    samples: list[Sample] = []
    without: dict[str, list[str]] = {}
    for budget, of in budgets:
        spelled = known.spelled(budget) or (usage[of].spelled(budget) if of in usage else "")
        samples += _described(budget, spelled or budget.entity)
        if of in used:
            try:
                usd = usage[of].consumed(budget, known)
            except _UnknownError as unknown:
                without.setdefault(str(unknown), []).append(budget.id)
            else:
                samples.append(catalogue.BUDGET_ESTIMATED_CONSUMED_USD(usd, budget=budget.id))
    return Reading(
        min((each.taken for each in used.values()), default=now),
        tuple(samples),
        cycle_end=cycle_end,
        notes=tuple(f"No estimate for {', '.join(ids)}: {why}." for why, ids in without.items()),
    )


def _described(budget: Budget, entity: str) -> tuple[Sample, ...]:
    return (
        catalogue.BUDGET_LIMIT_USD(budget.usd, budget=budget.id),
        catalogue.BUDGET_INFO(
            1,
            budget=budget.id,
            type="own",
            scope=budget.scope.value,
            entity=entity,
            target=budget.sku or budget.product,
            hard="false",
            alerting="false",
        ),
    )


class _Known:
    """The entities that exist even without usage: their spellings, and the IDs of cost centers."""

    def __init__(self, account: Account, centers: Reading | None) -> None:
        # An active cost center may have the name of a deleted one.
        info = catalogue.COST_CENTER_INFO
        listed = [each.labels for each in centers.samples if each.metric is info] if centers else []
        listed.sort(key=lambda labels: labels[info.labels.index("state")] == "active")
        names = {name: center for center, name, _ in listed if name}
        ids = {center: center for center in (REST, *(center for center, *_ in listed))}
        # Teams are spelled as the first rule spells them.
        teams = (UNALLOCATED, *(rule.team for rule in reversed(account.own.rules) if rule.team))
        whole = () if account.type is AccountType.ENTERPRISE else (account.name,)
        self.centers = {each.casefold(): its.casefold() for each, its in (names | ids).items()}
        self._spelled = {
            Scope.ACCOUNT: _by_folded([""]),
            Scope.ORGANIZATION: _by_folded(whole),
            Scope.TEAM: _by_folded(teams),
            Scope.COST_CENTER: _by_folded([*names, *ids]),
        }

    def spelled(self, budget: Budget) -> str | None:
        """Return the entity of a budget as it is spelled, None if it is not known."""
        return self._spelled.get(budget.scope, {}).get(budget.entity.casefold())


def _by_folded(spellings: Iterable[str]) -> Mapping[str, str]:
    return {each.casefold(): each for each in spellings}


class _Usage:
    """Net dollars by the labels of an entity, product and SKU."""

    def __init__(self, of: Source, reading: Reading) -> None:
        self._of = of
        self._is_blind = BLIND in reading.facts
        self._by_names: dict[tuple[str, ...], list[_Row]] = {}
        self._spelled: dict[str, str] = {}
        for metric, labels, usd in reading.samples:
            if metric is of.metric:
                # Workflows have usage of Actions only, and no label for it.
                its = {"product": "actions", **dict(zip(metric.labels, labels, strict=True))}
                spelled = [its[label] for label in of.labels]
                names = tuple(map(str.casefold, spelled))
                row = _Row(its["product"], its["sku"], usd)
                self._by_names.setdefault(names, []).append(row)
                self._spelled["/".join(names)] = "/".join(spelled)

    def spelled(self, budget: Budget) -> str | None:
        """Return the entity of a budget as its usage spells it, None if it has none."""
        return self._spelled.get(budget.entity.casefold())

    def consumed(self, budget: Budget, known: _Known) -> float:
        """Return the dollars that a budget covers. Raises `_UnknownError`."""
        if not _is_published(budget) and not any(
            _covers(budget, row) for rows in self._by_names.values() for row in rows
        ):
            raise _UnknownError("GitHub publishes no such product or SKU, and no usage has it")
        names = self._names(budget, known)
        if names in self._by_names:
            return fsum(row.usd for row in self._by_names[names] if _covers(budget, row))
        folded = [
            row
            for each in product(*((name, OTHER) for name in names))
            for row in self._by_names.get(each, ())
        ]
        if any(_covers(budget, row) for row in folded):
            raise _UnknownError("(other) may contain their usage, due to the series limit")
        if self._is_blind:
            raise _UnknownError("usage that the rules of allocation cannot see may be theirs")
        if not folded and known.spelled(budget) is None:
            scope = budget.scope.replace("_", " ")
            raise _UnknownError(f"no usage of the {scope} {budget.entity} this month")
        return 0.0

    def _names(self, budget: Budget, known: _Known) -> tuple[str, ...]:
        name = budget.entity.casefold()
        if budget.scope is not Scope.COST_CENTER:
            return tuple(name.split("/", len(self._of.labels) - 1)) if self._of.labels else ()
        if (name,) in self._by_names:
            return (name,)
        if name not in known.centers:
            raise _UnknownError("no cost center with this name or ID is known")
        return (known.centers[name],)


class _Row(NamedTuple):
    product: str
    sku: str
    usd: float


def _covers(budget: Budget, row: _Row) -> bool:
    return budget.product in {"", row.product} and budget.sku in {"", row.sku}


def _is_published(budget: Budget) -> bool:
    product_known = not budget.product or skus.is_known_product(budget.product)
    return product_known and (not budget.sku or skus.is_known_sku(budget.sku))


OWN_BUDGETS = Collector(
    name="own_budgets",
    summary="Budgets of the settings (`own_budgets`), with their consumption from other "
    "collectors' readings; sends no requests",
    endpoints=(),
    permissions=dict.fromkeys(AccountType, Permission()),
    metrics=(
        catalogue.BUDGET_LIMIT_USD,
        catalogue.BUDGET_INFO,
        catalogue.BUDGET_ESTIMATED_CONSUMED_USD,
    ),
    collect=FromReadings(collect),
    why_off="only if `own_budgets` is set",
    turned_on_by="budgets",
)

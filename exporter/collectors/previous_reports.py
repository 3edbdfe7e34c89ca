"""Last month from the usage report: read once it is settled, then kept (OpenAPI 23.0.2)."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import repeat
from operator import attrgetter

from exporter.accounts import Account
from exporter.billing.cycle import Cycle
from exporter.billing.sums import Sums, sum_up
from exporter.billing.usage import REPORTS_LAG_HOURS
from exporter.collectors.collector import DAILY, MANY_PAGES, Collector, FromReport
from exporter.collectors.cost_centers import USAGE_COST_CENTERS
from exporter.collectors.usage import USAGE
from exporter.collectors.usage_reports import USAGE_ORGANIZATIONS, USAGE_REPOSITORIES
from exporter.github.api import GitHub
from exporter.ledger import whole_report
from exporter.ledger.whole_report import WholeReport
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading, Sample

TOO_EARLY = "Not read before the fourth day of the month: reports lag by up to three days."
_RULES = "rules"


def kept(account: Account, known: Reading | None, now: datetime) -> Reading | None:
    """Return the reading that needs no report at ``now``, None if last month is to be read.

    It is read on the fourth day of the month, and again only if the rules of allocation change, or
    could not see all that they need.
    """
    if early := _too_early(now):
        return early
    end = Cycle.at(now).end
    if known is None or known.cycle_end != end or known.facts.get(_RULES) != _rules(account):
        return None
    return replace(known, taken=now)


def settled(
    account: Account, report: WholeReport, samples: Iterable[Sample], *, is_final: bool = True
) -> Reading:
    """Return the reading of last month; a final one is `kept` for the rest of this month."""
    # An attempt that waits for its slot may cross the month's edge.
    if early := _too_early(report.now):
        return early
    # The reading expires with the current cycle: then another month is the previous one.
    end, facts = Cycle.at(report.now).end, {_RULES: _rules(account)} if is_final else {}
    return Reading(report.now, tuple(samples), cycle_end=end, facts=facts)


def _too_early(now: datetime) -> Reading | None:
    cycle = Cycle.at(now)
    if cycle.hours_until(now) >= REPORTS_LAG_HOURS:
        return None
    return Reading(now, (), cycle_end=cycle.end, notes=(TOO_EARLY,))


def _rules(account: Account) -> str:
    return hashlib.sha256(repr(account.own.rules).encode()).hexdigest()[:16]


def previous_samples(
    parts: Iterable[tuple[tuple[str, ...], Sums]], metrics: tuple[Metric, Metric]
) -> list[Sample]:
    """Return gross and net US dollars by the labels of the ``metrics``."""
    samples: list[Sample] = []
    for labels, sums in sum_up(parts).items():
        samples += map(Sample, metrics, repeat(labels), (sums.gross, sums.net))
    return samples


_REPOSITORY = (
    catalogue.PREVIOUS_CYCLE_REPOSITORY_USAGE_GROSS_USD,
    catalogue.PREVIOUS_CYCLE_REPOSITORY_USAGE_NET_USD,
)
_ORGANIZATION = (
    catalogue.PREVIOUS_CYCLE_ORGANIZATION_USAGE_GROSS_USD,
    catalogue.PREVIOUS_CYCLE_ORGANIZATION_USAGE_NET_USD,
)
_COST_CENTER = (
    catalogue.PREVIOUS_CYCLE_COST_CENTER_USAGE_GROSS_USD,
    catalogue.PREVIOUS_CYCLE_COST_CENTER_USAGE_NET_USD,
)


def _by_names(report: WholeReport, metrics: tuple[Metric, Metric]) -> list[Sample]:
    key = attrgetter(*metrics[0].labels)
    return previous_samples(((key(names), sums) for names, sums in report), metrics)


async def collect_repositories(_github: GitHub, account: Account, report: WholeReport) -> Reading:
    return settled(account, report, _by_names(report, _REPOSITORY))


async def collect_organizations(_github: GitHub, account: Account, report: WholeReport) -> Reading:
    return settled(account, report, _by_names(report, _ORGANIZATION))


async def collect_cost_centers(_github: GitHub, account: Account, report: WholeReport) -> Reading:
    by_sku = attrgetter("product", "sku")
    parts = (
        ((center, *by_sku(names)), sums)
        for center, part in report.parts.items()
        for names, sums in part
    )
    return settled(account, report, previous_samples(parts, _COST_CENTER))


def last_month(
    this_month: Collector,
    one: str,
    collect: FromReport,
    metrics: tuple[Metric, Metric],
    *endpoints: str,
) -> Collector:
    """Return the collector that is on with one of this month, and reads the month before.

    ``endpoints`` are requested besides those of the report.
    """
    return Collector(
        name=this_month.name.replace("usage_", "usage_previous_cycle_"),
        summary=f"Last month's US dollars by {one} and SKU, read once on the fourth day",
        endpoints=(*whole_report.endpoints(this_month.account_types), *endpoints),
        permissions=this_month.permissions,
        metrics=metrics,
        collect=collect,
        follows=USAGE.name,
        interval=DAILY,
        timeout=MANY_PAGES,
        why_off=f"on with `{this_month.name}`",
        beside=this_month.name,
    )


USAGE_PREVIOUS_CYCLE_REPOSITORIES = last_month(
    USAGE_REPOSITORIES,
    "repository",
    FromReport(collect_repositories, previous=True),
    _REPOSITORY,
)
USAGE_PREVIOUS_CYCLE_ORGANIZATIONS = last_month(
    USAGE_ORGANIZATIONS,
    "organization",
    FromReport(collect_organizations, repositories=False, previous=True),
    _ORGANIZATION,
)
USAGE_PREVIOUS_CYCLE_COST_CENTERS = last_month(
    USAGE_COST_CENTERS,
    "cost center",
    FromReport(collect_cost_centers, repositories=False, previous=True),
    _COST_CENTER,
)

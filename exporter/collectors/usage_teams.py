"""The month by team: GitHub's usage report by the rules of the settings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from exporter.accounts import Account, AccountType
from exporter.billing import matches, own_prices, reports
from exporter.billing.allocation import Allocation, Usage, allocate, organizations_to_list
from exporter.billing.owners import PERSON
from exporter.billing.sums import Sums
from exporter.collectors.collector import (
    MANY_PAGES,
    REFUSED,
    SIX_HOURLY,
    Collector,
    FromReport,
    Noted,
)
from exporter.collectors.previous_reports import last_month, previous_samples, settled
from exporter.collectors.usage import PERMISSIONS
from exporter.collectors.usage_reports import samples
from exporter.github.api import GitHub
from exporter.github.errors import InvalidPayload
from exporter.ledger import cost_centers, repositories, whole_report
from exporter.ledger.coverage import RIGHTS, Listed, Part, coverage, matched_or_blind, notes
from exporter.ledger.whole_report import WholeReport
from exporter.metrics import catalogue
from exporter.metrics.model import Reading
from exporter.own import Rule

_RIGHTS = f"; for rules by property or topic also {RIGHTS}"
TEAMS = 1_000
"""Maximum teams of an account: their series are never folded."""

BLIND = "blind"
"""Fact of a reading: rules could not see all usage, which may be any team's."""
MATCHED = "allocation_matched"
"""The fact of a reading about the rules that matched, as `matches.to_text`."""

_PREVIOUS = (
    catalogue.PREVIOUS_CYCLE_TEAM_USAGE_GROSS_USD,
    catalogue.PREVIOUS_CYCLE_TEAM_USAGE_NET_USD,
)


class OfTeam(NamedTuple):
    """A team, and the names of its usage, normalized."""

    team: str
    product: str
    sku: str
    unit: str


@dataclass(frozen=True, slots=True)
class Allocated:
    """The parts of a report with their verdicts, and the repositories that were listed for it."""

    parts: Sequence[Part]
    allocation: Allocation
    listed: Listed

    def __iter__(self) -> Iterator[tuple[OfTeam, Sums]]:
        """Yield the sums of every part with its team: add those with equal names."""
        verdicts = self.allocation.verdicts
        for usage, names, sums in self.parts:
            yield OfTeam(verdicts[usage].team, names.product, names.sku, names.unit), sums


async def allocated(github: GitHub, account: Account, report: WholeReport) -> Allocated:
    """Allocate a report by the account's rules, and list the repositories that they need.

    Raises `InvalidPayload` for more than `TEAMS`.
    """
    rules = account.own.rules
    parts = list(_parts(report))
    usage = dict.fromkeys(part.usage for part in parts)
    listed = Listed()
    if account.type is not AccountType.USER:
        for owner in sorted(organizations_to_list(rules, usage) - {PERSON}):
            await _list(github, owner, rules, listed)
    allocation = allocate(rules, usage, listed.traits)
    if len(allocation.teams) > TEAMS:
        raise InvalidPayload(
            detail=f"more than {TEAMS:,} teams by the rules of allocation",
            hint="Check allocation.rules for a property or topic that differs by repository.",
        )
    return Allocated(parts, allocation, listed)


async def collect(github: GitHub, account: Account, report: WholeReport) -> Reading:
    found = await allocated(github, account, report)
    report.teams = found.allocation.of_repositories()
    prices = own_prices.prices_of(account.own.prices, report.cycle.start)
    own = Noted.estimated(catalogue.TEAM_OWN_ESTIMATED_USD, found, prices)
    usage = samples(found, catalogue.TEAM_USAGE_GROSS_QUANTITY, catalogue.TEAM_USAGE_USD)
    return Reading(
        report.now,
        (*usage, *own.samples),
        cycle_end=report.cycle.end,
        facts=_facts(account, found),
        unknown_skus=reports.unknown_skus(report),
        notes=(*notes(account, found.allocation, found.listed), *own.notes),
    )


async def collect_previous(github: GitHub, account: Account, report: WholeReport) -> Reading:
    found = await allocated(github, account, report)
    parts = (((names.team, names.product, names.sku), sums) for names, sums in found)
    is_final = not found.listed.refused
    return settled(account, report, previous_samples(parts, _PREVIOUS), is_final=is_final)


def _facts(account: Account, found: Allocated) -> dict[str, str]:
    facts = {"allocation": coverage(found.parts, found.allocation)}
    if found.allocation.blind:
        facts[BLIND] = "yes"
    places = matched_or_blind(account, found.allocation, found.listed)
    return facts if places is None else facts | {MATCHED: matches.to_text(places)}


def _parts(report: WholeReport) -> Iterator[Part]:
    for center, part in report.parts.items():
        name = report.centers.get(center, "")
        for names, sums in part:
            # Usage that only the summary has is no organization's.
            late = names[:2] == (cost_centers.REST, "") and center == cost_centers.REST
            organization = "" if late else names.organization
            yield Part(Usage(organization, names.repository, name), names, sums)


async def _list(github: GitHub, owner: str, rules: Sequence[Rule], listed: Listed) -> None:
    key = owner.casefold()
    if key in listed.traits:
        return
    found = await repositories.ask_or_none(
        github,
        owner,
        {rule.property for rule in rules if rule.property},
        topics=any(rule.topic for rule in rules),
        absent=REFUSED,
    )
    listed.traits[key] = found.traits if found else {}
    failure = found.failure if found else github.refusal
    if failure is not None:
        (listed.kept if found else listed.refused)[owner] = failure


USAGE_TEAMS = Collector(
    name="usage_teams",
    summary="This month's quantities and US dollars by team and SKU, by the rules of `allocation`",
    endpoints=(*whole_report.endpoints(PERMISSIONS), repositories.ENDPOINT),
    permissions={
        kind: replace(permission, note="" if kind is AccountType.USER else _RIGHTS)
        for kind, permission in PERMISSIONS.items()
    },
    metrics=(
        catalogue.TEAM_USAGE_GROSS_QUANTITY,
        *catalogue.TEAM_USAGE_USD,
        catalogue.TEAM_OWN_ESTIMATED_USD,
    ),
    collect=FromReport(collect),
    interval=SIX_HOURLY,
    timeout=MANY_PAGES,
    why_off="on if there are rules in `allocation`",
    turned_on_by="rules",
)
USAGE_PREVIOUS_CYCLE_TEAMS = last_month(
    USAGE_TEAMS,
    "team",
    FromReport(collect_previous, previous=True),
    _PREVIOUS,
    repositories.ENDPOINT,
)

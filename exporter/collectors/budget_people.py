"""People under a universal budget, and those at its limit (OpenAPI 23.0.2, GHEC)."""

from datetime import datetime

import msgspec

from exporter.accounts import Account, AccountType
from exporter.billing.cycle import Cycle
from exporter.billing.values import Number, fits_label
from exporter.collectors.budgets import BUDGETS, ENDPOINTS, UNIVERSAL_SCOPES, listed
from exporter.collectors.collector import HOURLY, MANY_PAGES, Collector, check_total, left_out
from exporter.github.api import PER_PAGE, GitHub
from exporter.github.body import Understood
from exporter.metrics import catalogue
from exporter.metrics.model import Reading, Sample

_ENDPOINT = f"{ENDPOINTS[AccountType.ENTERPRISE]}/{{budget}}/user-states"


class Person(msgspec.Struct, frozen=True):
    """A person's use of a budget, in the budget's unit. Names are not read."""

    consumed_amount: Number
    target_amount: Number


class Page(msgspec.Struct, frozen=True):
    user_states: list[msgspec.Raw] | None = None
    has_next_page: bool | None = None
    total_count: int | None = None


async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
    found = await listed(github, account)
    samples: list[Sample] = []
    uncounted = found.others
    for budget in found.budgets:
        if budget.budget_scope in UNIVERSAL_SCOPES:
            people = await _people(github, account, budget.id)
            if people.others:
                uncounted += 1
                continue
            reached = sum(each.consumed_amount >= each.target_amount for each in people.found)
            samples += (
                catalogue.BUDGET_PEOPLE(len(people.found), budget=budget.id),
                catalogue.BUDGET_PEOPLE_AT_LIMIT(reached, budget=budget.id),
            )
    notes = left_out(uncounted, "budgets")
    return Reading(now, tuple(samples), cycle_end=Cycle.at(now).end, notes=notes)


async def _people(github: GitHub, account: Account, budget: str) -> Understood[Person]:
    people = Understood(Person, _ENDPOINT, fits_label)
    total = 0
    async for page in github.pages(
        _ENDPOINT,
        Page,
        lambda page: bool(page.has_next_page),
        account=account.name,
        budget=budget,
        per_page=PER_PAGE,
    ):
        people.add(page.user_states)
        total = max(total, page.total_count or 0)
    check_total(len(people.found) + people.others, total, "people", _ENDPOINT)
    return people


BUDGET_PEOPLE = Collector(
    name="budget_people",
    summary="People under a universal budget, and how many have reached its limit",
    endpoints=(ENDPOINTS[AccountType.ENTERPRISE], _ENDPOINT),
    permissions={AccountType.ENTERPRISE: BUDGETS.permissions[AccountType.ENTERPRISE]},
    metrics=(catalogue.BUDGET_PEOPLE, catalogue.BUDGET_PEOPLE_AT_LIMIT),
    collect=collect,
    interval=HOURLY,
    timeout=MANY_PAGES,
    why_off="one request per hundred people, and it reads each person's usage",
)

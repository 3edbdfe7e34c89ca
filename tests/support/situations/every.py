"""The situations, beside the demo of `tests.support.month_of_demo`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import get_args

from exporter.accounts import AccountType, Platform
from exporter.demo import SimulatedBudget, SimulatedGitHub
from exporter.demo.accounts import Family
from tests.support.situations.situation import (
    END,
    Accounts,
    Clock,
    Event,
    Situation,
    enterprise,
    organization,
    user,
    watching,
)
from tests.support.situations.usage import Use, growing

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MINUTE_PRICE, _LARGE_PRICE, _GB_HOUR_PRICE = 0.006, 0.022, 0.00033602
_REPOSITORIES_OF_AN_ORGANIZATION = 17


def _personal(clock: Clock) -> Accounts:
    uses = [
        Use("actions_linux", "minutes", _MINUTE_PRICE, 1_400, 2_000, "", "dotfiles"),
        Use("actions_storage", "gigabyte-hours", _GB_HOUR_PRICE, 210, 372, "", "thesis"),
    ]
    rows = growing(uses, clock)
    return [user("mona", plan="free", copilot=False, repositories=["dotfiles"], usage_items=rows)]


def _covered(clock: Clock) -> Accounts:
    linux = Use("actions_linux", "minutes", _MINUTE_PRICE, 21_600, 10_800, "acme", "api")
    rows = growing([linux], clock)
    budget = SimulatedBudget("actions", 100, "organization", entity="acme")
    return [organization("acme", copilot=False, usage_items=rows, budgets=[budget])]


def _legacy(_: Clock) -> Accounts:
    names = ("oldtown", "harbor")
    return [organization(name, platform=Platform.LEGACY, copilot=False) for name in names]


def _four(_: Clock) -> Accounts:
    sizes = {"globex-international": 40.0, "initech": 3.0, "hooli": 2.0, "umbrella": 1.0}
    return [
        organization(
            name,
            size=size,
            seats=int(12 * size**0.5),
            ghas="bundled",
            budgets=[SimulatedBudget("actions", int(80 * size), "organization", entity=name)],
        )
        for name, size in sizes.items()
    ]


def _nothing(_: Clock) -> Accounts:
    return [organization("newborn", plan="free", copilot=False, seats=1, usage_items=[])]


def _of_a_server(_: Clock) -> Accounts:
    return [organization("acme", ghas="bundled", copilot=False)]


def _huge(clock: Clock, *, organizations: int) -> Accounts:
    uses = [use for number in range(organizations) for use in _uses_of(number)]
    repositories = [f"{use.organization}/{use.repository}" for use in uses]
    rows = growing(uses, clock)
    budgets = [
        SimulatedBudget("actions", 3_000_000 // organizations, "organization", entity=_name(number))
        for number in range(0, organizations, 15)
    ]
    whole = SimulatedBudget("actions", 2_000_000, "enterprise", hard=True)
    return [
        enterprise(
            "globex-international-holdings",
            ghas="split",
            seats=6_300,
            repositories=list(dict.fromkeys(repositories)),
            usage_items=rows,
            budgets=[whole, *budgets],
        )
    ]


def _many(clock: Clock, *, organizations: int) -> Accounts:
    return [
        organization(_name(number), copilot=False, usage_items=growing(_uses_of(number), clock))
        for number in range(organizations)
    ]


def _name(number: int) -> str:
    kinds = ("payments-shared", "core-platform-apac", "research", "mobile-clients", "web")
    return f"{kinds[number % len(kinds)]}-{number:03}"


def _uses_of(number: int) -> list[Use]:
    # Few repositories use most, as everywhere.
    return [
        Use(sku, "minutes", price, minutes, 0.0, _name(number), f"service-{repository:02}")
        for repository in range(_REPOSITORIES_OF_AN_ORGANIZATION)
        for minutes in (2_000_000 / (1 + number) / (1 + repository) ** 1.5,)
        for sku, price in (
            ("actions_linux", _MINUTE_PRICE),
            ("actions_linux_8_core", _LARGE_PRICE),
        )
    ]


def _refuse_credential(github: SimulatedGitHub) -> None:
    github.expires = END - timedelta(days=400)


def _hide(github: SimulatedGitHub, *, account: str) -> None:
    github.account(AccountType.ORGANIZATION, account).hidden |= {*get_args(Family)}


_USUAL = (
    Situation("personal", "a free account at $0", AccountType.USER, _personal),
    Situation(
        "covered",
        "a plan that covers the first half of a month",
        AccountType.ORGANIZATION,
        _covered,
        end=datetime(2026, 10, 11, 18, 30, tzinfo=UTC),
    ),
    Situation("legacy", "only the legacy platform", AccountType.ORGANIZATION, _legacy),
    Situation(
        "unreadable",
        "four organizations, the largest unreadable for a day",
        AccountType.ORGANIZATION,
        _four,
        happens=(Event(_DAY, partial(_hide, account="globex-international")),),
    ),
    Situation(
        "refused",
        "four organizations, the credential refused for three days",
        AccountType.ORGANIZATION,
        _four,
        happens=(Event(3 * _DAY, _refuse_credential),),
    ),
    Situation("empty", "nothing used, ever", AccountType.ORGANIZATION, _nothing),
    Situation(
        "first",
        "the first day of a month",
        AccountType.ORGANIZATION,
        _four,
        end=datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    ),
    Situation(
        "gap",
        "two days without exporter",
        AccountType.ORGANIZATION,
        _four,
        stopped=(3 * _DAY, _DAY),
    ),
    Situation(
        "server",
        "a GitHub Enterprise Server",
        AccountType.ORGANIZATION,
        _of_a_server,
        settings=partial(watching, github={"api_url": "https://github.example.com/api/v3"}),
        server=True,
    ),
)


def _large(organizations: int) -> tuple[Situation, ...]:
    return (
        Situation(
            "huge",
            "an enterprise of 300 organizations with 5,000 repositories",
            AccountType.ENTERPRISE,
            partial(_huge, organizations=organizations),
            settings=partial(watching, collectors=["usage_organizations", "usage_repositories"]),
            days=3,
            step=_HOUR,
        ),
        Situation(
            "many",
            "300 accounts",
            AccountType.ORGANIZATION,
            partial(_many, organizations=organizations),
            days=3,
            step=6 * _HOUR,
        ),
    )


EVERY = (*_USUAL, *_large(300))

SMALL = tuple(replace(each, days=4, step=12 * _HOUR) for each in (*_USUAL, *_large(30)))
"""The same, coarse and short enough for the gate."""

"""What the settings add to GitHub's bill: teams, prices and budgets of one's own."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

UNALLOCATED = "(unallocated)"
"""The team of usage that no rule takes."""

TEAM = 256
"""Maximum characters of a team's name: in UTF-8 it fits a label."""

BUDGET = "own:"
"""Prefix of the ids of own budgets, so that none is GitHub's."""


def team_name(text: str) -> str:
    """Return the text as a team's name, trimmed; empty if it cannot be one.

    Names that begin with a parenthesis are the exporter's own, such as `UNALLOCATED`.
    """
    name = text.strip()
    return "" if len(name) > TEAM or name.startswith("(") else name


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of ``allocation.rules``: the usage that it takes, and the team.

    Exactly one of the first five is set. ``repositories`` are patterns of ``owner/name``,
    ``organizations`` of names. The team is ``team``, the value of the custom ``property``, the part
    of the topic for which ``*`` stands in ``topic``, or the name of the cost center.
    """

    repositories: tuple[str, ...] = ()
    property: str = ""
    topic: str = ""
    organizations: tuple[str, ...] = ()
    cost_center: bool = False
    team: str = ""

    def patterns(self) -> tuple[str, ...]:
        """Return the patterns of repositories or organizations, empty for other rules."""
        return self.repositories or self.organizations


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a unit of a SKU that GitHub does not bill, from the first of a month on."""

    sku: str
    usd: float
    start: date


class Scope(StrEnum):
    """What an own budget covers, beside its product or SKU."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"
    COST_CENTER = "cost_center"
    TEAM = "team"
    REPOSITORY = "repository"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget of one's own: a limit in US dollars of the month's net.

    ``entity`` is the name in ``scope``, empty for the account; a repository is ``owner/name``, a
    workflow ``owner/name/path``. ``product`` and ``sku`` are empty for all usage.
    """

    name: str
    usd: float
    scope: Scope = Scope.ACCOUNT
    entity: str = ""
    product: str = ""
    sku: str = ""

    @property
    def id(self) -> str:
        return f"{BUDGET}{self.name}"


@dataclass(frozen=True, slots=True)
class Own:
    """What the settings add to an account's bill.

    With ``team_info`` each repository that has series is published with its team.
    """

    rules: tuple[Rule, ...] = ()
    prices: tuple[Price, ...] = ()
    budgets: tuple[Budget, ...] = ()
    team_info: bool = False

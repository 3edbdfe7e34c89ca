"""Simulated accounts with their budgets, cost centers and people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from exporter.accounts import AccountType, Platform
from exporter.demo.bulk import Bulk
from exporter.demo.exports import SimulatedExports

Rows = Sequence[Mapping[str, object]]
Family = Literal[
    "usage",
    "models",
    "plan",
    "advanced_security",
    "legacy",
    "budgets",
    "cost_centers",
    "exports",
    "licenses",
    "license_sync",
    "copilot",
    "repositories",
]
LegacyFamily = Literal["actions", "packages", "shared-storage"]

_USUAL_PLANS = {
    AccountType.ORGANIZATION: "team",
    AccountType.USER: "pro",
    AccountType.ENTERPRISE: "enterprise",
}


def _made_up_id(*words: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(words)))


@dataclass
class SimulatedBudget:
    """A monthly budget in whole US dollars, or in licenses if ``target`` is billed by license.

    If ``amount`` is ``None``, the budget is the next whole dollar above the usage at the start of
    the simulation, so that usage soon exceeds it. ``target`` is a product, a SKU of the usage
    summary or a bundle, depending on ``type``. ``entity`` is the organization, repository
    (``owner/name``) or name of the cost center for ``scope``, ``user`` the person. ``hard`` stops
    usage. ``listed`` sends the target as a list of one, as GitHub sometimes does.
    """

    target: str
    amount: int | None
    scope: str
    type: Literal["ProductPricing", "SkuPricing", "BundlePricing"] = "ProductPricing"
    entity: str = ""
    user: str = ""
    hard: bool = False
    recipients: list[str] = field(default_factory=list)
    listed: bool = False
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.id or _made_up_id("budget", self.scope, self.entity, self.user, self.target)


@dataclass
class SimulatedCostCenter:
    """A cost center of an enterprise, which pays for the usage of its resources.

    ``resources`` are pairs of a type (``User``, ``Team``, ``Repo``, ``Org``) and a name; only
    repositories and organizations have usage. A deleted cost center keeps its past usage. ``pool``
    is the number of AI credits per month in its own pool, ``None`` without a pool.
    """

    name: str
    resources: list[tuple[str, str]] = field(default_factory=list)
    state: Literal["active", "deleted"] = "active"
    pool: float | None = None
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.id or _made_up_id("cost center", self.name)


@dataclass
class SimulatedAccount:
    """An account on the simulated GitHub. All fields may be assigned at run time.

    ``plan`` is GitHub's name of the plan (free, pro, team, enterprise), by default the usual plan
    of the type. ``platform`` decides which billing endpoints answer: assign ``USAGE`` to move the
    account. ``enterprise`` is the slug of the owner, whose bill then contains this account's usage;
    with ``billed_to_owner`` the account's own usage and AI reports are 404.
    ``ghas`` is Advanced Security as one product or two. ``copilot`` is whether it has Copilot.
    ``ai`` is the unit that AI is billed in: with ``requests`` the report of credits is empty, with
    ``requests_only`` it is 404. ``preview`` adds usage of a SKU that no price list has yet,
    ``self_hosted`` free minutes of runners of its own.
    ``hidden`` are the families that the credential may not read; if ``plan`` is hidden, the
    account is visible without its plan.
    ``size`` multiplies generated usage. ``repositories`` are bare names, or ``owner/name`` for an
    enterprise; ``properties`` and ``topics`` are by these names. ``deleted`` repositories have
    usage but are no longer listed; ``former_names`` are bare names with the day until which usage
    has them. ``seats`` is the number of people with a license, ``committers`` are the logins
    that Advanced Security counts. Users cannot have ``budgets``, and only enterprises can have
    ``cost_centers``.

    ``usage_items`` replaces the generated rows of the usage summary: a list for every month, or a
    function of year and month. The usage report has the same usage; rows may have its
    ``organizationName`` and ``repositoryName``, and those of exports, ``workflowPath`` and
    ``username``. ``report_rows`` makes the usage report of every month a stream of that many rows,
    with the sums of ``bulk``, which the summary then has too. ``exports`` are an enterprise's.
    ``day_reports_only`` cuts off usage reports of more than a day, as GitHub does after ten
    seconds. ``legacy`` replaces generated legacy bodies, by the last word of their path.
    """

    type: AccountType
    name: str
    plan: str = ""
    platform: Platform = Platform.USAGE
    enterprise: str | None = None
    billed_to_owner: bool = False
    ghas: Literal["none", "bundled", "split"] = "none"
    copilot: bool = True
    ai: Literal["credits", "requests", "requests_only"] = "credits"
    preview: bool = False
    self_hosted: bool = False
    hidden: set[Family] = field(default_factory=set)
    size: float = 1.0
    repositories: list[str] = field(default_factory=lambda: ["api", "ios", "web"])
    seats: int = 12
    properties: Mapping[str, Mapping[str, str | Sequence[str] | None]] = field(default_factory=dict)
    topics: Mapping[str, Sequence[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    former_names: Mapping[str, tuple[str, date]] = field(default_factory=dict)
    committers: list[str] = field(
        default_factory=lambda: ["ada", "barbara", "edsger", "grace", "katherine", "linus"]
    )
    budgets: list[SimulatedBudget] = field(default_factory=list)
    cost_centers: list[SimulatedCostCenter] = field(default_factory=list)
    usage_items: Rows | Callable[[int, int], Rows] | None = None
    report_rows: int | None = None
    day_reports_only: bool = False
    legacy: Mapping[str, Mapping[str, object]] | None = None
    exports: SimulatedExports = field(default_factory=SimulatedExports)

    def __post_init__(self) -> None:
        self.plan = self.plan or _USUAL_PLANS[self.type]

    @property
    def key(self) -> tuple[AccountType, str]:
        return self.type, self.name.casefold()

    @property
    def owned_repositories(self) -> list[tuple[str, str]]:
        """Repositories as pairs of owner and bare name."""
        pairs = (repository.rpartition("/") for repository in self.repositories)
        return [(owner or self.name, name) for owner, _, name in pairs]

    @property
    def existing_repositories(self) -> list[tuple[str, str]]:
        """Owned repositories that are not deleted."""
        return [pair for pair in self.owned_repositories if self.written(*pair) not in self.deleted]

    def written(self, owner: str, name: str) -> str:
        """Return a repository as in ``repositories``."""
        return name if owner == self.name else f"{owner}/{name}"

    def former_name(self, owner: str, name: str) -> tuple[str, date]:
        """Return a repository's former bare name, and the first day on which it is not used."""
        return self.former_names.get(self.written(owner, name), (name, date.min))

    @property
    def people(self) -> list[str]:
        """Logins of the people with a license, ``seats`` many; the committers come first."""
        others = (f"{self.name}-{number}" for number in range(1, self.seats + 1))
        return [*self.committers, *others][: self.seats]

    @property
    def bulk(self) -> Bulk | None:
        """The stream of ``report_rows`` rows with its exact sums, None if it is not set."""
        if self.report_rows is None:
            return None
        return Bulk(
            self.report_rows, self.owned_repositories, of_user=self.type == AccountType.USER
        )

"""SimulatedAccount: a made-up account, what it has arranged with GitHub, and who belongs to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from exporter.accounts import AccountType, Platform
from exporter.demo.bulk import Bulk

Rows = Sequence[Mapping[str, object]]
Family = Literal[
    "usage",
    "models",
    "plan",
    "advanced_security",
    "legacy",
    "budgets",
    "cost_centers",
    "reports",
    "licenses",
    "license_sync",
    "copilot",
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
    """A budget of a month in whole US dollars, or in licences where ``target`` is billed by them.

    ``amount`` is ``None`` for the next whole dollar above what is used when the simulation
    begins, so that usage passes it soon. ``target`` is a product, a SKU of the usage summary or
    a bundle, as ``type`` says. ``entity`` is the organization, repository (``owner/name``) or
    cost center by name that ``scope`` is about, ``user`` the person. ``hard`` stops usage.
    ``listed`` spells the target as a list of one, as GitHub does at times.
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
    """A cost center of an enterprise: what its resources use is its own.

    ``resources`` are pairs of GitHub's words ``User``, ``Team``, ``Repo``, ``Org`` and a name;
    use belongs to repositories and organizations. A deleted one keeps what it has used. ``pool``
    are the AI credits a month it is to have of its own, ``None`` without.
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
    """An account on the simulated GitHub. Every field may be assigned at run time.

    ``plan`` is GitHub's word (free, pro, team, enterprise), by default the type's usual one.
    ``platform`` says which billing endpoints answer: assigning ``USAGE`` is the day of the move.
    ``enterprise`` is the slug of the owner, whose bill then contains this account's usage;
    ``billed_to_owner`` makes the account's own usage and AI reports 404.
    ``ghas`` is Advanced Security as one product or as two. ``copilot`` is whether it has any.
    ``ai`` is what AI is billed in: premium requests leave the report of credits empty, and
    ``requests_only`` makes it 404. ``preview`` is whether it uses what no price list names yet.
    ``hidden`` are the families that the credential may not see;
    a hidden ``plan`` leaves the account visible without its plan.
    ``size`` multiplies generated usage. ``repositories`` are bare names, or ``owner/name`` for an
    enterprise. ``seats`` are the people with a licence, ``committers`` the logins that Advanced
    Security counts. ``budgets`` are none for users, ``cost_centers`` are an enterprise's.

    ``usage_items`` replaces the generated rows of the usage summary, in its spelling: a list for
    whatever month is asked, or a function of year and month. The usage report follows it, and a
    row may have the report's ``organizationName`` and ``repositoryName`` to say whose use it is.
    ``report_rows`` makes the usage report of every month a stream of so many rows, whose sums
    ``bulk`` knows; a month's summary follows it. ``day_reports_only`` cuts usage reports of more
    than a day off, as GitHub does after ten seconds.
    ``legacy`` replaces generated legacy bodies, by the last word of their path.
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
    hidden: set[Family] = field(default_factory=set)
    size: float = 1.0
    repositories: list[str] = field(default_factory=lambda: ["api", "ios", "web"])
    seats: int = 12
    committers: list[str] = field(
        default_factory=lambda: ["ada", "barbara", "edsger", "grace", "katherine", "linus"]
    )
    budgets: list[SimulatedBudget] = field(default_factory=list)
    cost_centers: list[SimulatedCostCenter] = field(default_factory=list)
    usage_items: Rows | Callable[[int, int], Rows] | None = None
    report_rows: int | None = None
    day_reports_only: bool = False
    legacy: Mapping[str, Mapping[str, object]] | None = None

    def __post_init__(self) -> None:
        self.plan = self.plan or _USUAL_PLANS[self.type]

    @property
    def key(self) -> tuple[AccountType, str]:
        return self.type, self.name.casefold()

    @property
    def owned_repositories(self) -> list[tuple[str, str]]:
        """Pairs of owner and bare name."""
        pairs = (repository.rpartition("/") for repository in self.repositories)
        return [(owner or self.name, name) for owner, _, name in pairs]

    @property
    def people(self) -> list[str]:
        """Logins of those with a licence, one for each of ``seats``; the committers come first."""
        others = (f"{self.name}-{number}" for number in range(1, self.seats + 1))
        return [*self.committers, *others][: self.seats]

    @property
    def bulk(self) -> Bulk | None:
        """The stream that ``report_rows`` asks for, with its exact sums."""
        if self.report_rows is None:
            return None
        return Bulk(
            self.report_rows, self.owned_repositories, of_user=self.type == AccountType.USER
        )

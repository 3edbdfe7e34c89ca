"""SimulatedAccount: made-up accounts, and those that the demo shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from exporter.accounts import AccountType, Platform

Rows = Sequence[Mapping[str, object]]
Family = Literal["usage", "plan", "advanced_security", "legacy"]
LegacyFamily = Literal["actions", "packages", "shared-storage"]

_USUAL_PLANS = {
    AccountType.ORGANIZATION: "team",
    AccountType.USER: "pro",
    AccountType.ENTERPRISE: "enterprise",
}


@dataclass
class SimulatedAccount:
    """An account on the simulated GitHub. Every field may be assigned at run time.

    ``plan`` is GitHub's word (free, pro, team, enterprise), by default the type's usual one.
    ``platform`` says which billing endpoints answer: assigning ``USAGE`` is the day of the move.
    ``enterprise`` is the slug of the owner, whose bill then contains this account's usage.
    ``ghas`` is Advanced Security as one product or as two. ``hidden`` are the families that the
    credential may not see; a hidden ``plan`` leaves the account visible without its plan.
    ``size`` multiplies generated usage. ``repositories`` are bare names, or ``owner/name`` for an
    enterprise. ``seats`` are the people with a licence, ``committers`` the logins that Advanced
    Security counts.

    ``usage_items`` replaces the generated rows of the usage summary, in its spelling: a list for
    whatever month is asked, or a function of year and month. The usage report follows it.
    ``legacy`` replaces generated legacy bodies, by the last word of their path.
    """

    type: AccountType
    name: str
    plan: str = ""
    platform: Platform = Platform.USAGE
    enterprise: str | None = None
    ghas: Literal["none", "bundled", "split"] = "none"
    hidden: set[Family] = field(default_factory=set)
    size: float = 1.0
    repositories: list[str] = field(default_factory=lambda: ["api", "ios", "web"])
    seats: int = 12
    committers: list[str] = field(
        default_factory=lambda: ["ada", "barbara", "edsger", "grace", "katherine", "linus"]
    )
    usage_items: Rows | Callable[[int, int], Rows] | None = None
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


def demo_accounts() -> list[SimulatedAccount]:
    """Make one account of each kind: new, not yet moved, personal, large, and half hidden."""
    return [
        SimulatedAccount(AccountType.ORGANIZATION, "acme", ghas="bundled"),
        SimulatedAccount(AccountType.ORGANIZATION, "oldtown", platform=Platform.LEGACY),
        SimulatedAccount(
            AccountType.USER, "mona", plan="free", size=0.4, repositories=["dotfiles", "thesis"]
        ),
        SimulatedAccount(
            AccountType.ENTERPRISE,
            "acme-corp",
            ghas="split",
            size=14.0,
            seats=180,
            repositories=[
                "acme-platform/billing",
                "acme-platform/gateway",
                "acme-research/models",
                "acme-mobile/app",
            ],
        ),
        SimulatedAccount(
            AccountType.ORGANIZATION,
            "sandbox",
            plan="enterprise",
            enterprise="acme-corp",
            ghas="split",
            hidden={"plan", "advanced_security"},
            repositories=["playground"],
            seats=5,
        ),
    ]

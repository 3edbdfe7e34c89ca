"""The accounts of the demo, which together have data for every collector."""

from datetime import date

from exporter.accounts import AccountType, Platform
from exporter.demo.accounts import SimulatedAccount, SimulatedBudget, SimulatedCostCenter

_RENAMED = date(2026, 10, 9)


def demo_accounts() -> list[SimulatedAccount]:
    """Return an account of each kind: on usage, on legacy, personal, large and partly hidden."""
    return [
        SimulatedAccount(
            AccountType.ORGANIZATION,
            "acme",
            ghas="bundled",
            self_hosted=True,
            properties={
                "api": {"team": "payments", "tier": "1"},
                "ios": {"team": None},
                "web": {"team": "storefront", "languages": ["css", "typescript"]},
            },
            topics={"ios": ["mobile", "team-apps"], "web": ["frontend"]},
            budgets=_budgets_of_acme(),
        ),
        SimulatedAccount(AccountType.ORGANIZATION, "oldtown", platform=Platform.LEGACY),
        SimulatedAccount(
            AccountType.USER,
            "mona",
            plan="free",
            ai="requests",
            size=0.4,
            repositories=["dotfiles", "thesis"],
        ),
        SimulatedAccount(
            AccountType.ENTERPRISE,
            "acme-corp",
            ghas="split",
            preview=True,
            self_hosted=True,
            size=14.0,
            seats=180,
            repositories=[
                "acme-platform/billing",
                "acme-platform/gateway",
                "acme-research/models",
                "acme-mobile/app",
                "acme-mobile/prototype",
            ],
            properties={
                "acme-platform/billing": {"team": "platform", "tier": "1"},
                "acme-platform/gateway": {"team": "platform"},
                "acme-research/models": {"team": ["data", "research"]},
            },
            topics={"acme-mobile/app": ["ios", "team-mobile"]},
            deleted={"acme-mobile/prototype"},
            former_names={"acme-platform/gateway": ("proxy", _RENAMED)},
            budgets=_budgets_of_acme_corp(),
            cost_centers=_cost_centers_of_acme_corp(),
        ),
        SimulatedAccount(
            AccountType.ORGANIZATION,
            "sandbox",
            plan="enterprise",
            enterprise="acme-corp",
            ghas="split",
            hidden={"plan", "advanced_security", "budgets"},
            repositories=["playground"],
            seats=5,
        ),
    ]


def _budgets_of_acme() -> list[SimulatedBudget]:
    # The first is soon exceeded; the others have every spelling and unit.
    return [
        SimulatedBudget(
            "actions", None, "organization", entity="acme", hard=True, recipients=["grace"]
        ),
        SimulatedBudget("packages", 250, "organization", entity="acme", listed=True),
        SimulatedBudget("actions_linux_4_core", 0, "repository", "SkuPricing", entity="acme/web"),
        SimulatedBudget("copilot_for_business", 15, "organization", "SkuPricing", entity="acme"),
        SimulatedBudget(
            "ai_credits", 50, "multi_user_customer", "BundlePricing", hard=True, listed=True
        ),
        SimulatedBudget(
            "ai_credits",
            20,
            "user",
            "BundlePricing",
            entity="ada",
            user="ada",
            hard=True,
            recipients=["ada", "grace"],
            listed=True,
        ),
    ]


def _budgets_of_acme_corp() -> list[SimulatedBudget]:
    # One of each scope, and more than GitHub returns on a page.
    platform = SimulatedBudget("actions", 900, "cost_center", entity="Platform", recipients=["ada"])
    scopes = [
        SimulatedBudget("actions", None, "enterprise", recipients=["grace"], listed=True),
        SimulatedBudget("ghas", 20_000, "enterprise", hard=True),
        SimulatedBudget("ghec_licenses", 200, "enterprise", "SkuPricing"),
        SimulatedBudget("actions", 100, "organization", entity="sandbox"),
        SimulatedBudget("actions_linux", 400, "repository", "SkuPricing", entity="acme-mobile/app"),
        platform,
        SimulatedBudget("ai_credits", 60, "multi_user_customer", "BundlePricing", listed=True),
        SimulatedBudget(
            "ai_credits",
            90,
            "multi_user_cost_center",
            "BundlePricing",
            entity=platform.entity,
            listed=True,
        ),
        SimulatedBudget(
            "ai_credits", 30, "user", "BundlePricing", entity="linus", user="linus", listed=True
        ),
    ]
    products = [
        SimulatedBudget(product, 5_000, "enterprise")
        for product in ("codespaces", "git_lfs", "packages")
    ]
    return [*scopes, *products]


def _cost_centers_of_acme_corp() -> list[SimulatedCostCenter]:
    return [
        SimulatedCostCenter(
            "Platform", [("Org", "acme-platform"), ("Team", "core"), ("User", "ada")]
        ),
        SimulatedCostCenter("Playground", [("Org", "sandbox")], pool=21_000),
        SimulatedCostCenter("Research", [("Repo", "acme-research/models")], state="deleted"),
    ]

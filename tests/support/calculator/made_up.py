"""Accounts generated from a seed, with refunds, free use, spellings and inconsistent lists."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from tests.support.calculator import names
from tests.support.calculator.accounts import Budget, Center, Kind, MadeUp, Seat, Source, Use

MOMENTS = tuple(
    datetime.fromisoformat(moment).replace(tzinfo=UTC)
    for moment in (
        "2026-10-01T00:00:20",
        "2026-10-03T23:59:59",
        "2026-10-04T00:00:00",
        "2026-10-20T12:00:00",
        "2026-10-31T23:59:30",
        "2026-11-02T06:00:00",
        "2027-01-01T00:30:00",
        "2027-02-28T23:00:00",
        "2028-02-29T12:00:00",
    )
)
"""Mid-month, at the turn of months, and around the hour from which storage is averaged."""

_REPOSITORIES = (("acme", "web"), ("acme", "ios"), ("acme", ""), ("labs", "web"))
_CENTERS = (
    Center("2eeb8ffe-6903-11ee-8c99-0242ac120002", "Platform"),
    Center("3ffb9ffe-6903-11ee-8c99-0242ac120003", "Research"),
    Center("4aab9ffe-6903-11ee-8c99-0242ac120004", "Gone", "deleted"),
    Center("5bbb9ffe-6903-11ee-8c99-0242ac120005", "Going", "deleted", ("active", "deleted")),
)
_PRICES = {
    "minutes": 0.006,
    "gigabyte_hours": 0.00033602,
    "gigabytes": 0.5,
    "user_months": 19.0,
    "ai_credits": 0.01,
    "requests": 0.04,
    "hours": 0.18,
}
_COMMON = ("actions_linux", "actions_macos", "actions_storage", "packages_bandwidth")
_EACH_PERSONS = ("user", "multi_user_customer", "multi_user_cost_center")


class Maker:
    """Makes one account, always the same for a seed."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        self.now = self._dice.choice(MOMENTS)
        kinds: tuple[Kind, ...] = ("organization", "user", "enterprise", "enterprise")
        self._kind = self._dice.choice(kinds)
        self._name = "corp" if self._kind == "enterprise" else "acme"
        enterprise = self._kind == "enterprise"
        self._centers = self._some(_CENTERS) if enterprise else []

    def account(self) -> MadeUp:
        this = (self.now.year, self.now.month)
        last_day = self.now.replace(day=1) - timedelta(days=1)
        return MadeUp(
            kind=self._kind,
            name=self._name,
            months={this: self._uses(), (last_day.year, last_day.month): self._uses()},
            centers=self._centers,
            budgets=[self._budget(number) for number in range(self._dice.randrange(8))],
            seats=[self._seat() for _ in range(self._dice.randrange(1, 12))],
            minds_state=self._dice.random() < 0.7,
            merges=self._dice.random() < 0.3,
        )

    def _some(self, whole: tuple[Center, ...]) -> list[Center]:
        return self._dice.sample(whole, self._dice.randrange(len(whole) + 1))

    def _uses(self) -> list[Use]:
        every = [*names.DOCUMENTED, names.UNDOCUMENTED]
        keys = [*_COMMON, *(sku.key for sku in self._dice.sample(every, 3))]
        uses = [self._use(self._dice.choice(keys)) for _ in range(self._dice.randrange(14))]
        return uses + [replace(use, day=1) for use in uses if self._dice.random() < 0.2]

    def _use(self, key: str) -> Use:
        dice = self._dice
        sku = names.SKUS[key]
        own = "self_hosted" in key
        organization, repository = dice.choice(_REPOSITORIES)
        center = dice.choice([None, *self._centers])
        # The exporter does not request a deleted cost center whose use only its report has.
        deleted = center is not None and center.state == "deleted"
        late: tuple[Source, ...] = ("summary",) if deleted else ("summary", "report")
        return Use(
            key,
            # Unique, so that no two rows cancel each other out.
            quantity=dice.choice((1, 1, 1, -1)) * dice.randrange(10**6, 10**9) / 10**6,
            price=0.0 if own else _PRICES[sku.unit] * dice.choice((1, 1, 1, 2)),
            free=0.0 if own else dice.choice((0.0, 0.0, 0.3, 1.0)),
            report_discounts="storage" in key and dice.random() < 0.3,
            credit=0.0 if own else dice.choice((0.0,) * 5 + (-31.0,)),
            organization=organization if self._kind == "enterprise" else self._name,
            repository=repository,
            center=center.id if center else "",
            day=dice.randrange(1, self.now.day + 1),
            said_by=dice.choice(late) if dice.random() < 0.2 else "both",
            spelling=dice.randrange(100),
        )

    def _budget(self, number: int) -> Budget:
        dice = self._dice
        kind = dice.choice(("ProductPricing", "SkuPricing", "BundlePricing"))
        targets = {
            "ProductPricing": ["actions", "Packages", "copilot"],
            "SkuPricing": [
                *_COMMON,
                "Actions Linux",
                "copilot_for_business",
                "coding_agent_ai_unit",
            ],
            "BundlePricing": list(names.BUNDLES),
        }
        scope, entity = dice.choice(self._scopes())
        return Budget(
            id=str(UUID(int=number)),
            scope=scope,
            entity=entity,
            type=kind,
            target=dice.choice(targets[kind]),
            listed=dice.random() < 0.5,
        )

    def _scopes(self) -> list[tuple[str, str]]:
        own = "" if self._kind == "enterprise" else self._name
        scopes = [(self._kind, own), ("repository", "acme/web"), ("repository", "ios")]
        scopes += [(scope, "mona") for scope in _EACH_PERSONS]
        if self._kind == "enterprise":
            scopes += [("organization", "labs"), ("cost_center", "no such center")]
            for center in self._centers:
                scopes += [("cost_center", center.name), ("cost_center", center.id)]
        return scopes

    def _seat(self) -> Seat:
        dice = self._dice
        kind = dice.choice(("User", "User", "Team", "Organization"))
        ago = timedelta(days=dice.randrange(120), hours=1)
        used = None if dice.random() < 0.2 else (self.now - ago).isoformat()
        return Seat(kind, dice.choice((1, 2, 3, None)), used)

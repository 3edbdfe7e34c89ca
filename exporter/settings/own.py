"""Entries of own prices and own budgets, in the file."""

from typing import Annotated

from pydantic import AfterValidator, Field

from exporter.accounts import AccountType
from exporter.billing import skus
from exporter.own import Budget, Price, Scope
from exporter.settings import fields, own_fields
from exporter.settings.sections import Section

_UNBILLED = ", ".join(sorted(skus.SELF_HOSTED_SKUS))
_DEAREST = 1_000
"""US dollars per minute; estimates stay finite."""

_SCOPES = tuple(scope for scope in Scope if scope is not Scope.ACCOUNT)


def _unbilled(sku: str) -> str:
    if (name := skus.sku_name(sku)) in skus.SELF_HOSTED_SKUS:
        return name
    if skus.is_known_sku(sku):
        raise ValueError(f"GitHub bills this SKU, at its own price: use one of {_UNBILLED}")
    raise ValueError(f"no such SKU without a price at GitHub: use one of {_UNBILLED}")


def _per_minute(usd: float) -> float:
    if usd > _DEAREST:
        raise ValueError(f"must be US dollars per minute, at most {_DEAREST:,}")
    return usd


class PriceEntry(Section):
    sku: Annotated[own_fields.LabelText, AfterValidator(_unbilled)] = Field(
        ..., description="SKU of self-hosted runners, such as `actions_self_hosted_linux`."
    )
    usd: Annotated[fields.Amount, AfterValidator(_per_minute)] = Field(
        ..., description="US dollars per minute."
    )
    start: own_fields.FirstOfMonth = Field(
        ...,
        alias="from",
        description="First day of the first month with this price, such as `2026-01-01`. It "
        "applies until the SKU's next price.",
    )

    @property
    def price(self) -> Price:
        return Price(self.sku, self.usd, self.start)


class BudgetEntry(Section):
    name: own_fields.BudgetName = Field(
        ...,
        description="Name of the budget, which has the ID `own:NAME`: up to 100 letters, digits, "
        "hyphens and underscores, of which the first is a letter or a digit.",
    )
    usd: fields.Amount = Field(..., description="Limit in US dollars per month.")
    account: own_fields.AccountChoice | None = Field(
        None,
        description="Account, such as `acme` or `enterprise/acme`. Required if several accounts "
        "are watched, and with its type if discovery is on.",
    )
    organization: fields.Login | None = Field(
        None, description="Only the usage of this organization of an enterprise."
    )
    cost_center: own_fields.LabelText | None = Field(
        None, description="Only the usage of this cost center: its name or ID."
    )
    team: own_fields.LabelText | None = Field(
        None, description="Only the usage that `allocation` allocates to this team."
    )
    repository: own_fields.Repository | None = Field(
        None,
        description="Only the usage of this repository, such as `acme/web`; just `web` for the "
        "account's own.",
    )
    workflow: Annotated[
        own_fields.Workflow | None,
        own_fields.at_most_one_with("organization", "cost_center", "team", "repository"),
    ] = Field(
        None,
        validate_default=True,
        description="Only the usage of this workflow, such as `acme/web/.github/workflows/ci.yml`.",
    )
    product: own_fields.LabelText | None = Field(
        None, description="Only the usage of this product, such as `actions`."
    )
    sku: Annotated[own_fields.LabelText | None, own_fields.at_most_one_with("product")] = Field(
        None,
        validate_default=True,
        description="Only the usage of this SKU, such as `actions_linux`.",
    )

    @property
    def scope(self) -> Scope:
        return next((scope for scope in _SCOPES if getattr(self, scope)), Scope.ACCOUNT)

    def concerns(self, kind: AccountType, name: str) -> bool:
        """Return whether it names this account, or none."""
        chosen_kind, _, chosen = (self.account or name).rpartition("/")
        return chosen.casefold() == name.casefold() and chosen_kind in {"", kind.value}

    def budget(self, account: str) -> Budget:
        """Return the budget of an account."""
        scope = self.scope
        entity = "" if scope is Scope.ACCOUNT else getattr(self, scope)
        if scope is Scope.REPOSITORY and "/" not in entity:
            entity = f"{account}/{entity}"
        return Budget(
            self.name,
            self.usd,
            scope,
            entity,
            skus.product_name(self.product) if self.product else "",
            skus.sku_name(self.sku) if self.sku else "",
        )

"""The model of the settings."""

from functools import cached_property
from typing import Annotated, get_args

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from exporter.accounts import Account, AccountType, account_key
from exporter.settings import sections
from exporter.settings.allocation import AllocationSettings
from exporter.settings.credentials import CredentialEntry
from exporter.settings.fields import CollectorName, Count, Login, ShardChoice, Shown, Slug
from exporter.settings.own import BudgetEntry, PriceEntry

Loc = tuple[str | int, ...]
"""Path of a setting: keys and, in lists, positions from 0."""

Fault = tuple[Loc, str]
"""Path of a setting, and its error."""


class Settings(BaseSettings):
    """All settings. Reads only its arguments; `load` reads the sources."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    organizations: Annotated[tuple[Login, ...], Shown("NAME")] = Field(
        (), description="Organization to watch."
    )
    users: Annotated[tuple[Login, ...], Shown("NAME")] = Field((), description="User to watch.")
    enterprises: Annotated[tuple[Slug, ...], Shown("SLUG")] = Field(
        (), description="Enterprise to watch."
    )
    github: sections.GitHubSettings = sections.GitHubSettings()
    discover: sections.DiscoverSettings = sections.DiscoverSettings()
    poll: sections.PollSettings = sections.PollSettings()
    platform: Annotated[
        sections.PlatformChoice, Shown("|".join(get_args(sections.PlatformChoice)))
    ] = Field(
        "auto", description="GitHub billing platform; auto detects it and follows a migration."
    )
    collectors: Annotated[tuple[CollectorName, ...], Shown("NAME")] = Field(
        (),
        description="Collector to require: it runs even if it is off by default, and fails if "
        "GitHub refuses access.",
    )
    no_collectors: Annotated[tuple[CollectorName, ...], Shown("NAME")] = Field(
        (), description="Collector to exclude."
    )
    series_limit: Annotated[Count, Shown("SERIES")] = Field(
        1_000,
        description="Maximum series per account and metric with repository labels; the cheapest "
        "repositories are combined into one per organization.",
    )
    series_ceiling: Annotated[Count, Shown("SERIES")] = Field(
        50_000,
        description="Maximum series per account and collector, whatever their labels; a collector "
        "that exceeds it fails.",
    )
    shard: Annotated[ShardChoice | None, Shown("INDEX/COUNT", "all accounts")] = Field(
        None,
        description="Index of this replica, counted from 0, and number of replicas: accounts are "
        "divided among them.",
    )
    quota: sections.QuotaSettings = sections.QuotaSettings()
    state: sections.StateSettings = sections.StateSettings()
    web: sections.WebSettings = sections.WebSettings()
    config: sections.ConfigSettings = sections.ConfigSettings()
    log: sections.LogSettings = sections.LogSettings()
    entries: tuple[sections.AccountEntry, ...] = Field(
        (), alias="accounts", description="Accounts with their own settings, one entry each."
    )
    credential_entries: tuple[CredentialEntry, ...] = Field(
        (),
        alias="credentials",
        description="Additional credentials and hosts, one entry each. The credential of the "
        "github.* settings is named default.",
    )
    collector_settings: dict[str, sections.JobTimes] = Field(
        {}, description="Times of individual collectors, by name."
    )
    allocation: AllocationSettings = Field(
        AllocationSettings(), description="Allocation of usage to teams."
    )
    own_prices: tuple[PriceEntry, ...] = Field(
        (),
        description="Your prices of SKUs that GitHub counts and does not bill: minutes of "
        "self-hosted runners. The estimates are never added to GitHub's dollars.",
    )
    own_budgets: tuple[BudgetEntry, ...] = Field(
        (),
        description="Your budgets, beside those at GitHub: limits for the net US dollars of a "
        "month. They stop no usage.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - passed by pydantic-settings
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **_without_places: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @cached_property
    def _by_account(self) -> dict[tuple[AccountType, str], tuple[Loc, sections.AccountEntry]]:
        found: dict[tuple[AccountType, str], tuple[Loc, sections.AccountEntry]] = {}
        for position, entry in enumerate(self.entries):
            found.setdefault(account_key(*entry.named), (("accounts", position), entry))
        return found

    def entry(self, account: Account) -> tuple[Loc, sections.AccountEntry | None]:
        """Return the path and the entry of an account; ``((), None)`` if it has no entry."""
        return self._by_account.get(account.key, ((), None))

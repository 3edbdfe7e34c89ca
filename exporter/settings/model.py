"""The settings as one model."""

from functools import cached_property
from typing import Annotated, get_args

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from exporter.accounts import Account, AccountType, account_key
from exporter.settings import sections
from exporter.settings.credentials import CredentialEntry
from exporter.settings.fields import CollectorName, Count, Login, ShardChoice, Shown, Slug

Loc = tuple[str | int, ...]
"""The way to a setting: keys and, in lists, positions from 0."""

Fault = tuple[Loc, str]
"""Where a setting stands, and its fault."""


class Settings(BaseSettings):
    """All settings. Reads nothing but its arguments; `load` reads the sources."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    organizations: Annotated[tuple[Login, ...], Shown("NAME")] = Field(
        (), description="Organization whose bill is watched."
    )
    users: Annotated[tuple[Login, ...], Shown("NAME")] = Field(
        (), description="User whose bill is watched."
    )
    enterprises: Annotated[tuple[Slug, ...], Shown("SLUG")] = Field(
        (), description="Enterprise whose bill is watched."
    )
    github: sections.GitHubSettings = sections.GitHubSettings()
    discover: sections.DiscoverSettings = sections.DiscoverSettings()
    poll: sections.PollSettings = sections.PollSettings()
    platform: Annotated[
        sections.PlatformChoice, Shown("|".join(get_args(sections.PlatformChoice)))
    ] = Field("auto", description="GitHub's billing platform; auto asks and follows a move.")
    collectors: Annotated[tuple[CollectorName, ...], Shown("NAME")] = Field(
        (), description="Collector to run beside the default ones; its failures count."
    )
    no_collectors: Annotated[tuple[CollectorName, ...], Shown("NAME")] = Field(
        (), description="Collector not to run."
    )
    series_limit: Annotated[Count, Shown("SERIES")] = Field(
        1_000,
        description="Most series of one account and metric where repositories are labels; the "
        "smallest are folded into one.",
    )
    series_ceiling: Annotated[Count, Shown("SERIES")] = Field(
        50_000,
        description="Most series of one account and collector, whatever their labels; one "
        "that comes to more fails.",
    )
    shard: Annotated[ShardChoice | None, Shown("INDEX/COUNT", "all accounts")] = Field(
        None,
        description="Replica that this is, counted from 0, of how many: accounts are divided "
        "among them.",
    )
    quota: sections.QuotaSettings = sections.QuotaSettings()
    state: sections.StateSettings = sections.StateSettings()
    web: sections.WebSettings = sections.WebSettings()
    config: sections.ConfigSettings = sections.ConfigSettings()
    log: sections.LogSettings = sections.LogSettings()
    entries: tuple[sections.AccountEntry, ...] = Field(
        (), alias="accounts", description="Accounts with settings of their own, one entry each."
    )
    credential_entries: tuple[CredentialEntry, ...] = Field(
        (),
        alias="credentials",
        description="Further credentials and hosts, one entry each, beside the one of the flags, "
        "which is named default.",
    )
    collector_settings: dict[str, sections.JobTimes] = Field(
        {}, description="Times of single collectors, by name."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings hands it over
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
        """Return the account's own settings and their place, if it has some."""
        return self._by_account.get(account.key, ((), None))

"""The settings as one model, and what they come to for an account and for a job."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Annotated, NamedTuple, get_args

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from exporter.accounts import Account, AccountType, Platform, Quotas
from exporter.collectors import Collector
from exporter.settings.credentials import (
    DEFAULT,
    CredentialEntry,
    CredentialSettings,
    of_flags,
)
from exporter.settings.fields import CollectorName, Count, Login, ShardChoice, Shown, Slug
from exporter.settings.sections import (
    AccountEntry,
    ConfigSettings,
    DiscoverSettings,
    GitHubSettings,
    JobTimes,
    LogSettings,
    PlatformChoice,
    PollSettings,
    QuotaSettings,
    StateSettings,
    WebSettings,
)

Loc = tuple[str | int, ...]
"""The way to a setting: keys and, in lists, positions from 0."""

_STALE_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What the settings come to for one account and collector at one time."""

    interval: timedelta
    stale_after: timedelta
    timeout: timedelta
    required: bool


class Chosen(NamedTuple):
    """A duration that applies, and the setting it stands in unless it is the collector's own."""

    value: timedelta
    loc: Loc | None = None


class Timing(NamedTuple):
    interval: Chosen
    stale_after: Chosen
    timeout: Chosen


class Settings(BaseSettings):
    """All settings. Built directly it looks at its arguments alone; `load` looks around."""

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
    github: GitHubSettings = GitHubSettings()
    discover: DiscoverSettings = DiscoverSettings()
    poll: PollSettings = PollSettings()
    platform: Annotated[PlatformChoice, Shown("|".join(get_args(PlatformChoice)))] = Field(
        "auto", description="GitHub's billing platform; auto asks and follows a move."
    )
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
        description="Most series of one account and collector, whatever their labels; one that "
        "comes to more fails.",
    )
    shard: Annotated[ShardChoice | None, Shown("INDEX/COUNT", "all accounts")] = Field(
        None,
        description="Replica that this is, counted from 0, of how many: accounts are divided "
        "among them.",
    )
    quota: QuotaSettings = QuotaSettings()
    state: StateSettings = StateSettings()
    web: WebSettings = WebSettings()
    config: ConfigSettings = ConfigSettings()
    log: LogSettings = LogSettings()
    entries: tuple[AccountEntry, ...] = Field(
        (), alias="accounts", description="Accounts with settings of their own, one entry each."
    )
    credential_entries: tuple[CredentialEntry, ...] = Field(
        (),
        alias="credentials",
        description="Further credentials and hosts, one entry each, beside the one of the flags, "
        "which is named default.",
    )
    collector_settings: dict[str, JobTimes] = Field(
        {}, description="Times of single collectors, by name."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings hands it over
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours knows where a value stands
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source here
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source here
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    def credentials(self) -> tuple[CredentialSettings, ...]:
        """Give the credentials: that of the flags unless others stand instead, then the entries."""
        default = of_flags(self.github, self.discover)
        entries = [entry.resolved(self.github, self.discover) for entry in self.credential_entries]
        return (default, *entries) if default.given or not entries else tuple(entries)

    def credential_of(self, account: Account) -> str:
        """Name the credential of an account; empty where it could be one of several."""
        _, entry = self._entry(account)
        names = [credential.name for credential in self.credentials()]
        if entry and entry.credential:
            return entry.credential
        return DEFAULT if DEFAULT in names else names[0] if len(names) == 1 else ""

    @property
    def accounts_configured(self) -> bool:
        """Whether there is or may come an account to watch."""
        return any(True for _ in self.located_accounts()) or any(
            each.discover for each in self.credentials()
        )

    def accounts(self) -> tuple[Account, ...]:
        """Give this replica's accounts in the order of the settings: lists, then entries."""
        return tuple(account for account, _ in self.located_accounts() if self.holds(account))

    def holds(self, account: Account) -> bool:
        """Whether this replica watches the account."""
        return self.shard is None or self.shard.holds(account)

    def located_accounts(self) -> Iterator[tuple[Account, Loc]]:
        """Give the accounts, each with the setting that names it."""
        for kind, key, names in (
            (AccountType.ORGANIZATION, "organizations", self.organizations),
            (AccountType.USER, "users", self.users),
            (AccountType.ENTERPRISE, "enterprises", self.enterprises),
        ):
            for position, name in enumerate(names):
                yield self.account(kind, name), (key, position)
        for position, entry in enumerate(self.entries):
            yield self.account(*entry.named, entry), ("accounts", position)

    def collectors_for(
        self, account: Account, collectors: Iterable[Collector]
    ) -> tuple[Collector, ...]:
        """Choose those to run for an account, on whichever platform it stands."""
        _, entry = self._entry(account)
        excluded = {*self.no_collectors, *(entry.no_collectors if entry else ())}
        return tuple(
            collector
            for collector in collectors
            if account.type in collector.account_types
            and (collector.default or self._is_named(collector, account))
            and collector.name not in excluded
        )

    def job(self, account: Account, collector: Collector, now: datetime) -> JobSettings:
        """Settle one job. A collector's own interval may depend on ``now``."""
        key = account.key, collector.name, collector.interval and collector.interval(now)
        if key not in self._jobs:
            times = self.timing(account, collector, now)
            self._jobs[key] = JobSettings(
                interval=times.interval.value,
                stale_after=times.stale_after.value,
                timeout=times.timeout.value,
                required=self._is_named(collector, account) or collector.required,
            )
        return self._jobs[key]

    def timing(self, account: Account, collector: Collector, now: datetime) -> Timing:
        """Settle the times of one job, and tell in which settings they stand.

        The file's word on the collector comes first, then the collector's own, then the
        account's, then everyone's. ``stale_after`` of the latter two is not meant for a
        collector with an interval of its own: that one is stale after three of them.
        """
        special = _layer(
            ("collector_settings", collector.name), self.collector_settings.get(collector.name)
        )
        common = (*_layer(*self._entry(account)), *_layer(("poll",), self.poll))
        own_interval = [Chosen(collector.interval(now))] if collector.interval else []
        own_timeout = [Chosen(collector.timeout)] if collector.timeout else []

        apart = [*_chosen("interval", special), *own_interval]
        interval = next(chain(apart, _chosen("interval", common)))
        stale_after = next(
            chain(
                _chosen("stale_after", special if apart else (*special, *common)),
                [Chosen(_STALE_INTERVALS * interval.value)],
            )
        )
        timeout = next(chain(_chosen("timeout", special), own_timeout, _chosen("timeout", common)))
        return Timing(interval, stale_after, timeout)

    @cached_property
    def _jobs(self) -> dict[tuple[object, ...], JobSettings]:
        """What was settled, as thousands of jobs are looked at again and again."""
        return {}

    @cached_property
    def _by_account(self) -> dict[tuple[AccountType, str], tuple[Loc, AccountEntry]]:
        found: dict[tuple[AccountType, str], tuple[Loc, AccountEntry]] = {}
        for position, entry in enumerate(self.entries):
            found.setdefault(Account(*entry.named).key, (("accounts", position), entry))
        return found

    def _entry(self, account: Account) -> tuple[Loc, AccountEntry | None]:
        return self._by_account.get(account.key, ((), None))

    def _is_named(self, collector: Collector, account: Account) -> bool:
        _, entry = self._entry(account)
        return collector.name in {*self.collectors, *(entry.collectors if entry else ())}

    def account(self, kind: AccountType, name: str, entry: AccountEntry | None = None) -> Account:
        """Make an account with what is set for everyone, or in its entry."""
        platform = (entry and entry.platform) or self.platform
        quotas = self.quota.model_dump()
        if entry:
            quotas |= entry.quota.model_dump(exclude_none=True)
        return Account(
            kind, name, None if platform == "auto" else Platform(platform), Quotas(**quotas)
        )


_Layer = tuple[Loc, JobTimes | PollSettings]


def _layer(loc: Loc, times: JobTimes | PollSettings | None) -> tuple[_Layer, ...]:
    return ((loc, times),) if times else ()


def _chosen(leaf: str, layers: Iterable[_Layer]) -> list[Chosen]:
    found: list[tuple[Loc, timedelta | None]] = [
        ((*loc, leaf), getattr(times, leaf)) for loc, times in layers
    ]
    return [Chosen(value, loc) for loc, value in found if value is not None]

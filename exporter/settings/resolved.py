"""The settings that apply to the process, to an account and to a job."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from exporter.accounts import Account, AccountType, Platform, Quotas
from exporter.collectors import Collector
from exporter.github.addresses import may_lack_path
from exporter.github.client import is_enterprise_server
from exporter.own import Own
from exporter.settings.credentials import DEFAULT, CredentialSettings, of_flags
from exporter.settings.model import Loc, Settings
from exporter.settings.sections import AccountEntry, JobTimes, PollSettings

_STALE_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Settings of the job of one account and collector."""

    interval: timedelta
    stale_after: timedelta
    timeout: timedelta
    required: bool


class Chosen(NamedTuple):
    """A duration and the path of its setting; ``None`` if no setting defines it."""

    value: timedelta
    loc: Loc | None = None


class Timing(NamedTuple):
    interval: Chosen
    stale_after: Chosen
    timeout: Chosen


def credentials(settings: Settings) -> tuple[CredentialSettings, ...]:
    """Return the default credential, then the entries.

    A default credential without a secret is omitted if there are entries.
    """
    default = of_flags(settings.github, settings.discover)
    entries = tuple(entry.resolved(default) for entry in settings.credential_entries)
    return (default, *entries) if default.given or not entries else entries


def doubts(settings: Settings) -> list[str]:
    """Return a warning for each address that is valid, but probably not what was meant."""
    urls = dict.fromkeys(each.api_url for each in credentials(settings))
    return [
        f"{url} has no path: for Enterprise Server, set {url}/api/v3. Without it, the address must "
        "be that of a proxy of api.github.com"
        for url in urls
        if may_lack_path(url)
    ]


def credential_of(settings: Settings, account: Account) -> str:
    """Return the name of an account's credential; empty if it is ambiguous."""
    _, entry = settings.entry(account)
    names = [credential.name for credential in credentials(settings)]
    if entry and entry.credential:
        return entry.credential
    return DEFAULT if DEFAULT in names else names[0] if len(names) == 1 else ""


def discoverable(settings: Settings) -> frozenset[AccountType]:
    """Return the types of the accounts that may be discovered."""
    discovering = [each for each in credentials(settings) if each.discover]
    if any(each.app_id for each in discovering):
        return frozenset(AccountType)
    return frozenset({AccountType.ORGANIZATION} if discovering else ())


def on_enterprise_server(settings: Settings, account: Account) -> bool:
    """Return whether the host of an account is an Enterprise Server."""
    name = credential_of(settings, account)
    urls = [each.api_url for each in credentials(settings) if each.name == name]
    return any(map(is_enterprise_server, urls))


def accounts_configured(settings: Settings) -> bool:
    """Return whether an account is configured or may be discovered."""
    discovered = any(each.discover for each in credentials(settings))
    return discovered or any(located_accounts(settings))


def accounts(settings: Settings) -> tuple[Account, ...]:
    """Return this replica's accounts in the order of the settings: lists, then entries."""
    return tuple(each for each, _ in located_accounts(settings) if holds(settings, each))


def holds(settings: Settings, account: Account) -> bool:
    """Return whether this replica watches the account."""
    return settings.shard is None or settings.shard.holds(account)


def located_accounts(settings: Settings) -> Iterator[tuple[Account, Loc]]:
    """Yield the accounts, each with the path of the setting that names it."""
    for kind in AccountType:
        for position, name in enumerate(getattr(settings, f"{kind}s")):
            yield account_of(settings, kind, name), (f"{kind}s", position)
    for position, entry in enumerate(settings.entries):
        yield account_of(settings, *entry.named, entry), ("accounts", position)


def account_of(
    settings: Settings, kind: AccountType, name: str, entry: AccountEntry | None = None
) -> Account:
    """Return an account with the platform and quotas of its entry, else the global ones.

    What the settings add to its bill is that of all accounts, or names it.
    """
    platform = (entry and entry.platform) or settings.platform
    quotas = settings.quota.model_dump()
    if entry:
        quotas |= entry.quota.model_dump(exclude_none=True)
    fixed = None if platform == "auto" else Platform(platform)
    own = Own(
        rules=settings.allocation.own_rules,
        prices=tuple(each.price for each in settings.own_prices),
        budgets=tuple(e.budget(name) for e in settings.own_budgets if e.concerns(kind, name)),
        team_info=settings.allocation.repository_team_info,
    )
    return Account(kind, name, fixed, Quotas(**quotas), own)


def collectors_for(
    settings: Settings, account: Account, collectors: Iterable[Collector]
) -> tuple[Collector, ...]:
    """Return the collectors to run for an account, for either platform."""
    _, entry = settings.entry(account)
    excluded = {*settings.no_collectors, *(entry.no_collectors if entry else ())}
    possible = {
        each.name: each
        for each in collectors
        if account.type in each.account_types and each.name not in excluded
    }
    on = {name for name, each in possible.items() if _is_on(settings, each, account)}
    return tuple(each for name, each in possible.items() if name in on or each.beside in on)


def job(settings: Settings, account: Account, collector: Collector) -> JobSettings:
    times = timing(settings, account, collector)
    return JobSettings(
        interval=times.interval.value,
        stale_after=times.stale_after.value,
        timeout=times.timeout.value,
        required=_is_named(settings, collector, account) or collector.required,
    )


def timing(settings: Settings, account: Account, collector: Collector) -> Timing:
    """Return the times of a job, each with the path of its setting.

    Precedence: ``collector_settings``, the collector's built-in times, the account's, ``poll``.
    ``stale_after`` of the last two is ignored for a collector with its own interval.
    """
    name = collector.name
    special = (("collector_settings", name), settings.collector_settings.get(name))
    common = (settings.entry(account), (("poll",), settings.poll))
    own_interval = [Chosen(collector.interval)] if collector.interval else []
    own_timeout = [Chosen(collector.timeout)] if collector.timeout else []

    apart = _chosen("interval", special) + own_interval
    interval = (apart + _chosen("interval", *common))[0]
    stale = _chosen("stale_after", special, *(() if apart else common))
    stale_after = stale[0] if stale else Chosen(_STALE_INTERVALS * interval.value)
    timeout = (_chosen("timeout", special) + own_timeout + _chosen("timeout", *common))[0]
    return Timing(interval, stale_after, timeout)


def _is_on(settings: Settings, collector: Collector, account: Account) -> bool:
    configured = collector.turned_on_by and getattr(account.own, collector.turned_on_by)
    return collector.default or bool(configured) or _is_named(settings, collector, account)


def _is_named(settings: Settings, collector: Collector, account: Account) -> bool:
    _, entry = settings.entry(account)
    return collector.name in {*settings.collectors, *(entry.collectors if entry else ())}


def _chosen(leaf: str, *layers: tuple[Loc, JobTimes | PollSettings | None]) -> list[Chosen]:
    found = [((*loc, leaf), getattr(times, leaf, None)) for loc, times in layers]
    return [Chosen(value, loc) for loc, value in found if value is not None]

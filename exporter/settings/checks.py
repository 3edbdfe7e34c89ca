"""Checks of settings against each other, and of the state file."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from stat import S_ISREG

from exporter.accounts import Account, AccountType
from exporter.collectors import Collector
from exporter.files import unexpanded
from exporter.settings import resolved
from exporter.settings.durations import format_duration
from exporter.settings.model import Fault, Loc, Settings
from exporter.settings.options import closest
from exporter.settings.sources.located import Sources


def check(
    settings: Settings, sources: Sources, collectors: Sequence[Collector], *, times: bool
) -> Iterator[str]:
    """Yield an error line for each conflict between settings that are valid on their own.

    ``times`` is False if a duration is already invalid: skip the check of durations.
    """
    for loc, fault in chain(
        _accounts(settings, sources),
        _unknown_collectors(settings, collectors),
        _contradicting_collectors(settings, sources),
        _unfitting_collectors(settings, collectors),
        _idle_accounts(settings, collectors),
    ):
        yield f"{sources.place(*loc)}: {fault}"
    if settings.state.file and (problem := _no_place_for_a_file(settings.state.file)):
        yield f"{sources.place('state', 'file')}: {problem}"
    if times:
        yield from _times(settings, sources, collectors)


def _accounts(settings: Settings, sources: Sources) -> Iterator[Fault]:
    first: dict[tuple[AccountType, str], Loc] = {}
    for account, loc in resolved.located_accounts(settings):
        if first.setdefault(account.key, loc) != loc:
            other = sources.place(*first[account.key])
            yield loc, f"{account} is already configured by {other}: remove one of the two"


def _collector_lists(settings: Settings) -> Iterator[tuple[Loc, tuple[str, ...]]]:
    yield ("collectors",), settings.collectors
    yield ("no_collectors",), settings.no_collectors
    for position, entry in enumerate(settings.entries):
        yield ("accounts", position, "collectors"), entry.collectors
        yield ("accounts", position, "no_collectors"), entry.no_collectors


def _unknown_collectors(settings: Settings, collectors: Sequence[Collector]) -> Iterator[Fault]:
    known = tuple(collector.name for collector in collectors)
    named: list[tuple[Loc, str]] = [
        ((*loc, position), name)
        for loc, names in _collector_lists(settings)
        for position, name in enumerate(names)
    ]
    named += [(("collector_settings", name), name) for name in settings.collector_settings]
    for loc, name in named:
        if name not in known:
            yield loc, f"no such collector: {closest(name, known)}"


def _contradicting_collectors(settings: Settings, sources: Sources) -> Iterator[Fault]:
    lists = dict(_collector_lists(settings))
    everywhere: Loc = ("no_collectors",)
    pairs: list[tuple[Loc, Loc]] = [(("collectors",), everywhere)]
    for position in range(len(settings.entries)):
        wanted: Loc = ("accounts", position, "collectors")
        pairs += [(wanted, ("accounts", position, "no_collectors")), (wanted, everywhere)]
    for wanted, excluded in pairs:
        for position, name in enumerate(lists[wanted]):
            if name in lists[excluded]:
                other = sources.place(*excluded, lists[excluded].index(name))
                fault = f"this collector is excluded by {other}: remove one of the two"
                yield (*wanted, position), fault


def _unfitting_collectors(settings: Settings, collectors: Sequence[Collector]) -> Iterator[Fault]:
    known = {collector.name: collector for collector in collectors}
    watched = [account for account, _ in resolved.located_accounts(settings)]
    # Accounts that a discovery may find have no entry: they have the global settings.
    found = [resolved.account_of(settings, kind, "") for kind in resolved.discoverable(settings)]
    named: list[tuple[Loc, str, list[Account]]] = [
        (("collectors", position), name, [*watched, *found])
        for position, name in enumerate(settings.collectors)
    ]
    for at, entry in enumerate(settings.entries):
        account = resolved.account_of(settings, *entry.named, entry)
        for position, name in enumerate(entry.collectors):
            named.append((("accounts", at, "collectors", position), name, [account]))
    for loc, name, accounts in named:
        misfits = [_misfit(settings, each, known[name]) for each in accounts if name in known]
        if misfits and all(misfits):
            yield loc, f"this collector {' and '.join(dict.fromkeys(misfits))}: remove it"


def _misfit(settings: Settings, account: Account, collector: Collector) -> str:
    """Return why no answer of GitHub can make a collector work for an account, empty if one can."""
    if account.type not in collector.account_types:
        return f"does not support {account.type} accounts"
    if account.platform not in {None, collector.platform} and collector.platform:
        return f"reads the {collector.platform} platform, which platform excludes"
    if not collector.on_enterprise_server and resolved.on_enterprise_server(settings, account):
        return "is not available on Enterprise Server"
    return ""


def _idle_accounts(settings: Settings, collectors: Sequence[Collector]) -> Iterator[Fault]:
    for account, loc in resolved.located_accounts(settings):
        chosen = resolved.collectors_for(settings, account, collectors)
        if collectors and not chosen:
            yield loc, f"every collector is excluded for {account}: keep one, or remove the account"
        elif chosen and all(misfits := [_misfit(settings, account, each) for each in chosen]):
            yield loc, f"no collector can read {account}: each {misfits[0]}"


def _no_place_for_a_file(file: Path) -> str:
    # Whether it is writable is checked by the commands that write it.
    try:
        if not file.parent.is_dir():
            hint = unexpanded(file)
            return f"{file.parent.absolute()} does not exist: create it, or set another path{hint}"
        if not S_ISREG(file.stat().st_mode):
            return "must be a regular file, not a directory or a pipe"
    except FileNotFoundError:
        return ""
    except PermissionError:
        where = file.parent.absolute()
        return f"{where} is not accessible: grant access, or set another path"
    except (OSError, ValueError):
        return "must be a valid file path"
    return ""


def _times(settings: Settings, sources: Sources, collectors: Sequence[Collector]) -> Iterator[str]:
    # Discovered accounts use the global settings.
    named = [account for account, _ in resolved.located_accounts(settings)]
    told = set()
    for account in named or [Account(kind, "(any)") for kind in AccountType]:
        for collector in resolved.collectors_for(settings, account, collectors):
            times = resolved.timing(settings, account, collector)
            least = times.interval.value + times.timeout.value
            if times.stale_after.value >= least:
                continue
            locs = (times.stale_after.loc, times.interval.loc, times.timeout.loc)
            place = next((found.place for loc in locs if loc and (found := sources.at(loc))), "")
            if place and place not in told:
                told.add(place)
                interval, stale_after, timeout = (format_duration(each.value) for each in times)
                yield (
                    f"{place}: stale_after must be at least interval + timeout "
                    f"({interval} + {timeout} = {format_duration(least)}), but is {stale_after} "
                    f"for collector {collector.name} of {account}"
                )

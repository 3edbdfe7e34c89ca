"""Loads the settings from all sources and reports all errors at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from exporter.accounts import AccountType
from exporter.collectors import Collector
from exporter.settings import resolved
from exporter.settings.allocation_checks import check_allocation
from exporter.settings.certificates import check_certificates
from exporter.settings.checks import check
from exporter.settings.credential_checks import check_credentials
from exporter.settings.fields import is_content
from exporter.settings.model import Loc, Settings
from exporter.settings.own_checks import check_own
from exporter.settings.proxies import check_proxies
from exporter.settings.sentences import sentence
from exporter.settings.sources.given import (
    read_environment,
    read_fallbacks,
    read_flags,
    unknown_variables,
)
from exporter.settings.sources.located import Sources
from exporter.settings.sources.yaml_file import read_file

_INSTEAD_OF_FALLBACKS: tuple[Loc, ...] = (
    ("github", "token_file"),
    ("github", "app_id"),
    ("credentials",),
)
_LISTS = {"credentials", "own_budgets", "own_prices"}
_ACCOUNTS = {
    "accounts",
    "allocation",
    "collectors",
    "no_collectors",
    *(f"{kind}s" for kind in AccountType),
}
_TIMES = {"poll", "collector_settings", "interval", "stale_after", "timeout"}


class SettingsError(Exception):
    """Invalid settings. ``faults`` has a line for each: the place, the error and its fix."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def load(
    flags: Mapping[str, object], environment: Mapping[str, str], collectors: Sequence[Collector]
) -> Settings:
    """Load the settings. Flags override the environment, which overrides the configuration file.

    ``flags`` are nested by section, as ``{"poll": {"interval": "5m"}}``. Lists are replaced,
    not merged. Raises `SettingsError` with all errors, without the invalid values.

    Example::

        settings = load({"organizations": ["acme"]}, os.environ, exporter.collectors.ALL)
    """
    reads = [read_flags(flags), read_environment(environment)]
    file = Sources(tuple(read.tree for read in reads)).at(("config", "file"))
    if file and isinstance(file.value, str | Path) and not is_content(str(file.value)):
        reads.append(read_file(Path(file.value), file.place))
    sources = Sources(tuple(read.tree for read in reads))
    if not any(map(sources.at, _INSTEAD_OF_FALLBACKS)):
        sources = Sources((*sources.trees, read_fallbacks(environment)))

    settings, sources, invalid = _validate(sources)
    times = not any(_TIMES.intersection(loc) for loc in invalid)
    names = not any("credentials" in loc for loc in invalid)
    accounts = not any(_ACCOUNTS.intersection(loc[:1]) for loc in invalid)
    rules = not any(loc[0] == "allocation" for loc in invalid)
    named = {each.variable for each in resolved.credentials(settings) if each.variable}
    faults = [
        *unknown_variables(environment, named),
        *(fault for read in reads for fault in read.faults),
        *invalid.values(),
        *check_credentials(settings, sources, environment, names=names),
        *_web_file(settings, sources),
        *check(settings, sources, collectors, times=times),
        *check_own(settings, sources, collectors, accounts=accounts),
        *(check_allocation(settings, sources, collectors) if rules else ()),
        *check_certificates(environment),
        *check_proxies(environment),
    ]
    if faults:
        raise SettingsError(faults)
    return settings


def _web_file(settings: Settings, sources: Sources) -> tuple[str, ...]:
    if settings.web.config.file is None:
        return ()
    from exporter.settings.web.file import read_web_file  # noqa: PLC0415  (rarely needed)

    place = sources.place("web", "config", "file")
    return read_web_file(settings.web.config.file, place).faults


def _validate(sources: Sources) -> tuple[Settings, Sources, dict[Loc, str]]:
    # Remove the invalid values and validate again, so that the rest is checked too.
    faults: dict[Loc, str] = {}
    while True:
        try:
            return sources.settings(), sources, faults
        except ValidationError as error:
            errors = error.errors(include_url=False)
        for each in errors:
            loc = each["loc"]
            faults[loc] = f"{sources.place(*loc)}: {sentence(each, Settings)}"
        sources = sources.without([sources.nearest(_cut(each["loc"])) for each in errors])


def _cut(loc: Loc) -> Loc:
    # Remove the whole entry: without its name or key it would cause a second error.
    if loc[0] in _LISTS:
        return loc[:2]
    if loc[0] == "allocation":
        return loc[:1]  # the rules are checked against each other
    return loc[:-1] if loc[0] == "accounts" and loc[-1] in set(AccountType) else loc

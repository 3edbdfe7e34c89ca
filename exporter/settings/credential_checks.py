"""What credentials cannot show by themselves: contradictions, missing secrets, wrong names."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from exporter.github.auth import bare
from exporter.settings import resolved
from exporter.settings.certificates import no_certificates
from exporter.settings.credentials import DEFAULT
from exporter.settings.model import Loc, Settings
from exporter.settings.named_files import UnreadableFile, read_for
from exporter.settings.options import closest
from exporter.settings.sources.located import Sources


def check_credentials(
    settings: Settings, sources: Sources, environment: Mapping[str, str], *, names: bool
) -> Iterator[str]:
    """Find the faults of credentials that are valid by themselves, a line each.

    ``names`` is false where a credential was already at fault, so that those who name it cannot
    be judged.
    """
    yield from _of_flags(settings, sources)
    yield from _names(settings, sources)
    for loc, file, what in _files(settings):
        yield from _faults(file, sources.nearest(loc).place, partial(read_for, what=what))
    for loc, file in _ca_files(settings):
        if file is not None and (problem := no_certificates(file)):
            yield f"{sources.nearest(loc).place}: {problem}"
    for loc, variable in _variables(settings):
        if variable is not None and not bare(environment.get(variable, "")):
            yield f"{sources.nearest(loc).place}: the variable is not set"
    if names:
        yield from _references(settings, sources)


def _of_flags(settings: Settings, sources: Sources) -> Iterator[str]:
    github = settings.github
    secrets = {"token": github.token, "token_file": github.token_file, "app_id": github.app_id}
    keys: dict[str, object] = {
        "app_private_key": github.app_private_key,
        "app_private_key_file": github.app_private_key_file,
    }
    yield from _only_one(sources, secrets)
    yield from _only_one(sources, keys)
    given = [name for name, value in keys.items() if value]
    if github.app_id and not given:
        yield (
            f"{sources.nearest(('github', 'app_id')).place}: the App's private key is missing: "
            "set --github.app-private-key-file or GITHUB_BILLING_APP_PRIVATE_KEY"
        )
    if given and not github.app_id:
        place = sources.nearest(("github", given[0])).place
        yield f"{place}: the App's id is missing: set --github.app-id"


def _only_one(sources: Sources, values: Mapping[str, object]) -> Iterator[str]:
    first, *others = [name for name, value in values.items() if value] or [""]
    for name in others:
        place = sources.nearest(("github", name)).place
        other = sources.nearest(("github", first)).place
        yield f"{place}: {other} is set too: leave one of the two"


def _names(settings: Settings, sources: Sources) -> Iterator[str]:
    first: dict[str, Loc] = {}
    for position, entry in enumerate(settings.credential_entries):
        loc: Loc = ("credentials", position)
        place = sources.nearest((*loc, "name")).place
        if entry.name == DEFAULT:
            yield f"{place}: the credential of the flags has this name: choose another"
        elif first.setdefault(entry.name, loc) != loc:
            other = sources.nearest(first[entry.name]).place
            yield f"{place}: has the name of {other} again: choose another"


def _files(settings: Settings) -> Iterator[tuple[Loc, Path | None, str]]:
    github = settings.github
    yield ("github", "token_file"), github.token_file, "token"
    yield ("github", "app_private_key_file"), github.app_private_key_file, "private key"
    for position, entry in enumerate(settings.credential_entries):
        loc: Loc = ("credentials", position)
        yield (*loc, "token_file"), entry.token_file, "token"
        if entry.app:
            yield (*loc, "app", "private_key_file"), entry.app.private_key_file, "private key"


def _ca_files(settings: Settings) -> Iterator[tuple[Loc, Path | None]]:
    yield ("github", "ca_file"), settings.github.ca_file
    for position, entry in enumerate(settings.credential_entries):
        yield ("credentials", position, "ca_file"), entry.ca_file


def _variables(settings: Settings) -> Iterator[tuple[Loc, str | None]]:
    for position, entry in enumerate(settings.credential_entries):
        loc: Loc = ("credentials", position)
        yield (*loc, "token_variable"), entry.token_variable
        if entry.app:
            yield (*loc, "app", "private_key_variable"), entry.app.private_key_variable


def _faults(file: Path | None, place: str, reading: Callable[[Path], object]) -> Iterator[str]:
    try:
        if file is not None:
            reading(file)
    except UnreadableFile as fault:
        yield f"{place}: {fault}"


def _references(settings: Settings, sources: Sources) -> Iterator[str]:
    known = tuple(credential.name for credential in resolved.credentials(settings))
    for position, entry in enumerate(settings.entries):
        if entry.credential is not None and entry.credential not in known:
            place = sources.nearest(("accounts", position, "credential")).place
            yield f"{place}: no such credential: {closest(entry.credential, known)}"
    unclear = dict.fromkeys(
        sources.nearest(loc if loc[0] == "accounts" else loc[:1]).place
        for account, loc in resolved.located_accounts(settings)
        if not resolved.credential_of(settings, account)
    )
    for place in unclear:
        yield (
            f"{place}: there are several credentials: name one under accounts, as "
            f"credential: {known[0]}"
        )

"""Checks of credentials: conflicts, missing secrets, unknown names."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from exporter.github.auth import bare, instead_of_key, instead_of_token
from exporter.settings import resolved
from exporter.settings.certificates import no_certificates
from exporter.settings.credentials import DEFAULT
from exporter.settings.model import Fault, Loc, Settings
from exporter.settings.named_files import UnreadableFile, read_for
from exporter.settings.options import closest
from exporter.settings.sections import GitHubSettings, Section
from exporter.settings.sources.located import Sources

_TOKEN, _KEY = "token", "private key"
_SECRET_FILES = {"token_file": _TOKEN, "app_private_key_file": _KEY, "private_key_file": _KEY}
_SECRET_VARIABLES = {"token_variable": _TOKEN, "private_key_variable": _KEY}


def check_credentials(
    settings: Settings, sources: Sources, environment: Mapping[str, str], *, names: bool
) -> Iterator[str]:
    """Yield an error line for each problem of credentials that are valid on their own.

    ``names`` is False if a credential is already invalid: skip the check of references.
    """
    for loc, fault in chain(
        _of_flags(settings.github, sources),
        _names(settings, sources),
        _unusable(settings, environment),
        _references(settings) if names else (),
    ):
        yield f"{sources.place(*loc)}: {fault}"


def _of_flags(github: GitHubSettings, sources: Sources) -> Iterator[Fault]:
    secrets = [name for name in ("token", "token_file", "app_id") if getattr(github, name)]
    keys = [name for name in ("app_private_key", "app_private_key_file") if getattr(github, name)]
    for given in (secrets, keys):
        for name in given[1:]:
            other = sources.place("github", given[0])
            yield ("github", name), f"{other} is also set: remove one of the two"
    if github.app_id and not keys:
        fault = (
            "the App's private key is missing: "
            "set --github.app-private-key-file or GITHUB_BILLING_APP_PRIVATE_KEY"
        )
        yield ("github", "app_id"), fault
    if keys and not github.app_id:
        yield ("github", keys[0]), "the App's ID is missing: set --github.app-id"


def _names(settings: Settings, sources: Sources) -> Iterator[Fault]:
    first: dict[str, Loc] = {}
    for position, entry in enumerate(settings.credential_entries):
        loc: Loc = ("credentials", position)
        if entry.name == DEFAULT:
            yield (
                (*loc, "name"),
                "reserved for the credential of the github.* settings: choose another",
            )
        elif first.setdefault(entry.name, loc) != loc:
            other = sources.place(*first[entry.name])
            yield (*loc, "name"), f"already used by {other}: choose another"


def _holders(settings: Settings) -> Iterator[tuple[Loc, Section]]:
    yield ("github",), settings.github
    for position, entry in enumerate(settings.credential_entries):
        yield ("credentials", position), entry
        if entry.app:
            yield ("credentials", position, "app"), entry.app


def _unusable(settings: Settings, environment: Mapping[str, str]) -> Iterator[Fault]:
    for loc, model in _holders(settings):
        for leaf, what in _SECRET_FILES.items():
            file = getattr(model, leaf, None)
            if file and (problem := _of_file(file, what)):
                yield (*loc, leaf), problem
    for loc, model in _holders(settings):
        file = getattr(model, "ca_file", None)
        if file and (problem := no_certificates(file)):
            yield (*loc, "ca_file"), problem
    for loc, model in _holders(settings):
        for leaf, what in _SECRET_VARIABLES.items():
            variable = getattr(model, leaf, None)
            if variable and (problem := _of_variable(environment.get(variable, ""), what)):
                yield (*loc, leaf), f"this environment variable {problem}"


def _of_file(file: Path, what: str) -> str:
    try:
        problem = _no_secret(bare(read_for(file, what).decode()), what)
    except UnreadableFile as fault:
        return str(fault)
    except UnicodeDecodeError:
        problem = "must be text in UTF-8"
    return f"{file.absolute()} {problem}" if problem else ""


def _of_variable(text: str, what: str) -> str:
    return _no_secret(secret, what) if (secret := bare(text)) else "is not set"


def _no_secret(text: str, what: str) -> str:
    wanted = instead_of_token(text) if what == _TOKEN else instead_of_key(text)
    return f"must contain {wanted}" if wanted else ""


def _references(settings: Settings) -> Iterator[Fault]:
    known = tuple(credential.name for credential in resolved.credentials(settings))
    for position, entry in enumerate(settings.entries):
        if entry.credential is not None and entry.credential not in known:
            fault = f"no such credential: {closest(entry.credential, known)}"
            yield ("accounts", position, "credential"), fault
    unclear = dict.fromkeys(
        loc if loc[0] == "accounts" else loc[:1]
        for account, loc in resolved.located_accounts(settings)
        if not resolved.credential_of(settings, account)
    )
    for loc in unclear:
        fault = (
            "several credentials are configured: choose one for each account under accounts, "
            f"such as credential: {known[0]}"
        )
        yield loc, fault

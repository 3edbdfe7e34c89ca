"""Names: whose a credential is, and which kind of account a name is at GitHub."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import msgspec

from exporter.accounts import Account, AccountType
from exporter.app import App
from exporter.billing.values import Text
from exporter.github.api import attempt
from exporter.github.auth import WRONG_APP_KEY, Family
from exporter.github.client import REQUEST_SECONDS, Client
from exporter.github.errors import Forbidden, GitHubError, NotFound, Unauthorized, Unreachable
from exporter.polling.listings import Seen, installations_of_app
from exporter.polling.watched import Watched
from exporter.settings import CredentialSettings, Settings, resolved

_ARTICLES = {
    AccountType.ORGANIZATION: "an organization",
    AccountType.USER: "a user",
    AccountType.ENTERPRISE: "an enterprise",
}
_KINDS = {"User": AccountType.USER, "Organization": AccountType.ORGANIZATION}
_ASKED = 100
"""Most names to ask GitHub for: more are not misspelt one by one."""


class Profile(msgspec.Struct, frozen=True):
    """A user or an organization."""

    login: Text
    type: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a credential is: a token's ``login``, or the ``installations`` of an App.

    ``failure`` is why nothing can be read with it.
    """

    login: str | None = None
    installations: tuple[Seen, ...] | None = None
    failure: GitHubError | None = None


async def owners(app: App, settings: Settings) -> Mapping[str, Owner]:
    """Ask GitHub whose each credential is."""
    credentials = resolved.credentials(settings)
    seconds = settings.poll.timeout.total_seconds()
    found = await asyncio.gather(*(_owner(app, each, seconds) for each in credentials))
    return {each.name: owner for each, owner in zip(credentials, found, strict=True)}


async def _owner(app: App, credential: CredentialSettings, seconds: float) -> Owner:
    try:
        async with attempt(app.clients.own(credential.name), {}, seconds) as github:
            if credential.app_id is not None:
                return Owner(installations=tuple(await installations_of_app(github)))
            return Owner(login=(await github.get("/user", Profile)).login)
    except Unauthorized as error:
        if credential.app_id is not None and error.status == 401:
            error.hint = WRONG_APP_KEY
        return Owner(failure=error)
    except Unreachable as error:
        return Owner(failure=None if error.status else error)
    except GitHubError:
        return Owner()  # it may read bills all the same


async def mistakes(app: App, owners: Mapping[str, Owner]) -> Mapping[Account, str]:
    """Return what is wrong with the names or kinds of accounts that GitHub refuses."""
    refused = [watched for watched in app.poller.accounts if _is_refused(watched)][:_ASKED]
    known = {watched.account.key for watched in app.poller.accounts}
    found = await asyncio.gather(*(_mistake(each, owners, known) for each in refused))
    return {each.account: told for each, told in zip(refused, found, strict=True) if told}


def _is_refused(watched: Watched) -> bool:
    app = any(job.client.credential.family is Family.APP for job in watched.jobs)
    # An App that is not installed is told 404; 403 is about an installation.
    reasons = {NotFound.reason} if app else {NotFound.reason, Forbidden.reason}
    failures = (job.failing for job in watched.jobs if job.settings.required)
    return any(each is not None and each.reason in reasons for each in failures)


async def _mistake(
    watched: Watched, owners: Mapping[str, Owner], known: Collection[tuple[AccountType, str]]
) -> str:
    account, client = watched.account, watched.jobs[0].client
    owner = owners.get(client.credential.name, Owner())
    if owner.installations is not None:
        return _of_app(account, owner.installations, known)
    if _same(owner.login, account.name):
        return _wrong_kind(account, AccountType.USER)
    try:
        kind = await _kind(account.name, client)
    except NotFound:
        return _unknown(account, owner.login)
    except GitHubError:
        return ""
    if kind is AccountType.USER is account.type and owner.login:
        return (
            f"the token belongs to another user: only {account.name}'s own token can read this bill"
        )
    return _wrong_kind(account, kind)


async def _kind(name: str, client: Client) -> AccountType | None:
    async with attempt(client, {}, REQUEST_SECONDS) as github:
        profile = await github.get("/users/{account}", Profile, account=name)
    return _KINDS.get(profile.type)


def _of_app(
    account: Account, installations: Sequence[Seen], known: Collection[tuple[AccountType, str]]
) -> str:
    if named := [seen for seen in installations if _same(seen.name, account.name)]:
        right = any(seen.type is account.type for seen in named)
        return "" if right else _wrong_kind(account, named[0].type)
    others = (seen for seen in installations if seen.key not in known)
    similar = _similar(account, (seen.name for seen in others if seen.type is account.type))
    if not similar:
        return ""
    return (
        f"the App is installed on {similar}, but not on {account.name}: use --{account.type} "
        f"{similar}, or install the App on {account.name}"
    )


def _unknown(account: Account, login: str | None) -> str:
    if account.type is AccountType.ENTERPRISE:
        return ""  # it is in no list of users
    unknown = f"GitHub has no {account.type} {account.name}"
    if account.type is AccountType.USER:
        # A person is named only to whom has almost done so.
        similar = _similar(account, [login] if login else [])
        return f"{unknown}: use --user {similar}" if similar else f"{unknown}: check the spelling"
    return f"{unknown}: check the spelling, or use --enterprise {account.name} if it is one"


def _similar(account: Account, names: Iterable[str]) -> str:
    by_folded = {name.casefold(): name for name in names}
    close = get_close_matches(account.name.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else ""


def _wrong_kind(account: Account, kind: AccountType | None) -> str:
    if kind is None or kind is account.type:
        return ""
    both = account.type is AccountType.ENTERPRISE  # a name of both kinds is usual
    unless = ", unless you mean an enterprise of that name" if both else ""
    return f"{account.name} is {_ARTICLES[kind]}: use --{kind} {account.name}{unless}"


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.casefold() == other.casefold()

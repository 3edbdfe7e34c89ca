"""Discovery: watches the accounts that a credential can see."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from typing import Any

import structlog

from exporter.accounts import Account, AccountType, is_name
from exporter.github import auth
from exporter.github.api import GitHub, attempt
from exporter.github.asking import CachedAnswers
from exporter.github.client import Client
from exporter.github.errors import GitHubError
from exporter.github.work import aside
from exporter.metrics.page import DiscoveryFacts
from exporter.polling import listings
from exporter.polling.clients import Clients
from exporter.polling.listings import Seen
from exporter.polling.overlaps import warn_of_overlaps
from exporter.polling.poller import Poller
from exporter.polling.watched import Watched
from exporter.settings import CredentialSettings, Settings, resolved

_LOOK = timedelta(minutes=1)  # longest sleep: the clock may be set meanwhile
_FAILURE_WAIT = timedelta(minutes=15)
_LEAST_DEADLINE = timedelta(minutes=2)  # per list: each page may take ten seconds
_PERMISSIONS = {
    "token": "a classic token with read:org, and with read:enterprise for an enterprise's "
    "organizations",
    "App": "an App installed on the enterprise for an enterprise's organizations",
}
_FINE_GRAINED = (
    "GitHub shows no organizations to a fine-grained token: list them in the settings, or use a "
    "classic token with read:org."
)
_NO_INSTALLATION = "Install the App on an organization or enterprise, or unsuspend it there."
_NO_ORGANIZATIONS = (
    "Check that the token's user is a member of an organization, and that the token is authorized "
    "for its single sign-on; list a user or an enterprise in the settings."
)
Key = tuple[AccountType, str]
Installed = tuple[Account, int | None]
"""An account, and the id of the App's installation on it if known."""

log = structlog.get_logger()


class _Outdated(Exception):
    """What is asked has changed since."""


@dataclass(slots=True, eq=False)
class Discovery:
    """Adds the accounts that a credential sees to ``poller``, and removes those it no longer sees.

    An unreadable list changes nothing, and an incomplete one removes no account. An App's accounts
    are its installations only: it cannot read others. ``success`` and ``last_success`` cover all
    lists together.
    """

    credential: CredentialSettings
    settings: Settings
    clients: Clients
    poller: Poller
    clock: Callable[[], datetime]
    success: bool = False
    last_success: datetime | None = None
    _lists: dict[str, list[Seen]] = field(default_factory=dict)
    _answers: dict[str, CachedAnswers] = field(default_factory=dict)
    _added: set[Key] = field(default_factory=set)
    _owned: set[Key] = field(default_factory=set)
    _failed: bool = False
    _logged: str = ""
    _asked: tuple[object, ...] = ()
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        while True:
            await self.once()
            await self._rest(self.clock())

    def wake(self) -> None:
        """Check now for a changed secret."""
        self._woken.set()

    def expect(self, accounts: Iterable[Watched]) -> None:
        """Expect to see the accounts of the host that are watched, until the first discovery."""
        watched = [each.account for each in accounts if each.host == self.host]
        self._lists[""] = [Seen(account.type, account.name) for account in watched]

    def update(
        self, credential: CredentialSettings, settings: Settings, others: Collection[Key]
    ) -> list[Watched]:
        """Follow other settings, and return the accounts to watch by the last lists.

        Leaves out the ``others``, which are watched already. GitHub is asked again at once if its
        answer may differ.
        """
        self.credential, self.settings = credential, settings
        self._forget_all_but(self._enterprises())
        new = {key: each for key, each in self._wanted().items() if key not in others}
        found = [self._watch(*each, self.clock()) for each in new.values()]
        found = [each for each in found if each.jobs]
        self._added = {each.account.key for each in found}
        self.wake()
        return found

    @property
    def _wait(self) -> timedelta:
        interval = self.settings.discover.interval
        if self.success:
            return interval
        return min(interval, self.settings.poll.interval, _FAILURE_WAIT)

    def _asking(self) -> tuple[object, ...]:
        """Return all of which GitHub's answer depends."""
        configured = (account.key for account, _ in self._configured_enterprises())
        return self._own, self._own.credential.version, self.credential, *configured

    async def _rest(self, since: datetime) -> None:
        while self._asking() == self._asked:
            left = since + self._wait - self.clock()
            if not timedelta(0) < left <= self._wait:
                return
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LOOK).total_seconds()):
                    await self._woken.wait()

    async def once(self) -> None:
        """Discover once, and update the poller. Begins again if what it asks changes meanwhile."""
        while True:
            with suppress(_Outdated):
                return await self._look()

    async def _look(self) -> None:
        now, asked = self.clock(), self._asking()
        if self._asked[:1] != asked[:1]:
            self._answers.clear()  # of another credential
        self._asked = asked
        own, owned = listings.organizations_of_token, listings.organizations_seen_by_token
        if self._is_app:
            own, owned = listings.installations_of_app, listings.organizations_seen_by_app
        failures = [await self._read("", self._own, own)]
        enterprises = self._enterprises()
        for account, installation in enterprises:
            client = self.clients.of_account(self.credential.name, account, installation)
            ask = partial(owned, enterprise=account.name)
            failures.append(await self._read(account.name, client, ask))
        self._forget_all_but(enterprises)
        self._apply(now)
        self._report(now, next(filter(None, failures), None))

    @property
    def host(self) -> str:
        return self._own.host

    def known(self) -> dict[str, list[Seen]]:
        """Return the lists by owner, with watched accounts only."""
        known = self._keys_of_poller()
        return {
            owner: [seen for seen in listed if seen.key in known]
            for owner, listed in self._lists.items()
        }

    def resume(self, lists: Mapping[str, list[Seen]], last_success: datetime | None) -> None:
        """Watch the accounts that the previous process discovered, until the next discovery."""
        self._lists, self.last_success = dict(lists), last_success
        self._forget_all_but(self._enterprises())
        self._apply(self.clock())

    def _forget_all_but(self, enterprises: list[Installed]) -> None:
        for owner in self._lists.keys() - {"", *(account.name for account, _ in enterprises)}:
            del self._lists[owner]
            self._answers.pop(owner, None)

    @property
    def _is_app(self) -> bool:
        return self.credential.app_id is not None

    @property
    def _own(self) -> Client:
        return self.clients.own(self.credential.name)

    def _keys_of_poller(self) -> set[Key]:
        return {watched.account.key for watched in self.poller.accounts}

    async def _read(
        self, owner: str, client: Client, ask: Callable[[GitHub], Coroutine[Any, Any, list[Seen]]]
    ) -> GitHubError | None:
        seconds = max(self.settings.poll.timeout, _LEAST_DEADLINE).total_seconds()
        listed: list[Seen] | None = None
        failure: GitHubError | None = None
        try:
            async with attempt(client, self._answers.setdefault(owner, {}), seconds) as github:
                listed = await aside(ask, github)
        except GitHubError as error:
            failure = error
        if self._asking() != self._asked:
            raise _Outdated
        if listed is not None:
            if failure:  # incomplete
                keys = {seen.key for seen in listed}
                listed += [s for s in self._lists.get(owner, []) if s.key not in keys]
            self._lists[owner] = listed
        return failure

    def _enterprises(self) -> list[Installed]:
        found = {account.key: (account, each) for account, each in self._configured_enterprises()}
        for account, installation in self._accounts(self._lists.get("", [])):
            if account.type is AccountType.ENTERPRISE:
                found.setdefault(account.key, (account, installation))
        return [*found.values()]

    def _configured_enterprises(self) -> list[Installed]:
        return [
            (account, None)
            for account, _ in resolved.located_accounts(self.settings)
            if account.type is AccountType.ENTERPRISE
            if resolved.credential_of(self.settings, account) == self.credential.name
        ]

    def would_watch(self, organization: str) -> bool:
        """Return whether an organization is watched by this replica if it is listed."""
        account = resolved.account_of(self.settings, AccountType.ORGANIZATION, organization)
        return self._includes(organization) and resolved.holds(self.settings, account)

    def _includes(self, name: str) -> bool:
        include, exclude = self.credential.include or ("*",), self.credential.exclude
        return is_name(name) and _any(include, name) and not _any(exclude, name)

    def _accounts(self, listed: list[Seen]) -> Iterator[Installed]:
        for seen in listed:
            if self._includes(seen.name):
                account = resolved.account_of(self.settings, seen.type, seen.name)
                yield account, seen.installation

    def _apply(self, now: datetime) -> None:
        wanted = self._wanted()
        lost = [w for w in self.poller.accounts if w.account.key in self._added - wanted.keys()]
        for watched in lost:
            self._added.remove(watched.account.key)
            self.poller.remove(watched)
            self.clients.release(self.credential.name, watched.account)
            log.info("account removed", **watched.account.names)
        known = self._keys_of_poller()
        new = [each for key, each in wanted.items() if key not in known]
        for account, installation in new:
            self._add(account, installation, now)
        self.name_owners()
        if new or lost:
            warn_of_overlaps(self.poller.accounts)

    def _watchable(self) -> Iterator[list[Seen]]:
        # An App can read only its own installations.
        return (listed for owner, listed in self._lists.items() if not (owner and self._is_app))

    def _wanted(self) -> dict[Key, Installed]:
        wanted: dict[Key, Installed] = {}
        for listed in self._watchable():
            for account, installation in self._accounts(listed):
                if resolved.holds(self.settings, account):
                    wanted.setdefault(account.key, (account, installation))
        return wanted

    def name_owners(self) -> None:
        """Set the enterprises that own the accounts, by the last lists."""
        owned = {owner: listed for owner, listed in self._lists.items() if owner}
        owners = {seen.key: owner for owner, listed in owned.items() for seen in listed}
        changed = self._owned | owners.keys()
        for watched in self.poller.accounts:
            if watched.account.key in changed:
                watched.owned_by(owners.get(watched.account.key, ""))
        self._owned = set(owners)

    def _add(self, account: Account, installation: int | None, now: datetime) -> None:
        watched = self._watch(account, installation, now)
        if watched.jobs:  # on Enterprise Server a user has no jobs
            self._added.add(account.key)
            self.poller.add(watched)
            log.info("account discovered", **account.names)

    def _watch(self, account: Account, installation: int | None, now: datetime) -> Watched:
        client = self.clients.of_account(self.credential.name, account, installation)
        return Watched.of(account, client, self.settings, now)

    def _report(self, now: datetime, failure: GitHubError | None) -> None:
        if self._failed and failure is None:
            log.info("discovery works again", credential=self.credential.name)
        self.success, self._failed = failure is None, failure is not None
        if self.success:
            self.last_success = now
        detail, hint = (str(failure), self._hint(failure)) if failure else self._nothing_seen()
        words = {"credential": self.credential.name, "detail": detail, "hint": hint}
        facts = DiscoveryFacts(
            success=self.success,
            last_success=self.last_success,
            accounts=len(self._added),
            failure=failure.reason if failure else None,
            **words,
        )
        self.poller.discovered(facts)
        if failure is not None:
            log.warning("discovery failed", reason=failure.reason, **words)
        elif detail and detail != self._logged:
            log.warning("discovery found nothing", **words)
        self._logged = detail

    def _hint(self, error: GitHubError) -> str:
        if self._is_app and error.status == 401:
            return auth.WRONG_APP_KEY
        return error.hint_for(_PERMISSIONS["App" if self._is_app else "token"])

    def _nothing_seen(self) -> tuple[str, str]:
        """Return why no account was found and how to find some, empty if one was."""
        listed = [*chain.from_iterable(self._watchable())]
        if any(self._accounts(listed)):
            return "", ""
        if listed:
            detail = f"none of the {len(listed)} accounts that the credential sees is included"
            return detail, "Check discover.include and discover.exclude."
        with suppress(GitHubError):
            if self._own.credential.kind() == auth.FINE_GRAINED:
                return "the credential sees no organizations", _FINE_GRAINED
        if self._is_app:
            return "the App has no installation that is in use", _NO_INSTALLATION
        return "the credential sees no organizations", _NO_ORGANIZATIONS


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name.casefold(), each.casefold()) for each in patterns)

"""Discovery: the accounts that a credential can see, watched for as long as it sees them."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import structlog

from exporter.accounts import Account, AccountType, account_key, is_name, overlaps
from exporter.github import auth
from exporter.github.api import CachedAnswers, GitHub, attempt
from exporter.github.client import Client
from exporter.github.errors import GitHubError
from exporter.github.work import aside
from exporter.metrics.page import DiscoveryFacts
from exporter.polling.clients import Clients
from exporter.polling.listings import (
    Seen,
    installations_of_app,
    organizations_of_token,
    organizations_seen_by_app,
    organizations_seen_by_token,
)
from exporter.polling.poller import Poller
from exporter.polling.watched import Watched
from exporter.settings import CredentialSettings, Settings, resolved

_LOOK = timedelta(seconds=5)
_FAILURE_WAIT = timedelta(minutes=15)
_LEAST_DEADLINE = timedelta(minutes=2)
"""For all pages of one list, each of which may take GitHub ten seconds."""

_PERMISSIONS = {
    "token": "a classic token with read:org, and with read:enterprise for an enterprise's "
    "organizations",
    "App": "an App installed on the enterprise for an enterprise's organizations",
}
_FINE_GRAINED = (
    "GitHub shows a fine-grained token no organizations: name them in the settings, or use a "
    "classic token with read:org."
)
Key = tuple[AccountType, str]

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class Discovery:
    """Discovers for one credential, again and again.

    What it finds is watched by ``poller``, beside what the settings name, which stays. A list
    that cannot be read changes nothing, and one that comes short lets nobody vanish. An App's
    accounts are its installations alone: where it is not installed it could ask nothing.
    ``success`` and ``last_success`` are of the whole.
    """

    credential: CredentialSettings
    settings: Settings
    clients: Clients
    poller: Poller
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    success: bool = False
    last_success: datetime | None = None
    _lists: dict[str, list[Seen]] = field(default_factory=dict)
    _answers: dict[str, CachedAnswers] = field(default_factory=dict)
    _watched: dict[Key, Watched] = field(default_factory=dict)
    _owned: set[Key] = field(default_factory=set)
    _told: str = ""

    async def run(self) -> None:
        """Discover until cancelled."""
        while True:
            await self.once()
            wait = interval = self.settings.discover.interval
            if not self.success:
                wait = min(interval, self.settings.poll.interval, _FAILURE_WAIT)
            await self._rest(self.clock() + wait, wait)

    async def _rest(self, until: datetime, longest: timedelta) -> None:
        """Wait, but not longer than for another secret, nor behind a clock that is set back."""
        version = self._own.credential.version
        while self._own.credential.version == version:
            left = until - self.clock()
            if not timedelta(0) < left <= longest:
                return
            await self.sleep(min(left, _LOOK).total_seconds())

    async def once(self) -> None:
        """Discover once, and tell the poller."""
        now = self.clock()
        listing = installations_of_app if self._is_app else organizations_of_token
        failures = [await self._read("", self._own, listing)]
        enterprises = self._enterprises()
        for account, installation in enterprises:
            client = self.clients.of_account(self.credential.name, account, installation)
            ask = organizations_seen_by_app if self._is_app else organizations_seen_by_token
            failures.append(
                await self._read(account.name, client, partial(ask, enterprise=account.name))
            )
        self._forget_all_but(enterprises)
        self._apply(now)
        self._tell(now, [failure for failure in failures if failure])

    @property
    def host(self) -> str:
        return self._own.host

    def known(self) -> dict[str, list[Seen]]:
        """Give the lists by whose they are, with the accounts alone that are watched."""
        known = {watched.account.key for watched in self.poller.accounts}
        return {
            of: [seen for seen in listed if account_key(seen.type, seen.name) in known]
            for of, listed in self._lists.items()
        }

    def resume(self, lists: Mapping[str, list[Seen]], last_success: datetime | None) -> None:
        """Watch what a former process had discovered, until a list can be read again."""
        self._lists, self.last_success = dict(lists), last_success
        self._forget_all_but(self._enterprises())
        self._apply(self.clock())

    def _forget_all_but(self, enterprises: list[tuple[Account, int | None]]) -> None:
        for of in self._lists.keys() - {"", *(account.name for account, _ in enterprises)}:
            del self._lists[of]
            self._answers.pop(of, None)

    @property
    def _is_app(self) -> bool:
        return self.credential.app_id is not None

    @property
    def _own(self) -> Client:
        return self.clients.own(self.credential.name)

    async def _read(
        self, of: str, client: Client, ask: Callable[[GitHub], Coroutine[Any, Any, list[Seen]]]
    ) -> GitHubError | None:
        """Read one list: the credential's own, or that of an enterprise."""
        seconds = max(self.settings.poll.timeout, _LEAST_DEADLINE).total_seconds()
        try:
            async with attempt(client, self._answers.setdefault(of, {}), seconds) as github:
                listed = await aside(ask, github)
                hidden = self._lists.get(of, []) if github.shortfall else []
                self._lists[of] = _merged(listed, hidden)
        except GitHubError as error:
            return error
        return None

    def _enterprises(self) -> list[tuple[Account, int | None]]:
        """Give the enterprises to ask for their organizations, with the App's ids on them."""
        found: dict[Key, tuple[Account, int | None]] = {
            account.key: (account, None)
            for account, _ in resolved.located_accounts(self.settings)
            if resolved.credential_of(self.settings, account) == self.credential.name
        }
        for seen in filter(self._matches, self._lists.get("", [])):
            account = resolved.account_of(self.settings, seen.type, seen.name)
            found.setdefault(account.key, (account, seen.installation))
        return [each for each in found.values() if each[0].type is AccountType.ENTERPRISE]

    def _matches(self, seen: Seen) -> bool:
        def any_of(patterns: tuple[str, ...]) -> bool:
            return any(fnmatchcase(seen.name.casefold(), each.casefold()) for each in patterns)

        include, exclude = self.credential.include, self.credential.exclude
        wanted = (not include or any_of(include)) and not any_of(exclude)
        return wanted and is_name(seen.name)

    def _apply(self, now: datetime) -> None:
        """Watch what is seen, and no longer what is not."""
        wanted = self._wanted()
        gone = self._watched.keys() - wanted.keys()
        for key in gone:
            self._remove(self._watched.pop(key))
        known = {watched.account.key for watched in self.poller.accounts}
        come = [each for key, each in wanted.items() if key not in known]
        for account, installation in come:
            self._add(account, installation, now)
        self._name_owners()
        if come or gone:
            for warning in overlaps(watched.account for watched in self.poller.accounts):
                log.warning("accounts overlap", detail=warning)

    def _wanted(self) -> dict[Key, tuple[Account, int | None]]:
        wanted: dict[Key, tuple[Account, int | None]] = {}
        for of, listed in self._lists.items():
            if of and self._is_app:
                continue
            for seen in filter(self._matches, listed):
                account = resolved.account_of(self.settings, seen.type, seen.name)
                if resolved.holds(self.settings, account):
                    wanted.setdefault(account.key, (account, seen.installation))
        return wanted

    def _name_owners(self) -> None:
        """Tell every account which enterprise owns its account, as far as the lists know."""
        owners = {
            account_key(seen.type, seen.name): of
            for of, listed in self._lists.items()
            if of
            for seen in listed
        }
        for watched in self.poller.accounts:
            if watched.account.key in self._owned or watched.account.key in owners:
                watched.owned_by(owners.get(watched.account.key, ""))
        self._owned = set(owners)

    def _add(self, account: Account, installation: int | None, now: datetime) -> None:
        client = self.clients.of_account(self.credential.name, account, installation)
        watched = Watched.of(account, client, self.settings, now)
        if watched.jobs:  # Enterprise Server has nothing to ask about a user
            self._watched[account.key] = watched
            self.poller.add(watched)
            log.info("account discovered", account_type=account.type.value, account=account.name)

    def _remove(self, watched: Watched) -> None:
        self.poller.remove(watched)
        account = watched.account
        self.clients.release(self.credential.name, account)
        log.info("account vanished", account_type=account.type.value, account=account.name)

    def _tell(self, now: datetime, failures: list[GitHubError]) -> None:
        first = next(iter(failures), None)
        self.success = first is None
        if self.success:
            self.last_success = now
        detail, hint = (str(first), self._mend(first)) if first else self._nothing_seen()
        self.poller.discovered(
            DiscoveryFacts(
                credential=self._own.credential.name,
                success=self.success,
                last_success=self.last_success,
                accounts=len(self._watched),
                failure=first.reason if first else None,
                detail=detail,
                hint=hint,
            )
        )
        words = {"credential": self._own.credential.name, "detail": detail, "hint": hint}
        if first is not None:
            log.warning("discovery failed", reason=first.reason, **words)
        elif detail and detail != self._told:
            log.info("discovery sees less", **words)
        self._told = detail

    def _mend(self, error: GitHubError) -> str:
        if self._is_app and error.status == 401:
            return auth.WRONG_APP_KEY
        return error.mend(_PERMISSIONS["App" if self._is_app else "token"])

    def _nothing_seen(self) -> tuple[str, str]:
        """Explain an empty list of a credential that is shown none."""
        with suppress(GitHubError):
            if not self._lists[""] and self._own.credential.kind() == auth.FINE_GRAINED:
                return "no organization seen", _FINE_GRAINED
        return "", ""


def _merged(listed: list[Seen], known: list[Seen]) -> list[Seen]:
    """Return the accounts listed, then the known ones that are not among them."""
    seen = {account_key(each.type, each.name) for each in listed}
    return [*listed, *(each for each in known if account_key(each.type, each.name) not in seen)]

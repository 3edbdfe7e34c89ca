"""Clients of all credentials, with their hosts and certificates."""

import os
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import httpx

from exporter import files
from exporter.accounts import Account, AccountType
from exporter.github.addresses import shown
from exporter.github.auth import Credential, Secret, TokenCredential
from exporter.github.client import Client, Exchange
from exporter.github.pacing import Gate, RateLimit
from exporter.settings import CredentialSettings, Settings, proxy_for, resolved

Source = Callable[[], str]
"""Returns a secret without blocking. Raises ``OSError`` and ``UnicodeDecodeError``."""

Tap = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]
"""Wraps a transport, to record what passes."""

Transports = Mapping[str, httpx.AsyncBaseTransport]
"""A transport by the name of its credential."""

_Key = tuple[str, AccountType, str]
"""A credential's name and an account's key."""


def untapped(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    return transport


@cache
def watched_file(file: Path) -> Source:
    """Watch a file, once however often the settings are read."""
    return files.Watcher(partial(files.read_secret, file))


def credentials(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    of_file: Callable[[Path], Source] = watched_file,
) -> tuple[Credential, ...]:
    """Return the credentials of the settings that have a secret, in the order of the settings."""
    given = [each for each in resolved.credentials(settings) if each.given]
    return tuple(_credential(each, _source(each, environment, of_file), clock) for each in given)


def _credential(
    settings: CredentialSettings, source: Source, clock: Callable[[], datetime]
) -> Credential:
    if settings.app_id is None:
        return TokenCredential(settings.name, source)
    from exporter.github.github_app import AppCredential, AppKey  # noqa: PLC0415  (cryptography)

    key = AppKey(Secret(f"credential {settings.name}", source))
    return AppCredential(settings.name, settings.app_id, key, clock=clock)


def _source(
    settings: CredentialSettings, environment: Mapping[str, str], of_file: Callable[[Path], Source]
) -> Source:
    secret, file, variable = settings.secret, settings.file, settings.variable
    if file is not None:
        return of_file(file)
    return lambda: secret.get_secret_value() if secret else environment.get(variable or "", "")


class Clients(AbstractAsyncContextManager["Clients"]):
    """The clients of all credentials.

    ``secrets`` are in the order of the settings' credentials. ``transport`` replaces each
    credential's own, and ``tap`` wraps it. ``observer`` gets every exchange; those of an App have
    the rate limit of the installation with the fewest requests left.
    """

    secrets: tuple[Credential, ...]

    def __init__(
        self,
        settings: Settings,
        secrets: tuple[Credential, ...],
        *,
        observer: Callable[[Exchange], None],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        transport: httpx.AsyncBaseTransport | None = None,
        tap: Tap = untapped,
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._sleep = sleep
        self._transport = transport
        self._tap = tap
        self._transports: Transports = {}
        self._limits: dict[_Key, RateLimit] = {}
        self._installed: dict[_Key, Client] = {}
        self._own: dict[str, Client] = {}
        self._settings: dict[str, CredentialSettings] = {}
        self.update(settings, secrets, self.transports(settings))

    def transports(self, settings: Settings) -> Transports:
        """Return new transports for the credentials of the settings. It reads files.

        Raises ``ValueError`` and ``httpx.InvalidURL`` for hosts that IDNA forbids.
        """
        trusting = cache(_trusting)
        found: dict[str, httpx.AsyncBaseTransport] = {}
        for each in resolved.credentials(settings):
            if not httpx.URL(each.api_url).host:
                raise ValueError("the URL has no host")
            own = self._transport or httpx.AsyncHTTPTransport(
                verify=trusting(each.ca_file),
                # httpx takes networks in NO_PROXY for host names, and fails on IPv6 ones.
                proxy=proxy_for(each.api_url, os.environ),
                trust_env=False,
            )
            found[each.name] = self._tap(own)
        return found

    def update(
        self, settings: Settings, secrets: tuple[Credential, ...], transports: Transports
    ) -> None:
        """Follow other settings. A credential that is unchanged keeps its clients.

        A request under way ends on its old transport, which keeps no idle connections.
        """
        former, described = self._own, self._settings
        self._own, self._transports = {}, transports
        self._settings = {each.name: each for each in resolved.credentials(settings)}
        for each, secret in zip(self._settings.values(), secrets, strict=True):
            old = former.get(each.name)
            if old is not None and _asked_by(each) == _asked_by(described[each.name]):
                old.transport = transports[each.name]
                self._own[each.name] = old
            else:
                client = self._own[each.name] = self._made(each, secret, Gate())
                if old is not None and _shares_secret(client, old):
                    client.pacing = old.pacing
        kept = {name for name, client in self._own.items() if client is former.get(name)}
        self._installed = {key: each for key, each in self._installed.items() if key[0] in kept}
        self._limits = {key: each for key, each in self._limits.items() if key[0] in kept}
        for (name, *_), client in self._installed.items():
            client.transport = transports[name]
        self.secrets = tuple(client.credential for client in self._own.values())

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()

    def own(self, credential: str) -> Client:
        return self._own[credential]

    def of_account(
        self, credential: str, account: Account, installation: int | None = None
    ) -> Client:
        """Return the client of an account. ``installation`` is an App's id on it, if known."""
        own, settings = self._own[credential], self._settings[credential]
        if settings.app_id is None:
            return own
        key = (credential, *account.key)
        if key not in self._installed:
            from exporter.github import github_app  # noqa: PLC0415  (cryptography)

            secret = github_app.InstallationCredential(
                own, account, installation, clock=self._clock
            )
            self._installed[key] = self._made(settings, secret, own.pacing.gate, key)
        return self._installed[key]

    def release(self, credential: str, account: Account) -> None:
        """Forget an account's client."""
        self._installed.pop((credential, *account.key), None)
        self._limits.pop((credential, *account.key), None)

    def release_all_but(self, used: Collection[Client]) -> None:
        """Forget the clients of accounts that are not in ``used``."""
        self._installed = {key: each for key, each in self._installed.items() if each in used}
        self._limits = {k: each for k, each in self._limits.items() if k in self._installed}

    def shown(self) -> list[str]:
        """Return the secrets to hide from logs."""
        installed = [client.credential for client in self._installed.values()]
        return [text for secret in (*self.secrets, *installed) for text in secret.shown()]

    def _made(
        self, settings: CredentialSettings, secret: Credential, gate: Gate, key: _Key | None = None
    ) -> Client:
        return Client(
            transport=self._transports[settings.name],
            base_url=settings.api_url,
            credential=secret,
            observer=partial(self._observe_app, key) if settings.app_id else self._observer,
            clock=self._clock,
            sleep=self._sleep,
            version=settings.api_version,
            gate=gate,
            proxy=shown(proxy) if (proxy := proxy_for(settings.api_url, os.environ)) else "",
        )

    def _observe_app(self, key: _Key | None, exchange: Exchange) -> None:
        # Only the installations of an App have limits, not the App itself.
        limit = exchange.rate_limit
        if limit is not None and key in self._installed:
            self._limits[key] = limit
            limits = [other for (name, *_), other in self._limits.items() if name == key[0]]
            valid = [other for other in limits if other.reset > self._clock()]
            limit = min([limit, *valid], key=lambda each: each.remaining)
        else:
            limit = None
        self._observer(replace(exchange, rate_limit=limit, expires=None))


def _asked_by(credential: CredentialSettings) -> tuple[object, ...]:
    # Transports follow ``ca_file``, discoveries the rest.
    secret = credential.app_id, credential.secret, credential.file, credential.variable
    return credential.api_url, credential.api_version, *secret


def _shares_secret(client: Client, former: Client) -> bool:
    credentials = [each.credential for each in (client, former) if each.credential.version]
    texts = [each.shown()[:1] for each in credentials]  # the version was read, and so the text
    return client.host == former.host and len(texts) == 2 and texts[0] == texts[1]


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    # The default authorities, or the environment's; ``ca_file`` adds to them.
    context = httpx.create_ssl_context()
    if ca_file is not None:
        with files.in_memory(files.read(ca_file, files.MOST_TEXT)) as authorities:
            context.load_verify_locations(authorities)
    return context

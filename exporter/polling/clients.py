"""Clients of all credentials, with their hosts and certificates."""

import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
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

_Key = tuple[str, AccountType, str]
"""A credential's name and an account's key."""


def untapped(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    return transport


def watched_file(file: Path) -> Source:
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
        self.secrets = secrets
        self._observer = observer
        self._clock = clock
        self._sleep = sleep
        self._transports: dict[str, httpx.AsyncBaseTransport] = {}
        self._limits: dict[_Key, RateLimit] = {}
        self._installed: dict[_Key, Client] = {}
        self._own: dict[str, Client] = {}
        self._settings: dict[str, CredentialSettings] = {}
        trusting = cache(_trusting)
        for each, secret in zip(resolved.credentials(settings), secrets, strict=True):
            self._settings[each.name] = each
            own = transport or httpx.AsyncHTTPTransport(
                verify=trusting(each.ca_file),
                # httpx takes networks in NO_PROXY for host names, and fails on IPv6 ones.
                proxy=proxy_for(each.api_url, os.environ),
                trust_env=False,
            )
            self._transports[each.name] = tap(own)
            self._own[each.name] = self._made(each, secret, Gate())

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


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    # The default authorities, or the environment's; ``ca_file`` adds to them.
    context = httpx.create_ssl_context()
    if ca_file is not None:
        with files.in_memory(files.read(ca_file, files.MOST_TEXT)) as authorities:
            context.load_verify_locations(authorities)
    return context

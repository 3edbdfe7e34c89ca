"""Clients: for every credential the clients that ask with it, its host and its certificates."""

import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import httpx

from exporter import files
from exporter.accounts import Account, AccountType
from exporter.github.auth import Credential, Secret, TokenCredential
from exporter.github.client import Client, Exchange
from exporter.github.pacing import Gate, RateLimit
from exporter.settings import CredentialSettings, Settings, proxy_for, resolved

Source = Callable[[], str]
"""Returns a secret as it is now, at once. Raises ``OSError`` and ``UnicodeDecodeError``."""


def watched(file: Path) -> Source:
    return files.Watcher(partial(files.read_secret, file))


def credentials(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    of_file: Callable[[Path], Source] = watched,
) -> tuple[Credential, ...]:
    """Make the credentials of the settings, in their order; none where they name no secret."""
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


class Clients:
    """The clients of all credentials, made when they are first asked for.

    ``secrets`` are in the order of the settings' credentials, each of which has a transport of its
    own; ``transport`` takes the place of all. ``observer`` is told of every exchange; the rate
    limit it sees is, of an App, that of the installation with the least left.
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
    ) -> None:
        self.secrets = secrets
        self._observer = observer
        self._clock = clock
        self._sleep = sleep
        self._transports: dict[str, httpx.AsyncBaseTransport] = {}
        self._limits: dict[Client, RateLimit] = {}
        self._installed: dict[tuple[str, AccountType, str], Client] = {}
        self._own: dict[str, Client] = {}
        self._settings: dict[str, CredentialSettings] = {}
        trusting = cache(_trusting)
        for each, secret in zip(resolved.credentials(settings), secrets, strict=True):
            self._settings[each.name] = each
            self._transports[each.name] = transport or httpx.AsyncHTTPTransport(
                verify=trusting(each.ca_file),
                # httpx itself takes networks of NO_PROXY for names, and fails at those of IPv6.
                proxy=proxy_for(each.api_url, os.environ),
                trust_env=False,
            )
            self._own[each.name] = self._made(each, secret, Gate())

    async def __aenter__(self) -> "Clients":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()

    def own(self, credential: str) -> Client:
        """Give the client that asks as the credential itself: with a token, or as an App."""
        return self._own[credential]

    def of_account(
        self, credential: str, account: Account, installation: int | None = None
    ) -> Client:
        """Give the client that asks about an account: an App does as installed on it.

        ``installation`` is its id where it is known.
        """
        own, settings = self._own[credential], self._settings[credential]
        if settings.app_id is None:
            return own
        key = (credential, *account.key)
        if key not in self._installed:
            from exporter.github.github_app import (  # noqa: PLC0415  (cryptography)
                InstallationCredential,
            )

            secret = InstallationCredential(own, account, installation, clock=self._clock)
            self._installed[key] = self._made(settings, secret, own.pacing.gate)
        return self._installed[key]

    def release(self, credential: str, account: Account) -> None:
        """Forget an account's client, and with it all that it knows."""
        client = self._installed.pop((credential, *account.key), None)
        if client is not None:
            self._limits.pop(client, None)

    def shown(self) -> list[str]:
        """List the secrets that belong nowhere but in requests."""
        installed = [client.credential for client in self._installed.values()]
        return [text for secret in (*self.secrets, *installed) for text in secret.shown()]

    def _made(self, settings: CredentialSettings, secret: Credential, gate: Gate) -> Client:
        def observe_app(exchange: Exchange) -> None:
            self._observe_app(client, exchange)

        client = Client(
            transport=self._transports[settings.name],
            base_url=settings.api_url,
            credential=secret,
            observer=observe_app if settings.app_id else self._observer,
            clock=self._clock,
            sleep=self._sleep,
            version=settings.api_version,
            gate=gate,
        )
        return client

    def _observe_app(self, client: Client, exchange: Exchange) -> None:
        """Tell of an App, whose limits are its installations' and which does not expire."""
        limit = exchange.rate_limit
        if limit is not None and client in self._installed.values():
            self._limits[client] = limit
            now = self._clock()
            others = [
                other
                for asked, other in self._limits.items()
                if asked.credential.name == exchange.credential and other.reset > now
            ]
            limit = min([limit, *others], key=lambda each: each.remaining)
        else:
            limit = None
        self._observer(replace(exchange, rate_limit=limit, expires=None))


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Trust the usual authorities, or those of the environment, and beside them a file's."""
    context = httpx.create_ssl_context()
    if ca_file is not None:
        with files.in_memory(files.read(ca_file, files.MOST_TEXT)) as authorities:
            context.load_verify_locations(authorities)
    return context

"""GitHub App: its key, and the credentials of the App and of its installations."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, TypeVar

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exporter.accounts import Account, AccountType
from exporter.github import body, errors
from exporter.github.auth import WRONG_APP_KEY, Credential, Secret, Token, instead_of_key
from exporter.github.client import Client, core_limit, fill
from exporter.github.endpoints import CLASSIC_ROOTS
from exporter.github.pacing import Clock
from exporter.github.work import work

T = TypeVar("T")

_DRIFT = timedelta(seconds=60)
_JWT_LIFE = timedelta(seconds=540)
"""GitHub accepts at most ten minutes, by its own clock (docs: generating a JWT)."""

_RENEWAL = timedelta(minutes=5)
"""Time before expiry at which a token is renewed; it is valid for an hour (OpenAPI 23.0.2)."""

_TOKEN_ENDPOINT = "/app/installations/{installation}/access_tokens"  # noqa: S105  (no token)
_INSTALL = "Install the App on the account. Required: {permission}."
_NO_APP = "Required: {permission}."

_LEAST_SECRET = 16
"""Minimum length of a key line to hide; a shorter one is the last, or not secret."""


class AppKey:
    """An App's RSA private key in PKCS#1 or PKCS#8, reloaded when its source changes."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._loaded = lru_cache(1)(self._load)

    @property
    def version(self) -> int:
        return self._secret.version

    def watch(self, changed: Callable[[], None]) -> None:
        self._secret.watch(changed)

    def read(self) -> tuple[RSAPrivateKey, int]:
        """Return the key and its version. Raises `Unauthorized` or `Unreachable`."""
        text, version, _ = self._secret.read()
        return self._loaded(text), version

    def _load(self, text: str) -> RSAPrivateKey:
        if wanted := instead_of_key(text):
            raise self._secret.unusable(f"must be {wanted}")
        try:
            key = load_pem_private_key(_unescaped(text).encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The error may quote the key.
            raise self._secret.unusable("not a private key, or one with a password") from None
        if not isinstance(key, RSAPrivateKey):
            raise self._secret.unusable("not an RSA key")
        return key

    def shown(self) -> list[str]:
        text = self._secret.last or ""
        lines = [line for line in _unescaped(text).splitlines() if "-----" not in line]
        return [text, *(line for line in lines if len(line) >= _LEAST_SECRET)] if text else []


def _unescaped(text: str) -> str:
    # A variable may hold escaped line breaks.
    return text.replace("\\r", "").replace("\\n", "\n")


class AppCredential(Credential):
    """The App itself, by its id or client id. It may only read its installations."""

    def __init__(self, name: str, issuer: str, key: AppKey, *, clock: Clock) -> None:
        self.name = name
        self._issuer = issuer
        self._key = key
        self._clock = clock
        self._token: Token | None = None
        self._until = clock()

    @property
    def version(self) -> int:
        return self._key.version

    def watch(self, changed: Callable[[], None]) -> None:
        self._key.watch(changed)

    async def read(self) -> Token:
        """Return a JWT, renewed before it expires. Raises `Unauthorized` or `Unreachable`."""
        key, version = self._key.read()
        now = self._clock()
        left = self._until - now  # exceeds the lifetime if the clock was set back
        if self._token is None or self._token.version != version or not _DRIFT < left <= _JWT_LIFE:
            self._until = now + _JWT_LIFE
            claims = {"iat": now - _DRIFT, "exp": self._until, "iss": self._issuer}
            self._token = Token(jwt.encode(claims, key, algorithm="RS256"), version)
        return self._token

    def kind(self) -> str:
        self._key.read()
        return f"GitHub App {self._issuer}"

    def shown(self) -> list[str]:
        return [*self._key.shown(), *([self._token.value] if self._token else [])]


class _Installation(msgspec.Struct, frozen=True):
    id: int


class _AccessToken(msgspec.Struct, frozen=True):
    token: Annotated[str, msgspec.Meta(pattern=r"\A[!-~]+\Z")]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]


class InstallationCredential(Credential):
    """The App as installed on one account. ``app`` is the client of the App itself.

    ``installation`` is its id, None to look it up. Name and version are the App's: a renewed token
    is not a new credential. ``renewed`` is when a token was last made, except to replace a refused
    one.
    """

    def __init__(
        self, app: Client, account: Account, installation: int | None, *, clock: Clock
    ) -> None:
        self.name = app.credential.name
        self._app = app
        self._account = account
        self._installation = installation
        self._clock = clock
        self._renewing = asyncio.Lock()
        self._token: Token | None = None
        self._shown: list[str] = []
        self._until = clock()
        self._was_refused = False

    @property
    def version(self) -> int:
        return self._app.credential.version

    async def read(self) -> Token:
        """Return the token, renewed five minutes before it expires, once for all callers.

        Raises `NotFound` if the App is not installed, `Barred` if it is suspended, and the errors
        of the requests.
        """
        async with self._renewing:
            version = self.version
            token = self._token
            if token is None or token.version != version or self._clock() >= self._until:
                found = await self._access_token()
                token = self._token = Token(found.token, version, made=self._clock())
                self._shown = [found.token, *self._shown[:1]]
                self._until = found.expires_at - _RENEWAL
                if not self._was_refused:
                    self.renewed = token.made
                self._was_refused = False
            return token

    def refused(self, token: Token) -> bool:
        """Renew a refused token at the next read: it may have been revoked."""
        if self._token == token:
            self._until = self._clock()
            self._was_refused = True
        return True

    def kind(self) -> str:
        return self._app.credential.kind()

    def shown(self) -> list[str]:
        return self._shown

    async def _access_token(self) -> _AccessToken:
        if self._installation is None:
            endpoint = f"{CLASSIC_ROOTS[self._account.type]}/installation"
            found = await self._ask(endpoint, _Installation, account=self._account.name)
            self._installation = found.id
        given = await self._ask(
            _TOKEN_ENDPOINT, _AccessToken, post=b"", installation=self._installation
        )
        if given.expires_at <= self._clock():
            raise errors.InvalidPayload(
                detail="the App's token has already expired: `$.expires_at`",
                hint="Check this machine's clock.",
                endpoint=_TOKEN_ENDPOINT,
            )
        return given

    async def _ask(
        self, endpoint: str, model: type[T], *, post: bytes | None = None, **params: str | int
    ) -> T:
        await self._app.pacing.turn(_refuse)
        url = self._app.base_url + fill(endpoint, params)
        received = await self._app.exchange(url, endpoint, post=post)
        if received.response.status_code not in {200, 201}:
            error = self._app.failure(received, endpoint)
            if isinstance(error, errors.Unauthorized):
                error.hint = WRONG_APP_KEY
            elif isinstance(error, errors.NotFound):
                self._installation = None  # a new installation has another id
                error.detail = "the App is not installed on the account"
                # No App may read a person's bill.
                personal = self._account.type is AccountType.USER
                error.hint = _NO_APP if personal else _INSTALL
            raise error
        self._app.pacing.answered(core_limit(received.response.headers))
        with self._app.suspicious(received.response):
            return await work(body.decode, received.body, model, endpoint)


def _refuse(until: datetime) -> None:
    raise errors.RateLimited(detail="the App is paused by GitHub's rate limit", retry_at=until)

"""GitHub's side of an App, which checks JWTs against the public key.

`Asking` is the App's side.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from exporter.accounts import Account
from exporter.collectors import ALL
from exporter.github.api import attempt
from exporter.github.client import Exchange
from exporter.github.errors import GitHubError
from exporter.polling.clients import Clients, credentials
from exporter.settings import load
from tests.support.accounts import ACME
from tests.support.world import START, read_at_each_use, virtual

ANYTHING = "/orgs/{account}/anything"
APP_ID = "123456"
PKCS1, PKCS8 = PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8
KEYS = [generate_private_key(65537, 2048) for _ in range(2)]
"""Two, for key rotation."""


def pem(key: RSAPrivateKey = KEYS[0], form: PrivateFormat = PKCS1) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def public_pem(key: RSAPrivateKey = KEYS[0]) -> str:
    form = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(Encoding.PEM, form).decode()


@dataclass
class AppServer:
    """The endpoints of an App and its installations; ``installed`` has ids by lower-case account.

    ``asked`` counts requests by method and path. ``tokens`` has the installation and expiry of
    each token created, and ``said`` overrides fields of a token's response. ``limits`` has the
    remaining requests by installation. ``rest`` answers other requests with a valid token.
    """

    clock: Callable[[], datetime]
    installed: dict[str, int] = field(default_factory=lambda: {"acme": 7})
    suspended: set[int] = field(default_factory=set)
    key: RSAPrivateKey = KEYS[0]
    life: timedelta = timedelta(hours=1)
    limits: dict[int, int] = field(default_factory=dict)
    rest: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200, json={})
    asked: Counter[str] = field(default_factory=Counter)
    tokens: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    jwts: list[str] = field(default_factory=list)
    said: dict[str, object] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked[f"{request.method} {path}"] += 1
        match path.strip("/").split("/"):
            case ["app", "installations"]:
                return self._proven(request) or httpx.Response(200, json=self._listed())
            case ["app", "installations", number, "access_tokens"] if request.method == "POST":
                return self._proven(request) or self._token(int(number))
            case ["orgs" | "users" | "enterprises", name, "installation"]:
                return self._proven(request) or self._found(name)
        return self._answer(request)

    def transport(self) -> httpx.MockTransport:
        """Return a transport that takes 0.05 s for an answer, so that requests overlap."""

        async def slowly(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0.05)
            return self(request)

        return httpx.MockTransport(slowly)

    def given(self) -> int:
        return len(self.tokens)

    def _proven(self, request: httpx.Request) -> httpx.Response | None:
        shown = request.headers["authorization"].removeprefix("Bearer ")
        self.jwts.append(shown)
        options = {"verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(shown, self.key.public_key(), ["RS256"], options)  # type: ignore[arg-type] # a subset
        except jwt.InvalidTokenError:
            return httpx.Response(401, json={"message": "A JSON web token could not be decoded"})
        # As GitHub documents it: not issued in the future, valid for ten minutes at most.
        now = self.clock().timestamp()
        if claims["iss"] != APP_ID or not claims["iat"] <= now < claims["exp"] <= now + 600:
            return httpx.Response(401, json={"message": "'Expiration time' claim ('exp')"})
        return None

    def _found(self, name: str) -> httpx.Response:
        number = self.installed.get(name.lower())
        if number is None:
            return httpx.Response(404, json={"message": "Not Found"})
        return httpx.Response(200, json={"id": number, "account": {"login": name}})

    def _listed(self) -> list[dict[str, object]]:
        return [
            {
                "id": number,
                "target_type": "Enterprise" if name.endswith("-corp") else "Organization",
                "account": {"slug" if name.endswith("-corp") else "login": name},
                "suspended_at": "2026-01-01T00:00:00Z" if number in self.suspended else None,
            }
            for name, number in self.installed.items()
        ]

    def _token(self, number: int) -> httpx.Response:
        if number in self.suspended:
            message = "This installation has been suspended"
            return httpx.Response(403, json={"message": message})
        if number not in self.installed.values():
            return httpx.Response(404, json={"message": "Not Found"})
        token = f"ghs_token.of-{number}.number-{len(self.tokens)}"
        until = self.clock() + self.life
        self.tokens[token] = number, until
        said = {"token": token, "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        return httpx.Response(201, json=said | self.said)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        number, until = self.tokens.get(token, (0, self.clock()))
        if token in self.revoked or self.clock() >= until:
            return httpx.Response(401, json={"message": "Bad credentials"})
        answer = self.rest(request)
        if number in self.limits:
            answer.headers["x-ratelimit-limit"] = "5000"
            answer.headers["x-ratelimit-remaining"] = str(self.limits[number])
            reset = int((self.clock() + timedelta(hours=1)).timestamp())
            answer.headers["x-ratelimit-reset"] = str(reset)
        return answer


def virtual_now() -> datetime:
    return START + timedelta(seconds=asyncio.get_running_loop().time())


class Asking:
    """An App with its key in a file, and its server. Create it inside a virtual loop."""

    def __init__(self, key_file: Path, **server: Any) -> None:
        self.server = AppServer(virtual_now, **server)
        self.key_file = key_file
        if not key_file.exists():
            key_file.write_text(pem())
        flags = {"github": {"app_id": APP_ID, "app_private_key_file": key_file}}
        settings = load(flags, {}, ALL)
        self.exchanges: list[Exchange] = []
        self.clients = Clients(
            settings,
            credentials(settings, {}, clock=virtual_now, of_file=read_at_each_use),
            observer=self.exchanges.append,
            clock=virtual_now,
            sleep=asyncio.sleep,
            transport=self.server.transport(),
        )

    def put_key(self, text: str | None) -> None:
        """Replace the key file, or remove it."""
        self.key_file.unlink(missing_ok=True)
        if text is not None:
            self.key_file.write_text(text)

    async def ask(self, account: Account = ACME, seconds: float = 60) -> None:
        client = self.clients.of_account("default", account)
        async with attempt(client, {}, seconds) as github:
            await github.get(ANYTHING, dict[str, object], account=account.name)

    async def failure(self, account: Account = ACME) -> GitHubError:
        with pytest.raises(GitHubError) as caught:
            await self.ask(account)
        return caught.value

    @property
    def version(self) -> int:
        return self.clients.of_account("default", ACME).credential.version


def asking(key_file: Path, scenario: Callable[[Asking], Awaitable[None]], **server: Any) -> None:
    async def run() -> None:
        asked = Asking(key_file, **server)
        async with asked.clients:
            await scenario(asked)

    virtual(run)

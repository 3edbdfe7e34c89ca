"""Callers of the simulated GitHub, identified by the ``authorization`` header."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from exporter.accounts import AccountType
from exporter.demo import people
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import BAD_CREDENTIALS, REQUIRES_AUTHENTICATION, SUSPENDED, Answer
from exporter.demo.app import SimulatedApp, SimulatedInstallation

_FINE_GRAINED = "github_pat_"
_JWT = "eyJ"

ALL_SCOPES = "admin:org, manage_billing:enterprise, read:enterprise, repo, user"


class Kind(StrEnum):
    CLASSIC = auto()
    FINE_GRAINED = auto()
    INSTALLATION = auto()
    APP = auto()


@dataclass
class SimulatedToken:
    """A person's token, fine-grained if it begins with ``github_pat_``, else classic.

    ``scopes`` are those of a classic token, as GitHub lists them. ``sees`` are the names of the
    accounts that the token may see, ``None`` for all.
    """

    login: str
    scopes: str = ALL_SCOPES
    sees: Collection[str] | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller. ``id`` is its name in rate limit messages."""

    kind: Kind
    id: str
    login: str | None = None
    scopes: str = ""
    names: frozenset[str] | None = None
    expires: datetime | None = None
    installation: SimulatedInstallation | None = None

    def sees(self, account: SimulatedAccount) -> bool:
        if self.installation is not None:
            return account.key == self.installation.key
        return self.kind is not Kind.APP and (
            self.names is None or account.name.casefold() in self.names
        )

    def may(self, *scopes: str) -> bool:
        """Return whether it has one of the scopes; only classic tokens have scopes."""
        return bool({each.strip() for each in self.scopes.split(",")} & set(scopes))


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens and the App that are accepted."""

    tokens: Mapping[str, SimulatedToken]
    app: SimulatedApp | None

    def caller(self, authorization: str | None, now: datetime) -> Caller | Answer:
        """Return the caller, or a refusal."""
        if authorization is None:
            return REQUIRES_AUTHENTICATION
        scheme, _, secret = authorization.partition(" ")
        if scheme not in {"Bearer", "token"}:
            return BAD_CREDENTIALS
        if secret in self.tokens:
            return _person(secret, self.tokens[secret], now)
        if self.app is not None:
            return _of_app(self.app, secret, now)
        return BAD_CREDENTIALS


def _person(secret: str, token: SimulatedToken, now: datetime) -> Caller | Answer:
    if token.expires is not None and now >= token.expires:
        return BAD_CREDENTIALS
    fine_grained = secret.startswith(_FINE_GRAINED)
    return Caller(
        kind=Kind.FINE_GRAINED if fine_grained else Kind.CLASSIC,
        id=f"user ID {people.number(token.login) if token.login else 1}",
        login=token.login or None,
        scopes="" if fine_grained else token.scopes,
        names=None if token.sees is None else frozenset(map(str.casefold, token.sees)),
        expires=token.expires,
    )


def _of_app(app: SimulatedApp, secret: str, now: datetime) -> Caller | Answer:
    holder = app.holder(secret, now)
    if isinstance(holder, SimulatedInstallation):
        if holder.suspended:
            return SUSPENDED
        number = f"installation ID {holder.id}"
        return Caller(Kind.INSTALLATION, number, installation=holder)
    if holder is not None or not secret.startswith(_JWT):
        return BAD_CREDENTIALS
    return app.refusal(secret, now) or Caller(Kind.APP, f"app ID {app.id}")


def closed_to(caller: Caller, account_type: AccountType, family: str) -> bool:
    """Return whether an endpoint refuses all credentials of the caller's kind.

    Installations cannot read a person's usage (docs: permissions of installation tokens) nor, by
    the flag of OpenAPI 23.0.2, licenses and an enterprise's Advanced Security. Fine-grained tokens
    cannot read enterprises (observed early in 2026).
    """
    if caller.kind is Kind.FINE_GRAINED:
        return account_type is AccountType.ENTERPRISE
    if caller.kind is not Kind.INSTALLATION:
        return False
    return (
        family in {"legacy", "licenses", "license_sync"}
        or (account_type is AccountType.USER and family in {"usage", "models"})
        or (account_type is AccountType.ENTERPRISE and family == "advanced_security")
    )

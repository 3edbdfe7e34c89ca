"""A simulated GitHub App with its installations and tokens."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exporter.accounts import AccountType
from exporter.demo import people
from exporter.demo.answer import (
    BAD_CREDENTIALS,
    JWT_ENDED,
    JWT_ENDS_TOO_LATE,
    JWT_OF_THE_FUTURE,
    NO_JWT,
    Answer,
)

_TOKEN_LIFE = timedelta(hours=1)
_LONGEST_JWT = timedelta(minutes=10)
_API = "https://api.github.com"
_TARGETS = {
    AccountType.ORGANIZATION: "Organization",
    AccountType.USER: "User",
    AccountType.ENTERPRISE: "Enterprise",
}
_PERMISSIONS: Mapping[AccountType, Mapping[str, str]] = {
    AccountType.ORGANIZATION: {"organization_administration": "read", "organization_plan": "read"},
    AccountType.USER: {"profile": "write"},
    AccountType.ENTERPRISE: {"enterprise_administration": "read"},
}


@dataclass
class SimulatedInstallation:
    """An App installed on an account. ``suspended`` may be assigned at run time."""

    id: int
    type: AccountType
    account: str
    suspended: bool = False

    @property
    def key(self) -> tuple[AccountType, str]:
        return self.type, self.account.casefold()


@dataclass
class SimulatedApp:
    """A GitHub App. ``keys`` are the valid public keys in PEM, several during a rotation.

    A token is refused until ``known_after`` has passed, as GitHub sometimes does
    (octokit/auth-app.js#65). ``installations``, ``keys`` and ``known_after`` may be changed at
    run time.
    """

    id: int
    client_id: str
    keys: list[str]
    installations: list[SimulatedInstallation] = field(default_factory=list)
    slug: str = "billing-watcher"
    known_after: timedelta = timedelta(0)
    _issued: dict[str, tuple[int, datetime]] = field(default_factory=dict, init=False, repr=False)
    _tokens: int = field(default=0, init=False, repr=False)

    def refusal(self, jwt: str, now: datetime) -> Answer | None:
        """Return None if the JWT is valid: RS256, by one of the keys, for at most ten minutes."""
        claims = self._claims(jwt)
        if claims is None or str(claims.get("iss")) not in {str(self.id), self.client_id}:
            return NO_JWT
        issued, ends = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or issued > now.timestamp():
            return JWT_OF_THE_FUTURE
        if not isinstance(ends, int) or ends <= now.timestamp():
            return JWT_ENDED
        return JWT_ENDS_TOO_LATE if ends > (now + _LONGEST_JWT).timestamp() else None

    def _claims(self, token: str) -> Mapping[str, object] | None:
        import jwt  # noqa: PLC0415  (only needed to simulate an App)

        for key in self.keys:
            try:
                claims: Mapping[str, object] = jwt.decode(
                    token,
                    key,
                    algorithms=["RS256"],
                    # The simulation has its own clock.
                    options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
                )
            except jwt.InvalidTokenError:
                continue
            return claims
        return None

    def installed(self, key: tuple[AccountType, str]) -> SimulatedInstallation | None:
        return next((each for each in self.installations if each.key == key), None)

    def by_id(self, number: str) -> SimulatedInstallation | None:
        return next((each for each in self.installations if str(each.id) == number), None)

    def issue(self, installation: SimulatedInstallation, now: datetime) -> Mapping[str, object]:
        """Return a new token for an hour (OpenAPI 23.0.2, installation-token)."""
        seed = f"{self.id}/{installation.id}/{self._tokens}".encode()
        token = f"ghs_{hashlib.sha256(seed).hexdigest()[:36]}"
        ends = now.replace(microsecond=0) + _TOKEN_LIFE
        self._tokens += 1
        self._issued = {t: issued for t, issued in self._issued.items() if now < issued[1]}
        self._issued[token] = installation.id, ends
        return {
            "token": token,
            "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
            "permissions": _PERMISSIONS[installation.type],
            "repository_selection": "all",
        }

    def holder(self, token: str, now: datetime) -> SimulatedInstallation | Answer | None:
        """Return the installation of a token, a refusal if it is invalid now, None if unknown."""
        if token not in self._issued:
            return None
        number, ends = self._issued[token]
        lives = ends - _TOKEN_LIFE + self.known_after <= now < ends
        return (self.by_id(str(number)) if lives else None) or BAD_CREDENTIALS

    def described(self) -> Mapping[str, object]:
        return {"id": self.id, "slug": self.slug, "client_id": self.client_id, "name": self.slug}

    def description(self, installation: SimulatedInstallation) -> Mapping[str, object]:
        """Return GitHub's description; an enterprise has a slug instead of a login."""
        name, kind = installation.account, _TARGETS[installation.type]
        of_enterprise = installation.type is AccountType.ENTERPRISE
        account = people.enterprise(name) if of_enterprise else people.simple_user(name, kind)
        suspended = installation.suspended
        return {
            "id": installation.id,
            "account": account,
            "app_id": self.id,
            "client_id": self.client_id,
            "app_slug": self.slug,
            "target_id": people.number(name),
            "target_type": kind,
            "repository_selection": "all",
            "access_tokens_url": f"{_API}/app/installations/{installation.id}/access_tokens",
            "repositories_url": f"{_API}/installation/repositories",
            "html_url": f"https://github.com/settings/installations/{installation.id}",
            "permissions": _PERMISSIONS[installation.type],
            "events": [],
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "single_file_name": None,
            "suspended_at": "2026-06-01T00:00:00Z" if suspended else None,
            "suspended_by": people.simple_user("grace") if suspended else None,
        }

"""Credentials and their secrets."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple, Protocol

from exporter.files import SHORTAGE_HINT, Watcher, problem, shortage
from exporter.github.errors import GitHubError, Unauthorized, Unreachable

FINE_GRAINED = "fine-grained personal access token"
"""The kind of token to which GitHub shows no organizations."""

WRONG_APP_KEY = "GitHub rejects the App's ID or private key: check both, and this machine's clock."
"""Hint for a 401 to an App, which has no token to replace."""

YOUTH = timedelta(seconds=5)
"""How long GitHub may refuse a new token (octokit/auth-app.js)."""

_KEY = "a private key in PEM format"


class Family(Enum):
    """Kinds of credentials to which GitHub grants permissions in the same way."""

    CLASSIC = auto()
    """By scopes."""
    FINE_GRAINED = auto()
    APP = auto()
    OTHER = auto()
    """Unknown."""


_CLASSIC = "classic personal access token"
_OAUTH = "OAuth token"
_OLD = "personal access token in the old format"
_APP = "GitHub App"
_KINDS = {
    "ghp_": _CLASSIC,
    "github_pat_": FINE_GRAINED,
    "gho_": _OAUTH,
    "ghu_": f"{_APP} user token",
    "ghs_": f"{_APP} installation token",
    "ghr_": "refresh token, which cannot read data",
}


def kind(token: str) -> str:
    """Return the kind of a token by its prefix (docs: about authentication to GitHub)."""
    old = re.fullmatch("[0-9a-f]{40}", token)
    other = _OLD if old else "unknown"
    return next((name for prefix, name in _KINDS.items() if token.startswith(prefix)), other)


def instead_of_token(text: str) -> str:
    """Return what a stripped text must be if it is no token, else an empty string."""
    if "-----BEGIN " in text:
        return "only the token, not a key or a certificate"
    if text.startswith(("/", "~", ".")):
        return "the token itself, not the path of its file"
    if text[:1] in {"'", '"'}:
        return "only the token, without quotes"
    return "" if re.fullmatch(r"[!-~]+", text) else "only the token, without spaces or line breaks"


def instead_of_key(text: str) -> str:
    """Return what a text must be if it is no private key by its label, else an empty string."""
    found = re.search(r"-----BEGIN ([A-Z0-9 ]+)-----", text)
    label = found[1] if found else ""
    if "PUBLIC KEY" in label or re.match(r"\s*(ssh|ecdsa)-", text):
        return f"{_KEY}, not a public key: use the file that GitHub sent"
    if label == "OPENSSH PRIVATE KEY":
        return f"{_KEY}, not a key for SSH: use the file that GitHub sent"
    if label.startswith("ENCRYPTED") or "4,ENCRYPTED" in text:
        return f"{_KEY}, without a password"
    if label and not label.endswith("PRIVATE KEY"):
        return f"{_KEY}, not a {label.lower()}"
    return "" if label else f"{_KEY}, including its BEGIN and END lines"


def _family(kind: str) -> Family:
    if kind in {_CLASSIC, _OAUTH, _OLD}:
        return Family.CLASSIC
    if kind.startswith(_APP):
        return Family.APP
    return Family.FINE_GRAINED if kind == FINE_GRAINED else Family.OTHER


class Token(NamedTuple):
    """A token, the version of its secret, and when GitHub made it (installation tokens only)."""

    value: str
    version: int
    made: datetime | None = None

    def is_young(self, now: datetime) -> bool:
        return self.made is not None and timedelta(0) <= now - self.made < YOUTH


class Credential(Protocol):
    """Provides tokens. ``version`` grows with each new secret, not with each new token."""

    name: str
    renewed: datetime | None = None
    """When GitHub last made a token for it, None if never."""

    @property
    def version(self) -> int: ...

    async def read(self) -> Token:
        """Return the token to use now, or raise `GitHubError`."""

    def refused(self, token: Token) -> bool:  # noqa: ARG002  (by default there is no other)
        """Record a 401 and return whether another token is available at once."""
        return False

    def watch(self, changed: Callable[[], None]) -> None:  # noqa: ARG002  (most have no file)
        """Call ``changed``, from any thread, after the secret's file has changed."""
        return

    def kind(self) -> str:
        """Return the kind in words. Raises `GitHubError` without a valid secret."""

    @property
    def family(self) -> Family:
        """The family of its kind, also without a valid secret."""
        with suppress(GitHubError):
            return _family(self.kind())
        return Family.OTHER

    def shown(self) -> list[str]:
        """Return the secrets, to be hidden elsewhere."""


def bare(text: str) -> str:
    """Strip whitespace, and the byte order mark of Windows editors."""
    return text.removeprefix("\ufeff").strip()


class Secret:
    """A secret, called ``name`` in messages, read from the non-blocking ``source`` at each use."""

    def __init__(self, name: str, source: Callable[[], str]) -> None:
        self.name = name
        self._source = source
        self.last: str | None = None
        self._version = 0

    def read(self) -> Token:
        """Return the stripped text and its version.

        Raises `Unauthorized` if it is empty or unreadable, `Unreachable` if this machine cannot
        read it now.
        """
        try:
            found, fault = bare(self._source()) or None, "the secret is empty"
        except (OSError, UnicodeDecodeError) as error:
            late = error.strerror if isinstance(error, TimeoutError) else ""
            if short := late or shortage(error):
                detail = f"{self.name}: its file cannot currently be read ({short})"
                raise Unreachable(detail=detail, hint=SHORTAGE_HINT) from None
            found, fault = None, _told(error)
        if found != self.last:
            self.last = found
            self._version += 1
        if found is None:
            raise self.unusable(fault)
        return Token(found, self._version)

    def watch(self, changed: Callable[[], None]) -> None:
        if isinstance(self._source, Watcher):
            self._source.changed = changed

    def unusable(self, fault: str) -> Unauthorized:
        """Return the failure for a ``fault``, which must not quote the text."""
        return Unauthorized(
            detail=f"{self.name}: {fault}",
            hint="The file or variable must hold only the secret and be readable by the exporter.",
        )

    @property
    def version(self) -> int:
        """The version of the text, even while it is unreadable."""
        with suppress(GitHubError):
            self.read()
        return self._version


class TokenCredential(Credential):
    def __init__(self, name: str, source: Callable[[], str]) -> None:
        self.name = name
        self._secret = Secret(f"credential {name}", source)

    @property
    def version(self) -> int:
        return self._secret.version

    def watch(self, changed: Callable[[], None]) -> None:
        self._secret.watch(changed)

    async def read(self) -> Token:
        return self._checked()

    def kind(self) -> str:
        return kind(self._checked().value)

    def shown(self) -> list[str]:
        return [] if self._secret.last is None else [self._secret.last]

    def _checked(self) -> Token:
        token = self._secret.read()
        if wanted := instead_of_token(token.value):
            raise self._secret.unusable(f"must be {wanted}")
        return token


def _told(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "its file is not text in UTF-8"
    return (
        problem(Path(error.filename), error) if error.filename else error.strerror or "unreadable"
    )


def from_token(name: str, token: str) -> Credential:
    return TokenCredential(name, lambda: token)

"""Credentials and their secrets."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from exporter.files import SHORTAGE_HINT, Watcher, shortage
from exporter.github.errors import GitHubError, Unauthorized, Unreachable

FINE_GRAINED = "fine-grained personal access token"
"""The kind of token to which GitHub shows no organizations."""

WRONG_APP_KEY = "GitHub rejects the App's ID or private key: check both, and this machine's clock."
"""Hint for a 401 to an App, which has no token to replace."""

YOUTH = timedelta(seconds=5)
"""How long GitHub may refuse a new token (octokit/auth-app.js)."""

_KINDS = {
    "ghp_": "classic personal access token",
    "github_pat_": FINE_GRAINED,
    "gho_": "OAuth token",
    "ghu_": "GitHub App user token",
    "ghs_": "GitHub App installation token",
    "ghr_": "refresh token, which cannot read data",
}


def kind(token: str) -> str:
    """Return the kind of a token by its prefix (docs: about authentication to GitHub)."""
    old = re.fullmatch("[0-9a-f]{40}", token)
    other = "personal access token in the old format" if old else "unknown"
    return next((name for prefix, name in _KINDS.items() if token.startswith(prefix)), other)


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
            found, fault = None, f"its file cannot be read ({type(error).__name__})"
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
        if not re.fullmatch(r"[!-~]+", token.value):
            raise self._secret.unusable("the token contains invalid characters")
        return token


def from_token(name: str, token: str) -> Credential:
    return TokenCredential(name, lambda: token)

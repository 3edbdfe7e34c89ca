"""What the exporter shows GitHub: credentials, and the secrets that they are made from."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from exporter.files import SHORTAGE_HINT, shortage
from exporter.github.errors import GitHubError, Unauthorized, Unreachable

FINE_GRAINED = "fine-grained personal access token"
"""The kind that is shown no organizations."""

WRONG_APP_KEY = (
    "GitHub does not know the App by its id and private key: check both, and this machine's clock."
)
"""How to mend a 401 to an App, which has no token to make anew."""

YOUTH = timedelta(seconds=5)
"""For so long GitHub may refuse a token that it has made (octokit/auth-app.js)."""

_KINDS = {
    "ghp_": "classic personal access token",
    "github_pat_": FINE_GRAINED,
    "gho_": "OAuth token",
    "ghu_": "GitHub App user token",
    "ghs_": "GitHub App installation token",
    "ghr_": "refresh token, which reads nothing",
}


def kind(token: str) -> str:
    """Name the kind of a token by its prefix (docs: about authentication to GitHub)."""
    for prefix, name in _KINDS.items():
        if token.startswith(prefix):
            return name
    return (
        "personal access token of the old form"
        if re.fullmatch("[0-9a-f]{40}", token)
        else "unknown"
    )


class Token(NamedTuple):
    """What is shown to GitHub, and the number of the secret that it was made from.

    ``made`` is when GitHub made it, ``None`` for what is no token of an installation.
    """

    value: str
    version: int
    made: datetime | None = None

    def is_young(self, now: datetime) -> bool:
        return self.made is not None and timedelta(0) <= now - self.made < YOUTH


class Credential(Protocol):
    """Who asks. ``version`` grows with each new secret, not with each token made from one."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def renewed(self) -> datetime | None:
        """When GitHub last made a token of it; ``None`` where it makes none."""
        ...

    async def read(self) -> Token:
        """Give the token to use now. Raises `GitHubError` where there is none."""
        ...

    def refused(self, token: Token) -> bool:
        """Take note that GitHub answered 401; say whether another token can be had at once."""
        ...

    def kind(self) -> str:
        """Name the kind for people. Raises `GitHubError` where there is no secret to tell it by."""
        ...

    def shown(self) -> list[str]:
        """List the secrets that belong nowhere else."""
        ...


def bare(text: str) -> str:
    """Strip white space, and the byte order mark that editors of Windows begin a file with."""
    return text.removeprefix("\ufeff").strip()


class Secret:
    """A text taken anew from its source at each use, so that no change is missed.

    ``what`` names it for people: "credential default". ``source`` returns at once. ``last`` is the
    text that was read last.
    """

    def __init__(self, what: str, source: Callable[[], str]) -> None:
        self.what = what
        self._source = source
        self.last: str | None = None
        self._version = 0

    def read(self) -> Token:
        """Give the text, bare, and its number.

        Raises `Unauthorized` where there is none, `Unreachable` where this machine cannot read it.
        """
        try:
            found, fault = bare(self._source()) or None, "it is empty"
        except (OSError, UnicodeDecodeError) as error:
            late = error.strerror if isinstance(error, TimeoutError) else ""
            if short := late or shortage(error):
                detail = f"{self.what}: its file cannot be read now ({short})"
                raise Unreachable(detail=detail, hint=SHORTAGE_HINT) from None
            found, fault = None, f"its file cannot be read ({type(error).__name__})"
        if found != self.last:
            self.last = found
            self._version += 1
        if found is None:
            raise self.unusable(fault)
        return Token(found, self._version)

    def unusable(self, fault: str) -> Unauthorized:
        """Make the failure that says why nothing can be done with it, never what it holds."""
        return Unauthorized(
            detail=f"{self.what}: {fault}",
            hint="Put the secret alone into the file or variable, readable for the exporter.",
        )

    @property
    def version(self) -> int:
        """The number of the text, also while there is none to read."""
        with suppress(GitHubError):
            self.read()
        return self._version


class TokenCredential:
    """A token by name."""

    renewed = None

    def __init__(self, name: str, source: Callable[[], str]) -> None:
        self.name = name
        self._secret = Secret(f"credential {name}", source)

    @property
    def version(self) -> int:
        return self._secret.version

    async def read(self) -> Token:
        """Give the token to use now. Raises `GitHubError` where there is none."""
        return self._checked()

    def refused(self, token: Token) -> bool:  # noqa: ARG002  (any token: there is no other)
        return False

    def kind(self) -> str:
        return kind(self._checked().value)

    def shown(self) -> list[str]:
        return [] if self._secret.last is None else [self._secret.last]

    def _checked(self) -> Token:
        token = self._secret.read()
        if not re.fullmatch(r"[!-~]+", token.value):
            raise self._secret.unusable("it holds what no token holds")
        return token


def from_token(name: str, token: str) -> Credential:
    return TokenCredential(name, lambda: token)

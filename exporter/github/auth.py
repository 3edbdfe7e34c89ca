"""What the exporter shows GitHub: a token, or a file that holds one."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from exporter.github.errors import Unauthorized

_KINDS = {
    "ghp_": "classic personal access token",
    "github_pat_": "fine-grained personal access token",
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
    """A token and its number, which grows with each new token that the credential shows."""

    value: str
    version: int


class Credential:
    """A token by name, read again at each use, so that a change of its source is never missed."""

    def __init__(self, name: str, source: Callable[[], str]) -> None:
        self.name = name
        self._source = source
        self._last: str | None = None
        self._version = 0

    def read(self) -> Token:
        """Give the token to use now. `Unauthorized` where there is none or it cannot be one."""
        found, fault = self._look()
        if found != self._last:
            self._last = found
            self._version += 1
        if found is None:
            raise Unauthorized(
                detail=f"credential {self.name}: {fault}",
                hint="Put the token alone into the file or variable, readable for the exporter.",
            )
        return Token(found, self._version)

    def shown(self) -> list[str]:
        """List the secrets that have been shown to GitHub and belong nowhere else."""
        return [] if self._last is None else [self._last]

    @property
    def version(self) -> int:
        """The number of the token, also while there is none to read."""
        with suppress(Unauthorized):
            self.read()
        return self._version

    def _look(self) -> tuple[str | None, str]:
        try:
            found = self._source().strip()
        except (OSError, UnicodeDecodeError) as error:
            return None, f"its file cannot be read ({type(error).__name__})"
        if not re.fullmatch(r"[!-~]+", found):
            return None, "it is empty or holds what no token holds"
        return found, ""


def from_token(name: str, token: str) -> Credential:
    return Credential(name, lambda: token)


def from_file(name: str, path: Path) -> Credential:
    """Read the file at each use: a small read, and a changed file is never missed."""
    return Credential(name, lambda: path.read_text(encoding="utf-8"))

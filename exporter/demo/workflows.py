"""Workflows that use Actions minutes, and the people that bills name."""

import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_CODE_SCANNING = "github-advanced-security[bot]"
_UPDATES = "dependabot[bot]"
_PERSON = ""


class Part(NamedTuple):
    """A share of a quantity, used by a person or bot in a workflow, if there is one."""

    username: str
    path: str
    share: float


_OF_ALL = ".github/workflows/ci.yml"
_WORKFLOWS = (
    (_OF_ALL, _PERSON, 30),
    (_OF_ALL, _UPDATES, 6),
    (".github/workflows/release.yml", _PERSON, 14),
    (".github/workflows/nightly.yml", _PERSON, 20),
    ("dynamic/github-code-scanning/codeql", _CODE_SCANNING, 9),
    ("dynamic/dependabot/dependabot-updates", _UPDATES, 4),
    ("required/policies/.github/workflows/licenses.yml", _PERSON, 5),
)
"""Path, who starts it (a person or a bot), and its weight."""


def parts(repository: str, people: Sequence[str], day: int) -> Iterator[Part]:
    """Yield the workflows of a repository, always the same, with shares that sum to 1.

    A workflow may have several users; the person changes from day to day.
    """
    runs = [(who, path, weight) for path, who, weight in _WORKFLOWS if _has(repository, path)]
    whole = sum(weight for _, _, weight in runs)
    for who, path, weight in runs:
        yield Part(who or person(people, day, path), path, weight / whole)


def person(people: Sequence[str], day: int, salt: str) -> str:
    """Return one of the people, another one each day."""
    return people[(zlib.crc32(salt.encode()) + day) % len(people)] if people else ""


def _has(repository: str, path: str) -> bool:
    return path == _OF_ALL or zlib.crc32(f"{repository}/{path}".encode()) % 3 > 0

"""CHANGELOG.md, in the form of Keep a Changelog."""

import re
from datetime import date
from typing import NamedTuple

UNRELEASED = "Unreleased"

_SECTION = re.compile(r"^## \[(?P<name>[^]]+)\](?: - (?P<date>\S+))?\n", re.MULTILINE)
_KIND = re.compile(r"^### (\w+)\n", re.MULTILINE)
_ENTRY = re.compile(r"^- (.+(?:\n  .+)*)", re.MULTILINE)
_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


class Section(NamedTuple):
    """The changes of a version. ``date`` is that of its release, None before."""

    date: str | None
    text: str

    def changes(self) -> list[tuple[str, str]]:
        """Return the kind, such as ``Added``, and the text of each change, without links."""
        _, *parts = _KIND.split(self.text)
        return [
            (kind, " ".join(_LINK.sub(r"\1", entry).split()))
            for kind, text in zip(parts[::2], parts[1::2], strict=True)
            for entry in _ENTRY.findall(text)
        ]


def section(changelog: str, name: str) -> Section | None:
    """Return the section of a version or `UNRELEASED`, None if there is none."""
    for found in _SECTION.finditer(changelog):
        if found["name"] == name:
            following = _SECTION.search(changelog, found.end())
            text = changelog[found.end() : following.start() if following else None]
            return Section(found["date"], text.strip())
    return None


def released(changelog: str, version: str, day: date) -> str:
    """Return the changelog with the unreleased changes as those of a version."""
    heading = f"## [{UNRELEASED}]\n"
    return changelog.replace(heading, f"{heading}\n## [{version}] - {day}\n", 1)

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


def candidates(changelog: str, version: str) -> list[str]:
    """Return the release candidates of a version, which its sections are named after."""
    names = (found["name"] for found in _SECTION.finditer(changelog))
    return [name for name in names if name.startswith(f"{version}-")]


def released(changelog: str, version: str, day: date) -> str:
    """Return the changelog with the unreleased changes, and its candidates', as a version's."""
    names = [UNRELEASED, *candidates(changelog, version)]
    merged: dict[str, list[str]] = {}
    for name in names:
        found = section(changelog, name)
        _, *parts = _KIND.split(f"{found.text}\n" if found else "")
        for kind, text in zip(parts[::2], parts[1::2], strict=True):
            merged.setdefault(kind, []).append(text.strip())
    kinds = (f"### {kind}\n\n" + "\n".join(texts) + "\n" for kind, texts in merged.items())
    body = f"## [{UNRELEASED}]\n\n## [{version}] - {day}\n\n" + "\n".join(kinds)
    sections = [*_SECTION.finditer(changelog)]
    ends = [*(each.start() for each in sections[1:]), len(changelog)]
    others = "".join(
        changelog[each.start() : end]
        for each, end in zip(sections, ends, strict=True)
        if each["name"] not in names
    )
    return changelog[: sections[0].start()] + body + (f"\n{others}" if others else "")

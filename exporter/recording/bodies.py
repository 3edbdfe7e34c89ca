"""Bodies of answers: only described fields, without names and with scaled amounts."""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from exporter.recording import words
from exporter.recording.fields import ANY, Fields
from exporter.recording.pseudonyms import Pseudonyms

LIMIT = 64 * 1024 * 1024
"""Maximum bytes of a body, decompressed: in memory it takes ten times as much."""

_GZIP = zlib.MAX_WBITS | 16
_FIELD = re.compile(r"[A-Za-z_]{1,40}")
_MANY = 100
_OF_ERRORS = {"code", "documentation_url", "errors"}

_KEPT = re.compile(
    r"(^|\.)(year|month|day|pricePerUnit|total_count|total_seats|status|days_left_in_billing_cycle"
    r"|included_\w+)$"
)
"""Numbers that are no one's: dates, list prices, quotas of plans, and the lengths of lists."""

_DATES = ("_at", "date")
"""Ends of the names of dates. A text elsewhere may be a name that looks like one."""

_IDS = re.compile(r"(^|[._])(id|ids|number)$")
_WHOLE = re.compile(r"(seats|committers)[a-z_]*$|(^|\.)seat_breakdown\.")
_PEOPLE = {
    **dict.fromkeys(("organizationName", "organization"), "organization"),
    **dict.fromkeys(("enterprise", "slug"), "enterprise"),
    **dict.fromkeys(("login", "user", "user_login", "alert_recipients", "actor"), "user"),
    **dict.fromkeys(("repositoryName", "repository"), "repository"),
    "model": "model",
}
"""Kinds of pseudonyms by the name of a field."""


class Masked(NamedTuple):
    """A body, and the names of its unknown fields."""

    json: Any
    is_json: bool
    unknown: list[str]


def unpacked(content: bytes, encoding: str) -> bytes | None:
    """Return a body without compression, None if it cannot be unpacked or is too long."""
    if encoding != "gzip":
        return content if len(content) <= LIMIT else None
    try:
        member = zlib.decompressobj(_GZIP)
        unpacked = member.decompress(content, LIMIT)
    except zlib.error:
        return None
    return unpacked if member.eof else None


def masked(content: bytes | None, fields: Fields, names: Pseudonyms, *, refused: bool) -> Masked:
    """Return a body as it is recorded; ``refused`` if it is that of an error."""
    try:
        found = json.loads(content or b"", parse_constant=_no_number)
        walk = _Walk({} if refused else fields, names)
        made = walk.error(found) if refused else walk.value(found, "")
        msgspec.json.encode(made)
    except (ValueError, OverflowError, RecursionError):
        return Masked(None, is_json=False, unknown=[])
    return Masked(made, is_json=True, unknown=walk.unknown()[:_MANY])


def _no_number(_: str) -> None:
    raise ValueError


class _Walk:
    """Walks through a body once."""

    def __init__(self, fields: Fields, names: Pseudonyms) -> None:
        self._fields = fields
        self._inner = {parent for path in fields for parent in _parents(path)}
        self._names = names
        self._texts: dict[tuple[str, str], str] = {}
        self._unknown: set[tuple[str, str]] = set()

    def unknown(self) -> list[str]:
        """Return the paths of fields that are not described, by their names if GitHub's."""
        return sorted({f"{parent}{self._shown(name)}" for parent, name in self._unknown})

    def _shown(self, name: str) -> str:
        hides = not _FIELD.fullmatch(name) or self._names.knows(name)
        return words.HIDDEN if hides else name

    def value(self, value: Any, path: str) -> Any:
        match value:
            case dict():
                return self._object(value, path)
            case list():
                return [self.value(each, path) for each in value]
            case str():
                return self._text(value, path)
            case bool() | None:
                return value
        return self._number(value, path)

    def error(self, value: Any) -> Any:
        """Return the body of an error (OpenAPI 23.0.2: basic error)."""
        if not isinstance(value, dict):
            return None
        found: dict[str, Any] = {}
        for name, each in value.items():
            if name == "message" and isinstance(each, str):
                found[name] = words.of_message(each)
            elif name == "status" and str(each).isdecimal():
                found[name] = str(each)[:3]
            elif name not in _OF_ERRORS:
                self._unknown.add(("", name))
        return found

    def _object(self, value: Mapping[str, Any], path: str) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        parent = f"{path}." if path else ""
        for name, each in value.items():
            inside, others = f"{parent}{name}", f"{parent}{ANY}"
            if self._has(inside):
                found[name] = self.value(each, inside)
            elif self._has(others):
                found[words.of_words(name, self._names)] = self.value(each, others)
            elif inside not in self._fields and others not in self._fields:
                self._unknown.add((parent, name))
        return found

    def _has(self, path: str) -> bool:
        return path in self._inner or self._fields.get(path) is not None

    def _text(self, text: str, path: str) -> str:
        # A report of a million rows has few texts.
        known = self._texts.get((path, text))
        if known is None:
            known = self._texts[path, text] = self._new_text(text, path)
        return known

    def _new_text(self, text: str, path: str) -> str:
        described = self._fields.get(path) or ()
        is_date = path.endswith(_DATES) and words.is_time(text)
        if text in described or is_date or words.is_kind(path, text):
            return text
        of_sku = words.of_sku(path, text, self._names)
        kind = _PEOPLE.get(path.rsplit(".", maxsplit=1)[-1], "name")
        return self._names.of(text, kind) if of_sku is None else of_sku

    def _number(self, number: int | float, path: str) -> int | float:
        match _meaning(path):
            case "kept" if path in self._fields:
                return number
            case "id":
                return self._names.number(int(number))
            case "whole" if isinstance(number, int):
                return max(round(number * self._names.factor), min(number, 1))
        return number * self._names.factor


@cache
def _meaning(path: str) -> str:
    meanings = {"kept": _KEPT, "id": _IDS, "whole": _WHOLE}
    return next((name for name, pattern in meanings.items() if pattern.search(path)), "amount")


def _parents(path: str) -> Iterator[str]:
    while "." in path:
        path = path.rpartition(".")[0]
        yield path

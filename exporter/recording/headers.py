"""Headers of answers that a recording has, without names."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress

import httpx

from exporter.recording import words
from exporter.recording.pseudonyms import Pseudonyms

_Mask = Callable[[str, Pseudonyms], str]

_NUMBER = re.compile(r"\d{1,12}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d (UTC|[+-]\d{4}))?")
_TIME = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|@\d{1,12}|true")
_TYPES = ("application/json", "text/html", "text/plain", "text/csv", "application/xml")
_LINK = re.compile(r'<([^>]*)>; *rel="(next|prev|first|last)"')
_RESOURCES = {"core", "search", "graphql", "integration_manifest", "code_search"}


def _matching(pattern: re.Pattern[str]) -> _Mask:
    return lambda value, _: value if pattern.fullmatch(value) else words.HIDDEN


def _type(value: str, _: Pseudonyms) -> str:
    kind = value.partition(";")[0].strip().lower()
    return kind if kind in _TYPES else words.HIDDEN


def _sso(value: str, names: Pseudonyms) -> str:
    first, _, rest = value.partition(";")
    known = first if first in {"required", "partial-results"} else words.HIDDEN
    numbers = [str(names.number(int(each[:18]))) for each in re.findall(r"\d+", rest)]
    what = f"organizations={','.join(numbers)}" if "organizations" in rest else "url=…"
    return f"{known}; {what}"


def _links(value: str, names: Pseudonyms) -> str:
    """Make links relative: a page is at the path that was requested."""
    found = []
    for url, relation in _LINK.findall(value):
        with suppress(httpx.InvalidURL):
            params = parameters(httpx.URL(url), names)
            found.append(f'<?{httpx.QueryParams(params)}>; rel="{relation}"')
    return ", ".join(found)


_MASKS: Mapping[str, _Mask] = {
    "content-type": _type,
    "deprecation": _matching(_TIME),
    "etag": lambda value, names: f'"{names.of(value, "etag")}"',
    "github-authentication-token-expiration": _matching(_DAY),
    "link": _links,
    "location": lambda value, names: f"https://{names.of(value, 'elsewhere')}.invalid/",
    "retry-after": _matching(_NUMBER),
    "sunset": _matching(_TIME),
    "x-accepted-github-permissions": words.of_scopes,
    "x-accepted-oauth-scopes": words.of_scopes,
    "x-github-api-version-selected": _matching(_DAY),
    "x-github-request-id": lambda value, names: names.of(value, "request"),
    "x-github-sso": _sso,
    "x-oauth-scopes": words.of_scopes,
    "x-ratelimit-limit": _matching(_NUMBER),
    "x-ratelimit-remaining": _matching(_NUMBER),
    "x-ratelimit-reset": _matching(_NUMBER),
    "x-ratelimit-resource": lambda value, _: value if value in _RESOURCES else words.HIDDEN,
    "x-ratelimit-used": _matching(_NUMBER),
}
"""Headers that say what GitHub does with a request (docs: REST API, best practices)."""

_PARAMETER = {"year", "month", "day", "page", "per_page"}
_CHOICES: Mapping[str, set[str]] = {
    "state": {"active", "deleted"},
    "advanced_security_product": {"code_security", "secret_protection"},
    "cost_center_id": {"none"},
}
_NAMED = {"organization", "user", "repository", "model"}
_ASKED = {*_PARAMETER, *_CHOICES, *_NAMED, "after", "before", "cursor", "scope", "product", "sku"}


def masked(headers: Mapping[str, str], names: Pseudonyms) -> dict[str, str]:
    """Return the headers that a recording has."""
    return {name: mask(headers[name], names) for name, mask in _MASKS.items() if name in headers}


def parameters(url: httpx.URL, names: Pseudonyms) -> dict[str, str]:
    """Return the query of a URL."""
    return {
        name if name in _ASKED else names.of(name, "parameter"): _parameter(name, value, names)
        for name, value in url.params.items()
    }


def _parameter(name: str, value: str, names: Pseudonyms) -> str:
    is_number = name in _PARAMETER and re.fullmatch(r"\d{1,4}", value)
    if is_number or value in _CHOICES.get(name, ()):
        return value
    return names.of(value, name if name in _NAMED else "name")

"""The fields of GitHub's answers that a recording may have, and their enumerated words."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

Fields = Mapping[str, tuple[str, ...] | None]
"""Enumerated words by path; None if it is left out. Lists add nothing to a path."""

FILE = "fields.json"
"""Generated from GitHub's OpenAPI descriptions in ``tests/contract/``, by family."""

ANY = "*"
"""Name of the other fields of an object, whose names may be data, as of custom properties."""

_ROOT = re.compile(r"^/(orgs|organizations|users|enterprises)/\{\w+\}")


def family(endpoint: str) -> str:
    """Return the name that an endpoint has for every type of account and name of a parameter."""
    inside = _ROOT.sub("", endpoint)
    root = "" if inside == endpoint else "/{account}"
    return root + re.sub(r"\{\w+\}", "{id}", inside)


@cache
def _families() -> Mapping[str, Fields]:
    text = resources.files(__package__ or "").joinpath(FILE).read_bytes()
    return msgspec.json.decode(text, type=dict[str, dict[str, tuple[str, ...] | None]])


def of_endpoint(endpoint: str) -> Fields:
    """Return the fields of an endpoint, none if the descriptions lack it."""
    return _families().get(family(endpoint), {})

"""Generates the fields that a recording may have, from GitHub's OpenAPI descriptions."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exporter.recording.fields import ANY, FILE, family

_MEDIA_TYPE = "application/json"
_USER = ("login", "id", "type", "plan.name", "plan.space", "plan.private_repos")
_ORGANIZATION = (*_USER, "plan.filled_seats", "plan.seats")
_OWNED = "data.enterprise.organizations"

_FURTHER: Mapping[str, tuple[str, ...]] = {
    # The descriptions lack these endpoints. Only an organization's is `/{account}`.
    "/{account}": _ORGANIZATION,
    "/user": _USER,
    "/app/installations/{id}/access_tokens": ("expires_at",),
    "/{account}/settings/billing/budgets/{id}/user-states": (
        *("user_states.user", "user_states.consumed_amount", "user_states.target_amount"),
        *("user_states.override_budget_id", "has_next_page", "total_count"),
    ),
    "/{account}/apps/installable_organizations": ("login", "id"),
    "/graphql": (
        *(f"{_OWNED}.nodes.login", f"{_OWNED}.pageInfo.hasNextPage"),
        *(f"{_OWNED}.pageInfo.endCursor", "errors.type", "errors.extensions.saml_failure"),
    ),
    # GitHub's own examples have these, its schemas do not.
    "/{account}/settings/billing/actions": (f"minutes_used_breakdown.{ANY}",),
    "/{account}/settings/billing/budgets": ("budgets.budget_product_skus",),
    "/{account}/settings/billing/reports/{id}": ("error_message",),
}
_SAME_AS = {"/app/installations": "/{account}/installation"}
"""Endpoints whose elements are described at another one."""
_UNASKED = {"/organizations", "/rate_limit"}
_PERSON = ("id", "login", "type")
_ONLY: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # Public searches find a repository or a person by the rest, such as the time of creation.
    "/{account}/repos": {"": ("name", "topics", f"custom_properties.{ANY}")},
    "/{account}/copilot/billing/seats": {
        "seats.assignee.": (*_PERSON, "name", "slug"),
        "seats.assigning_team.": ("id", "name", "slug", "type"),
        "seats.organization.": ("id", "login"),
    },
    "/{account}/installation": {
        "account.": (*_PERSON, "name", "slug"),
        "suspended_by.": _PERSON,
    },
}
"""The fields kept of an object, by the start of their paths."""
_OTHERS = {
    **dict.fromkeys(("/{account}", "/user"), (ANY, f"plan.{ANY}")),
    "/app/installations/{id}/access_tokens": (ANY,),
}
"""Objects of which GitHub describes fields that the exporter does not read."""
_LINKS = re.compile(r"(^|[._])(url|urls|node_id|gravatar_id)$")
_TIMES = re.compile(r"(^|\.)(created|updated|pushed|starred|last_authenticated)_at$")
"""Times of repositories, people and their seats: no bill needs them, and they identify."""
_EXPORTS = "/{account}/settings/billing/reports"
"""Its times are those of the exports."""


def files(root: Path) -> Mapping[Path, str]:
    """Return the text of the file by path."""
    found: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
    for file in sorted((root / "tests" / "contract").glob("*.json")):
        for endpoint, operations in json.loads(file.read_text(encoding="utf-8"))["paths"].items():
            for schema in _schemas(operations):
                for path, words in _leaves(schema, ""):
                    found[family(endpoint)].setdefault(path, set()).update(words)
    for paths in found.values():
        _remove_open_objects(paths)
    for name, further in _FURTHER.items():
        found[name] |= {path: set() for path in further}
    for name, kept in _ONLY.items():
        found[name] = {path: found[name][path] for path in found[name] if _is_kept(path, kept)}
    fields = {
        name: {
            path: None if _is_left_out(name, path) else sorted(paths[path])
            for path in sorted(paths)
        }
        | dict.fromkeys(
            (*_OTHERS.get(name, ()), *(f"{start}{ANY}" for start in _ONLY.get(name, ())))
        )
        for name, paths in found.items()
        if name not in _UNASKED
    }
    fields |= {name: fields[same] for name, same in _SAME_AS.items()}
    fields = dict(sorted(fields.items()))
    return {root / "exporter" / "recording" / FILE: f"{json.dumps(fields, indent=1)}\n"}


def _schemas(operations: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for operation in operations.values():
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                yield response.get("content", {}).get(_MEDIA_TYPE, {}).get("schema", {})


def _is_kept(path: str, kept: Mapping[str, tuple[str, ...]]) -> bool:
    return all(
        path.removeprefix(start) in names for start, names in kept.items() if path.startswith(start)
    )


def _is_left_out(name: str, path: str) -> bool:
    is_time = _TIMES.search(path) and not name.startswith(_EXPORTS)
    return bool(_LINKS.search(path) or is_time)


def _remove_open_objects(paths: dict[str, set[str]]) -> None:
    """Remove the objects of any fields that are described elsewhere: they are no maps."""
    for path in [path for path in paths if path.split(".")[-1] == ANY]:
        parent = path.removesuffix(ANY)
        if any(other != path and other.startswith(parent) for other in paths):
            del paths[path]


def _leaves(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the path and the enumerated words of every field that is no object or list."""
    parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
    for part in parts:
        yield from _leaves(part, path)
    properties = schema.get("properties", {})
    for name, of_property in properties.items():
        yield from _leaves(of_property, f"{path}.{name}" if path else name)
    of_others = schema.get("additionalProperties", False)
    if of_others or (schema.get("type") == "object" and not properties and not parts):
        named = f"{path}.{ANY}" if path else ANY
        yield from _leaves(of_others if isinstance(of_others, dict) else {}, named)
    if "items" in schema:
        yield from _leaves(schema["items"], path)
    elif path and not parts and not properties and schema.get("type") not in {"object", "array"}:
        yield path, [word for word in schema.get("enum", ()) if isinstance(word, str)]

"""GraphQL, only for the organizations of an enterprise."""

import json
import re
from collections.abc import Mapping, Sequence

from exporter.accounts import AccountType
from exporter.demo.accounts import SimulatedAccount
from exporter.demo.answer import UNREADABLE_JSON, Answer, ok
from exporter.demo.callers import Caller

_MOST_A_PAGE = 100


def answer(accounts: Sequence[SimulatedAccount], caller: Caller, body: bytes) -> Answer:
    """Answer ``enterprise(slug:){organizations(first:,after:){nodes{login} pageInfo{…}}}``.

    Errors are a 200 with ``errors`` (docs: GraphQL, rate and other errors).
    """
    try:
        asked = json.loads(body)
        query, variables = str(asked["query"]), dict(asked.get("variables") or {})
    except (ValueError, TypeError, KeyError):
        return UNREADABLE_JSON
    arguments = _arguments(query, variables)
    slug, first = arguments.get("slug"), arguments.get("first")
    if "organizations" not in query or not isinstance(slug, str):
        return _wrong("undefinedField", "Only an enterprise's organizations are simulated")
    if not isinstance(first, int) or not 1 <= first <= _MOST_A_PAGE:
        return _wrong("EXCESSIVE_PAGINATION", "`first` must be from 1 to 100")
    if not caller.may("read:enterprise", "admin:enterprise"):
        return _wrong(
            "INSUFFICIENT_SCOPES",
            "Your token has not been granted the required scopes to execute this query.",
        )
    key = AccountType.ENTERPRISE, slug.casefold()
    if not any(each.key == key and caller.sees(each) for each in accounts):
        return _wrong(
            "NOT_FOUND", f"Could not resolve to a Business with the URL slug of '{slug}'."
        )
    owned = [
        each.name
        for each in accounts
        if each.type is AccountType.ORGANIZATION and (each.enterprise or "").casefold() == key[1]
    ]
    begin = int(str(arguments.get("after") or 0))
    shown, more = owned[begin : begin + first], begin + first < len(owned)
    connection = {
        "nodes": [{"login": login} for login in shown],
        "pageInfo": {
            "hasNextPage": more,
            "endCursor": str(begin + len(shown)) if shown else None,
        },
    }
    return ok({"data": {"enterprise": {"organizations": connection}}})


def _arguments(query: str, variables: Mapping[str, object]) -> Mapping[str, object]:
    """Return the arguments, from the query or the variables."""
    found: dict[str, object] = {}
    for name, value in re.findall(
        r'(?<!\$)\b(slug|first|after)\s*:\s*(\$\w+|"[^"]*"|\d+|null)', query
    ):
        found[name] = variables.get(value[1:]) if value[0] == "$" else json.loads(value)
    return found


def _wrong(kind: str, message: str) -> Answer:
    return ok(
        {
            "data": {"enterprise": None},
            "errors": [{"type": kind, "path": ["enterprise"], "message": message}],
        }
    )

"""GraphQL: its answers are 200 whatever happened, and say in themselves what went wrong."""

import msgspec

from exporter.github import errors

ENDPOINT = "/graphql"
"""The one endpoint, beside ``/api/v3`` on Enterprise Server (docs: forming calls with GraphQL)."""

_BY_TYPE: dict[str, type[errors.GitHubError]] = {
    "FORBIDDEN": errors.Forbidden,
    "INSUFFICIENT_SCOPES": errors.Forbidden,
    "NOT_FOUND": errors.NotFound,
    "RATE_LIMITED": errors.RateLimited,
}


class Fault(msgspec.Struct, frozen=True):
    """What went wrong. GitHub's message may hold names and is not read."""

    type: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What each answer may say beside its ``data``."""

    errors: list[Fault] = []


def check(answer: Answer) -> None:
    """Raise the failure that an answer tells of; `Rejected` for one of no known type."""
    for fault in answer.errors:
        error = _BY_TYPE.get(fault.type, errors.Rejected)
        raise error(detail="GraphQL told an error", endpoint=ENDPOINT, status=200)

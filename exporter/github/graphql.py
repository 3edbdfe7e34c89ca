"""GraphQL, which answers 200 and names errors in the body."""

import msgspec

from exporter.github import body, errors, meanings

ENDPOINT = "/graphql"
"""The one endpoint, beside ``/api/v3`` on Enterprise Server (docs: forming calls with GraphQL)."""

_BY_TYPE: dict[str | None, type[errors.GitHubError]] = {
    "FORBIDDEN": errors.Forbidden,
    "INSUFFICIENT_SCOPES": errors.Forbidden,
    "NOT_FOUND": errors.NotFound,
    "RATE_LIMITED": errors.RateLimited,
}


class Extensions(msgspec.Struct, frozen=True):
    saml_failure: bool | None = None


class Fault(msgspec.Struct, frozen=True):
    """An error. GitHub's message may hold names and is not read."""

    type: str | None = None
    extensions: Extensions | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of answers, with what they may hold beside ``data``."""

    errors: list[msgspec.Raw] | None = None

    @property
    def has_data(self) -> bool:
        """Whether it holds at least a part of what was asked for."""
        raise NotImplementedError


def failure(answer: Answer) -> errors.GitHubError | None:
    """Return the first failure of an answer, `Rejected` if its type is unknown."""
    if not answer.errors:
        return None
    [fault] = body.Understood(Fault, ENDPOINT).add(answer.errors[:1]) or [Fault()]
    if fault.extensions and fault.extensions.saml_failure:
        return meanings.of_single_sign_on(ENDPOINT)
    error = _BY_TYPE.get(fault.type, errors.Rejected)
    return error(detail="GraphQL told an error", endpoint=ENDPOINT, status=200)

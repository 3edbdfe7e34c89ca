"""GraphQL, which answers 200 and reports errors in the body."""

import msgspec

from exporter.github import body, errors, meanings

ENDPOINT = "/graphql"
"""The only endpoint, beside ``/api/v3`` on Enterprise Server (docs: forming calls with GraphQL)."""

_BY_TYPE: dict[str | None, type[errors.GitHubError]] = {
    "FORBIDDEN": errors.Forbidden,
    "INSUFFICIENT_SCOPES": errors.Forbidden,
    "NOT_FOUND": errors.NotFound,
    "RATE_LIMITED": errors.RateLimited,
}


class Extensions(msgspec.Struct, frozen=True):
    saml_failure: bool | None = None


class Fault(msgspec.Struct, frozen=True):
    """An error. Its message may hold names, so it is not read."""

    type: str | None = None
    extensions: Extensions | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of answers: their errors. Subclasses add ``data``."""

    errors: list[msgspec.Raw] | None = None

    @property
    def has_data(self) -> bool:
        """Whether at least part of the requested data is there."""
        raise NotImplementedError


def failure(answer: Answer) -> errors.GitHubError | None:
    """Return an answer's first error, `Rejected` if its type is unknown; None without errors."""
    if not answer.errors:
        return None
    [fault] = body.Understood(Fault, ENDPOINT).add(answer.errors[:1]) or [Fault()]
    if fault.extensions and fault.extensions.saml_failure:
        return meanings.of_single_sign_on(ENDPOINT)
    error = _BY_TYPE.get(fault.type, errors.Rejected)
    return error(detail="GraphQL returned an error", endpoint=ENDPOINT, status=200)

"""Answers of the simulated GitHub, with its refusals word for word."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from exporter.accounts import AccountType

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
CSV_TYPE = "text/csv"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one request; header names are lower case.

    An iterator as ``body`` can be read only once. ``last_page`` is more than 1 if the answer
    needs a ``link`` header.
    """

    status: int
    body: bytes | Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON_TYPE})
    last_page: int = 1


def ok(payload: object, *, status: int = 200, last_page: int = 1) -> Answer:
    body = json.dumps(payload, separators=(",", ":")).encode()
    return Answer(status, body, last_page=last_page)


def refusal(
    status: int, message: str, url: str = "https://docs.github.com/rest", **more: str
) -> Answer:
    """Return a refusal; ``status`` is a string in the body (OpenAPI, basic-error)."""
    body = {"message": message, **more, "documentation_url": url, "status": str(status)}
    return Answer(status, json.dumps(body, separators=(",", ":")).encode())


class Refused(Exception):
    """Raised while answering a question, to answer with a refusal."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


BAD_REQUEST = refusal(400, "Bad Request")
UNREADABLE_JSON = refusal(400, "Problems parsing JSON")
UNABLE_TO_GET_BUDGETS = refusal(400, "Unable to get budgets.")
BAD_CREDENTIALS = refusal(401, "Bad credentials")
REQUIRES_AUTHENTICATION = refusal(401, "Requires authentication")
NO_JWT = refusal(401, "A JSON web token could not be decoded")
JWT_ENDS_TOO_LATE = refusal(401, "'Expiration time' claim ('exp') is too far in the future")
JWT_ENDED = refusal(
    401,
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at "
    "which the assertion expires",
)
JWT_OF_THE_FUTURE = refusal(
    401,
    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was "
    "issued",
)
NO_USAGE_DATA = refusal(403, "No access to billing usage data.")
NO_ADVANCED_SECURITY = refusal(403, "repository not enabled for code scanning")
NOT_FOR_APPS = refusal(403, "Resource not accessible by integration")
NOT_FOR_THIS_TOKEN = refusal(403, "Resource not accessible by personal access token")
NO_USER_FILTER = refusal(
    403, "Organization admins for enterprise owned organizations cannot filter usage by user"
)
MISSING_SCOPE = refusal(403, "You need at least read:org scope or user scope to list organizations")
SUSPENDED = refusal(403, "This installation has been suspended")
NO_USER_AGENT = Answer(
    403,
    b"Request forbidden by administrative rules. "
    b"Please make sure your request has a User-Agent header.\n",
    {"content-type": HTML_TYPE},
)
NOT_FOUND = refusal(404, "Not Found")
NO_RATE_LIMIT = refusal(404, "Rate limiting is not enabled.")
NOT_TO_BE_NARROWED = refusal(422, "Validation Failed")
CUT_OFF = refusal(502, "Server Error")


def _of_storage(status: int, code: str, message: str) -> Answer:
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code>'
    body = f"{text}<Message>{message}</Message></Error>"
    return Answer(status, body.encode(), {"content-type": "application/xml"})


TOKEN_SENT_TO_STORAGE = _of_storage(
    400,
    "InvalidAuthenticationInfo",
    "Authentication information is not given in the correct format. "
    "Check the value of Authorization header.",
)
AUTHENTICATION_FAILED = _of_storage(
    403, "AuthenticationFailed", "Server failed to authenticate the request."
)
NO_BLOB = _of_storage(404, "BlobNotFound", "The specified blob does not exist.")


def rate_limit_exceeded(who: str) -> Answer:
    """Return the refusal for ``who``, such as ``user ID 1`` or ``installation ID 7``."""
    return refusal(403, f"API rate limit exceeded for {who}.")


def moved(account_type: AccountType) -> Answer:
    """Return the 410 of a closed legacy endpoint; the URL for an enterprise is a guess."""
    word = {"organization": "org"}.get(account_type, account_type)
    return refusal(
        410, "This endpoint has been moved.", f"https://gh.io/billing-api-updates-{word}"
    )


def unknown_version(version: str) -> Answer:
    """Return the refusal of an API version; ``errors`` is a string, unlike in other answers."""
    return refusal(
        400, f"The requested API version {version!r} is not supported.", errors="Invalid version"
    )

"""Answer: a status, a body and its headers; and GitHub's refusals word for word."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.accounts import AccountType

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub says to one request; header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON_TYPE})


def ok(payload: object) -> Answer:
    return Answer(200, json.dumps(payload, separators=(",", ":")).encode())


def refusal(
    status: int, message: str, url: str = "https://docs.github.com/rest", **more: str
) -> Answer:
    """Refuse as GitHub does: ``status`` is a string in the body (OpenAPI, basic-error)."""
    body = {"message": message, **more, "documentation_url": url, "status": str(status)}
    return Answer(status, json.dumps(body, separators=(",", ":")).encode())


BAD_REQUEST = refusal(400, "Bad Request")
BAD_CREDENTIALS = refusal(401, "Bad credentials")
REQUIRES_AUTHENTICATION = refusal(401, "Requires authentication")
NO_USAGE_DATA = refusal(403, "No access to billing usage data.")
NO_ADVANCED_SECURITY = refusal(403, "repository not enabled for code scanning")
RATE_LIMIT_EXCEEDED = refusal(403, "API rate limit exceeded for user ID 1.")
NO_USER_AGENT = Answer(
    403,
    b"Request forbidden by administrative rules. "
    b"Please make sure your request has a User-Agent header.\n",
    {"content-type": HTML_TYPE},
)
NOT_FOUND = refusal(404, "Not Found")


def moved(account_type: AccountType) -> Answer:
    """Say that a legacy endpoint is closed; the enterprise's address is a guess."""
    word = {"organization": "org"}.get(account_type, account_type)
    return refusal(
        410, "This endpoint has been moved.", f"https://gh.io/billing-api-updates-{word}"
    )


def unknown_version(version: str) -> Answer:
    """Refuse an API version; ``errors`` is a string here, against GitHub's own custom."""
    return refusal(
        400, f"The requested API version {version!r} is not supported.", errors="Invalid version"
    )

"""Errors by status, headers and message. GitHub's text never leaves this module."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from exporter.github import errors
from exporter.github.errors import Barred, Forbidden, GitHubError, Rejected, Unauthorized

_SHOWN_ORGANIZATIONS = 20
_EXPIRY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:UTC|[+-]\d{4})")


class _Meaning(NamedTuple):
    """Meaning of a message, matched by a lower-case part of it."""

    part: str
    error: type[GitHubError]
    detail: str
    hint: str = ""
    status: int = 403


_SINGLE_SIGN_ON = _Meaning(
    "saml",
    Barred,
    "the token is not authorized for the organization's single sign-on",
    "Authorize the token under Settings, Developer settings, Personal access tokens, "
    "Configure SSO.",
)

# From observation, GitHub's docs and public issues. Uncertain wordings only refine the status.
_MEANINGS = (
    _Meaning("version", Rejected, "GitHub no longer supports this API version", status=410),
    _Meaning(
        "no access to billing usage data",
        Forbidden,
        "the account is visible, but not its bill",
        "The credential is not allowed to read the account's bill. Required: {permission}.",
    ),
    _Meaning(
        "not accessible by integration",
        Forbidden,
        "the GitHub App lacks a permission or cannot use this endpoint",
    ),
    _Meaning(
        "installation has been suspended",
        Barred,
        "the App's installation is suspended",
        "Unsuspend it in the account's settings: GitHub Apps, Configure.",
    ),
    _Meaning(
        "suspended",
        Barred,
        "the credential's user is suspended",
        "The user must contact GitHub Support.",
    ),
    _Meaning(
        "not accessible by personal access token",
        Forbidden,
        "the fine-grained token lacks a permission",
    ),
    _SINGLE_SIGN_ON,
    _Meaning(
        "ip allow list",
        Barred,
        "the exporter's address is not on the IP allow list",
        "Add the exporter's outgoing address to the account's IP allow list.",
    ),
    _Meaning(
        "forbids access via a",
        Barred,
        "the account forbids tokens of this kind or lifetime",
        "Use another kind of credential, or ask an owner to change the account's token policy.",
    ),
    _Meaning(
        "oauth app access restrictions",
        Barred,
        "the organization has not approved this OAuth App",
        "Ask an owner to approve the App, or use another kind of credential.",
    ),
    _Meaning("administrative rules", Rejected, "GitHub refused the request's headers"),
    _Meaning("unable to get budgets", Forbidden, "only owners may read budgets", status=400),
    _Meaning("version", Rejected, "this host does not support the API version", status=400),
    _Meaning(
        "",
        Rejected,
        "the host does not respond like GitHub's API",
        status=406,
    ),
)

_BY_STATUS: Mapping[int, type[GitHubError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: errors.NotFound,
    408: errors.Unreachable,
    410: errors.Closed,
}


def is_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Return whether an answer is a rate limit: 403 also means a refusal (docs: rate limits)."""
    used_up = headers.get("x-ratelimit-remaining") == "0" or "rate limit" in message.lower()
    return status == 429 or (status == 403 and (used_up or "retry-after" in headers))


def of_answer(
    status: int, headers: Mapping[str, str], message: str, endpoint: str, *, young: bool = False
) -> GitHubError:
    """Return the failure that an answer means, except for rate limits.

    ``headers`` have lower-case names. Not all of GitHub may know a ``young`` token yet.
    """
    known = next((m for m in _MEANINGS if status == m.status and m.part in message.lower()), None)
    if status == 403 and "x-github-sso" in headers:
        known = _SINGLE_SIGN_ON
    other = errors.Unreachable if status >= 500 else Rejected
    usual = _BY_STATUS.get(status, other if status >= 400 else errors.InvalidPayload)
    _, error, detail, hint, _ = known or _Meaning("", usual, "")
    wanted = re.sub(r"[^a-z0-9_=,; ]", "", headers.get("x-accepted-github-permissions", ""))[:200]
    if wanted and issubclass(error, errors.NotOffered):
        detail = f"{detail}; GitHub requires {wanted}" if detail else f"GitHub requires {wanted}"
    if young and error in {Forbidden, Unauthorized}:
        error = Barred if error is Forbidden else error
        detail = "the App's token is seconds old, so GitHub may not know it yet"
        hint = (
            "This should resolve itself within seconds. If not, check the App's installation. "
            "Required: {permission}."
        )
    return error(
        detail=detail,
        hint=hint,
        endpoint=endpoint,
        status=status,
        request_id=request_id(headers),
        young=young and error in {Barred, Unauthorized},
    )


def of_single_sign_on(endpoint: str, detail: str = _SINGLE_SIGN_ON.detail) -> GitHubError:
    """Return the failure of a 200 that single sign-on makes incomplete."""
    return Barred(detail=detail, hint=_SINGLE_SIGN_ON.hint, endpoint=endpoint, status=200)


def of_hidden_organizations(sso: str, endpoint: str) -> GitHubError | None:
    """Return the failure of a 200 if its ``X-GitHub-SSO`` hides organizations, else None."""
    if not sso.startswith("partial-results"):
        return None
    numbers = re.findall("[0-9]+", sso)  # ids (docs: authenticating to the REST API)
    shown = ", ".join(numbers[:_SHOWN_ORGANIZATIONS])
    more = ", …" if len(numbers) > _SHOWN_ORGANIZATIONS else ""
    return of_single_sign_on(
        endpoint,
        "organizations hidden because the token is not authorized for their single sign-on: "
        f"{len(numbers)} (IDs {shown}{more})",
    )


def is_of_github(headers: Mapping[str, str]) -> bool:
    """Return whether an answer seems to come from GitHub's API."""
    return "x-github-request-id" in headers and "html" not in headers.get("content-type", "")


def expiry(headers: Mapping[str, str]) -> datetime | None:
    """Return when the token expires, or None."""
    found = headers.get("github-authentication-token-expiration", "")
    with suppress(ValueError):
        if _EXPIRY.fullmatch(found):
            return datetime.strptime(found.replace("UTC", "+0000"), "%Y-%m-%d %H:%M:%S %z")
    return None


def request_id(headers: Mapping[str, str]) -> str:
    """Return GitHub's request id, or an empty string if it is malformed."""
    found = headers.get("x-github-request-id", "")
    return found if re.fullmatch(r"[A-Za-z0-9:._-]{1,80}", found) else ""

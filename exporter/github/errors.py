"""The tree of failures: what GitHub's answers mean, in one reason each.

GitHubError
├── Unauthorized     the credential is wrong, expired, revoked or unreadable
├── NotOffered       GitHub will not say it to this credential
│   ├── Forbidden
│   └── NotFound
├── Closed           the endpoint has moved for good
├── RateLimited      the credential has to wait
├── Unreachable      no whole answer came: worth another try
├── Rejected         our request or GitHub's rule is at fault
└── InvalidPayload   an answer that no metric can be made of

An error carries what is known in our words. GitHub's own text never leaves this module: a
body may name people, and a proxy may echo a token.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(eq=False)
class GitHubError(Exception):
    """A question that GitHub did not answer.

    ``detail`` is what happened and ``hint`` how to mend it, where ``{permission}`` stands for
    what the collector needs; ``endpoint`` is a template, never a name. ``request_id`` is
    GitHub's own, for its support.
    """

    detail: str = ""
    hint: str = ""
    endpoint: str = ""
    status: int | None = None
    request_id: str = ""

    reason: ClassVar[str]
    answers: ClassVar[str]
    action: ClassVar[str]
    usual_hint: ClassVar[str]

    def __str__(self) -> str:
        answered = "" if self.status is None else f"GitHub answered {self.status}"
        said = [self.detail, answered, self.endpoint and f"at {self.endpoint}"]
        if self.request_id:
            said.append(f"request {self.request_id}")
        return ", ".join(part for part in said if part) or self.reason

    def mend(self, permission: str) -> str:
        """Say how to mend it, given the permission that the collector needs."""
        return (self.hint or self.usual_hint).replace("{permission}", permission)


class Unauthorized(GitHubError):
    reason = "unauthorized"
    answers = "401; a secret file that cannot be read"
    action = "tries again ever more slowly, up to an hour; at once when the token changes"
    usual_hint = "The token is wrong, expired or revoked: make a new one. It needs: {permission}."


class NotOffered(GitHubError):
    """GitHub will not say it to this credential; it does not tell absence from secrecy."""


class Forbidden(NotOffered):
    reason = "forbidden"
    answers = "403 that is no limit, and statuses that mean a missing right"
    action = "an optional collector that never succeeded is not offered and asked again daily"
    usual_hint = (
        "The credential may not read this. It needs: {permission}. "
        "The person behind it must hold the role as well: scopes alone are not enough."
    )


class NotFound(NotOffered):
    reason = "not_found"
    answers = "404"
    action = Forbidden.action
    usual_hint = (
        "GitHub says the same for an unknown account and for one that the credential may not "
        "see. Check the name; the credential needs: {permission}."
    )


class Closed(GitHubError):
    reason = "closed"
    answers = "410: the endpoint has moved"
    action = (
        "asks the other platform; a failure of the closed endpoints only where platform legacy "
        "was set, of others where they are required or once worked"
    )
    usual_hint = "GitHub closed this endpoint in 2025: use platform auto or usage."


@dataclass(eq=False)
class RateLimited(GitHubError):
    """The credential has to wait until ``retry_at``.

    ``unattempted`` says that the limit was known before anything was asked.
    """

    retry_at: datetime | None = None
    unattempted: bool = False

    reason = "rate_limited"
    answers = "403 or 429 with a limit's headers or words"
    action = "the whole credential waits as long as GitHub says"
    usual_hint = (
        "Others may use the same person's or App's limit. Poll less often, watch fewer accounts "
        "with this credential, or give the exporter one of its own."
    )


class Unreachable(GitHubError):
    reason = "unreachable"
    answers = "5xx, a time-out, a broken connection, a body cut short, DNS, TLS"
    action = (
        "tries again with growing, jittered pauses inside the job's deadline, then next interval"
    )
    usual_hint = "See githubstatus.com, the network, the proxy and github.api-url."


class Rejected(GitHubError):
    reason = "rejected"
    answers = "400, 422, other 4xx, a redirect to another host"
    action = "next interval"
    usual_hint = "The exporter's request does not suit this host or account: please report it."


class InvalidPayload(GitHubError):
    reason = "invalid_payload"
    answers = "200 with a body that no metric can be made of"
    action = "names the field; the last good reading stays"
    usual_hint = "GitHub or a proxy answered in an unknown shape: please report it."


ALL: tuple[type[GitHubError], ...] = (
    Unauthorized,
    Forbidden,
    NotFound,
    Closed,
    RateLimited,
    Unreachable,
    Rejected,
    InvalidPayload,
)

INTERNAL = "internal"
"""The reason of a fault of our own, which is no answer of GitHub's."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a message of GitHub's means, found by a part of it in lower case."""

    statuses: tuple[int, ...]
    part: str
    error: type[GitHubError]
    detail: str
    hint: str = ""


# Messages as observed and collected from GitHub's docs and public issues; the wording of some
# is uncertain, so that each is only a better hint for what the status already says.
_MEANINGS = (
    _Meaning((410,), "version", Rejected, "the API version is past its support"),
    _Meaning(
        (403,),
        "no access to billing usage data",
        Forbidden,
        "the account is visible, its bill is not",
        "The account's bill is not this credential's to see, or not on this platform. "
        "It needs: {permission}.",
    ),
    _Meaning(
        (403,),
        "not accessible by integration",
        Forbidden,
        "the GitHub App lacks a permission or may not ask this",
    ),
    _Meaning(
        (403,),
        "installation has been suspended",
        Forbidden,
        "the App's installation is suspended",
        "Unsuspend it: Settings of the account, GitHub Apps, Configure.",
    ),
    _Meaning(
        (403,),
        "not accessible by personal access token",
        Forbidden,
        "the fine-grained token lacks a permission",
    ),
    _Meaning(
        (403,),
        "saml",
        Forbidden,
        "the token is not authorised for the organization's single sign-on",
        "Authorise the token for SSO: Settings, Developer settings, Personal access tokens, "
        "Configure SSO.",
    ),
    _Meaning(
        (403,),
        "ip allow list",
        Forbidden,
        "this address is not on the IP allow list",
        "Add the exporter's outgoing address to the account's IP allow list.",
    ),
    _Meaning((403,), "administrative rules", Rejected, "GitHub refused the request's headers"),
    _Meaning((400,), "unable to get budgets", Forbidden, "budgets are for owners alone"),
    _Meaning((400,), "version", Rejected, "this host does not know the API version"),
)

_BY_STATUS: Mapping[int, type[GitHubError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: Unreachable,
    410: Closed,
}


def is_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Tell a limit from a refusal: GitHub says 403 to both (docs: rate limits)."""
    if status == 429:
        return True
    return status == 403 and (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in message.lower()
    )


def of_answer(status: int, headers: Mapping[str, str], message: str, endpoint: str) -> GitHubError:
    """Give the failure that an answer means, limits aside.

    ``message`` is the body's own, ``headers`` have lower-case names.
    """
    known = next((m for m in _MEANINGS if status in m.statuses and m.part in message.lower()), None)
    if known is not None:
        error, detail, hint = known.error, known.detail, known.hint
    else:
        usual = Unreachable if status >= 500 else Rejected if status >= 400 else InvalidPayload
        error, detail, hint = _BY_STATUS.get(status, usual), "", ""
    if status == 403 and "x-github-sso" in headers:
        detail, hint = next((m.detail, m.hint) for m in _MEANINGS if m.part == "saml")
    wanted = re.sub(r"[^a-z0-9_=,; ]", "", headers.get("x-accepted-github-permissions", ""))[:200]
    if wanted and issubclass(error, NotOffered):
        detail = f"{detail}, which takes {wanted}" if detail else f"it takes {wanted}"
    return error(
        detail=detail,
        hint=hint,
        endpoint=endpoint,
        status=status,
        request_id=request_id(headers),
    )


def request_id(headers: Mapping[str, str]) -> str:
    """Give GitHub's request id, or nothing where it does not look like one."""
    found = headers.get("x-github-request-id", "")
    return found if re.fullmatch(r"[A-Za-z0-9:._-]{1,80}", found) else ""

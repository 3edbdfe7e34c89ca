"""Errors by reason: one for each kind of failure.

GitHubError
├── Unauthorized     the credential is wrong, expired, revoked or unreadable
├── Barred           GitHub refuses the whole credential or account
├── NotOffered       GitHub refuses this endpoint to this credential
│   ├── Forbidden
│   └── NotFound
├── Closed           GitHub closed the endpoint for good
├── RateLimited      the credential has to wait
├── Unreachable      no complete answer: worth a retry
├── Rejected         the request is invalid, or GitHub forbids it
├── InvalidPayload   the answer does not fit any metric
└── Internal         a bug in the exporter

Texts are the exporter's own, never GitHub's: a body may name people, and a proxy may echo a token.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

_AGAIN = (
    "polls again after 15 minutes, or the interval if that is shorter; after repeated failures "
    "hourly, if it is a collector of reports with an interval of at least 6 hours"
)


@dataclass(eq=False)
class GitHubError(Exception):
    """A failed request.

    ``detail`` describes the failure and ``hint`` how to fix it, with ``{permission}`` for the
    permission that the collector needs. ``endpoint`` is a template, so it names no account.
    ``request_id`` helps GitHub's support. ``young`` if GitHub refused a token that is seconds old.
    """

    detail: str = ""
    hint: str = ""
    endpoint: str = ""
    status: int | None = None
    request_id: str = ""
    young: bool = False

    reason: ClassVar[str]
    answers: ClassVar[str]
    action: ClassVar[str]
    usual_hint: ClassVar[str]

    def __str__(self) -> str:
        where = self.endpoint and f"at {self.endpoint}"
        request = self.request_id and f"request {self.request_id}"
        return ", ".join(filter(None, (self.cause, where, request))) or self.reason

    @property
    def cause(self) -> str:
        """What failed, without the request: the same for all that fail for one cause."""
        answered = "" if self.status is None else f"GitHub answered {self.status}"
        return ", ".join(filter(None, (self.detail, answered)))

    def hint_for(self, permission: str) -> str:
        """Return the hint for a collector that needs ``permission``."""
        return (self.hint or self.usual_hint).replace("{permission}", permission)


class Unauthorized(GitHubError):
    reason = "unauthorized"
    answers = "401; an unreadable secret file"
    action = (
        "retries after the collector's interval; if that is below an hour, the wait doubles at "
        "each failure, up to an hour. Tries at once when the token or its file changes or a "
        "required collector of the account recovers"
    )
    usual_hint = "The token is invalid, expired or revoked: create a new one."


class Barred(GitHubError):
    reason = "forbidden"
    answers = (
        "403 for the whole credential or account: single sign-on, an IP allow list, a token "
        "policy, a suspension, a GitHub App token less than 5 seconds old"
    )
    action = (
        "reports a failure, even for an optional collector that never succeeded; retries at least "
        "as often as it polls the account's bill, and at once when a required collector of the "
        "account recovers; with a new GitHub App token, first after 1, 2 and 3 seconds"
    )
    usual_hint = "An owner of the account or of its enterprise must allow this credential."


class NotOffered(GitHubError):
    """Hidden from this credential, or absent: GitHub's answers do not distinguish the two."""


class Forbidden(NotOffered):
    reason = "forbidden"
    answers = "403 for a single endpoint, and other signs of a missing permission"
    action = (
        "marks an optional collector that never succeeded as not offered; retries it after 1, 5, "
        "15 and 60 minutes, then daily, and at once when the credential changes, a GitHub App's "
        "token is renewed or a required collector of the account recovers"
    )
    usual_hint = "The credential lacks permission. Required: {permission}."


class NotFound(NotOffered):
    reason = "not_found"
    answers = "404"
    action = Forbidden.action
    usual_hint = (
        "The account or this endpoint does not exist, or is hidden from the credential. "
        "Check the name. Required: {permission}."
    )


class Closed(GitHubError):
    reason = "closed"
    answers = "410: the endpoint has moved"
    action = (
        "tries the other billing platform; reports a failure of `legacy_*` collectors only if "
        "`platform` is `legacy`, and of others only if they are required or succeeded before"
    )
    usual_hint = "GitHub closed this endpoint in 2025: set platform to auto or usage."


@dataclass(eq=False)
class RateLimited(GitHubError):
    """The credential has to wait; ``unattempted`` if that was known before the first request."""

    retry_at: datetime | None = None
    unattempted: bool = False

    reason = "rate_limited"
    answers = "429; 403 with rate-limit headers or a rate-limit message"
    action = "pauses all requests of the credential for as long as GitHub says"
    usual_hint = (
        "Other programs may share this user's or App's limit. Poll less often, watch fewer "
        "accounts with this credential, or use a separate user or App."
    )


class Unreachable(GitHubError):
    reason = "unreachable"
    answers = (
        "5xx, a timeout, a broken connection, a truncated body, a DNS or TLS error; or this "
        "machine is short of file descriptors or memory, or cannot read its disk"
    )
    action = "retries with increasing, jittered delays until the poll's deadline, then " + _AGAIN
    usual_hint = "Check githubstatus.com, the network, the proxy and github.api-url."


class Rejected(GitHubError):
    reason = "rejected"
    answers = (
        "400, 422, other 4xx, a redirect to another host; a report export that GitHub fails to "
        "make, or that waits for another one (409)"
    )
    action = _AGAIN
    usual_hint = "The exporter's request is invalid for this host or account: please report it."


class InvalidPayload(GitHubError):
    reason = "invalid_payload"
    answers = "200 with an unexpected or oversized body"
    action = "names the invalid field and keeps the last good reading"
    usual_hint = "GitHub or a proxy sent an unexpected response: please report it."


class Internal(GitHubError):
    reason = "internal"
    answers = "an unexpected exception in the exporter"
    action = (
        "logs the traceback, keeps the last good reading and continues with the other collectors"
    )
    usual_hint = "This is a bug in the exporter: please report it with the traceback from its log."


ALL: tuple[type[GitHubError], ...] = (
    Unauthorized,
    Barred,
    Forbidden,
    NotFound,
    Closed,
    RateLimited,
    Unreachable,
    Rejected,
    InvalidPayload,
    Internal,
)


def wrong_address(base_url: str) -> str:
    """Return the hint for an answer that does not come from GitHub's API."""
    return (
        f"{base_url} may not be GitHub's API: check github.api-url. It must reach the API, not a "
        "proxy or a sign-in page, and end in /api/v3 for Enterprise Server."
    )

"""The tree of failures: what GitHub's answers mean, in one reason each.

GitHubError
├── Unauthorized     the credential is wrong, expired, revoked or unreadable
├── Barred           GitHub refuses the whole credential or account, whatever is asked
├── NotOffered       GitHub will not say it to this credential
│   ├── Forbidden
│   └── NotFound
├── Closed           the endpoint has moved for good
├── RateLimited      the credential has to wait
├── Unreachable      no whole answer came: worth another try
├── Rejected         our request or GitHub's rule is at fault
├── InvalidPayload   an answer that no metric can be made of
└── Internal         a fault of the exporter's own

An error carries what is known in our words, never GitHub's own: a body may name people, and a
proxy may echo a token.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(eq=False)
class GitHubError(Exception):
    """A question that GitHub did not answer.

    ``detail`` is what happened and ``hint`` how to mend it, where ``{permission}`` stands for
    what the collector needs; ``endpoint`` is a template, never a name. ``request_id`` is
    GitHub's own, for its support. ``young`` is a refusal of a token that is seconds old.
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
        answered = "" if self.status is None else f"GitHub answered {self.status}"
        where = self.endpoint and f"at {self.endpoint}"
        request = self.request_id and f"request {self.request_id}"
        return ", ".join(filter(None, (self.detail, answered, where, request))) or self.reason

    def hint_for(self, permission: str) -> str:
        """Return the hint, given the permission that the collector needs."""
        return (self.hint or self.usual_hint).replace("{permission}", permission)


class Unauthorized(GitHubError):
    reason = "unauthorized"
    answers = "401; a secret file that cannot be read"
    action = (
        "tries again ever more slowly, up to an hour; at once when the token changes or a required "
        "collector of the account recovers"
    )
    usual_hint = "The token is wrong, expired or revoked: make a new one. It needs: {permission}."


class Barred(GitHubError):
    reason = "forbidden"
    answers = (
        "403 to the whole credential or account: single sign-on, an IP allow list, a rule on "
        "tokens, a suspension, a GitHub App's token less than 5 seconds old"
    )
    action = (
        "a failure even of an optional collector that never succeeded: asked again at least as "
        "often as the account's bill, and at once when a required collector of the account "
        "recovers; with a GitHub App's young token first after 1, 2 and 3 seconds"
    )
    usual_hint = "The account's or its enterprise's owner must let this credential in."


class NotOffered(GitHubError):
    """GitHub will not say it to this credential; it does not tell absence from secrecy."""


class Forbidden(NotOffered):
    reason = "forbidden"
    answers = "403 to this question that is no limit, and statuses that mean a missing right"
    action = (
        "an optional collector that never succeeded is not offered: asked again after 1, 5, 15 "
        "and 60 minutes, then daily; at once when the credential changes, a GitHub App's token "
        "is renewed or a required collector of the account recovers"
    )
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
    """The credential has to wait; ``unattempted`` if that was known before anything was asked."""

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
    answers = (
        "5xx, a time-out, a broken connection, a body cut short, DNS, TLS; or this machine is "
        "short of descriptors or memory, or cannot read its disk"
    )
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
    answers = "200 with a body that no metric can be made of, or that is beyond all bounds"
    action = "names the field; the last good reading stays"
    usual_hint = "GitHub or a proxy answered in an unknown shape: please report it."


class Internal(GitHubError):
    reason = "internal"
    answers = "anything: the fault is the exporter's own"
    action = "logs the traceback once; the last good reading stays, and the other jobs go on"
    usual_hint = "See its log; please report it."


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

WRONG_ADDRESS = (
    "Check github.api-url: that of an Enterprise Server ends in /api/v3, and what answers must be "
    "GitHub, no proxy and no page to sign in."
)
"""How to mend what is no answer of GitHub's API."""

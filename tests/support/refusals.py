"""GitHub's refusals and the error that each must raise."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.github.errors import (
    Barred,
    Closed,
    Forbidden,
    GitHubError,
    InvalidPayload,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unreachable,
)

PERMISSION = "owner; classic token with admin:org"

HTML = b"<html><body><h1>Server Error</h1></body></html>"
MOVED = "This endpoint has been moved."
MOVED_URL = "https://gh.io/billing-api-updates-"


@dataclass(frozen=True)
class Case:
    """A response of GitHub, its error, and words that the detail and the fix must contain."""

    name: str
    status: int
    body: object
    error: type[GitHubError]
    detail: str = ""
    mend: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def message(text: str, **more: object) -> dict[str, object]:
    return {"message": text, "documentation_url": "https://docs.github.com/rest", **more}


def moved(word: str) -> dict[str, object]:
    return message(MOVED) | {"documentation_url": MOVED_URL + word, "status": "410"}


def remaining(count: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": str(count),
        "x-ratelimit-reset": "1791800000",
    }


SSO = {"x-github-sso": "required; url=https://github.com/orgs/acme/sso?authorization_request=A1"}
RIGHTS = {"x-accepted-github-permissions": "organization_administration=read; plan=read"}
PRIMARY = "API rate limit exceeded for user ID 1."
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."

CASES = (
    Case("legacy-closed-organization", 410, moved("org"), Closed, mend="platform to auto"),
    Case("legacy-closed-user", 410, moved("user"), Closed, mend="platform to auto"),
    Case("legacy-closed-enterprise", 410, moved("enterprise"), Closed, mend="platform to auto"),
    Case("gone-without-a-word", 410, HTML, Closed),
    Case(
        "version-past-its-support",
        410,
        message("The requested API version is no longer supported."),
        Rejected,
        "no longer supports this API version",
    ),
    Case("not-found", 404, message("Not Found", status="404"), NotFound, mend=PERMISSION),
    Case("not-found-html", 404, HTML, NotFound, mend="Check the name"),
    Case("not-found-at-a-wrong-address", 404, HTML, NotFound, mend="github.api-url"),
    Case("not-acceptable", 406, HTML, Rejected, "GitHub's API", "github.api-url"),
    Case("not-acceptable-json", 406, message("No."), Rejected, mend="/api/v3"),
    Case(
        "no-usage-data",
        403,
        message("No access to billing usage data."),
        Forbidden,
        "not its bill",
        PERMISSION,
    ),
    Case(
        "app",
        403,
        message("Resource not accessible by integration"),
        Forbidden,
        "GitHub App lacks a permission or cannot use this endpoint; "
        "GitHub requires organization_administration=read; plan=read",
        PERMISSION,
        RIGHTS,
    ),
    Case(
        "fine-grained-token",
        403,
        message("Resource not accessible by personal access token"),
        Forbidden,
        "fine-grained token lacks a permission; GitHub requires organization_administration=read",
        PERMISSION,
        RIGHTS,
    ),
    Case(
        "filter-by-user",
        403,
        message("Organization admins for enterprise owned organizations cannot filter usage"),
        Forbidden,
        mend=PERMISSION,
    ),
    Case(
        "sso-by-message",
        403,
        message("Resource protected by organization SAML enforcement. You must grant access."),
        Barred,
        "single sign-on",
        "Configure SSO",
    ),
    Case("sso-by-header", 403, message("No."), Barred, "single sign-on", "Configure SSO", SSO),
    Case(
        "ip-allow-list",
        403,
        message(
            "Although you appear to have the correct authorization credentials, the `acme` "
            "organization has an IP allow list enabled, and your IP address is not permitted."
        ),
        Barred,
        "allow list",
        "outgoing address",
    ),
    Case(
        "suspended-installation",
        403,
        message("This installation has been suspended"),
        Barred,
        "installation is suspended",
        "Unsuspend it",
    ),
    Case(
        "suspended-account",
        403,
        message("Sorry. Your account was suspended."),
        Barred,
        "user is suspended",
    ),
    Case(
        "rule-on-classic-tokens",
        403,
        message("`acme` forbids access via a personal access token (classic). Please use an App."),
        Barred,
        "forbids tokens of this kind",
        "another kind of credential",
    ),
    Case(
        "rule-on-lifetimes",
        403,
        message(
            "The 'acme' organization forbids access via a fine-grained personal access tokens if "
            "the token's lifetime is greater than 90 days."
        ),
        Barred,
        "kind or lifetime",
    ),
    Case(
        "oauth-app-not-approved",
        403,
        message(
            "Although you appear to have the correct authorization credentials, the `acme` "
            "organization has enabled OAuth App access restrictions."
        ),
        Barred,
        "OAuth App",
        "approve",
    ),
    Case("forbidden", 403, message("Must have admin rights."), Forbidden, mend=PERMISSION),
    Case("forbidden-html", 403, HTML, Forbidden, mend=PERMISSION),
    Case(
        "forbidden-by-a-proxy",
        403,
        b"<html>Sign in with SAML, mind the rate limit and the IP allow list</html>",
        Forbidden,
        mend=PERMISSION,
    ),
    Case(
        "forbidden-rights",
        403,
        message("No."),
        Forbidden,
        "GitHub requires organization",
        "",
        RIGHTS,
    ),
    Case(
        "no-user-agent",
        403,
        b"Request forbidden by administrative rules. Please make sure your request has a "
        b"User-Agent header.\n",
        Rejected,
        "refused the request's headers",
    ),
    Case("primary-403", 403, message(PRIMARY), RateLimited, "", "", remaining(0)),
    Case("primary-429", 429, message(PRIMARY), RateLimited, "", "", remaining(0)),
    Case("primary-of-an-app", 403, message("No."), RateLimited, "", "", remaining(0)),
    Case("secondary-403", 403, message(SECONDARY), RateLimited, "", "", {"retry-after": "60"}),
    Case("secondary-429", 429, message(SECONDARY), RateLimited, mend="Poll less often"),
    Case("secondary-without-a-header", 403, message(SECONDARY), RateLimited),
    Case("secondary-in-disguise", 403, message(PRIMARY), RateLimited, "", "", remaining(4000)),
    Case("secondary-by-header", 403, HTML, RateLimited, "", "", {"retry-after": "60"}),
    Case("too-many-requests-html", 429, HTML, RateLimited),
    Case("too-many-requests-text", 403, b"rate limit exceeded", RateLimited),
    Case("bad-credentials", 401, message("Bad credentials"), Unauthorized, mend="create a new one"),
    Case("no-credentials", 401, message("Requires authentication"), Unauthorized, mend="a new one"),
    Case("clock-of-an-app", 401, message("'Expiration time' claim is too far"), Unauthorized),
    Case("unauthorized-used-up", 401, message("No."), Unauthorized, "", "", remaining(0)),
    Case("budgets", 400, message("Unable to get budgets."), Forbidden, "owners", PERMISSION),
    Case(
        "unknown-version",
        400,
        message("The requested API version '2030-01-01' is not supported.", errors="Invalid"),
        Rejected,
        "does not support the API version",
    ),
    Case("bad-month", 400, message("Bad Request", errors=["month"]), Rejected, mend="report it"),
    Case("unprocessable", 422, message("Validation Failed"), Rejected, mend="report it"),
    Case("teapot", 418, b"", Rejected),
    Case("legal", 451, message("Repository access blocked"), Rejected),
    Case("request-timeout", 408, b"", Unreachable, mend="githubstatus.com"),
    Case("server-error-json", 500, message("Server Error"), Unreachable),
    Case("server-error-list", 500, [], Unreachable),
    Case("bad-gateway-html", 502, HTML, Unreachable, mend="githubstatus.com"),
    Case("unavailable", 503, {"code": "503", **message("Service unavailable")}, Unreachable),
    Case("gateway-timeout-text", 504, b"upstream request timeout\n", Unreachable),
    Case("server-error-of-a-proxy", 520, b"\xff\xfe", Unreachable),
    Case("created", 201, {"total": 1}, InvalidPayload),
    Case("no-content", 204, b"", InvalidPayload),
    Case("partial-content", 206, {"total": 1}, InvalidPayload),
    Case("multiple-choices", 300, b"", InvalidPayload),
    Case("not-modified", 304, b"", InvalidPayload),
    Case("wrong-shape", 200, {"total": "x"}, InvalidPayload, "$.total", "report it"),
    Case("signed-out-portal", 200, HTML, InvalidPayload, "HTML", "github.api-url"),
    Case("signed-out-portal-indented", 200, b"\n  " + HTML, InvalidPayload, "HTML"),
    Case("cut-json", 200, b'{"total": 1', InvalidPayload, "truncated", "report it"),
)

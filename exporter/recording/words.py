"""Words of GitHub's that a recording keeps: of messages, headers, SKUs and kinds."""

import re
from collections.abc import Mapping

from exporter.billing import skus
from exporter.recording.pseudonyms import Pseudonyms

HIDDEN = "…"
"""Instead of words of a message that may be names."""

_MESSAGES = """
API rate limit exceeded for user ID or for installation ID. If you reach out to GitHub Support for
help, please include the request ID. You have exceeded a secondary rate limit. Please wait a few
minutes before you try again. Bad credentials. Requires authentication. Not Found. Moved
Permanently. This endpoint has been moved. No access to billing usage data. Unable to get budgets.
Resource not accessible by integration. Resource not accessible by personal access token (classic).
Organization admins for enterprise owned organizations cannot filter usage by user. Resource
protected by organization SAML enforcement. You must grant your token access to an organization.
Although you appear to have the correct authorization credentials, the organization has an IP allow
list enabled, and your IP address is not permitted to access this resource. The organization has
enabled OAuth App access restrictions, meaning that data access to third-parties is limited. For
more information on these restrictions, including how to enable this app, visit. The enterprise
forbids access via a fine-grained personal access token if the token's lifetime is greater than
days. This installation has been suspended. Sorry. Your account was suspended. Request forbidden by
administrative rules. Please make sure your request has a User-Agent header. The requested API
version is not supported. Must have admin rights to repository not enabled for code scanning. You
need at least read:org scope or user scope to list organizations. Problems parsing JSON. Bad
Request. Validation Failed. Invalid request. Server Error. Service unavailable. Rate limiting is not
enabled. A JSON web token could not be decoded. 'Expiration time' claim ('exp') is too far in the
future. must be a numeric value representing the future time at which the assertion expires.
'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued.
Integration not found. Advanced Security is not enabled purchased available. Copilot Business
seats subscription feature plan payment method problem. Upgrade. Cost center report usage. Of by
from with and no cannot only owners may because has there was it that one or month day year.
"""
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?)?"
)
_WORD = re.compile(r"[^\W_]+")
_OF_MESSAGES = frozenset(word.lower() for word in _WORD.findall(_MESSAGES))
_URL = re.compile(r"\S*(://|www\.|@)\S*")

_SCOPES = frozenset(
    """admin audit_log billing codespace copilot delete delete_packages discussion email enterprise
    follow gist gpg_key hook keys manage_billing manage_runners network_configurations notifications
    org org_hook packages profile project public_key public_repo read read_project repo
    repo_deployment runners scim ssh_signing_key status user workflow write
    administration metadata members organization_administration organization_plan
    organization_copilot_seat_management enterprise_administration enterprise_billing plan contents
    organization_custom_properties security_events copilot_business""".split()  # noqa: SIM905
)

_KINDS: Mapping[str, frozenset[str]] = {
    "budget_type": frozenset({"BundlePricing", "ProductPricing", "SkuPricing"}),
    "license_type": frozenset({"enterprise", "visual studio subscription", "Visual Studio"}),
    "target_type": frozenset({"Organization", "User", "Enterprise"}),
    "status": frozenset({"success", "failure", "failed", "error", "pending"}),
    "type": frozenset(
        {"User", "Organization", "Enterprise", "Bot", "Mannequin", "Team", "Repo", "Repository"}
        | {"Org", "FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND", "RATE_LIMITED"}
    ),
    "plan.name": frozenset({"free", "pro", "team", "enterprise", "business", "business_plus"}),
    "plan_type": frozenset({"business", "enterprise", "unknown"}),
}
"""Words by the end of a path: GitHub's descriptions do not enumerate them."""

_UNITS = frozenset(
    {"minutes", "gigabytes", "gigabyte_hours", "gigabyte_months", "user_months", "requests"}
    | {"ai_credits", "hours", "unit", "tokens", "seconds", "users", "user"}
)
_OF_SKUS = skus.WORDS | {"premium", "requests", "ubuntu"}
_IS_OF_SKUS = {"sku", "budget_product_sku", "budget_product_skus", "product"}
_SMALL = re.compile(r"\d{1,3}")


def is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def is_kind(path: str, text: str) -> bool:
    """Return whether a text is one of the words that GitHub uses at the end of a path."""
    two = ".".join(path.split(".")[-2:])
    return text in _KINDS.get(two, _KINDS.get(path.rsplit(".", maxsplit=1)[-1], ()))


def of_sku(path: str, text: str, names: Pseudonyms) -> str | None:
    """Return a product, SKU or unit with unpublished words replaced, None for other fields."""
    name = path.rsplit(".", maxsplit=1)[-1]
    if name == "unitType":
        known = skus.unit_name(text) in _UNITS
        return text if known else of_words(text, names)
    return of_words(text, names) if name in _IS_OF_SKUS else None


def of_words(text: str, names: Pseudonyms) -> str:
    """Keep the words of published SKUs and small numbers, as in ``Actions Linux 4-core``."""

    def kept(word: re.Match[str]) -> str:
        known = word[0].lower() in _OF_SKUS or _SMALL.fullmatch(word[0])
        return word[0] if known else names.of(word[0], "word")

    return _WORD.sub(kept, text)


def of_message(text: str) -> str:
    """Keep the words that occur in GitHub's known messages."""
    words = (
        word if all(part.lower() in _OF_MESSAGES for part in _WORD.findall(word)) else HIDDEN
        for word in _URL.sub(HIDDEN, text[:1_000]).split()
    )
    return re.sub(rf"{HIDDEN}( {HIDDEN})+", HIDDEN, " ".join(words))


def of_scopes(text: str, names: Pseudonyms) -> str:
    """Keep the scopes and permissions that GitHub documents."""

    def kept(word: re.Match[str]) -> str:
        return word[0] if word[0] in _SCOPES else names.of(word[0], "scope")

    return re.sub(r"[^,;:=\s]+", kept, text)

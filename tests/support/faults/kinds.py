"""Every kind of fault between GitHub and the exporter, and the failure reason it must cause."""

import gzip
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from itertools import repeat

import httpx

from tests.support.faults.fault import Fault, Where
from tests.support.faults.faulty_wire import Break, Wire
from tests.support.paths import SUMMARY
from tests.support.world import START, row

REPORT = "/billing/usage"
BUDGETS = "/billing/budgets"
_ELSEWHERE = "https://login.example.com/"
_MEBIBYTE = 1 << 20
_SSO = {"x-github-sso": "required; url=https://github.com/orgs/acme/sso"}


@dataclass(frozen=True)
class Kind:
    """A fault of the requests for ``path``; ``collector`` fails with ``reason``.

    ``heavy`` kinds take a tenth of a second of real time each.
    """

    name: str
    reason: str
    fault: Callable[[Where], Fault] | None = None
    error: Callable[[], Exception] | None = None
    path: str = SUMMARY
    collector: str = "usage"
    heavy: bool = False

    def at(self, path: str) -> "Kind":
        """Return the same fault for another path, and so for other collectors."""
        return replace(self, path=path)

    def befall(self, wire: Wire, account: str, times: int | None = None) -> None:
        """Apply the fault to an account's requests, ``times`` times or until `heal`."""
        if self.error is not None:
            wire.breaks.append(Break(self.error, self.path, account))
        if self.fault is not None:
            where = Where(match=self.path, account=account, times=times)
            wire.github.faults.add(self.fault(where))


def heal(wire: Wire) -> None:
    wire.breaks.clear()
    wire.github.faults.clear()


def _summary(**fields: object) -> bytes:
    period = {"year": START.year, "month": START.month}
    return json.dumps({"timePeriod": period, "usageItems": [row(**fields)]}).encode()


def _number(literal: bytes) -> bytes:
    # `json.dumps` cannot write every literal.
    return _summary(grossQuantity="THE NUMBER").replace(b'"THE NUMBER"', literal)


def _says(
    name: str, body: bytes, headers: Mapping[str, str] | None = None, *, heavy: bool = False
) -> Kind:
    fault = _body(body, headers or {})
    return Kind(f"200-{name}", "invalid_payload", fault, heavy=heavy)


def _body(body: bytes, headers: Mapping[str, str]) -> Callable[[Where], Fault]:
    return lambda where: Fault(status=200, body=body, headers=headers, **where)


def _refuses(
    name: str, reason: str, status: int, message: str = "No", headers: Mapping[str, str] = _SSO
) -> Kind:
    said = json.dumps({"message": message, "status": str(status)}).encode()
    shown = {} if headers is _SSO and "saml" not in message.lower() else headers
    return Kind(
        f"{status}-{name}",
        reason,
        lambda where: Fault(status=status, body=said, headers=shown, **where),
    )


def _redirects(status: int) -> Kind:
    return Kind(
        f"{status}-elsewhere",
        "rejected",
        lambda where: Fault.redirect(_ELSEWHERE, status=status, **where),
    )


def _listed(name: str, fault: Callable[[Where], Fault]) -> Kind:
    return Kind(name, "invalid_payload", fault, path=BUDGETS, collector="budgets")


_WHOLE = _summary(grossQuantity=5.0)
_GZIP = {"content-encoding": "gzip"}
_RESET = START + timedelta(minutes=30)
_LIMIT = "API rate limit exceeded for user ID 1."
_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."

_NETWORK = (
    Kind("dns", "unreachable", error=lambda: httpx.ConnectError("Name or service not known")),
    Kind(
        "refused", "unreachable", error=lambda: httpx.ConnectError("All connection attempts failed")
    ),
    Kind("reset", "unreachable", error=lambda: httpx.ReadError("")),
    Kind(
        "tls",
        "unreachable",
        error=lambda: httpx.ConnectError(str(ssl.SSLError("certificate verify failed"))),
    ),
    Kind("hanging", "unreachable", lambda where: Fault.hanging(**where)),
    Kind("slow-headers", "unreachable", lambda where: Fault.slow(20, **where)),
    Kind(
        "slow-body",
        "unreachable",
        lambda where: Fault(status=200, body=_WHOLE, chunk_delay=10, **where),
    ),
    Kind("cut-body", "unreachable", lambda where: Fault(status=200, body=_WHOLE, cut=20, **where)),
    Kind(
        "endless-body",
        "invalid_payload",
        lambda where: Fault(status=200, body=repeat(b" " * _MEBIBYTE), **where),
        heavy=True,
    ),
)
_PAYLOADS = (
    _says("cut-gzip", gzip.compress(_WHOLE)[:-30], _GZIP),
    _says("no-gzip", _WHOLE, _GZIP),
    _says("unknown-encoding", _WHOLE, {"content-encoding": "br"}),
    _says("gzip-bomb", gzip.compress(b" " * 40 * _MEBIBYTE), _GZIP, heavy=True),
    _says("html", b"<html><body>Sign in</body></html>", {"content-type": "text/html"}),
    _says("empty", b""),
    _says("no-object", b"[]"),
    _says("null", b"null"),
    _says("no-items", json.dumps({"timePeriod": {"year": 2026, "month": 10}}).encode()),
    _says("items-of-another-type", _WHOLE.replace(b"[", b"{}").split(b"{}")[0] + b"{}}"),
    _says("text-for-a-number", _summary(grossQuantity="5")),
    _says("null-for-a-number", _summary(netAmount=None)),
    _says("number-for-text", _summary(sku=5)),
    _says("1e308", _number(b"1e308")),
    _says("minus-1e308", _number(b"-1e308")),
    _says("overflowing", _number(b"1e999")),
    _says("400-digits", _number(b"9" * 400)),
    _says("nan", _number(b"NaN")),
    _says("infinity", _number(b"Infinity")),
    _says("deep", b"[" * 100_000),
    _says("no-utf8", _WHOLE.replace(b"actions_linux", b"\xff\xfe")),
    _says("cut-json", _WHOLE[:-20]),
    _says("another-month", _WHOLE.replace(b'"month": 10', b'"month": 9')),
)
_REDIRECTS = (
    *(_redirects(status) for status in (301, 302, 303, 307, 308)),
    Kind("302-to-itself", "rejected", lambda where: Fault.redirect("", **where)),
)
_REFUSALS = (
    _refuses("headers", "rejected", 403, "Request forbidden by administrative rules."),
    _refuses("bad-credentials", "unauthorized", 401, "Bad credentials"),
    _refuses("no-usage-data", "forbidden", 403, "No access to billing usage data."),
    _refuses("app", "forbidden", 403, "Resource not accessible by integration"),
    _refuses("fine-grained", "forbidden", 403, "Resource not accessible by personal access token"),
    _refuses("saml", "forbidden", 403, "Resource protected by organization SAML enforcement."),
    _refuses("allow-list", "forbidden", 403, "the organization has an IP allow list enabled"),
    _refuses("not-found", "not_found", 404, "Not Found"),
    _refuses("moved", "closed", 410, "This endpoint has been moved."),
    _refuses("bad-request", "rejected", 400, "Bad Request"),
    _refuses("wrong-address", "rejected", 406),
    _refuses("unprocessable", "rejected", 422, "Validation Failed"),
    _refuses("teapot", "rejected", 418),
    *(_refuses("down", "unreachable", status) for status in (500, 501, 502, 503, 504)),
)
LIMITS = (
    Kind("403-primary", "rate_limited", lambda where: Fault.rate_limited_primary(_RESET, **where)),
    Kind("403-secondary", "rate_limited", lambda where: Fault.rate_limited_secondary(**where)),
    Kind("403-disguised", "rate_limited", lambda where: Fault.secondary_in_disguise(**where)),
    _refuses("no-advice", "rate_limited", 429, _SECONDARY, {}),
    _refuses("seconds", "rate_limited", 429, _SECONDARY, {"retry-after": "120"}),
    _refuses("date", "rate_limited", 429, _SECONDARY, {"retry-after": format_datetime(_RESET)}),
    _refuses("odd-advice", "rate_limited", 429, _SECONDARY, {"retry-after": "soon"}),
    _refuses(
        "reset",
        "rate_limited",
        429,
        _LIMIT,
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(_RESET.timestamp()))},
    ),
)
_LISTS = (
    _listed(
        "link-loop",
        lambda where: Fault(
            status=200,
            body=b'{"budgets": [], "total_count": 3}',
            headers={"link": '<?page=2&per_page=100>; rel="next"'},
            **where,
        ),
    ),
    _listed(
        "next-page-for-ever",
        lambda where: Fault(
            status=200, body=b'{"budgets": [], "total_count": 0, "has_next_page": true}', **where
        ),
    ),
    _listed(
        "fewer-than-counted",
        lambda where: Fault(status=200, body=b'{"budgets": [], "total_count": 3}', **where),
    ),
)
_REPORTS = (
    Kind(
        "the-whole-year",
        "invalid_payload",
        lambda where: Fault.unheard_of("year", "month", "day", **where),
        path=REPORT,
        collector="usage_repositories",
    ),
)
KINDS = (*_NETWORK, *_PAYLOADS, *_REDIRECTS, *_REFUSALS, *LIMITS, *_LISTS, *_REPORTS)

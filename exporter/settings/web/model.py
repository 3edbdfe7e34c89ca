"""The model of the web configuration file of Prometheus exporters.

Keys and defaults follow prometheus/exporter-toolkit, docs/web-configuration.md.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, StrictBool

from exporter.settings.options import closest
from exporter.settings.sections import Section

CIPHER_SUITES = {
    f"TLS_ECDHE_{kind}_WITH_{cipher}": f"ECDHE-{kind}-{openssl}"
    for kind in ("ECDSA", "RSA")
    for cipher, openssl in (
        ("AES_128_CBC_SHA", "AES128-SHA"),
        ("AES_256_CBC_SHA", "AES256-SHA"),
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
    )
}
"""The TLS 1.2 suites that Go considers secure: Go's and OpenSSL's names (Go: crypto/tls)."""

TLS13_CIPHER_SUITES = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
)
"""Go's names of the TLS 1.3 suites, which are always enabled."""

CURVES = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}
"""Go's names and OpenSSL's."""

SLOW_COST = 16
"""With a higher bcrypt cost, a first login takes longer than a scrape may."""

_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_COSTS = range(4, 32)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_DURATION_PART = re.compile(rf"([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)({'|'.join(_SECONDS)})")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a non-empty string: set it, or remove the key")
    return value


def _client_auth(value: object) -> object:
    if value in ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert"):
        raise ValueError(
            "unsupported, because it does not verify certificates: use "
            "RequireAndVerifyClientCert or VerifyClientCertIfGiven"
        )
    return value


def _one_of(what: str, known: tuple[str, ...]) -> BeforeValidator:
    def check(value: object) -> str:
        if value not in known:
            raise ValueError(f"no such {what}: {closest(str(value), known)}")
        return str(value)

    return BeforeValidator(check)


def _user(value: object) -> str:
    if ":" in (name := _text(value)):
        raise ValueError("must be a user name without a colon")
    return name


def _hash(value: object) -> SecretStr:
    spelled = _BCRYPT.fullmatch(value) if isinstance(value, str) else None
    if spelled is None:
        raise ValueError(
            'must be a bcrypt hash, not the password: create one with htpasswd -nBC 10 ""'
        )
    if int(spelled[1]) not in _COSTS:
        raise ValueError(f"must be a bcrypt hash with a cost from {_COSTS[0]} to {_COSTS[-1]}")
    return SecretStr(spelled[0])


def cost(hashed: SecretStr) -> int:
    """Return the cost of a bcrypt hash: each step doubles the work."""
    return int(hashed.get_secret_value().split("$")[2])


def _interval(value: object) -> float:
    # Go takes a whole number as nanoseconds.
    if type(value) is int and 0 <= value < 2**63:
        return value / 1e9
    parts = _DURATION_PART.findall(value) if isinstance(value, str) else []
    if value != "0" and (not parts or "".join(map("".join, parts)) != value):
        raise ValueError("must be a duration such as 1s or 500ms, or 0 for no limit")
    return sum(float(count) * _SECONDS[unit] for count, unit in parts)


def _burst(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError("must be a whole number, 0 or greater")
    return value


def _header(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[ -~]*", value):
        raise ValueError("must be one line of ASCII text")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Key = Annotated[SecretStr, BeforeValidator(_text)]
File = Annotated[Path, BeforeValidator(_text)]
ClientAuth = Annotated[
    Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"],
    BeforeValidator(_client_auth),
]
TlsVersion = Literal["TLS12", "TLS13"]
CipherSuite = Annotated[str, _one_of("cipher suite", (*CIPHER_SUITES, *TLS13_CIPHER_SUITES))]
Curve = Annotated[str, _one_of("curve", tuple(CURVES))]
User = Annotated[str, BeforeValidator(_user)]
Hash = Annotated[SecretStr, BeforeValidator(_hash)]
Header = Annotated[str, BeforeValidator(_header)]
Interval = Annotated[float, BeforeValidator(_interval)]
Burst = Annotated[int, BeforeValidator(_burst)]


class TlsServer(Section):
    cert: Text | None = None
    key: Key | None = None
    client_ca: Text | None = None
    cert_file: File | None = None
    key_file: File | None = None
    client_auth_type: ClientAuth = "NoClientCert"
    client_ca_file: File | None = None
    client_allowed_sans: tuple[Text, ...] | None = None
    min_version: TlsVersion = "TLS12"
    max_version: TlsVersion = "TLS13"
    cipher_suites: tuple[CipherSuite, ...] = ()
    prefer_server_cipher_suites: StrictBool = True
    curve_preferences: tuple[Curve, ...] = ()


class Headers(Section):
    """Headers to add to responses; empty ones are not added."""

    content_security_policy: Header = Field("", alias="Content-Security-Policy")
    x_frame_options: Literal["", "deny", "sameorigin"] = Field("", alias="X-Frame-Options")
    x_content_type_options: Literal["", "nosniff"] = Field("", alias="X-Content-Type-Options")
    x_xss_protection: Header = Field("", alias="X-XSS-Protection")
    strict_transport_security: Header = Field("", alias="Strict-Transport-Security")


class HttpServer(Section):
    http2: StrictBool | None = None
    headers: Headers = Headers()


class RateLimit(Section):
    """A token bucket shared by all requests; no limit if the interval is 0."""

    interval: Interval = 0.0
    burst: Burst = 0


class WebDocument(Section):
    tls_server_config: TlsServer = TlsServer()
    http_server_config: HttpServer = HttpServer()
    rate_limit: RateLimit = RateLimit()
    basic_auth_users: dict[User, Hash] = Field({})


NOT_TEXT = (
    ("tls_server_config", "prefer_server_cipher_suites"),
    ("http_server_config", "http2"),
    ("rate_limit", "interval"),
    ("rate_limit", "burst"),
)
"""Keys with typed values. All others are text as written in the file, as in Go."""

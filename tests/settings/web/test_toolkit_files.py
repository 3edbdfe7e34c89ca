"""exporter-toolkit's test files: its verdict on each, and ours.

Names and verdicts are from prometheus/exporter-toolkit, ``web/testdata`` and
``tls_config_test.go``. The contents are our own, with the meaning of the original.
"""

import ssl
from typing import NamedTuple

import pytest

from exporter.settings.web.file import WebConfig, read_web_file
from tests.support.certificates import HASH, TLS, USERS, Certificates
from tests.support.paths import ROOT


class Fact(NamedTuple):
    """A file and its fault here, empty if we accept the file."""

    text: str
    fault: str = ""


def tls(*lines: str) -> str:
    return TLS + "".join(f"  {line}\n" for line in lines)


def inline(*keys: str) -> str:
    """Return a file with an inline certificate or key."""
    return "tls_server_config:\n" + "".join(f"  {key}: |\n    <{key}>\n" for key in keys)


IF_GIVEN = "client_auth_type: VerifyClientCertIfGiven"
VERIFIED = "client_auth_type: RequireAndVerifyClientCert"
ANY = "client_auth_type: RequireAnyClientCert"
SUITES = "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_{}_GCM_SHA{}, TLS_ECDHE_RSA_WITH_AES_{}_GCM_SHA{}]"
SLOW = f"bob: {HASH.replace('$04$', '$18$')}"
SANS = tls(VERIFIED, "client_ca_file: ca.pem", "client_allowed_sans: [one, two, {}]")
UNVERIFIED = "unsupported, because it does not verify certificates"

ACCEPTED = {
    "tls_config_noAuth.requireandverifyclientcert.good.yml": Fact(
        tls(VERIFIED, "client_ca_file: ca.pem")
    ),
    "tls_config_noAuth.requireanyclientcert.good.yml": Fact(
        tls(ANY, "client_ca_file: ca.pem"), UNVERIFIED
    ),
    "tls_config_noAuth.requireanyclientcertkeyinline.good.yml": Fact(
        f"{inline('key')}  cert_file: server.pem\n  {ANY}\n", UNVERIFIED
    ),
    "web_config_auth_clientCAs_missing.bad.yml": Fact(tls(VERIFIED)),
    "web_config_auth_client_san.bad.yaml": Fact(SANS.format("bad")),
    "web_config_auth_client_san.good.yaml": Fact(SANS.format("test3")),
    "web_config_empty.yml": Fact(""),
    "web_config_headers.good.yml": Fact(
        "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
        "    Strict-Transport-Security: max-age=31536000; includeSubDomains\n"
        "    X-Content-Type-Options: nosniff\n    X-XSS-Protection: 1\n"
        "    Content-Security-Policy: default-src 'self' *.example.net\n"
    ),
    "web_config_noAuth.good.blocking.yml": Fact(tls(VERIFIED)),
    "web_config_noAuth.good.yml": Fact(tls(IF_GIVEN)),
    "web_config_noAuth_allCiphers.good.yml": Fact(
        tls(
            IF_GIVEN,
            "cipher_suites:",
            *(
                f"- TLS_ECDHE_{kind}_WITH_{cipher}"
                for kind in ("ECDSA", "RSA")
                for cipher in (
                    "AES_128_GCM_SHA256",
                    "AES_256_GCM_SHA384",
                    "CHACHA20_POLY1305_SHA256",
                    "AES_128_CBC_SHA",
                    "AES_256_CBC_SHA",
                )
            ),
            "- TLS_AES_128_GCM_SHA256",
            "- TLS_AES_256_GCM_SHA384",
            "- TLS_CHACHA20_POLY1305_SHA256",
        )
    ),
    "web_config_noAuth_allCurves.good.yml": Fact(
        tls(IF_GIVEN, "curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]")
    ),
    "web_config_noAuth_noHTTP2.good.yml": Fact(
        tls(IF_GIVEN, "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]")
        + "  max_version: TLS12\nhttp_server_config:\n  http2: false\n"
    ),
    "web_config_noAuth_someCiphers.good.yml": Fact(
        tls(IF_GIVEN, SUITES.format(128, 256, 256, 384), "min_version: TLS12", "max_version: TLS12")
    ),
    "web_config_noAuth_someCiphers_noOrder.good.yml": Fact(
        tls(
            IF_GIVEN,
            SUITES.format(256, 384, 128, 256),
            "prefer_server_cipher_suites: false",
            "min_version: TLS12",
            "max_version: TLS12",
        )
    ),
    "web_config_noAuth_someCurves.good.yml": Fact(
        tls(IF_GIVEN, "min_version: TLS13", "curve_preferences: [CurveP521]")
    ),
    "web_config_noAuth_tlsInline.good.yml": Fact(f"{inline('cert', 'key')}  {IF_GIVEN}\n"),
    "web_config_rate_limiter_nonblocking.yaml": Fact("rate_limit:\n  interval: 0\n  burst: 0\n"),
    "web_config_rate_limiter_one_second.yaml": Fact('rate_limit:\n  interval: "1s"\n  burst: 0\n'),
    "web_config_users.good.yml": Fact(f"{TLS}{USERS}  {SLOW}\n"),
    "web_config_users_noTLS.good.yml": Fact(f"{USERS}  {SLOW}\n"),
}
"""Accepted by exporter-toolkit. The ``bad`` ones only reject the test's clients."""

REFUSED = {
    "web_config_auth_clientCAs_invalid.bad.yml": Fact(
        tls("client_ca_file: somefile"), "requires client_auth_type"
    ),
    "web_config_auth_user_list_invalid.bad.yml": Fact(
        f"{TLS}basic_auth_users:\n  john: doe\n", "must be a bcrypt hash"
    ),
    "web_config_headers_content_type_options.bad.yml": Fact(
        "http_server_config: {headers: {X-Content-Type-Options: forbid}}", "must be '' or 'nosniff'"
    ),
    "web_config_headers_extra_header.bad.yml": Fact(
        "http_server_config: {headers: {Foo: bar}}", "no such key"
    ),
    "web_config_headers_frame_options.bad.yml": Fact(
        "http_server_config: {headers: {X-Frame-Options: forbid}}", "must be '', 'deny' or"
    ),
    "web_config_junk.yml": Fact("hallo: welt: ja\n", "invalid YAML"),
    "web_config_junk_key.yml": Fact(
        "tls_server_config: {cert_filse: server.pem}", "did you mean cert_file?"
    ),
    "web_config_noAuth.bad.yml": Fact(
        tls("client_ca_file: /dev/null"), "requires client_auth_type"
    ),
    "web_config_noAuth_certPath_empty.bad.yml": Fact(
        TLS.replace("server.pem", '""'), "must be a non-empty string"
    ),
    "web_config_noAuth_certPath_invalid.bad.yml": Fact(
        TLS.replace("server.pem", "somefile"), "somefile: No such file or directory"
    ),
    "web_config_noAuth_certPath_keyPath_empty.bad.yml": Fact(
        TLS.replace("server.pem", '""').replace("server.key", '""'), "must be a non-empty string"
    ),
    "web_config_noAuth_certPath_keyPath_invalid.bad.yml": Fact(
        TLS.replace("server.pem", "somefile").replace("server.key", "somefile"),
        "somefile: No such file or directory",
    ),
    "web_config_noAuth_cert_empty.bad.yml": Fact(
        f'{inline("key")}  cert: ""\n', "must be a non-empty string"
    ),
    "web_config_noAuth_inventedCiphers.bad.yml": Fact(
        tls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA2048]"), "no such cipher suite"
    ),
    "web_config_noAuth_inventedCurves.bad.yml": Fact(
        tls("curve_preferences: [CurveP257]"), "no such curve"
    ),
    "web_config_noAuth_keyPath_empty.bad.yml": Fact(
        TLS.replace("server.key", '""'), "must be a non-empty string"
    ),
    "web_config_noAuth_keyPath_invalid.bad.yml": Fact(
        TLS.replace("server.key", "somefile"), "somefile: No such file or directory"
    ),
    "web_config_noAuth_key_empty.bad.yml": Fact(
        f'{inline("cert")}  key: ""\n', "must be a non-empty string"
    ),
    "web_config_noAuth_noHTTP2Cipher.bad.yml": Fact(
        tls(IF_GIVEN, "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]", "max_version: TLS12")
    ),
    "web_config_noAuth_wrongTLSVersion.bad.yml": Fact(
        tls("min_version: TLS111"), "must be 'TLS12' or 'TLS13'"
    ),
}
"""Refused by exporter-toolkit. We accept the one that lacks a cipher suite for HTTP/2."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("toolkit"))


def read(certificates: Certificates, text: str) -> tuple[WebConfig | None, tuple[str, ...]]:
    for key, name in {"cert": "server.pem", "key": "server.key"}.items():
        pem = (certificates.folder / name).read_text().strip()
        text = text.replace(f"<{key}>", pem.replace("\n", "\n    "))
    file = certificates.folder / "web.yml"
    file.write_text(text)
    return read_web_file(file, "--web.config.file")


class TestFilesOfExporterToolkit:
    @pytest.mark.parametrize("name", [*ACCEPTED, *REFUSED])
    def test_are_taken_or_refused_for_one_reason(
        self, certificates: Certificates, name: str
    ) -> None:
        text, fault = (ACCEPTED | REFUSED)[name]
        config, told = read(certificates, text)
        assert (config is None) == bool(told) == bool(fault)
        assert all(fault in each for each in told)

    def test_are_taken_but_for_two_whose_reason_is_documented(self) -> None:
        refused = [name for name, fact in ACCEPTED.items() if fact.fault]
        assert refused == [
            "tls_config_noAuth.requireanyclientcert.good.yml",
            "tls_config_noAuth.requireanyclientcertkeyinline.good.yml",
        ]
        page = (ROOT / "docs" / "running.md").read_text()
        row = next(line for line in page.splitlines() if line.startswith("| `client_auth_type`"))
        assert "RequireAnyClientCert" in row


class TestAsInGo:
    @pytest.mark.parametrize("value", ["1", "0", "1.0", "0x10", "yes", "true", "2026-01-31", "1e3"])
    def test_what_is_not_quoted_is_text_as_it_is_written(
        self, certificates: Certificates, value: str
    ) -> None:
        config, _ = read(
            certificates,
            f"http_server_config: {{headers: {{X-XSS-Protection: {value}}}}}\n"
            f"basic_auth_users: {{{value}: {HASH}}}\n",
        )
        assert config is not None
        assert config.headers == ((b"x-xss-protection", value.encode()),)
        assert list(config.users) == [value.encode()]

    def test_a_name_of_a_client_may_be_a_number(self, certificates: Certificates) -> None:
        config, told = read(certificates, SANS.format(7))
        assert (told, config is None) == ((), False)

    def test_without_authorities_those_of_the_system_are_taken(
        self, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.folder / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_DIR", str(certificates.folder / "none"))
        config, _ = read(certificates, tls(VERIFIED))
        own, _ = read(certificates, tls(VERIFIED, "client_ca_file: ca.pem"))
        assert config is not None
        assert own is not None
        assert config.tls is not None
        assert own.tls is not None
        assert config.tls.get_ca_certs() == own.tls.get_ca_certs()
        assert config.tls.verify_mode == own.tls.verify_mode == ssl.CERT_REQUIRED

    @pytest.mark.parametrize(
        ("interval", "seconds"),
        [
            ("1s", 1),
            ("500ms", 0.5),
            ("1m30s", 90),
            ("1.5h", 5400),
            ("250us", 250e-6),
            ("250µs", 250e-6),
            ("1000000000", 1),
        ],
    )
    def test_an_interval_is_a_duration_or_nanoseconds(
        self, certificates: Certificates, interval: str, seconds: float
    ) -> None:
        config, _ = read(certificates, f"rate_limit: {{interval: {interval}, burst: 3}}")
        assert config is not None
        assert config.rate_limit is not None
        assert (config.rate_limit.interval, config.rate_limit.burst) == (seconds, 3)

    @pytest.mark.parametrize(
        ("said", "warning"),
        [
            (
                f"{USERS}  {SLOW}\n",
                "3: basic_auth_users.bob: with a bcrypt cost above 16",
            ),
            (tls(VERIFIED), "4: tls_server_config.client_auth_type: without client_ca_file"),
            (
                tls("curve_preferences: [X25519, CurveP256, CurveP384, CurveP521]"),
                "4: tls_server_config.curve_preferences: all curves are enabled",
            ),
            ("rate_limit: {interval: 1s}\n", "1: rate_limit: a burst of 0 refuses every request"),
        ],
    )
    def test_what_has_a_price_is_taken_with_a_warning(
        self, certificates: Certificates, said: str, warning: str
    ) -> None:
        config, _ = read(certificates, said)
        assert config is not None
        [told] = config.warnings
        assert told.startswith(f"{certificates.folder / 'web.yml'}:{warning}")

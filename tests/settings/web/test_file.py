"""Reading the web configuration file: accepted and invalid values, and error messages."""

import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.settings import SettingsError, load
from exporter.settings.web.file import read_web_file
from exporter.web.guard import LiveWebConfig
from tests.settings import faults
from tests.support.certificates import HASH, MUTUAL, PASSWORD, TLS, USERS, Certificates
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    other = Certificates(tmp_path_factory.mktemp("others"))
    made.write("other.key", (other.folder / "server.key").read_bytes())
    made.write("garbage.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    made.write("empty.pem", b"\n")
    key = load_pem_private_key((made.folder / "server.key").read_bytes(), None)
    locked = BestAvailableEncryption(b"password")
    made.write("encrypted.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    return made


def tls(*lines: str) -> str:
    return TLS + "".join(f"  {line}\n" for line in lines)


VERIFIED = "client_auth_type: RequireAndVerifyClientCert"
GOOD = {
    "empty": "",
    "empty sections": "tls_server_config: {}\nhttp_server_config: {}\nbasic_auth_users: {}\n",
    "tls": TLS,
    "every key": tls(
        "client_auth_type: VerifyClientCertIfGiven",
        "client_ca_file: ca.pem",
        "min_version: TLS12",
        "max_version: TLS13",
        "cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA]",
        "prefer_server_cipher_suites: false",
        "curve_preferences: [CurveP384]",
    )
    + "http_server_config:\n  http2: true\n  headers: {X-Content-Type-Options: nosniff}\n"
    + USERS,
    "allowed names": MUTUAL + "  client_allowed_sans: [prometheus.example]\n",
    "suites of 1.3 alone": tls("min_version: TLS13", "cipher_suites: [TLS_AES_128_GCM_SHA256]"),
    "hashes of other programs": "basic_auth_users:\n"
    "  alice: $2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze\n"
    "  bob: $2a$10$hLqFl9jSjoAAy95Z/zw8Ye8wkdMBM8c5Bn1ptYqP/AXyV0.oy0S8m\n",
}
SECTION = "tls_server_config"
BAD = {
    tls("certfile: x"): f"4: {SECTION}.certfile: no such key: did you mean cert_file?",
    tls("cert_file: x"): f"4: {SECTION}.cert_file: duplicate key: remove one of the two",
    "tls_config: {}\n": "1: tls_config: no such key: did you mean tls_server_config?",
    "rate_limit: {interval: 1}\nburst: 2\n": "2: burst: no such key: use one of "
    "tls_server_config, http_server_config, rate_limit, basic_auth_users",
    "rate_limit: {interval: '5'}\n": "1: rate_limit.interval: must be a duration such as 1s or "
    "500ms, or 0 for no limit",
    "rate_limit: {interval: -1s}\n": "1: rate_limit.interval: must be a duration such as 1s or "
    "500ms, or 0 for no limit",
    "rate_limit: {interval: 1s, burst: 1.5}\n": "1: rate_limit.burst: must be a whole number, "
    "0 or greater",
    "basic_auth_users:\n": "1: basic_auth_users: must be a mapping (key: value)",
    f"{SECTION}:\n": f"1: {SECTION}: must be a mapping (key: value)",
    f"{SECTION}:\n  min_version: TLS13\n  key_file: server.key\n": f"1: {SECTION}: "
    "cert_file or cert is required",
    f"{SECTION}:\n  cert_file: server.pem\n": f"1: {SECTION}: key_file or key is required",
    tls("key: x"): f"3: {SECTION}.key_file: key is also set: remove one of the two",
    TLS.replace("server.pem", "missing.pem"): f"2: {SECTION}.cert_file: cannot read "
    "FOLDER/missing.pem: No such file or directory",
    TLS.replace("server.pem", "empty.pem"): f"2: {SECTION}.cert_file: FOLDER/empty.pem is empty: "
    "it must contain the certificate",
    TLS.replace("server.pem", "garbage.pem"): f"2: {SECTION}.cert_file: must be certificates in "
    "PEM format",
    TLS.replace("server.pem", "."): f"2: {SECTION}.cert_file: cannot read FOLDER: it is a "
    "pipe, a directory or a device",
    TLS.replace("server.pem", "''"): f"2: {SECTION}.cert_file: must be a non-empty string: set "
    "it, or remove the key",
    TLS.replace("server.pem", '"\\0"'): f"2: {SECTION}.cert_file: must be a valid file path",
    TLS.replace("server.key", "server.pem"): f"3: {SECTION}.key_file: must be a private key in "
    "PEM format",
    TLS.replace("server.key", "other.key"): f"3: {SECTION}.key_file: does not match the "
    "certificate",
    TLS.replace("server.key", "encrypted.key"): f"3: {SECTION}.key_file: must not be encrypted: "
    "the exporter cannot enter a passphrase",
    tls("min_version: TLS10"): f"4: {SECTION}.min_version: must be 'TLS12' or 'TLS13'",
    tls("max_version: TLS11"): f"4: {SECTION}.max_version: must be 'TLS12' or 'TLS13'",
    tls("max_version: TLS12", "min_version: TLS13"): f"4: {SECTION}.max_version: must not be "
    "lower than min_version",
    tls("client_auth_type: RequireAnyClientCert"): f"4: {SECTION}.client_auth_type: "
    "unsupported, because it does not verify certificates: use RequireAndVerifyClientCert or "
    "VerifyClientCertIfGiven",
    tls("client_auth_type: RequestClientCert"): f"4: {SECTION}.client_auth_type: "
    "unsupported, because it does not verify certificates: use RequireAndVerifyClientCert or "
    "VerifyClientCertIfGiven",
    **dict.fromkeys(
        (tls(f"client_auth_type: {wrong}") for wrong in ("Any", "[x]", "{x: y}")),
        f"4: {SECTION}.client_auth_type: must be 'NoClientCert', "
        "'VerifyClientCertIfGiven' or 'RequireAndVerifyClientCert'",
    ),
    tls("client_ca_file: ca.pem"): f"4: {SECTION}.client_ca_file: requires client_auth_type, "
    "such as RequireAndVerifyClientCert",
    tls(VERIFIED, "client_ca_file: server.key"): f"5: {SECTION}.client_ca_file: must be "
    "certificates in PEM format",
    tls("client_allowed_sans: [a]"): f"4: {SECTION}.client_allowed_sans: requires "
    "client_auth_type: RequireAndVerifyClientCert, because other types accept clients without a "
    "certificate",
    MUTUAL + "  client_allowed_sans: []\n": f"6: {SECTION}.client_allowed_sans: must contain "
    "at least one name",
    tls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA_256]"): f"4: "
    f"{SECTION}.cipher_suites[0]: no such cipher suite: did you mean "
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?",
    tls("cipher_suites: [TLS_AES_128_GCM_SHA256]"): f"4: {SECTION}.cipher_suites: must contain "
    "a TLS 1.2 suite, because TLS 1.3 suites are always enabled; to allow only TLS 1.3, set "
    "min_version: TLS13",
    tls("cipher_suites: TLS_AES_128_GCM_SHA256"): f"4: {SECTION}.cipher_suites: must be a list",
    tls("prefer_server_cipher_suites: 1"): f"4: {SECTION}.prefer_server_cipher_suites: must be "
    "true or false",
    tls("curve_preferences: [P256]"): f"4: {SECTION}.curve_preferences[0]: no such curve: did you "
    "mean CurveP256?",
    tls("curve_preferences: [X25519, CurveP256]"): f"4: {SECTION}.curve_preferences: must "
    "contain one curve or all of them, because Python cannot select several; to use OpenSSL's "
    "defaults, remove the key",
    "http_server_config: {http2: 'yes'}\n": "1: http_server_config.http2: must be true or false",
    "http_server_config: {headers: {Server: x}}\n": "1: http_server_config.headers.Server: no "
    "such key: use one of Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, "
    "X-XSS-Protection, Strict-Transport-Security",
    "http_server_config: {headers: {X-Frame-Options: DENY}}\n": "1: "
    "http_server_config.headers.X-Frame-Options: must be '', 'deny' or 'sameorigin'",
    'http_server_config: {headers: {X-XSS-Protection: "a\\nb: c"}}\n': "1: "
    "http_server_config.headers.X-XSS-Protection: must be one line of ASCII text",
    f"basic_auth_users:\n  alice: {PASSWORD}\n": "2: basic_auth_users.alice: must be a bcrypt "
    'hash, not the password: create one with htpasswd -nBC 10 ""',
    f"basic_auth_users:\n  alice: {HASH}\n  alice: {HASH}\n": "3: basic_auth_users.alice: "
    "duplicate key: remove one of the two",
    f"basic_auth_users:\n  'a:b': {HASH}\n": "2: basic_auth_users.(key not shown): must be a user "
    "name without a colon",
    f"basic_auth_users:\n  alice: {HASH.replace('$04$', '$32$')}\n": "2: basic_auth_users.alice: "
    "must be a bcrypt hash with a cost from 4 to 31",
}


class TestFile:
    @pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
    def test_good_ones_are_taken(self, certificates: Certificates, text: str) -> None:
        file = certificates.folder / "good.yml"
        file.write_text(text)
        config, told = read_web_file(file, "--web.config.file")
        assert told == ()
        assert config is not None
        assert (config.tls is not None) == ("server.pem" in text)

    @pytest.mark.parametrize(("text", "fault"), BAD.items(), ids=BAD.values())
    def test_bad_ones_have_their_one_fault_with_its_place(
        self, certificates: Certificates, text: str, fault: str
    ) -> None:
        file = certificates.folder / "bad.yml"
        file.write_text(text)
        fault = fault.replace("FOLDER", str(certificates.folder))
        assert read_web_file(file, "--web.config.file") == (None, (f"{file}:{fault}",))
        with pytest.raises(SettingsError) as caught:
            LiveWebConfig(file)
        assert PASSWORD not in "".join(traceback.format_exception(caught.value))

    def test_certificate_key_and_authority_may_stand_in_it(
        self, certificates: Certificates
    ) -> None:
        inline = {"cert": "server.pem", "key": "server.key", "client_ca": "ca.pem"}
        lines = [f"{SECTION}:", f"  {VERIFIED}"]
        for key, name in inline.items():
            text = (certificates.folder / name).read_text().strip()
            lines += [f"  {key}: |", *(f"    {line}" for line in text.splitlines())]
        file = certificates.folder / "inline.yml"
        file.write_text("\n".join(lines))
        config, told = read_web_file(file, "--web.config.file")
        assert told == ()
        assert config is not None
        assert config.tls is not None
        assert len(config.tls.get_ca_certs()) == 1

    def test_faults_are_among_those_of_the_settings(self, tmp_path: Path) -> None:
        file = tmp_path / "web.yml"
        file.write_text("tls_config: {}\n")
        flags = {"web": {"config": {"file": str(file)}}, "platform": "new"}
        assert faults(flags) == (
            "--platform: must be 'auto', 'legacy' or 'usage'",
            f"{file}:1: tls_config: no such key: did you mean tls_server_config?",
        )

    def test_that_is_missing_is_told_where_it_is_named(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "missing.yml")
        named = {"GITHUB_BILLING_WEB_CONFIG_FILE": missing}
        assert faults({}, named) == (
            f"GITHUB_BILLING_WEB_CONFIG_FILE: cannot read {missing}: No such file or directory",
        )
        config = tmp_path / "config.yml"
        config.write_text(f"web:\n  config:\n    file: {missing}\n")
        assert faults({"config": {"file": str(config)}}) == (
            f"{config}:3: web.config.file: cannot read {missing}: No such file or directory",
        )

    def test_of_the_documentation_is_a_good_one(self, certificates: Certificates) -> None:
        page = (ROOT / "docs" / "running.md").read_text()
        _, _, rest = page.partition("```yaml\ntls_server_config:")
        example, _, _ = rest.partition("```")
        file = certificates.folder / "documented.yml"
        file.write_text(f"tls_server_config:{example}".replace("clients.pem", "ca.pem"))
        config, told = read_web_file(file, "--web.config.file")
        assert told == ()
        assert config is not None
        assert list(config.users) == [b"prometheus"]

    def test_no_hash_shows_in_what_is_made_of_it(self, tmp_path: Path) -> None:
        file = tmp_path / "web.yml"
        file.write_text(USERS)
        settings = load({"web": {"config": {"file": str(file)}}}, {}, ())
        assert HASH not in f"{settings!r} {read_web_file(file, '')!r}"


WORDS = st.sampled_from(
    f"{MUTUAL}{USERS} http_server_config: headers: cert: key: client_allowed_sans: X25519 - "
    "cipher_suites: rate_limit: [] {} null true".split()
)
LINES = st.lists(
    st.builds(
        lambda indent, words: " " * indent + " ".join(words), st.integers(0, 6), st.lists(WORDS)
    )
)
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS.map(lambda w: w.rstrip(":")), inner),
)


class TestAnyText:
    @given(st.one_of(st.text(), LINES.map("\n".join), VALUES.map(repr)))
    @example("tls_server_config: {cert: '\ud800'}")
    @example("? {a: b}\n: c")
    @example("&a [*a]")
    def test_is_a_configuration_or_has_faults_on_one_line_each(
        self, tmp_path_factory: pytest.TempPathFactory, text: str
    ) -> None:
        file = tmp_path_factory.getbasetemp() / "fuzz.yml"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        config, told = read_web_file(file, "--web.config.file")
        assert (config is None) == bool(told)
        assert all(fault and "\n" not in fault for fault in told)

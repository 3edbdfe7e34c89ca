"""The web configuration file: what it may say, what it guards, and how a change arrives."""

import asyncio
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.typing import EventDict

from exporter.server import PLAIN, Receive, Scope, Send, answer
from exporter.settings import SettingsError, load
from exporter.settings.web_file import read_web_file
from exporter.web_config import WebFile
from tests.settings import faults
from tests.web_files import HASH, MUTUAL, PASSWORD, TLS, USERS, Certificates

AUTH = ("alice", PASSWORD)


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


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every path, with a header of its own."""
    await answer(send, 200, PLAIN, scope["path"].encode(), (b"x-frame-options", b"own"))


class Guarded:
    """An application behind a file that the test may change."""

    def __init__(self, folder: Path, text: str) -> None:
        self.path = folder / "web.yml"
        self.path.write_text(text)
        self.file = WebFile(self.path)
        self._guarded = self.file.guard(application)

    def ask(
        self, path: str = "/metrics", auth: tuple[str, str] | None = None, **options: object
    ) -> httpx.Response:
        async def asking() -> httpx.Response:
            transport = httpx.ASGITransport(self._guarded)
            async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:
                return await client.request(
                    str(options.get("method", "GET")),
                    path,
                    auth=auth,
                    headers=options.get("headers"),  # type: ignore[arg-type]
                )

        return asyncio.run(asking())

    def change(self, text: str) -> list[EventDict]:
        """Change the file, ask once, and give what was logged."""
        scratch = self.path.with_suffix(".new")
        scratch.write_text(text)
        scratch.rename(self.path)
        return self.asked()

    def asked(self) -> list[EventDict]:
        with structlog.testing.capture_logs() as logs:
            self.ask("/healthz")
        return list(logs)


class TestPasswords:
    def test_the_page_is_for_those_with_a_password(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, USERS)
        assert guarded.ask(auth=AUTH).text == "/metrics"
        assert guarded.ask("/", auth=AUTH).status_code == 200

    @pytest.mark.parametrize("path", ["/", "/metrics", "/nowhere", "/healthz/", "//healthz"])
    @pytest.mark.parametrize("auth", [None, ("alice", "wrong"), ("mallory", PASSWORD)])
    def test_others_are_told_how_to_come_in_and_no_more(
        self, tmp_path: Path, path: str, auth: tuple[str, str] | None
    ) -> None:
        answered = Guarded(tmp_path, USERS).ask(path, auth=auth)
        assert answered.status_code == 401
        assert answered.headers["www-authenticate"].startswith("Basic realm=")
        assert path not in answered.text or path == "/"
        assert "x-frame-options" not in answered.headers

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_probes_need_none(self, tmp_path: Path, path: str) -> None:
        assert Guarded(tmp_path, USERS).ask(path).text == path

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "Basic",
            "Basic ",
            "Basic %%%",
            "Basic YWxpY2U=",  # a name alone
            "Bearer YWxpY2U6eA==",
            "Basic YWxpY2U6eA== YWxpY2U6eA==",
        ],
    )
    def test_what_is_no_name_and_password_is_refused(self, tmp_path: Path, value: str) -> None:
        answered = Guarded(tmp_path, USERS).ask(headers={"authorization": value})
        assert answered.status_code == 401

    def test_two_answers_to_the_question_are_none(self, tmp_path: Path) -> None:
        right = httpx.BasicAuth(*AUTH)._auth_header
        guarded = Guarded(tmp_path, USERS)
        assert guarded.ask(headers={"authorization": right}).status_code == 200
        twice = [("authorization", right), ("authorization", right)]
        assert guarded.ask(headers=twice).status_code == 401

    def test_head_is_refused_without_a_body(self, tmp_path: Path) -> None:
        answered = Guarded(tmp_path, USERS).ask(method="HEAD")
        assert (answered.status_code, answered.content) == (401, b"")

    def test_a_flood_of_guesses_is_told_to_come_again(self, tmp_path: Path) -> None:
        guarded = WebFile(Guarded(tmp_path, USERS).path).guard(application)
        statuses: list[int] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive() -> MutableMapping[str, Any]:
            raise AssertionError("no answer depends on a body")

        async def flood() -> None:
            guesses = (httpx.BasicAuth("alice", f"{n}")._auth_header for n in range(150))
            scopes = [
                {
                    "type": "http",
                    "method": "GET",
                    "path": "/metrics",
                    "headers": [(b"authorization", guess.encode())],
                }
                for guess in guesses
            ]
            await asyncio.gather(*(guarded(scope, receive, send) for scope in scopes))

        asyncio.run(flood())
        assert (statuses.count(503), statuses.count(401)) == (50, 100)

    def test_without_users_nobody_is_asked(self, tmp_path: Path) -> None:
        assert Guarded(tmp_path, "").ask().status_code == 200


class TestHeaders:
    HEADERS = (
        "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
        "    Strict-Transport-Security: max-age=60\n    X-XSS-Protection: ''\n"
    )

    @pytest.mark.parametrize("path", ["/metrics", "/healthz"])
    def test_stand_on_every_answer_in_place_of_our_own(self, tmp_path: Path, path: str) -> None:
        headers = Guarded(tmp_path, self.HEADERS).ask(path).headers
        assert headers.get_list("x-frame-options") == ["deny"]
        assert headers["strict-transport-security"] == "max-age=60"
        assert headers["x-content-type-options"] == "nosniff"
        assert "x-xss-protection" not in headers

    def test_stand_on_a_refusal_too(self, tmp_path: Path) -> None:
        answered = Guarded(tmp_path, self.HEADERS + USERS).ask()
        assert (answered.status_code, answered.headers["x-frame-options"]) == (401, "deny")


class TestChange:
    def test_is_taken_at_the_next_request(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, "")
        [told] = guarded.change(USERS)
        assert (told["log_level"], told["event"]) == ("info", "web configuration file read again")
        assert guarded.ask().status_code == 401
        assert guarded.ask(auth=AUTH).status_code == 200
        guarded.change(USERS.replace("alice", "bob"))
        assert guarded.ask(auth=AUTH).status_code == 401

    def test_that_is_broken_leaves_the_last_good_one_and_is_told_once(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, USERS)
        [told] = guarded.change(USERS + "basic_auth_user: {}\n")
        assert told["log_level"] == "error"
        assert told["detail"] == (
            f"{guarded.path}:3: basic_auth_user: no such key: did you mean basic_auth_users?"
        )
        assert guarded.asked() == []
        assert guarded.ask().status_code == 401
        assert guarded.ask(auth=AUTH).status_code == 200
        [told] = guarded.change("basic_auth_users: {bob: secret}\n")
        assert "secret" not in str(told)

    def test_that_takes_the_file_away_leaves_the_last_good_one(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, USERS)
        guarded.path.unlink()
        [told] = guarded.asked()
        assert told["detail"] == f"{guarded.path}: cannot be read: No such file or directory"
        assert guarded.ask().status_code == 401
        [told] = guarded.change("")
        assert told["log_level"] == "info"

    def test_cannot_turn_tls_on(self, tmp_path: Path) -> None:
        Certificates(tmp_path)
        guarded = Guarded(tmp_path, USERS)
        [told] = guarded.change(TLS)
        assert "a restart alone" in told["detail"]
        assert guarded.ask().status_code == 401

    def test_of_a_certificate_waits_for_its_key(self, tmp_path: Path) -> None:
        certificates = Certificates(tmp_path)
        guarded = Guarded(tmp_path, TLS)
        first, old_key = guarded.file.current().tls, (tmp_path / "server.key").read_bytes()
        certificates.issue_server()
        new_key = (tmp_path / "server.key").read_bytes()
        certificates.write("server.key", old_key)
        [told] = guarded.asked()
        assert told["detail"].endswith("key_file: is not the key of the certificate")
        assert guarded.file.current().tls is first
        certificates.write("server.key", new_key)
        [told] = guarded.asked()
        assert told["log_level"] == "info"
        assert guarded.file.current().tls is not first

    def test_what_is_wanted_and_not_done_is_told(self, tmp_path: Path) -> None:
        guarded = Guarded(tmp_path, "")
        _, told = guarded.change("http_server_config:\n  http2: true\n")
        assert told["log_level"] == "warning"
        assert told["detail"] == (
            f"{guarded.path}:2: http_server_config.http2: HTTP/1.1 is served, which every client "
            "of HTTP/2 speaks too"
        )


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
    tls("cert_file: x"): f"4: {SECTION}.cert_file: stands here twice: leave one",
    "tls_config: {}\n": "1: tls_config: no such key: did you mean tls_server_config?",
    "rate_limit: {burst: 2}\n": "1: rate_limit: is not supported here: leave it out, and limit "
    "the rate in a proxy before it",
    "basic_auth_users:\n": "1: basic_auth_users: must be a mapping (key: value)",
    f"{SECTION}:\n": f"1: {SECTION}: must be a mapping (key: value)",
    f"{SECTION}:\n  min_version: TLS13\n  key_file: server.key\n": f"1: {SECTION}: must have "
    "cert_file or cert",
    f"{SECTION}:\n  cert_file: server.pem\n": f"1: {SECTION}: must have key_file or key",
    tls("key: x"): f"3: {SECTION}.key_file: key is set too: leave one of the two",
    TLS.replace("server.pem", "missing.pem"): f"2: {SECTION}.cert_file: the file cannot be read: "
    "No such file or directory",
    TLS.replace("server.pem", "empty.pem"): f"2: {SECTION}.cert_file: the file is empty: put the "
    "certificate into it",
    TLS.replace("server.pem", "garbage.pem"): f"2: {SECTION}.cert_file: must be certificates in "
    "PEM",
    TLS.replace("server.pem", "."): f"2: {SECTION}.cert_file: must be a file that can be read "
    "again, not a pipe or a folder",
    TLS.replace("server.pem", "''"): f"2: {SECTION}.cert_file: must be text, or be left out",
    TLS.replace("server.pem", '"\\0"'): f"2: {SECTION}.cert_file: must be the path of a file",
    TLS.replace("server.key", "server.pem"): f"3: {SECTION}.key_file: must be a private key in PEM",
    TLS.replace("server.key", "other.key"): f"3: {SECTION}.key_file: is not the key of the "
    "certificate",
    TLS.replace("server.key", "encrypted.key"): f"3: {SECTION}.key_file: must not be encrypted: "
    "nobody is there to be asked",
    tls("min_version: TLS10"): f"4: {SECTION}.min_version: must be 'TLS12' or 'TLS13'",
    tls("max_version: TLS11"): f"4: {SECTION}.max_version: must be 'TLS12' or 'TLS13'",
    tls("max_version: TLS12", "min_version: TLS13"): f"4: {SECTION}.max_version: must not be "
    "below min_version",
    tls("client_auth_type: RequireAnyClientCert"): f"4: {SECTION}.client_auth_type: must be a "
    "type that verifies certificates, as unverified ones cannot be taken here: "
    "RequireAndVerifyClientCert, or VerifyClientCertIfGiven",
    tls("client_auth_type: RequestClientCert"): f"4: {SECTION}.client_auth_type: must be a type "
    "that verifies certificates, as unverified ones cannot be taken here: "
    "RequireAndVerifyClientCert, or VerifyClientCertIfGiven",
    tls("client_auth_type: Any"): f"4: {SECTION}.client_auth_type: must be 'NoClientCert', "
    "'VerifyClientCertIfGiven' or 'RequireAndVerifyClientCert'",
    tls(VERIFIED): f"4: {SECTION}.client_auth_type: must have client_ca_file beside it, whose "
    "certificates those of clients are verified with",
    tls("client_ca_file: ca.pem"): f"4: {SECTION}.client_ca_file: must have client_auth_type "
    "beside it, such as RequireAndVerifyClientCert",
    tls(VERIFIED, "client_ca_file: server.key"): f"5: {SECTION}.client_ca_file: must be "
    "certificates in PEM",
    tls("client_allowed_sans: [a]"): f"4: {SECTION}.client_allowed_sans: must have "
    "client_auth_type: RequireAndVerifyClientCert beside it, as others let clients in without a "
    "name",
    MUTUAL + "  client_allowed_sans: []\n": f"6: {SECTION}.client_allowed_sans: must allow one "
    "name at least",
    tls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA_256]"): f"4: "
    f"{SECTION}.cipher_suites[0]: no such cipher suite: did you mean "
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?",
    tls("cipher_suites: [TLS_AES_128_GCM_SHA256]"): f"4: {SECTION}.cipher_suites: must name a "
    "suite of TLS 1.2, as those of TLS 1.3 are always on; for TLS 1.3 alone set min_version: TLS13",
    tls("cipher_suites: TLS_AES_128_GCM_SHA256"): f"4: {SECTION}.cipher_suites: must be a list",
    tls("prefer_server_cipher_suites: 1"): f"4: {SECTION}.prefer_server_cipher_suites: must be "
    "true or false",
    tls("curve_preferences: [P256]"): f"4: {SECTION}.curve_preferences[0]: no such curve: did you "
    "mean CurveP256?",
    tls("curve_preferences: [X25519, CurveP256]"): f"4: {SECTION}.curve_preferences: must name "
    "one curve, as an order of several cannot be set here; left out, OpenSSL's choice of all of "
    "them is used",
    "http_server_config: {http2: 'yes'}\n": "1: http_server_config.http2: must be true or false",
    "http_server_config: {headers: {Server: x}}\n": "1: http_server_config.headers.Server: no "
    "such key: there are Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, "
    "X-XSS-Protection, Strict-Transport-Security",
    "http_server_config: {headers: {X-Frame-Options: DENY}}\n": "1: "
    "http_server_config.headers.X-Frame-Options: must be '', 'deny' or 'sameorigin'",
    'http_server_config: {headers: {X-XSS-Protection: "a\\nb: c"}}\n': "1: "
    "http_server_config.headers.X-XSS-Protection: must be text in ASCII on one line",
    f"basic_auth_users:\n  alice: {PASSWORD}\n": "2: basic_auth_users.alice: must be a bcrypt "
    'hash such as htpasswd -nBC 10 "" makes, never the password itself',
    f"basic_auth_users:\n  alice: {HASH}\n  alice: {HASH}\n": "3: basic_auth_users.alice: stands "
    "here twice: leave one",
    f"basic_auth_users:\n  'a:b': {HASH}\n": "2: basic_auth_users.(not a key): must be a name "
    "without a colon, which would end it in a request",
    f"basic_auth_users:\n  alice: {HASH.replace('$04$', '$31$')}\n": "2: basic_auth_users.alice: "
    "must have a cost from 4 to 16: above, a try takes many seconds",
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
        assert read_web_file(file, "--web.config.file") == (None, (f"{file}:{fault}",))
        with pytest.raises(SettingsError) as caught:
            WebFile(file)
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
            "GITHUB_BILLING_WEB_CONFIG_FILE: cannot be read: No such file or directory",
        )
        config = tmp_path / "config.yml"
        config.write_text(f"web:\n  config:\n    file: {missing}\n")
        assert faults({"config": {"file": str(config)}}) == (
            f"{config}:3: web.config.file: cannot be read: No such file or directory",
        )

    def test_of_the_documentation_is_a_good_one(self, certificates: Certificates) -> None:
        page = (Path(__file__).parent.parent / "docs" / "running.md").read_text()
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

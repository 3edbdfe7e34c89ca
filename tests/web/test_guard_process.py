"""The installed exporter with a web configuration file: curl, openssl and Prometheus."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.support.certificates import HASH, MUTUAL, PASSWORD, TLS, USERS, Certificates
from tests.support.programs import (
    Exporter,
    Version,
    fetch,
    prometheus,
    query,
    running,
    system_program,
    until,
)
from tests.support.simulator_server import command

CLIENT = "prometheus.example"


@dataclass(frozen=True, slots=True)
class Served:
    """The demo with a web configuration file. ``client`` is a certificate for mutual TLS."""

    exporter: Exporter
    certificates: Certificates
    client: Path

    @property
    def address(self) -> str:
        return self.exporter.base_url.removeprefix("https://")

    def curl(self, path: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                system_program("curl"),
                "--silent",
                "--show-error",
                "--noproxy",
                "*",
                "--cacert",
                str(self.certificates.folder / "ca.pem"),
                "--write-out",
                "\n%{http_code}",
                *options,
                f"{self.exporter.base_url}{path}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )

    def status(self, path: str, *options: str) -> str:
        return self.curl(path, *options).stdout.splitlines()[-1]

    def openssl(self, *options: str) -> str:
        """Return the output of one ``openssl s_client`` handshake."""
        answered = subprocess.run(
            [system_program("openssl"), "s_client", "-connect", self.address, *options],
            input="",
            capture_output=True,
            text=True,
            check=False,
        )
        return answered.stdout + answered.stderr

    def logged(self, event: str) -> bool:
        return event in self.exporter.stderr.read_text()


def serving(folder: Path, text: str, *, mutual: bool = False) -> Iterator[Served]:
    certificates = Certificates(folder)
    client = certificates.issue_client("client.pem", CLIENT)
    (folder / "web.yml").write_text(text)
    args = ("demo", "--web.config.file", str(folder / "web.yml"))
    trusted = certificates.trusting(client if mutual else None)
    with running(args, {}, trusted) as exporter:
        yield Served(exporter, certificates, client)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serving(tmp_path_factory.mktemp("guarded"), TLS + USERS)


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    allowed = f"{MUTUAL}  client_allowed_sans: [{CLIENT}]\n"
    yield from serving(tmp_path_factory.mktemp("mutual"), allowed, mutual=True)


class TestTls:
    @pytest.mark.parametrize("version", ["tls1", "tls1_1"])
    def test_below_1_2_is_refused(self, guarded: Served, version: str) -> None:
        said = guarded.openssl(f"-{version}", "-cipher", "ALL:@SECLEVEL=0")
        assert "Cipher is (NONE)" in said

    @pytest.mark.parametrize(("version", "name"), [("tls1_2", "TLSv1.2"), ("tls1_3", "TLSv1.3")])
    def test_from_1_2_is_spoken(self, guarded: Served, version: str, name: str) -> None:
        authority = str(guarded.certificates.folder / "ca.pem")
        said = guarded.openssl(f"-{version}", "-CAfile", authority, "-verify_return_error")
        assert f"New, {name}, Cipher is " in said
        assert "Verify return code: 0 (ok)" in said

    def test_is_told_in_the_log(self, guarded: Served) -> None:
        assert guarded.logged(f'"url": "{guarded.exporter.base_url}/"')

    def test_whoever_speaks_without_is_told_so(self, guarded: Served) -> None:
        answer = fetch(f"http://{guarded.address}/healthz")
        assert (answer.status_code, "https" in answer.text) == (400, True)

    def test_is_found_by_the_health_check(self, guarded: Served, mutual: Served) -> None:
        for served, code in ((guarded, 0), (mutual, 1)):
            asked = ("health", "--url", f"http://{served.address}/healthz")
            assert command(*asked, env={}).returncode == code

    def test_a_client_that_may_not_come_in_is_told_why(self, mutual: Served) -> None:
        assert "alert certificate required" in mutual.openssl("-ign_eof")
        assert "alert protocol version" in mutual.openssl("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")

    def test_takes_suites_and_curve_of_the_file(self, tmp_path: Path) -> None:
        suite = "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n"
        chosen = f"{TLS}  max_version: TLS12\n{suite}  curve_preferences: [CurveP384]\n"
        for served in serving(tmp_path, chosen):
            said = served.openssl("-curves", "X25519:P-384:P-256")
            assert "New, TLSv1.2, Cipher is ECDHE-ECDSA-CHACHA20-POLY1305" in said
            assert "P-384" in said or "secp384r1" in said  # depends on the openssl version
            assert "Cipher is (NONE)" in served.openssl("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")
            assert "Cipher is (NONE)" in served.openssl("-curves", "X25519:P-256")

    def test_a_renewed_certificate_is_shown_without_a_restart(self, tmp_path: Path) -> None:
        for served in serving(tmp_path, TLS):
            first = fetch(
                f"{served.exporter.base_url}/healthz", verify=served.certificates.trusting()
            )
            assert first.status_code == 200
            served.certificates.issue_server("renewed.example")
            until(partial(served.logged, "web configuration file reloaded"))
            authority = str(tmp_path / "ca.pem")
            said = served.openssl(
                "-CAfile", authority, "-verify_hostname", "renewed.example", "-verify_return_error"
            )
            assert "Verify return code: 0 (ok)" in said


class TestPasswords:
    def test_curl_comes_in_with_the_right_one(self, guarded: Served) -> None:
        answered = guarded.curl("/metrics", "--user", f"alice:{PASSWORD}")
        assert "github_billing_usage_net_usd{" in answered.stdout
        assert answered.stdout.endswith("\n200")

    @pytest.mark.parametrize("options", [(), ("--user", "alice:wrong"), ("--user", "mallory:x")])
    def test_curl_stays_out_without(self, guarded: Served, options: tuple[str, ...]) -> None:
        answered = guarded.curl("/metrics", *options)
        assert "github_billing" not in answered.stdout
        assert answered.stdout.endswith("\n401")
        assert guarded.status("/", *options) == "401"

    def test_probes_need_none(self, guarded: Served) -> None:
        assert guarded.status("/healthz") == "200"
        assert guarded.status("/readyz") in {"200", "503"}

    def test_neither_password_nor_hash_is_logged(self, guarded: Served) -> None:
        guarded.curl("/metrics", "--user", f"alice:{PASSWORD}")
        guarded.curl("/metrics", "--user", f"{PASSWORD}:{PASSWORD}")
        assert guarded.logged("listening")
        assert not guarded.logged(PASSWORD)
        assert not guarded.logged(HASH)


class TestClientCertificates:
    def test_one_of_the_authority_with_an_allowed_name_comes_in(self, mutual: Served) -> None:
        assert mutual.status("/metrics", "--cert", str(mutual.client)) == "200"

    @pytest.mark.parametrize("path", ["/metrics", "/healthz"])
    def test_none_stays_out_probes_too(self, mutual: Served, path: str) -> None:
        assert mutual.status(path) == "000"

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_another_name_stays_out(self, mutual: Served, version: str) -> None:
        other = mutual.certificates.issue_client("other.pem", "other.example")
        answered = mutual.curl("/metrics", "--cert", str(other), "--tls-max", version)
        assert answered.stdout == "\n000"
        assert mutual.status("/metrics", "--cert", str(mutual.client)) == "200"

    def test_one_of_another_authority_stays_out(self, mutual: Served, tmp_path: Path) -> None:
        stranger = Certificates(tmp_path).issue_client("client.pem", CLIENT)
        assert mutual.status("/metrics", "--cert", str(stranger)) == "000"

    def test_nobody_of_them_leaves_a_traceback(self, mutual: Served) -> None:
        mutual.curl("/metrics")
        assert not mutual.logged("Traceback")


class TestPrometheus:
    @pytest.mark.parametrize("version", ["oldest", "newest"])
    def test_scrapes_over_tls_with_a_password_and_with_a_certificate(
        self, guarded: Served, mutual: Served, tmp_path: Path, version: Version
    ) -> None:
        (tmp_path / "password").write_text(PASSWORD)
        config = (
            "global: {scrape_interval: 5s, scrape_timeout: 5s}\nscrape_configs:\n"
            + job(guarded, "password")
            + f"    basic_auth: {{username: alice, password_file: {tmp_path / 'password'}}}\n"
            + f"    tls_config: {{ca_file: {guarded.certificates.folder / 'ca.pem'}}}\n"
            + job(mutual, "certificate")
            + "    tls_config:\n"
            + f"      ca_file: {mutual.certificates.folder / 'ca.pem'}\n"
            + f"      cert_file: {mutual.client}\n"
            + f"      key_file: {mutual.client}\n"
            + job(guarded, "stranger")
            + f"    tls_config: {{ca_file: {guarded.certificates.folder / 'ca.pem'}}}\n"
        )
        with prometheus(config, version) as url:
            until(partial(up, url))
            counted = query(url, "count by (job) (github_billing_usage_net_usd)")
            assert {point.labels["job"] for point in counted} == {"password", "certificate"}


def job(served: Served, name: str) -> str:
    return (
        f"  - job_name: {name}\n    scheme: https\n"
        f"    static_configs: [{{targets: ['{served.address}']}}]\n"
    )


def up(url: str) -> bool:
    found = {point.labels["job"]: point.value for point in query(url, "up")}
    return found == {"password": 1.0, "certificate": 1.0, "stranger": 0.0}


class TestWithoutFile:
    def test_what_it_takes_is_not_loaded(self) -> None:
        program = (
            "import sys, exporter.cli, exporter.commands.service, exporter.web.application\n"
            "exporter.commands.service.web_file(exporter.settings.load({}, {}, ()))\n"
            "print(*sys.modules)"
        )
        loaded = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()
        assert "exporter.web.application" in loaded
        assert not {"bcrypt", "exporter.web.guard", "exporter.settings.web.tls"} & {*loaded}


class TestWrongFile:
    @pytest.mark.parametrize("verb", ["run", "check", "once", "demo"])
    def test_ends_the_process_with_its_line(self, tmp_path: Path, verb: str) -> None:
        file = tmp_path / "web.yml"
        file.write_text(f"basic_auth_users:\n  alice: {PASSWORD}\n")
        env = {"GITHUB_BILLING_TOKEN": "x" * 40, "GITHUB_BILLING_WEB_CONFIG_FILE": str(file)}
        named = [] if verb == "demo" else ["--organization", "acme"]
        ended = command(verb, *named, env=env)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.count("\n") == 1
        assert ended.stderr.startswith(
            f"github-billing-exporter: {file}:2: basic_auth_users.alice: must be a bcrypt hash"
        )
        assert PASSWORD not in ended.stderr

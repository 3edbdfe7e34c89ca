"""The chart and the real exporter: the arguments, variables and files of the pod work."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import click
import pytest
import trustme

from exporter.accounts import AccountType, Shard
from exporter.cli import commands
from exporter.commands.shared import load_settings
from exporter.demo import DEMO_TOKEN, SimulatedAccount
from exporter.metrics import catalogue
from exporter.settings import Settings
from tests.support.app_server import KEYS, pem
from tests.support.helm import FEATURES, IMAGE, TOKEN, Manifests, Object, feature, rendered
from tests.support.kubelet import Secrets, container, container_environment
from tests.support.programs import Exporter, free_port, running
from tests.support.simulator_server import command, simulated_github

AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert("localhost")
PASSWORD = "correct horse"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
WEB_CONFIG = f"""
tls_server_config:
  cert_file: tls.crt
  key_file: tls.key
basic_auth_users:
  prometheus: {HASH}
"""
SECRETS: Secrets = {
    "github-billing": {"token": DEMO_TOKEN},
    "github-app": {"key.pem": pem(KEYS[0]), "private-key.pem": pem(KEYS[0])},
    "acme-app": {"private-key.pem": pem(KEYS[0])},
    "github-server": {"token": "t", "ca.pem": AUTHORITY.cert_pem.bytes().decode()},
    "mona": {"token": "t"},
    "github-billing-web": {
        "web-config.yml": WEB_CONFIG,
        "tls.crt": CERTIFICATE.cert_chain_pems[0].bytes().decode(),
        "tls.key": CERTIFICATE.private_key_pem.bytes().decode(),
    },
}
SCRAPER: Secrets = {"github-billing-scrape": {"username": "prometheus", "password": PASSWORD}}


def started(manifests: Manifests, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Load the settings as `run` does in the pod. Exit with 2 if they are invalid."""
    pod = container(manifests, folder, SECRETS)
    verb, *flags = pod.arguments
    for name, value in pod.environment.items():
        monkeypatch.setenv(name, value)
    command = commands.get_command(click.Context(commands), verb)
    assert command is not None
    return load_settings(command.make_context(verb, flags).params)


class TestTheExporter:
    @pytest.mark.parametrize("name", sorted({*FEATURES} - {"demo"}))
    def test_takes_arguments_variables_and_files_of_the_pod(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = started(feature(name), tmp_path, monkeypatch)
        assert settings.web.listen_address.port == 9877
        assert settings.state.file == Path(f"{tmp_path}/var/lib/github-billing-exporter/state")

    def test_knows_which_shard_it_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert started(feature("shards"), tmp_path, monkeypatch).shard == Shard(1, 3)

    def test_reads_the_configuration_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = started(feature("credentials"), tmp_path, monkeypatch)
        assert {each.name for each in settings.credential_entries} == {"acme-app", "mona", "server"}
        assert settings.credential_entries[0].app is not None
        assert settings.credential_entries[0].app.id == "1234567"

    def test_lets_the_users_arguments_rule(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        values = {**TOKEN, "extraArgs": ["--user=mona"]}
        values |= {"config": {"users": ["other"]}, "state": {"enabled": False}}
        settings = started(rendered(values), tmp_path, monkeypatch)
        assert settings.users == ("mona",)
        assert settings.state.file is None

    def test_asks_github_with_the_mounted_token(self, tmp_path: Path) -> None:
        pod = container(feature("token"), tmp_path, SECRETS)
        with simulated_github(SimulatedAccount(AccountType.ORGANIZATION, "acme")) as (_, url):
            environment = {**pod.environment, "GITHUB_BILLING_API_URL": url}
            ended = command("check", *pod.arguments[1:], env=environment)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "acme" in ended.stdout


def script(test: Object, base_url: str, secrets: Secrets) -> subprocess.CompletedProcess[str]:
    """Run the command of `helm test` with this Python."""
    (it,) = test["spec"]["containers"]
    interpreter, *arguments = it["command"]
    assert interpreter == "python3"
    environment = container_environment(it["env"], secrets)
    environment["EXPORTER_URL"] = f"{base_url}/metrics"
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def plain() -> Iterator[Exporter]:
    with running(["demo"], {}) as exporter:
        yield exporter


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """Run the demo as the chart does, with TLS and a password, but on a free port."""
    values = {**IMAGE, "demo": True, "webConfig": {"existingSecret": "github-billing-web"}}
    pod = container(rendered(values), tmp_path_factory.mktemp("pod"), SECRETS)
    arguments = [each for each in pod.arguments if "listen-address" not in each]
    trusting = ssl.create_default_context(cadata=AUTHORITY.cert_pem.bytes().decode())
    trusting.check_hostname = False
    with running(arguments, pod.environment, trusting) as exporter:
        yield exporter


class TestHelmTest:
    def test_asks_the_service(self) -> None:
        (it,) = feature("token").one("Pod")["spec"]["containers"]
        url = "http://bill-github-billing-exporter:9877/metrics"
        assert it["env"] == [{"name": "EXPORTER_URL", "value": url}]
        (it,) = feature("web-config").one("Pod")["spec"]["containers"]
        assert it["env"][0]["value"].startswith("https://")

    def test_finds_a_metric_of_the_catalogue(self, plain: Exporter) -> None:
        ended = script(feature("token").one("Pod"), plain.base_url, SECRETS)
        assert ended.returncode == 0, ended.stderr
        family = ended.stdout.split()[-1]
        assert family in {metric.name for metric in catalogue.ALL}

    def test_fails_where_nothing_listens(self) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        ended = script(feature("token").one("Pod"), url, SECRETS)
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"{url}/metrics: ")

    def test_fails_where_another_answers(self) -> None:
        with simulated_github() as (_, url):
            ended = script(feature("token").one("Pod"), url, SECRETS)
        assert ended.returncode == 1
        assert "returns" in ended.stderr

    def test_gives_the_password_that_prometheus_has(self, guarded: Exporter) -> None:
        ended = script(feature("web-config").one("Pod"), guarded.base_url, SCRAPER)
        assert ended.returncode == 0, ended.stderr
        assert "serves github_billing_" in ended.stdout

    def test_fails_with_a_wrong_password(self, guarded: Exporter) -> None:
        wrong = {"github-billing-scrape": {"username": "prometheus", "password": "wrong"}}
        ended = script(feature("web-config").one("Pod"), guarded.base_url, wrong)
        assert ended.returncode == 1
        assert "returns 401" in ended.stderr

    def test_is_content_to_be_asked_for_a_password_that_it_has_not(self, guarded: Exporter) -> None:
        web = {"existingSecret": "github-billing-web"}
        own = rendered({**IMAGE, "demo": True, "webConfig": web})
        ended = script(own.one("Pod"), guarded.base_url, {})
        assert ended.returncode == 0, ended.stderr
        assert "requires a password" in ended.stdout

    def test_fails_where_a_password_is_asked_for_that_the_chart_did_not_set(
        self, guarded: Exporter
    ) -> None:
        ended = script(feature("token").one("Pod"), guarded.base_url, {})
        assert ended.returncode == 1
        assert "returns 401" in ended.stderr

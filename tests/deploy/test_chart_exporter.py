"""The chart against the real exporter: what a pod is started with works."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import bcrypt
import pytest
import trustme

from deploy.chart_readme import CHART
from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, SimulatedAccount
from exporter.metrics import catalogue
from tests.deploy.helm import FEATURES, TOKEN, Object, feature, merged, rendered
from tests.deploy.kubelet import Secrets, container
from tests.github.app_server import KEYS, pem
from tests.programs import Exporter, free_port, running
from tests.simulated import command, simulated_github

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
NOWHERE = {"GITHUB_BILLING_API_URL": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}

ACCEPTED = 1
"""`check`'s exit code where the settings are good and GitHub cannot be reached."""


class TestTheExporter:
    @pytest.mark.parametrize("name", sorted({*FEATURES} - {"demo"}))
    def test_takes_arguments_variables_and_files_of_the_pod(
        self, name: str, tmp_path: Path
    ) -> None:
        pod = container(feature(name), tmp_path, SECRETS)
        verb, *flags = pod.arguments
        assert verb == "run"
        times = ("--poll.timeout=1s", "--log.level=error")
        ended = command("check", *flags, *times, env={**pod.environment, **NOWHERE})
        assert ended.returncode == ACCEPTED, ended.stderr

    def test_asks_github_with_the_mounted_token(self, tmp_path: Path) -> None:
        pod = container(feature("token"), tmp_path, SECRETS)
        with simulated_github(SimulatedAccount(AccountType.ORGANIZATION, "acme")) as (_, url):
            environment = {**pod.environment, "GITHUB_BILLING_API_URL": url}
            ended = command("check", *pod.arguments[1:], env=environment)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "acme" in ended.stdout


def script(test: Object, base_url: str, secrets: Secrets) -> subprocess.CompletedProcess[str]:
    """Run what `helm test` runs, with this Python in the image's place."""
    (it,) = test["spec"]["containers"]
    interpreter, *arguments = it["command"]
    assert interpreter == "python3"
    environment = {"EXPORTER_URL": f"{base_url}/metrics"}
    for variable in it["env"][1:]:
        reference = variable["valueFrom"]["secretKeyRef"]
        environment[variable["name"]] = secrets[reference["name"]][reference["key"]]
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )


class TestHelmTest:
    @pytest.fixture(scope="class")
    def plain(self) -> Iterator[Exporter]:
        with running(["demo"], {}) as exporter:
            yield exporter

    @pytest.fixture(scope="class")
    def guarded(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
        """Run the demo as the chart does, with TLS and a password; give its URL."""
        values = merged(dict(WEB), {"demo": True})
        pod = container(rendered(values), tmp_path_factory.mktemp("pod"), SECRETS)
        port = free_port()
        arguments = [*pod.arguments, f"--web.listen-address=127.0.0.1:{port}"]
        with running(arguments, {}, f"https://127.0.0.1:{port}"):
            yield f"https://127.0.0.1:{port}"

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
        assert "answers" in ended.stderr

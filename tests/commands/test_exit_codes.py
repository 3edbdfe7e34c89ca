"""Exit codes of the commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, SimulatedAccount
from tests.support.faults.fault import Fault
from tests.support.programs import (
    fetch,
    running,
)
from tests.support.simulator_server import asking, command, simulated_github

WATCHING_ACME = ("--organization", "acme", "--poll.timeout", "2s", "--log.level", "error")


@pytest.fixture(scope="module")
def github() -> Iterator[str]:
    """Serve an organization whose Copilot requests hang."""
    with simulated_github(SimulatedAccount(AccountType.ORGANIZATION, "acme")) as (it, url):
        it.faults.add(Fault.hanging(match="/copilot/"))
        yield url


class TestAnOptionalCollectorThatIsUnreachable:
    def test_is_no_fault_of_once(self, github: str) -> None:
        ended = command("once", *WATCHING_ACME, env=asking(github))
        failed = 'collector="copilot_seats",reason="unreachable"} 1.0'
        assert failed in ended.stdout
        assert ended.returncode == 0

    def test_is_what_check_is_for(self, github: str) -> None:
        ended = command("check", *WATCHING_ACME, env=asking(github))
        assert "unreachable" in ended.stdout
        assert ended.returncode == 1

    def test_is_a_fault_of_once_where_the_user_named_it(self, github: str) -> None:
        ended = command("once", *WATCHING_ACME, "--collector", "copilot_seats", env=asking(github))
        assert ended.returncode == 1


ASKING_VERBS = pytest.mark.parametrize("verb", ["run", "check", "once", "licenses"])
NO_WAY_OUT = {
    "HTTPS_PROXY": "socks5://mona:sesame@127.0.0.1:9",
    "all_proxy": "http://mona:sesame@127.0.0.1:99999",
    "SSL_CERT_FILE": "/gone.pem",
    "SSLKEYLOGFILE": "/gone/keys",
}


class TestAVariableThatNoClientCanBeMadeBy:
    @ASKING_VERBS
    def test_is_a_wrong_setting_and_each_is_told_in_a_line(self, verb: str) -> None:
        ended = command(
            *(verb, "--organization", "acme"), env={"GITHUB_BILLING_TOKEN": DEMO_TOKEN} | NO_WAY_OUT
        )
        assert (ended.returncode, ended.stdout) == (2, "")
        told = [line.split(": ")[:2] for line in ended.stderr.splitlines()]
        assert sorted(told) == sorted(["github-billing-exporter", name] for name in NO_WAY_OUT)
        assert "sesame" not in ended.stderr

    @ASKING_VERBS
    def test_is_one_beside_certificates_of_the_settings(self, verb: str, tmp_path: Path) -> None:
        authority = tmp_path / "ca.pem"
        trustme.CA().cert_pem.write_to_path(authority)
        ended = command(
            *(verb, "--organization", "acme", "--github.ca-file", str(authority)),
            env={
                "GITHUB_BILLING_TOKEN": DEMO_TOKEN,
                "SSL_CERT_FILE": "",
                "SSL_CERT_DIR": str(authority),
            },
        )
        assert (ended.returncode, ended.stdout) == (2, "")
        (line,) = ended.stderr.splitlines()
        assert line == (
            f"github-billing-exporter: SSL_CERT_DIR: cannot read {authority}: Not a directory"
        )

    def test_is_nothing_to_the_demo_which_asks_nobody(self) -> None:
        with running(["demo"], NO_WAY_OUT) as exporter:
            assert fetch(f"{exporter.base_url}/healthz").is_success

    def test_is_nothing_to_who_asks_this_machine_alone(self) -> None:
        with running(["demo"], {}) as exporter:
            url = f"{exporter.base_url}/healthz"
            ended = command("health", "--url", url, env=NO_WAY_OUT)
        assert (ended.returncode, ended.stderr) == (0, "")


class TestAProxyThatIsPassedBy:
    @pytest.mark.parametrize(
        "no_proxy", ["fd00::/8,127.0.0.0/8", "10.0.0.0/8 127.0.0.1", "fd00::/8,*"]
    )
    def test_is_not_asked(self, github: str, no_proxy: str) -> None:
        way = {"http_proxy": "http://127.0.0.1:9", "no_proxy": no_proxy}
        ended = command("once", *WATCHING_ACME, env=asking(github) | way)
        assert 'actions_used_minutes{account="acme"' in ended.stdout
        assert ended.returncode == 0

"""Exit codes: what the outcome of a command is to whoever runs it."""

from collections.abc import Iterator

import pytest

from exporter.accounts import AccountType
from exporter.demo import DEMO_TOKEN, Fault, SimulatedAccount
from tests.simulated import asking, command, simulated_github

ACME = ("--organization", "acme", "--poll.timeout", "2s", "--log.level", "error")


@pytest.fixture(scope="module")
def github() -> Iterator[str]:
    """Serve an organization of whose answers those about Copilot never come."""
    with simulated_github(SimulatedAccount(AccountType.ORGANIZATION, "acme")) as (it, url):
        it.faults.add(Fault.hanging(match="/copilot/"))
        yield url


class TestAnOptionalCollectorThatIsUnreachable:
    def test_is_no_fault_of_once(self, github: str) -> None:
        ended = command("once", *ACME, env=asking(github))
        failed = 'collector="copilot_seats",reason="unreachable"} 1.0'
        assert failed in ended.stdout
        assert ended.returncode == 0

    def test_is_what_check_is_for(self, github: str) -> None:
        ended = command("check", *ACME, env=asking(github))
        assert "unreachable" in ended.stdout
        assert ended.returncode == 1

    def test_is_a_fault_of_once_where_the_user_named_it(self, github: str) -> None:
        ended = command("once", *ACME, "--collector", "copilot_seats", env=asking(github))
        assert ended.returncode == 1


class TestAProxyThatCannotBeUsed:
    @pytest.mark.parametrize("verb", ["run", "once", "check"])
    @pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9"])
    def test_is_a_wrong_setting_told_in_one_line(self, verb: str, proxy: str) -> None:
        environment = {"GITHUB_BILLING_TOKEN": DEMO_TOKEN, "HTTPS_PROXY": proxy}
        ended = command(verb, "--organization", "acme", env=environment)
        assert (ended.returncode, ended.stdout) == (2, "")
        (line,) = ended.stderr.splitlines()
        assert line.startswith("github-billing-exporter: no client can be made for GitHub")
        assert "HTTPS_PROXY" in line

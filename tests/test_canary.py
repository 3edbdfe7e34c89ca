"""No secret and no person's name leaves the process, whatever GitHub answers."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from exporter.accounts import AccountType
from exporter.cli import main
from exporter.demo import SimulatedAccount, SimulatedGitHub
from tests.support.faults.fault import Fault
from tests.support.programs import (
    fetch,
    free_port,
    installed_command,
    until,
)
from tests.support.restarts import unpacked
from tests.support.simulator_server import asking, command, simulated_github

TOKEN = "ghp_CANARYcanaryCANARYcanaryCANARYcanary"
LOGINS = ("canary-committer", "canary-owner", "canary@example.com")
PLANTED = (TOKEN, *LOGINS, "canary-committer@example.com")

ECHO = (
    f'{{"message": "{LOGINS[1]} <{LOGINS[2]}> may not, with Bearer {TOKEN}", '
    f'"login": "{LOGINS[1]}", "documentation_url": "https://docs.github.com/?{TOKEN}"}}'
).encode()
"""A body that names a person and echoes the token, as a proxy may."""

BROKEN = (
    *("unauthorized", "forbidden", "failing", "garbled", "mistyped", "redirected", "misled"),
    "cut",
)
RETRIED = ("failing", "cut")
"""Until their deadline, which the configuration file makes short."""

WATCHED = (
    *("--user", "mona", "--enterprise", "acme-corp"),
    *(
        word
        for name in ("acme", *BROKEN)
        if name not in RETRIED
        for word in ("--organization", name)
    ),
)
EVERYTHING = ("--collector", "advanced_security_repositories", "--log.level", "debug")
LOGGING = """
import logging, sys, structlog
from exporter.logs import configure

form, token = sys.argv[1:]
configure("debug", form, lambda: [token])
log, library = structlog.get_logger(), logging.getLogger("library")
log.info("event", detail=f"{token} of a detail")
library.warning("%s of a library", token)
try:
    raise ValueError(f"{token} of a traceback")
except ValueError:
    log.exception("event")
try:
    raise ValueError(f"{token} of its traceback")
except ValueError:
    library.exception("event")
"""


def faults(url: str, elsewhere: str) -> dict[str, Fault]:
    """Return the faults by account."""
    planted = {
        "server": TOKEN,
        "x-canary": LOGINS[0],
        "content-type": f"text/{LOGINS[1]}",
        "set-cookie": f"{LOGINS[0]}={TOKEN}; Path=/",
    }
    mistyped = ECHO.replace(b'"message"', b'"usageItems"')
    return {
        "unauthorized": Fault(status=401, body=ECHO, headers=planted),
        "forbidden": Fault(status=403, body=ECHO, headers=planted),
        "failing": Fault(status=500, body=ECHO, headers=planted),
        "garbled": Fault(status=200, body=ECHO[:-1], headers=planted),
        "mistyped": Fault(status=200, body=mistyped, headers=planted),
        "redirected": Fault.redirect(f"{signed_in(elsewhere)}/{LOGINS[0]}?{TOKEN}"),
        "misled": Fault.redirect(f"{signed_in(url)}/orgs/misled/{LOGINS[0]}"),
        "cut": Fault(status=200, body=ECHO, headers=planted, cut=40),
    }


def signed_in(url: str) -> str:
    """Add a user and a password to a URL. Many clients send them instead of the token."""
    return url.replace("://", f"://{LOGINS[1]}:{TOKEN}@")


@dataclass(frozen=True, slots=True)
class World:
    """A GitHub with secrets and names, and another host that it redirects to."""

    github: SimulatedGitHub
    url: str
    elsewhere: SimulatedGitHub


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    planted = [*LOGINS, "canary-committer@example.com"]
    accounts = [
        SimulatedAccount(AccountType.ORGANIZATION, "acme", ghas="bundled", committers=planted),
        SimulatedAccount(AccountType.ENTERPRISE, "acme-corp", ghas="split", committers=planted),
        SimulatedAccount(AccountType.USER, LOGINS[1]),
        SimulatedAccount(AccountType.USER, "mona"),
        *(SimulatedAccount(AccountType.ORGANIZATION, name) for name in BROKEN),
    ]
    with ExitStack() as stack:
        elsewhere, elsewhere_url = stack.enter_context(simulated_github(token=TOKEN))
        github, url = stack.enter_context(
            simulated_github(*accounts, token=TOKEN, rate_limit=100_000)
        )
        for name, fault in faults(url, elsewhere_url).items():
            github.faults.add(replace(fault, account=name))
        yield World(github, url, elsewhere)


@pytest.fixture(scope="module", params=["json", "human"])
def said(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """Run the service, ``check`` and ``once`` with every fault, and return their output."""
    folder = tmp_path_factory.mktemp("canary")
    file = folder / "config.yaml"
    file.write_text(
        yaml.safe_dump({"accounts": [{"organization": name, "timeout": "2s"} for name in RETRIED]})
    )
    arguments = [*WATCHED, *EVERYTHING, "--log.format", request.param, "--config.file", str(file)]
    env = asking(world.url, TOKEN)
    with service(arguments, env, folder) as (url, by_place):
        with ThreadPoolExecutor() as threads:
            commands = {
                verb: threads.submit(command, verb, *arguments, env=env)
                for verb in ("check", "once")
            }
        for verb, future in commands.items():
            ended = future.result()
            by_place |= {f"{verb} stdout": ended.stdout, f"{verb} stderr": ended.stderr}
        until(lambda: fetch(f"{url}/readyz").is_success)
        for path in ("/metrics", "/"):
            by_place[path] = fetch(f"{url}{path}").text
    return by_place


@contextmanager
def service(
    arguments: Sequence[str], env: Mapping[str, str], folder: Path
) -> Iterator[tuple[str, dict[str, str]]]:
    """Run the service until the block ends. Yield its URL and its output, complete at the end."""
    address = f"127.0.0.1:{free_port()}"
    places = ["--web.listen-address", address, "--state.file", str(folder / "state")]
    by_place: dict[str, str] = {}
    with (
        (folder / "stdout").open("wb") as stdout,
        (folder / "stderr").open("wb") as stderr,
        subprocess.Popen(
            [str(installed_command()), "run", *arguments, *places],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        ) as process,
    ):
        try:
            log = folder / "stderr"
            until(lambda: "listening" in log.read_text(), log)
            cmdline = Path(f"/proc/{process.pid}/cmdline")
            if cmdline.exists():  # only on Linux
                by_place["command line"] = cmdline.read_text()
            yield f"http://{address}", by_place
        finally:
            process.terminate()
    for name in ("stdout", "stderr"):
        by_place[f"run {name}"] = (folder / name).read_text()
    by_place["state file"] = unpacked(folder / "state").decode(errors="replace")


class TestWhatIsSaid:
    @pytest.mark.parametrize("secret", PLANTED)
    def test_holds_no_secret_and_no_login(self, said: Mapping[str, str], secret: str) -> None:
        places = [place for place, text in said.items() if secret.lower() in text.lower()]
        assert places == []

    @pytest.mark.parametrize(
        ("account", "reason"),
        [
            ("unauthorized", "unauthorized"),
            ("forbidden", "forbidden"),
            ("failing", "unreachable"),
            ("garbled", "invalid_payload"),
            ("mistyped", "invalid_payload"),
            ("redirected", "rejected"),
            ("misled", "rejected"),
            ("cut", "unreachable"),
        ],
    )
    def test_tells_of_every_fault_all_the_same(
        self, said: Mapping[str, str], account: str, reason: str
    ) -> None:
        failed = f'account="{account}",account_type="organization",collector="usage",reason='
        for place in ("/metrics", "once stdout"):
            assert f'{failed}"{reason}"' in said[place]
        for place in ("/", "check stdout", "once stderr", "run stderr"):
            assert account in said[place]

    def test_counts_the_people_whom_it_does_not_name(self, said: Mapping[str, str]) -> None:
        assert (
            'advanced_security_used_seats{account="acme",account_type="organization",'
            'product="advanced_security"} 4.0' in said["/metrics"]
        )
        assert "advanced_security_repository_committers{" in said["/metrics"]

    def test_keeps_the_bill_in_the_state_file(self, said: Mapping[str, str]) -> None:
        assert "github_billing_advanced_security_used_seats" in said["state file"]

    def test_has_no_traceback(self, said: Mapping[str, str]) -> None:
        assert [place for place, text in said.items() if "Traceback" in text] == []


class TestLogs:
    @pytest.mark.parametrize("form", ["json", "human"])
    def test_star_out_what_was_shown_to_github_wherever_it_stands(self, form: str) -> None:
        log = subprocess.run(
            [sys.executable, "-c", LOGGING, form, TOKEN],
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        assert TOKEN not in log
        for place in ("of a detail", "of a traceback", "of a library", "of its traceback"):
            assert f"*** {place}" in log


class TestWhoIsAsked:
    def test_the_configured_host_alone(self, world: World, said: Mapping[str, str]) -> None:
        assert said
        sent_on = [request for request in world.github.requests if request.status == 302]
        assert sent_on
        assert all("authorization" in request.headers for request in world.github.requests)
        assert list(world.elsewhere.requests) == []

    def test_with_the_token_and_nothing_that_it_gave(
        self, world: World, said: Mapping[str, str]
    ) -> None:
        assert said
        shown = [request.headers for request in world.github.requests]
        assert {headers["authorization"] for headers in shown} == {f"Bearer {TOKEN}"}
        assert not any("cookie" in headers for headers in shown)


class TestMisplacedToken:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("--organization", TOKEN),
            ("--enterprise", TOKEN),
            ("--organization", "acme", "--github.token", TOKEN),
            ("--organization", "acme", f"--github.token={TOKEN}"),
            ("--organization", "acme", "--poll.interval", TOKEN),
            ("--organization", "acme", "--collector", TOKEN),
            ("--organization", "acme", "--log.level", TOKEN),
            ("--organization", "acme", "--github.api-url", f"https://{TOKEN}@api.github.com"),
        ],
    )
    def test_is_refused_and_not_repeated(
        self, arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert TOKEN not in lines[0]

    def test_in_a_file_that_holds_more_is_not_repeated(self, tmp_path: Path) -> None:
        token = tmp_path / "token"
        token.write_text(f"user {TOKEN}\n")
        ended = command(
            *("check", "--organization", "acme", "--github.token-file", str(token)),
            env={"GITHUB_BILLING_API_URL": f"http://127.0.0.1:{free_port()}"},
        )
        assert ended.returncode == 2
        assert "must contain only the token" in ended.stderr
        assert TOKEN not in ended.stdout + ended.stderr

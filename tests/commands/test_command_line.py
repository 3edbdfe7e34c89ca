"""The command line: error messages and help."""

import re
import socket

import pytest

from exporter import __version__
from exporter.cli import COMMANDS, main
from exporter.commands.demo import ENVIRONMENT
from exporter.demo import DEMO_TOKEN
from exporter.settings import Option, options
from tests.support.simulator_server import command

WITH_SETTINGS = ("run", "check", "once")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, list[str]]:
    """Return the exit code and the error lines of a command that fails to start."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert said.out == ""
    return ended.value.code, said.err.splitlines()


def squeezed(text: str) -> str:
    """Remove whitespace: help wraps lines, even within long words."""
    return "".join(text.split())


class TestWrongSettings:
    @pytest.mark.parametrize("arguments", [[], *([name] for name in WITH_SETTINGS)])
    def test_nothing_set_is_explained_in_five_lines(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, (first, *steps) = refused(capsys, *arguments)
        assert code == 2
        assert first.startswith("github-billing-exporter: no account to watch, and no GitHub token")
        assert [step.split()[:2] for step in steps] == [
            ["github-billing-exporter", "demo"],
            ["export", "GITHUB_BILLING_TOKEN=..."],
            ["github-billing-exporter", "check"],
            ["github-billing-exporter", "run"],
        ]

    @pytest.mark.parametrize("name", WITH_SETTINGS)
    def test_no_account_is_one_line_that_shows_how(
        self,
        name: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", DEMO_TOKEN)
        code, (line,) = refused(capsys, name)
        assert code == 2
        assert line.startswith("github-billing-exporter: no account to watch: ")
        for mend in ("--organization NAME", "GITHUB_BILLING_ORGANIZATIONS", "exporter demo"):
            assert mend in line

    @pytest.mark.parametrize("name", WITH_SETTINGS)
    def test_no_token_is_one_line_that_shows_how(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, (line,) = refused(capsys, name, "--organization", "acme")
        assert code == 2
        assert "GITHUB_BILLING_TOKEN" in line
        assert "--github.token-file FILE" in line

    def test_several_faults_are_told_at_once_a_line_each(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_BILLING_LOG_LEVEL", "loud")
        code, lines = refused(
            capsys, "--organization", "a/b", "--poll.interval", "15", "--web.listen-address", "x"
        )
        assert code == 2
        places = ("--organization", "--poll.interval", "--web.listen-address")
        for place in (*places, "GITHUB_BILLING_LOG_LEVEL"):
            assert sum(line.startswith(f"github-billing-exporter: {place}: ") for line in lines)
        assert len(lines) == 4

    def test_a_bad_duration_is_told_with_good_ones(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, (line,) = refused(capsys, "--organization", "acme", "--poll.interval", "quarter")
        assert (code, "90s, 15m" in line, "quarter" in line) == (2, True, False)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--organisation", "acme"], "No such option '--organisation'."),
            (["run", "--organisation", "acme"], "--organization"),
            (["rum"], "No such command: did you mean run? See"),
            (["chekc", "--organization", "acme"], "No such command: did you mean check?"),
            (["ghp_CANARY"], "No such command: use one of run, check,"),
            (
                ["--organization", "acme", "check"],
                "Put the command first: github-billing-exporter check",
            ),
            (["run", "ghs_CANARY.x"], "run accepts only options"),
            (["once", "--output"], "Option '--output' requires an argument."),
            (["check", "--organization", "acme", "mona"], "check accepts only options"),
            (["--github.token", "ghp_x"], "No such option '--github.token'."),
        ],
    )
    def test_a_misspelling_is_one_line(
        self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, (line,) = refused(capsys, *arguments)
        assert (code, said in line, "ghp_x" in line) == (2, True, False)

    def test_the_installed_command_refuses_likewise(self) -> None:
        ended = command("--organization", "a/b", env={})
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.count("\n") == 1

    def test_a_port_in_use_is_one_line(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            ended = command(
                *("--organization", "acme", "--web.listen-address", address),
                env={"GITHUB_BILLING_TOKEN": DEMO_TOKEN},
            )
        assert ended.returncode == 1
        (line,) = ended.stderr.splitlines()
        assert f"--web.listen-address {address}: cannot listen: Address already in use" in line


class TestCompletion:
    @pytest.mark.parametrize(
        ("typed", "offered"),
        [
            (["ch"], {"check"}),
            (["--org"], {"--organization"}),
            (["run", "--poll.i"], {"--poll.interval"}),
            (["--organization", "acme", "--log.format", ""], {"human", "json"}),
            (["run", "--collector", "copilot_s"], {"copilot_seats", "copilot_seat_activity"}),
        ],
    )
    def test_offers(self, typed: list[str], offered: set[str]) -> None:
        assert self.completed(typed) == {("plain", each) for each in offered}

    def test_offers_files(self) -> None:
        assert self.completed(["run", "--config.file", ""]) == {("file", "")}

    @staticmethod
    def completed(typed: list[str]) -> set[tuple[str, str]]:
        env = {
            "_GITHUB_BILLING_EXPORTER_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["github-billing-exporter", *typed]),
            "COMP_CWORD": str(len(typed)),
        }
        lines = command(env=env).stdout.splitlines()
        return {(kind, value) for kind, _, value in (line.partition(",") for line in lines)}


class TestHelp:
    @pytest.mark.parametrize("name", sorted(COMMANDS))
    def test_every_command_has_some(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        main([name, "--help"])
        said = capsys.readouterr().out
        assert f"github-billing-exporter {name} [OPTIONS]" in said

    @pytest.mark.parametrize("name", WITH_SETTINGS)
    def test_tells_flags_with_their_variables_and_defaults(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main([name, "--help"])
        said = squeezed(capsys.readouterr().out)
        assert "--poll.intervalDURATION" in said
        assert "[GITHUB_BILLING_POLL_INTERVAL;default15m]" in said
        assert all(self.shown(option) in said for option in options() if option.flag)

    def test_the_demo_takes_no_accounts(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["demo", "--help"])
        said = squeezed(capsys.readouterr().out)
        of_the_demo = ("web", "log", "poll")
        for option in options():
            if option.environment[0] not in ENVIRONMENT:
                assert (self.shown(option) in said) == (option.path[0] in of_the_demo), option

    @pytest.mark.parametrize(("variable", "default"), ENVIRONMENT.items())
    def test_the_demo_shows_its_own_defaults(
        self, variable: str, default: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["demo", "--help"])
        assert f"[{variable};default{default}]" in squeezed(capsys.readouterr().out)

    def test_no_flag_takes_the_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["run", "--help"])
        assert re.findall(r"--\S*token\S*", capsys.readouterr().out) == ["--github.token-file"]

    def test_the_version_names_revision_and_python(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["--version"])
        said = capsys.readouterr().out
        assert said.startswith(f"github-billing-exporter {__version__} (revision ")
        assert "Python 3." in said

    def test_the_version_is_a_command_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["--version"])
        main(["version"])
        flag, verb = capsys.readouterr().out.splitlines()
        assert flag == verb

    @pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
    def test_has_a_short_option(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        main([*arguments, "--help"])
        spelled_out = capsys.readouterr().out
        main([*arguments, "-h"])
        assert capsys.readouterr().out == spelled_out

    def test_of_the_program_tells_the_whole_purpose_of_each_command(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["--help"])
        _, _, listed = capsys.readouterr().out.partition("Commands:\n")
        assert "..." not in listed
        found = re.findall(r"^  (\w+)  +(.*(?:\n    .*)*)$", listed, re.MULTILINE)
        assert [name for name, _ in found] == [*COMMANDS]
        assert all(purpose.endswith(".") for _, purpose in found)

    def test_groups_the_settings(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["run", "--help"])
        parts = re.split(r"^(\S.*):\n", capsys.readouterr().out, flags=re.MULTILINE)
        flags = {
            title: re.findall(r"^  (--[\w.-]+)", part, re.MULTILINE)
            for title, part in zip(parts[1::2], parts[2::2], strict=True)
        }
        assert next(iter(flags)) == "Options"
        assert "--help" in parts[2]
        assert "--organization" in flags["Accounts"]
        assert flags["Polling"] == ["--poll.interval", "--poll.stale-after", "--poll.timeout"]
        assert flags["Log"] == ["--log.level", "--log.format", "--log.color"]

    @staticmethod
    def shown(option: Option) -> str:
        default = f"; default {option.default_text}" if option.default_text else ""
        return squeezed(
            f"{option.flag} {option.metavar} {option.description} "
            f"[{option.environment[0]}{default}]"
        )

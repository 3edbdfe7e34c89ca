"""The folder of the command ``history``: whole months, and nothing else."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from exporter.accounts import AccountType
from exporter.app import utc_now
from exporter.billing.cycle import Cycle
from exporter.demo import demo_accounts
from tests.support.faults.fault import Fault
from tests.support.faults.faulty_github import FaultyGitHub
from tests.support.programs import HANG_SECONDS, installed_command, program, until
from tests.support.simulator_server import asking, command, simulated_github

GitHub = tuple[FaultyGitHub, str]

MONA = ("--user", "mona")
COARSE = ("--step", "6h")


@pytest.fixture
def github() -> Iterator[GitHub]:
    with simulated_github(*demo_accounts()) as found:
        yield found


def history(
    url: str, folder: Path, *arguments: str, accounts: Sequence[str] = MONA
) -> subprocess.CompletedProcess[str]:
    return command("history", *accounts, "--output", str(folder), *arguments, env=asking(url))


def listed(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_has_a_file_per_month_and_nothing_else(github: GitHub, tmp_path: Path) -> None:
    made = history(github[1], tmp_path / "past", *COARSE, "--months", "3")
    assert made.returncode == 0, made.stderr
    hidden, *files = listed(tmp_path / "past")
    assert hidden == ".state"
    assert len(files) == 3
    for name in files:
        text = (tmp_path / "past" / name).read_text()
        assert name.startswith("github-billing-20")
        assert text.startswith("# TYPE ")
        assert text.endswith("\n# EOF\n")
        assert text.count("# EOF") == 1


def test_two_runs_write_the_same_bytes(github: GitHub, tmp_path: Path) -> None:
    for folder in ("one", "other"):
        everyone = (*MONA, "--organization", "acme", "--enterprise", "acme-corp")
        made = history(github[1], tmp_path / folder, *COARSE, "--months", "1", accounts=everyone)
        assert made.returncode == 0, made.stderr
    (name,) = listed(tmp_path / "one")[1:]
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_whole_month_is_not_requested_again(github: GitHub, tmp_path: Path) -> None:
    simulated, url = github
    history(url, tmp_path, *COARSE, "--months", "1")
    before = len(simulated.requests)
    again = history(url, tmp_path, *COARSE, "--months", "1")
    assert (again.returncode, again.stderr) == (0, "")
    assert "To load them" in again.stdout
    asked = [request.path for request in list(simulated.requests)[before:]]
    assert not any(path.endswith("/billing/usage") for path in asked)


def test_a_month_whose_file_is_gone_is_written_again(github: GitHub, tmp_path: Path) -> None:
    history(github[1], tmp_path, *COARSE, "--months", "1")
    (name,) = listed(tmp_path)[1:]
    (tmp_path / name).unlink()
    history(github[1], tmp_path, *COARSE, "--months", "1")
    assert listed(tmp_path) == [".state", name]


def test_an_interrupted_run_leaves_whole_months(github: GitHub, tmp_path: Path) -> None:
    past, alone = tmp_path / "past", tmp_path / "alone"
    step = ("--step", "1h")
    arguments = ["history", *MONA, *step, "--output", str(past)]
    with subprocess.Popen(
        [installed_command(), *arguments],
        env={**os.environ, **asking(github[1])},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        until(lambda: past.exists() and len(listed(past)) > 1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 130
    assert "interrupted: run the same command again to continue" in errors
    assert all(name == ".state" or name.endswith(".om") for name in listed(past))
    assert len(listed(past)) < 25
    for file in past.glob("*.om"):
        assert file.read_bytes().endswith(b"\n# EOF\n")
    continued = history(github[1], past, *step, "--months", "1")
    assert continued.returncode == 0, continued.stderr
    history(github[1], alone, *step, "--months", "1")
    (name,) = listed(alone)[1:]
    assert (past / name).read_bytes() == (alone / name).read_bytes()
    assert listed(past / ".state") == [
        f"{file.stem[-7:]}.json" for file in sorted(past.glob("*.om"))
    ]


def test_an_interrupted_run_does_not_wait_for_github(github: GitHub, tmp_path: Path) -> None:
    simulated, url = github
    simulated.faults.add(Fault.hanging(match="/usage"))
    with subprocess.Popen(
        [installed_command(), "history", *MONA, "--output", str(tmp_path)],
        env={**os.environ, **asking(url)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until(lambda: any("/usage" in each.path for each in list(simulated.requests)))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 130
    assert errors.splitlines()[-1].endswith("run the same command again to continue")
    assert listed(tmp_path) == []


def test_other_options_need_another_folder(github: GitHub, tmp_path: Path) -> None:
    history(github[1], tmp_path, *COARSE, "--months", "1")
    mixed = history(github[1], tmp_path, "--step", "1h", "--months", "2")
    assert mixed.returncode == 2
    assert "was written with other options (step): use another folder" in mixed.stderr
    assert len(listed(tmp_path)) == 2


def test_an_account_that_fails_leaves_no_file_of_the_month(github: GitHub, tmp_path: Path) -> None:
    simulated, url = github
    simulated.faults.add(Fault.html_with_200(account="acme", match="ai_credit"))
    made = history(url, tmp_path, *COARSE, accounts=(*MONA, "--organization", "acme"))
    assert made.returncode == 1
    assert "organization acme: invalid_payload" in made.stderr
    assert listed(tmp_path) == [".state"]
    assert listed(tmp_path / ".state") == []


def test_an_account_that_github_hides_is_a_failure(github: GitHub, tmp_path: Path) -> None:
    made = history(github[1], tmp_path, *COARSE, accounts=("--organization", "ghost"))
    assert made.returncode == 1
    assert "organization ghost: not_found" in made.stderr
    assert "Check the name" in made.stderr
    assert listed(tmp_path) == []


def test_says_what_is_left_out_once(github: GitHub, tmp_path: Path) -> None:
    simulated, url = github
    simulated.account(AccountType.USER, "mona").hidden.add("models")
    made = history(url, tmp_path, *COARSE, "--months", "2")
    assert made.returncode == 0
    assert made.stderr.count("user mona: AI usage by model cannot be read: it is left out") == 1


def test_says_that_a_month_may_not_be_settled(github: GitHub, tmp_path: Path) -> None:
    ended = Cycle.at(utc_now()).start
    made = history(github[1], tmp_path, *COARSE, "--months", "1")
    recent = "ended less than three days ago: GitHub may still add usage to it" in made.stderr
    assert recent == (utc_now() - ended < timedelta(days=3))


def test_a_legacy_account_is_left_out(github: GitHub, tmp_path: Path) -> None:
    both = (*MONA, "--organization", "oldtown")
    made = history(github[1], tmp_path, *COARSE, "--months", "1", accounts=both)
    assert made.returncode == 0
    line = "organization oldtown is on the legacy billing platform, which has no past months"
    assert line in made.stderr
    (name,) = listed(tmp_path)[1:]
    assert "oldtown" not in (tmp_path / name).read_text()
    made = history(github[1], tmp_path, accounts=("--organization", "oldtown"))
    assert made.returncode == 1
    assert "there are no past months" in made.stderr


def test_a_full_disk_leaves_no_file(github: GitHub, tmp_path: Path) -> None:
    # A limit on the size of files fails as a full disk does.
    arguments = ["history", *MONA, "--output", str(tmp_path), "--months", "1"]
    made = subprocess.run(
        ["sh", "-c", 'ulimit -f 2000; exec "$0" "$@"', installed_command(), *arguments],
        env={**os.environ, **asking(github[1])},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert made.returncode == 3
    assert made.stderr.splitlines()[-1] == (
        f"github-billing-exporter: --output: cannot write {tmp_path}: File too large"
    )
    assert listed(tmp_path) == [".state"]
    assert listed(tmp_path / ".state") == []


def test_a_folder_that_cannot_be_written(github: GitHub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    made = history(github[1], tmp_path / "file")
    assert made.returncode == 3
    assert "Traceback" not in made.stderr


class TestPromtool:
    def test_makes_blocks_and_keeps_no_text(self, github: GitHub, tmp_path: Path) -> None:
        tool = ("--promtool", str(program("promtool")))
        made = history(github[1], tmp_path, *COARSE, "--months", "2", *tool)
        assert made.returncode == 0, made.stderr
        blocks = listed(tmp_path)[1:]
        assert len(blocks) >= 2
        assert all((tmp_path / block / "meta.json").exists() for block in blocks)
        assert all(name.endswith(".json") for name in listed(tmp_path / ".state"))
        again = history(github[1], tmp_path, *COARSE, "--months", "2", *tool)
        assert again.stderr == ""
        assert listed(tmp_path)[1:] == blocks

    def test_is_a_wrong_argument_if_it_is_missing(self, github: GitHub, tmp_path: Path) -> None:
        made = history(github[1], tmp_path, "--promtool", "/gone/promtool")
        assert made.returncode == 2
        assert "--promtool /gone/promtool: no such program" in made.stderr

    @pytest.mark.parametrize("program", ["false", "true"])
    def test_fails_without_blocks(self, github: GitHub, tmp_path: Path, program: str) -> None:
        made = history(github[1], tmp_path, *COARSE, "--promtool", program)
        assert made.returncode == 1
        assert "made no blocks" in made.stderr
        assert listed(tmp_path) == [".state"]
        assert listed(tmp_path / ".state") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--months", "25"), "--months"),
        (("--months", "0"), "--months"),
        (("--step", "7m"), "--step must be a part of a day"),
        (("--step", "500ms"), "--step must be a part of a day"),
        (("--step", "often"), "--step must be a duration"),
        (("--until", "soon"), "--until must be now or a time"),
        (("--until", "2024-01-01T00:00"), "--until must be a time of this month"),
        (("--until", "2999-01-01T00:00"), "--until must be a time of this month"),
        (("--label", "job"), "--label must be NAME=VALUE"),
        (("--label", "__name__=x"), "--label must be NAME=VALUE"),
        (("--label", "sku=x"), "--label sku: the metrics already have it"),
        (("--label", "job=a", "--label", "job=b"), "--label job: the metrics already have it"),
        (("--account", "nobody"), "--account must be one of the watched accounts"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument(
    github: GitHub, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    made = history(github[1], tmp_path / "past", *arguments)
    assert made.returncode == 2
    assert message in made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert not (tmp_path / "past").exists()

"""The workflows run what developers run, and no job has more rights than it needs."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.programs import installed_command

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(GITHUB.glob("ISSUE_TEMPLATE/[!c]*.yml"))

WRITES = {
    "dependencies/propose": {"actions", "contents", "pull-requests"},
    "docs/deploy": {"id-token", "pages"},
    "release/image": {"id-token", "packages"},
    "release/chart": {"id-token", "packages"},
    "release/pypi": {"id-token"},
    "release/release": {"contents"},
}
"""The jobs that may change something, and what. All others only read."""

PREPARING = ("apt-get ", "git config ", "tar ")
PINNED = re.compile(r"(?P<action>[\w-]+/[\w-]+)@(?P<commit>[0-9a-f]{40}) # v\d+\.\d+\.\d+")


class Job(NamedTuple):
    """A job of a workflow, named ``workflow/job``."""

    name: str
    content: Mapping[str, Any]

    @property
    def writes(self) -> set[str]:
        granted = self.content["permissions"].items()
        return {scope for scope, access in granted if access == "write"}

    def commands(self) -> Iterator[str]:
        """Yield the lines of its scripts, continued ones joined."""
        for step in self.content.get("steps", ()):
            yield from re.sub(r"\\\n\s*", "", step.get("run", "")).splitlines()


def jobs(path: Path) -> list[Job]:
    found = yaml.safe_load(path.read_text())["jobs"]
    return [Job(f"{path.stem}/{name}", content) for name, content in found.items()]


JOBS = [job for path in WORKFLOWS for job in jobs(path)]

RELEASE = {
    job.name.removeprefix("release/"): job for job in JOBS if job.name.startswith("release/")
}

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
each_job = pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)


def found(program: str, *arguments: str | Path) -> str:
    """Return the findings of a linter, none if it has no complaint."""
    command = [Path(sys.executable).parent / program, *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr if ended.returncode else ""


def before(name: str) -> set[str]:
    """Return the jobs of ``release`` that must have succeeded before."""
    needs = RELEASE[name].content.get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*map(before, direct))


class TestEveryWorkflow:
    def test_has_no_fault_that_actionlint_knows(self) -> None:
        shellcheck = Path(sys.executable).parent / "shellcheck"
        assert not found("actionlint", "-shellcheck", shellcheck, *WORKFLOWS)

    def test_has_no_fault_that_zizmor_knows(self) -> None:
        assert not found("zizmor", "--offline", "--strict-collection", GITHUB)

    @each_workflow
    def test_pins_actions_by_commit(self, path: Path) -> None:
        used = re.findall(r"uses: (.+)", path.read_text())
        assert used
        assert not [each for each in used if not each.startswith("$/") and not PINNED.match(each)]

    def test_agrees_with_the_others_on_the_commit_of_an_action(self) -> None:
        text = "".join(path.read_text() for path in WORKFLOWS)
        pinned = {(each["action"], each[0]) for each in PINNED.finditer(text)}
        assert len(dict(pinned)) == len(pinned)

    @each_workflow
    def test_needs_no_secret(self, path: Path) -> None:
        assert "secrets" not in path.read_text()

    @each_workflow
    def test_has_no_right_that_a_job_does_not_name(self, path: Path) -> None:
        assert yaml.safe_load(path.read_text())["permissions"] == {}


class TestEveryJob:
    @each_job
    def test_ends_if_it_hangs(self, job: Job) -> None:
        assert "timeout-minutes" in job.content or job.content["uses"].startswith("$/")

    @each_job
    def test_may_change_only_what_it_publishes(self, job: Job) -> None:
        assert job.writes == WRITES.get(job.name, set())

    @each_job
    def test_builds_with_targets_that_exist(self, job: Job) -> None:
        targets = set(
            re.findall(r"^([a-z-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
        )
        called = {
            target
            for line in job.commands()
            for target in re.findall(r"^make (?:--\S+ )*([\w-]+)", line)
        }
        assert called <= targets

    @pytest.mark.parametrize(
        "job", [job for job in JOBS if job.name not in WRITES], ids=lambda job: job.name
    )
    def test_that_only_reads_runs_only_what_runs_anywhere(self, job: Job) -> None:
        allowed = (".ci/run", "make ", *PREPARING)
        assert not [line for line in job.commands() if not line.startswith(allowed)]

    @pytest.mark.parametrize(
        "job", [job for job in JOBS if job.name in WRITES], ids=lambda job: job.name
    )
    def test_that_may_change_something_runs_no_dependency(self, job: Job) -> None:
        """A package that make installs could use the rights of the job."""
        assert not [line for line in job.commands() if line.startswith((".ci/", "make "))]

    def test_is_known_if_it_may_change_something(self) -> None:
        assert {job.name for job in JOBS} >= WRITES.keys()


class TestRelease:
    @pytest.mark.parametrize("name", [name for name, job in RELEASE.items() if job.writes])
    def test_publishes_nothing_before_the_gate_and_the_check_of_versions(self, name: str) -> None:
        assert before(name) >= {"gate", "build"}

    def test_checks_versions_before_it_builds(self) -> None:
        commands = [line for line in RELEASE["build"].commands() if line.startswith("make ")]
        assert "release-check" in commands[0]


class TestIssues:
    def test_are_asked_for_with_forms_that_github_shows(self) -> None:
        assert not found(
            "check-jsonschema", "--builtin-schema", "vendor.github-issue-forms", *FORMS
        )

    def test_about_bugs_have_a_report_without_names(self) -> None:
        form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE/bug.yml").read_text())["body"]
        (command,) = (each["attributes"]["label"] for each in form if each.get("id") == "check")
        name, *options = command.split()
        assert "--anonymous" in options
        assert name == installed_command().name
        ended = subprocess.run(
            [installed_command(), *options, "--help"], capture_output=True, check=False
        )
        assert ended.returncode == 0

"""The Dockerfile agrees with the code. ``make image`` builds and runs the image."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from exporter import REVISION_VARIABLE, __version__
from exporter.cli import COMMANDS
from exporter.settings import options
from tests.support.paths import ROOT

DOCKERFILE = ROOT / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Return the verb and the arguments of each instruction, with continued lines joined."""
    lines = (line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#"))
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    parted = (line.partition(" ") for line in whole.splitlines() if line)
    return [(verb, rest.strip()) for verb, _, rest in parted]


def stages() -> list[list[tuple[str, str]]]:
    """Split the instructions at each ``FROM``, without those before the first."""
    found: list[list[tuple[str, str]]] = []
    for verb, rest in instructions():
        if verb == "FROM":
            found.append([])
        if found:
            found[-1].append((verb, rest))
    return found


def final(verb: str) -> list[str]:
    """Return the arguments of `verb` in the last stage."""
    return [rest for found, rest in stages()[-1] if found == verb]


def pairs(verb: str) -> dict[str, str]:
    """Return the names and values of `verb` in the last stage, for ``ENV`` and ``LABEL``."""
    return {
        name: quoted.strip('"')
        for rest in final(verb)
        for name, quoted in re.findall(r'([\w.]+)=("[^"]*"|\S*)', rest)
    }


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


class TestDockerfile:
    def test_has_no_fault_that_hadolint_knows(self) -> None:
        hadolint = Path(sys.executable).parent / "hadolint"
        found = subprocess.run(
            [hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False
        )
        assert (found.returncode, found.stdout) == (0, "")

    def test_takes_one_base_for_all_stages_that_a_build_may_pin(self) -> None:
        before, _, _ = DOCKERFILE.read_text().partition("\nFROM ")
        assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+-slim$", before, re.MULTILINE)
        bases = [rest.split()[0] for verb, rest in instructions() if verb == "FROM"]
        assert set(bases) == {"${PYTHON_IMAGE}"}

    def test_installs_nothing_from_an_index_without_its_hash(self) -> None:
        installs = [
            command
            for verb, rest in instructions()
            if verb == "RUN"
            for command in rest.split("&&")
            if re.search(r"\bpip\b.*\b(install|wheel)\b", command)
        ]
        assert len(installs) == 4
        for command in installs:
            assert "--require-hashes" in command or "--no-deps" in command
        for lock in ("requirements.lock", "requirements-build.lock"):
            assert sum(f"--requirement {lock}" in command for command in installs) == 1
            assert (ROOT / lock).read_text().count("--hash=sha256:") > 0

    def test_adds_nothing_from_elsewhere(self) -> None:
        assert [verb for verb, _ in instructions() if verb == "ADD"] == []

    def test_leaves_what_builds_it_behind(self) -> None:
        assert final("RUN") == []
        assert all("--from=builder" in copied for copied in final("COPY"))

    def test_runs_as_a_number_that_a_cluster_can_tell_from_root(self) -> None:
        assert final("USER") == ["65532:65532"]

    def test_listens_where_the_program_does(self) -> None:
        (address,) = [o for o in options() if o.path == ("web", "listen_address")]
        assert final("EXPOSE") == [address.default_text.removeprefix(":")]

    def test_tells_the_program_its_revision(self) -> None:
        assert pairs("ENV")[REVISION_VARIABLE] == "${REVISION}"
        assert "REVISION=" in final("ARG")

    @pytest.mark.parametrize("verb", ["ENTRYPOINT", "HEALTHCHECK"])
    def test_runs_the_program_without_a_shell(self, verb: str) -> None:
        (rest,) = final(verb)
        command = json.loads(rest[rest.index("[") :])
        assert command[0] in project()["scripts"]
        assert set(command[1:]) <= set(COMMANDS)

    def test_is_checked_by_the_program(self) -> None:
        (check,) = final("HEALTHCHECK")
        assert check.endswith('CMD ["github-billing-exporter", "health"]')

    def test_is_labelled_as_the_project_is(self) -> None:
        labels = pairs("LABEL")
        prefix = "org.opencontainers.image."
        assert labels[f"{prefix}title"] == "GitHub Billing Exporter"
        assert labels[f"{prefix}description"] == project()["description"]
        assert labels[f"{prefix}licenses"] == project()["license"]
        for name in ("version", "revision", "source"):
            assert labels[f"{prefix}{name}"] == f"${{{name.upper()}}}"
        assert f"VERSION={__version__}" in final("ARG")

    def test_is_given_what_it_copies(self) -> None:
        given = (ROOT / ".dockerignore").read_text().splitlines()
        copied = {
            name for verb, rest in stages()[0] if verb == "COPY" for name in rest.split()[:-1]
        }
        assert {f"!{name}" for name in copied} == {line for line in given if line.startswith("!")}
        assert "*" in given


class TestScripts:
    def test_have_no_fault_that_shellcheck_knows(self) -> None:
        scripts = [
            file
            for file in (ROOT / "scripts").iterdir()
            if file.is_file() and file.read_text().startswith("#!/bin/bash")
        ]
        assert scripts
        shellcheck = Path(sys.executable).parent / "shellcheck"
        found = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
        assert (found.returncode, found.stdout) == (0, "")

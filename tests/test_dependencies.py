"""Dependencies: pinned exactly, with hashes, and listed in the SBOM."""

import json
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT

LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(lock: Path) -> dict[str, int]:
    """Return the pinned releases, each with its number of hashes."""
    entries = lock.read_text().replace("\\\n", " ").splitlines()
    found = (re.match(r"([^\s\[]+)\S*==([^\s;]+)", entry) for entry in entries)
    return {f"{f[1]}@{f[2]}": f.string.count("--hash=sha256:") for f in found if f}


class TestLocks:
    @pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
    def test_hold_exact_releases_with_hashes_alone(self, lock: Path) -> None:
        required = [line for line in lock.read_text().splitlines() if re.match(r"[a-z0-9]", line)]
        assert len(pins(lock)) == len(required) > 0
        assert all(pins(lock).values())

    def test_pin_what_is_needed_with_an_extra_by_that_name(self) -> None:
        """pip before 23.3 ignores the pin of ``pyjwt`` when it installs ``pyjwt[crypto]``."""
        lock = (ROOT / "requirements-dev.lock").read_text()
        pinned = set(re.findall(r"^(\S+\[\S+\])==", lock, re.MULTILINE))
        needed = {
            f"{required.name}[{','.join(sorted(required.extras))}]".lower()
            for each in distributions()
            for required in map(Requirement, each.requires or ())
            if required.extras and (required.marker is None or required.marker.evaluate())
        }
        assert needed <= pinned
        assert "pyjwt[crypto]" in needed

    def test_agree_on_every_release(self) -> None:
        runs, develops = pins(ROOT / "requirements.lock"), pins(ROOT / "requirements-dev.lock")
        assert runs.items() <= develops.items()


class TestBillOfMaterials:
    def test_lists_every_release_with_its_hashes(self, tmp_path: Path) -> None:
        written = tmp_path / "sbom.json"
        options = f"--output-reproducible --output-format JSON --output-file {written}".split()
        inputs = ("requirements.lock", "--pyproject", "pyproject.toml")
        command = [sys.executable, "-m", "cyclonedx_py", "requirements", *inputs, *options]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        components = json.loads(written.read_text())["components"]
        assert {
            f"{each['name']}@{each['version']}": sum(
                len(reference["hashes"]) for reference in each["externalReferences"]
            )
            for each in components
        } == pins(ROOT / "requirements.lock")

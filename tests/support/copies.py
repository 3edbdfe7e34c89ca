"""Copies of the repository, in which tests change files and run its modules."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.programs import HANG_SECONDS

TIME = "1700000000"
"""The time of the files that are `made`, in seconds since 1970."""


def tracked() -> list[str]:
    """Return the paths of the files that git has."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and os.path.lexists(ROOT / name)]


def copied(folder: Path) -> Path:
    """Copy the files that git has to a new folder, links as links, and return it."""
    for name in tracked():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy, follow_symlinks=False)
    return folder


def module(
    root: Path, *arguments: str | Path, env: Mapping[str, str] = os.environ, umask: int = 0o022
) -> subprocess.CompletedProcess[str]:
    """Run a module of the repository in ``root``, without measuring its coverage."""
    kept = {name: text for name, text in env.items() if not name.startswith("COVERAGE_")}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env={**kept, "PYTHONPATH": str(root)},
        umask=umask,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )


def made(root: Path, *arguments: str | Path, umask: int = 0o022) -> None:
    """Run a module that builds something, at a fixed time; fail the test if it fails."""
    done = module(root, *arguments, env={**os.environ, "SOURCE_DATE_EPOCH": TIME}, umask=umask)
    assert done.returncode == 0, done.stdout + done.stderr

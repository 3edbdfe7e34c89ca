"""The time of a reproducible build."""

import os
import subprocess
from pathlib import Path

VARIABLE = "SOURCE_DATE_EPOCH"


def commit_time(root: Path) -> int:
    """Return ``SOURCE_DATE_EPOCH``, by default the time of the last commit.

    Raises ``subprocess.CalledProcessError`` in a folder that is not git's.
    """
    if given := os.environ.get(VARIABLE):
        return int(given)
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

"""Build the sdist, and the wheel from it: the same bytes from the same commit."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts import commit_time

ROOT = Path(__file__).parent.parent


def main(arguments: Sequence[str]) -> None:
    """Build into a folder, and check that an index accepts the files."""
    parser = argparse.ArgumentParser(prog="python -m scripts.dist", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the files; created if missing")
    folder = parser.parse_args(arguments).folder
    for former in (*folder.glob("*.whl"), *folder.glob("*.tar.gz")):
        former.unlink()
    bin_ = Path(sys.executable).parent
    build = (bin_ / "uv", "build", "--quiet", "--offline", "--no-build-isolation")
    subprocess.run(
        [*build, "--python", sys.executable, "--out-dir", folder, ROOT],
        env={**os.environ, commit_time.VARIABLE: str(commit_time.commit_time(ROOT))},
        check=True,
    )
    made = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    subprocess.run([bin_ / "twine", "--no-color", "check", "--strict", *made], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Pack the chart as a release publishes it: the same bytes from the same commit."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy import chart_release
from deploy.chart_readme import CHART
from exporter import __version__
from scripts import changelog, commit_time

ROOT = Path(__file__).parent.parent
HELM = ROOT / ".tools" / "helm4" / "helm"  # Helm 3 writes the current time into the archive


def main(arguments: Sequence[str]) -> None:
    """Pack into a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.chart",
        description=__doc__,
        epilog="Other options are those of `helm package`, such as --sign.",
    )
    parser.add_argument("folder", type=Path, help="folder of the archive; created if missing")
    given, options = parser.parse_known_args(arguments)
    with TemporaryDirectory() as scratch:
        staged = shutil.copytree(CHART, Path(scratch) / CHART.name)
        for name, text in chart_release.files(_changes()).items():
            (staged / name).write_text(text, "utf-8")
        homes = {f"HELM_{name}_HOME": scratch for name in ("CACHE", "CONFIG", "DATA")}
        subprocess.run(
            [HELM, "package", staged, "--destination", given.folder, *options],
            env={**os.environ, **homes, commit_time.VARIABLE: str(commit_time.commit_time(ROOT))},
            check=True,
        )


def _changes() -> list[tuple[str, str]]:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = changelog.section(text, __version__) or changelog.section(text, changelog.UNRELEASED)
    return found.changes() if found else []


if __name__ == "__main__":
    main(sys.argv[1:])

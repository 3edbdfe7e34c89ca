"""Write the generated files: docs, rules, dashboards. With --check list those that differ."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import chart_files, mentions, mixin
from deploy.prometheus import alerts
from docs import reference
from grafana import boards
from scripts import recorded_fields

ROOT = Path(__file__).parent.parent
_MAKERS = (
    reference.files,
    boards.files,
    alerts.files,
    chart_files.files,
    mixin.files,
    recorded_fields.files,
)
_GENERATED_ONLY = "deploy/helm/github-billing-exporter/files/*/**/*"


def files(root: Path) -> Mapping[Path, str]:
    """Return the text of every generated file by path."""
    made = {path: text for maker in _MAKERS for path, text in maker(root).items()}
    return {**made, **mentions.files(root, made)}


def differing(root: Path, wanted: Mapping[Path, str]) -> list[Path]:
    """Return the files that are missing, differ, or are no longer generated."""
    stale = [path for path, text in wanted.items() if not _has(path, text)]
    abandoned = [
        path for path in root.glob(_GENERATED_ONLY) if path.is_file() and path not in wanted
    ]
    return sorted(stale + abandoned)


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Run the program, and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="list the files that differ; exit 1")
    check = parser.parse_args(arguments).check
    wanted = files(root)
    found = differing(root, wanted)
    for path in found:
        if check:
            print(f"{path.relative_to(root)} is stale: run `make fix`")
        elif path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 1 if check and found else 0


def _has(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Prepare and check releases. Nothing is committed, tagged or pushed."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

from deploy.chart_readme import CHART
from deploy.project import CHARTS, IMAGE, REGISTRY, REPOSITORY
from scripts import changelog

ROOT = Path(__file__).parent.parent

_PACKAGE, _CHANGELOG = Path("exporter/__init__.py"), Path("CHANGELOG.md")
_CHART = Path("deploy/helm/github-billing-exporter/Chart.yaml")
_ASSIGNED = re.compile(r'(?<=^__version__ = ")[^"]+', re.MULTILINE)
_VERSION = re.compile(r"\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?")
_RELATIVE = re.compile(r"(?<=\]\()(?!https?:|#)")
_NOTES = """\
{changes}

### Verify

The workflow that made image and chart signed them:

```sh
cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \\
  --certificate-identity {repository}/.github/workflows/release.yml@refs/tags/v{version} \\
  {image}:{version} {chart}:{version}
```
"""


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Run the program, and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.release", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    preparing = verbs.add_parser("prepare", help="set the version, and date its changes")
    preparing.add_argument("version", help="such as 0.2.0 or 0.2.0-rc.1")
    preparing.add_argument("--date", type=date.fromisoformat, default=datetime.now(UTC).date())
    checking = verbs.add_parser("check", help="fail if a tag is not that of the files")
    checking.add_argument("tag", help="such as v0.2.0")
    checking.add_argument("--repository", help="that it is published from, such as acme/bills")
    verbs.add_parser("notes", help="print the changes of the version, and how to verify it")
    given = parser.parse_args(arguments)
    if given.verb == "prepare":
        fault = _prepare(root, given.version, given.date)
    elif given.verb == "check":
        fault = _fault_of(root, given.tag) or _fault_of_address(given.repository)
        if not fault:
            print(*_addresses(_version(root)), sep="\n")
    else:
        fault = _print_notes(root)
    if fault:
        print(fault, file=sys.stderr)
    return 1 if fault else 0


def _prepare(root: Path, version: str, day: date) -> str:
    if not _VERSION.fullmatch(version):
        return f"invalid version {version}: it must be X.Y.Z or X.Y.Z-rc.N"
    text = _text(root, _CHANGELOG)
    unreleased = changelog.section(text, changelog.UNRELEASED)
    if changelog.section(text, version):
        return f"CHANGELOG.md has a section [{version}] already"
    if not (unreleased and unreleased.changes()) and not changelog.candidates(text, version):
        return "CHANGELOG.md has no unreleased changes"
    (root / _CHANGELOG).write_text(changelog.released(text, version, day), "utf-8")
    (root / _PACKAGE).write_text(_ASSIGNED.sub(version, _text(root, _PACKAGE)), "utf-8")
    return ""


def _fault_of(root: Path, tag: str) -> str:
    version = tag.removeprefix("v")
    faults = [*_faults_of(root, version)] if tag.startswith("v") else ["it must begin with v"]
    mend = f": run `make release VERSION={version}`, and commit"
    return f"tag {tag} is not that of the files, {'; '.join(faults)}{mend}" if faults else ""


def _faults_of(root: Path, version: str) -> Iterator[str]:
    chart = yaml.safe_load(_text(root, _CHART))
    found = {
        f"{_PACKAGE}": _version(root),
        f"version of {_CHART.name}": chart["version"],
        f"appVersion of {_CHART.name}": chart["appVersion"],
    }
    yield from (f"{name} is {other}" for name, other in found.items() if other != version)
    section = changelog.section(_text(root, _CHANGELOG), version)
    if section is None or section.date is None:
        yield f"{_CHANGELOG} has no dated section [{version}]"


def _fault_of_address(repository: str | None) -> str:
    if repository is None or f"https://github.com/{repository}" == REPOSITORY:
        return ""
    return (
        f"pyproject.toml says that the project lives at {REPOSITORY}, but this is {repository}: "
        "change it, run `make fix`, and commit"
    )


def _addresses(version: str) -> Iterator[str]:
    yield f"version={version}"
    yield f"image={REGISTRY}/{IMAGE}"
    yield f"charts={CHARTS}"


def _print_notes(root: Path) -> str:
    version = _version(root)
    section = changelog.section(_text(root, _CHANGELOG), version)
    if section is None:
        return f"CHANGELOG.md has no section [{version}]"
    files = f"{REPOSITORY}/blob/v{version}/"
    notes = _NOTES.format(
        changes=_RELATIVE.sub(files, section.text),
        repository=REPOSITORY,
        version=version,
        image=f"{REGISTRY}/{IMAGE}",
        chart=f"{CHARTS.removeprefix('oci://')}/{CHART.name}",
    )
    print(notes, end="")
    return ""


def _version(root: Path) -> str:
    (found,) = _ASSIGNED.findall(_text(root, _PACKAGE))
    return str(found)


def _text(root: Path, path: Path) -> str:
    return (root / path).read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

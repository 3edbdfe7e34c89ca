"""The project's addresses and version in handwritten files."""

import re
from collections.abc import Mapping
from pathlib import Path

from deploy.project import FILES, OWNER, RAW, REPOSITORY, SITE
from exporter import __version__

_HANDWRITTEN = (
    ".github/CODEOWNERS",
    "Dockerfile",
    "README.md",
    "deploy/compose/compose.yaml",
    "deploy/helm/github-billing-exporter/README.md",
    "deploy/helm/github-billing-exporter/values.yaml",
    "deploy/prometheus/tests/*.yml",
    "deploy/systemd/github-billing-exporter.service",
    "docs/running.md",
    "pyproject.toml",
)
_NAME = r"[\w.-]+/[\w.-]+"
_CURRENT = {
    rf"https://github\.com/{_NAME}/blob/main\b": FILES,
    rf"https://raw\.githubusercontent\.com/{_NAME}/main\b": RAW,
    r"https://[\w-]+\.github\.io/[\w.-]+/": SITE,
    rf"(?<=Documentation=)https://github\.com/{_NAME}": REPOSITORY,
    rf'(?<=Issues = ")https://github\.com/{_NAME}': REPOSITORY,
    rf"github\.com/{_NAME}(?=/deploy/)": REPOSITORY.removeprefix("https://"),
    r"(?<=@)[\w-]+(?=/maintainers)": OWNER,
    r"(?<=github-billing-exporter:)\d+\.\d+\.\d+[\w.-]*": __version__,
    r"(?<=ARG VERSION=).+": __version__,
}


def files(root: Path, generated: Mapping[Path, str]) -> Mapping[Path, str]:
    """Return the handwritten files by path, with current addresses and the current version.

    ``generated`` are the texts of files that are generated in part.
    """
    paths = (path for pattern in _HANDWRITTEN for path in sorted(root.glob(pattern)))
    return {path: _current(generated.get(path) or path.read_text("utf-8")) for path in paths}


def _current(text: str) -> str:
    for pattern, current in _CURRENT.items():
        text = re.sub(pattern, current, text)
    return text

"""Where the project lives, all from the repository's address in pyproject.toml."""

import tomllib
from pathlib import Path

_PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))

REPOSITORY: str = _PYPROJECT["project"]["urls"]["Repository"]
OWNER, _NAME = REPOSITORY.removeprefix("https://github.com/").split("/")

FILES = f"{REPOSITORY}/blob/main"
"""Base URL of the repository's files, for people."""

RAW = f"https://raw.githubusercontent.com/{OWNER}/{_NAME}/main"
"""Base URL of the repository's files, for programs."""

SITE = f"https://{OWNER}.github.io/{_NAME}/"
REGISTRY = "ghcr.io"
IMAGE = f"{OWNER}/{_NAME}".lower()
"""The image within the registry, of which each release has the version as its tag."""

CHARTS = f"oci://{REGISTRY}/{OWNER}/charts".lower()
"""Address under which the chart is pushed."""

AUTHORS: str = _PYPROJECT["project"]["authors"][0]["name"]
DESCRIPTION: str = _PYPROJECT["project"]["description"]
KEYWORDS: list[str] = _PYPROJECT["project"]["keywords"]
LICENSE: str = _PYPROJECT["project"]["license"]

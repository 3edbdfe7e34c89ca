"""The project's address, from pyproject.toml."""

import tomllib
from pathlib import Path

_PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))

REPOSITORY: str = _PYPROJECT["project"]["urls"]["Repository"]

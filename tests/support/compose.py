"""The compose files, read by Docker Compose."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT
from tests.support.programs import program

FOLDER = ROOT / "deploy" / "compose"
DEMO, GITHUB = FOLDER / "compose.yaml", FOLDER / "compose.github.yaml"
BINARIES = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}
"""The program of a service."""

Composed = dict[str, Any]


def composed(*files: Path) -> Composed:
    """Return the configuration that Docker Compose reads from files. Later files override."""
    named = [argument for file in files for argument in ("--file", str(file))]
    found = subprocess.run(
        [program("docker-compose", "newest"), *named, "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    read: Composed = json.loads(found.stdout)
    return read


def services(found: Composed) -> dict[str, Composed]:
    named: dict[str, Composed] = found["services"]
    return named


def mounted(service: Composed) -> dict[str, Path]:
    """Return the mounted files and folders of the repository by path in the container."""
    return {
        volume["target"]: Path(volume["source"])
        for volume in service.get("volumes", ())
        if volume["type"] == "bind"
    }

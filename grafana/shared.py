"""Write the boards for grafana.com, as Grafana exports them for sharing: `make shared`."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grafana.boards import FOLDER

GRAFANA = "10.0.0"
"""The oldest Grafana that shows the boards."""


def shared(board: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a board with what it requires. Its data source is a variable, so it has no inputs."""
    required = [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": GRAFANA},
        {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
    ]
    required += [
        {"type": "panel", "id": kind, "name": kind, "version": ""}
        for kind in sorted(set(_kinds(board["panels"])))
    ]
    return {"__inputs": [], "__elements": {}, "__requires": required, "id": None, **board}


def main() -> None:
    """Write every board into a folder."""
    parser = argparse.ArgumentParser(prog="python -m grafana.shared", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the files; created if missing")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in (Path(__file__).parent.parent / FOLDER).glob("*.json"):
        written = shared(json.loads(path.read_text(encoding="utf-8")))
        (folder / path.name).write_text(f"{json.dumps(written, indent=2)}\n", encoding="utf-8")


def _kinds(panels: list[dict[str, Any]]) -> Iterator[str]:
    for panel in panels:
        if panel["type"] == "row":
            yield from _kinds(panel["panels"])
        else:
            yield str(panel["type"])


if __name__ == "__main__":
    main()

"""Write the dashboards, or with ``--check`` name those that differ from what the code builds."""

import sys
from pathlib import Path

from grafana.boards import built

FOLDER = Path(__file__).parent / "dashboards"


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Return the exit code: 1 where something differs, 2 for an unknown argument."""
    if arguments not in ([], ["--check"]):
        print("python -m grafana [--check]", file=sys.stderr)
        return 2
    wanted = {f"{uid}.json": text for uid, text in built().items()}
    there = {path.name: path.read_text() for path in folder.glob("*.json")}
    differing = sorted(name for name in wanted | there if wanted.get(name) != there.get(name))
    if arguments and differing:
        print(f"not what the code builds: {', '.join(differing)}; `make fix` mends it")
        return 1
    for name in differing:
        if name in wanted:
            (folder / name).write_text(wanted[name])
        else:
            (folder / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``assets``: write the dashboards and rules that belong to this version."""

from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from exporter import files
from exporter.commands import shared
from exporter.commands.help import Command
from exporter.phrases import first_of

_SHOWN = 3


def contents() -> Mapping[str, bytes]:
    """Return the files by path in the folder."""
    return dict(_under(resources.files("exporter") / "assets"))


def _under(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _under(each, f"{path}{each.name}/")
        elif not each.name.startswith("."):
            yield f"{path}{each.name}", each.read_bytes()


@click.command(cls=Command)
@click.option(
    "--output",
    "folder",
    metavar="FOLDER",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Write to this folder, which is created if it is missing.",
)
@click.option("--force", is_flag=True, help="Overwrite files that differ.")
def assets(folder: Path, force: bool) -> None:
    """Write dashboards, rules, mixin and systemd unit to a folder.

    They are those of this version. In the folder, dashboards/ and provisioning/ are for Grafana;
    prometheus/ has the recording rules, the alerts and an example configuration of Alertmanager;
    mixin/ is for Jsonnet, systemd/ for a service.

    Exit codes: 0 on success, 1 if the folder has other content under the same names (nothing is
    written), 3 if a file cannot be written.
    """
    wanted = {folder / path: content for path, content in contents().items()}
    with shared.written(folder):
        differing = [path for path, content in wanted.items() if _differs(path, content)]
        if differing and not force:
            shown = first_of([str(path) for path in differing], _SHOWN)
            shared.end(
                shared.FAILED,
                f"--output: other content is in {shown}: choose another folder, or overwrite "
                "it with --force",
            )
        for path, content in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomically(path, content, files.FOR_ALL)
    click.echo(f"Wrote {len(wanted)} files to {folder}")


def _differs(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() != content
    except FileNotFoundError:
        return False

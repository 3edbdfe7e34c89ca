"""A state file as a process that has read a bill leaves it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.restarts import keep, life
from tests.support.world import organization, virtual


def good() -> bytes:
    """Make the file of a process that has read a bill."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state"

        async def run() -> None:
            async with life(path, organization()) as world:
                await keep(world)

        virtual(run)
        return path.read_bytes()


GOOD = good()

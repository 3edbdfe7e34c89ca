"""A state file left by a process that has read a bill."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.restarts import keep, life
from tests.support.world import organization, virtual


def good() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state"

        async def run() -> None:
            async with life(path, organization()) as world:
                await keep(world)

        virtual(run)
        return path.read_bytes()


GOOD = good()

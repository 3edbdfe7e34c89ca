"""Every recording in this folder replays: see its README.md."""

from pathlib import Path

import pytest

from tests.support import recordings

FOLDERS = recordings.folders(Path(__file__).parent)


def test_there_is_one() -> None:
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_replays(folder: Path) -> None:
    recordings.check(folder)

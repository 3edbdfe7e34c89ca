"""The folder after interruptions, by what it finds."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.billing.cycle import Cycle
from exporter.history.folder import Folder, Mixed
from exporter.history.past_month import PastMonth
from exporter.history.times import Times
from exporter.history.wanted import Wanted
from tests.support.past_months import NOW, SIX_HOURS, demo_at, past
from tests.support.programs import program

SEPTEMBER = Cycle.at(datetime(2026, 9, 1, tzinfo=UTC))
NAME = "github-billing-2026-09.om"


@pytest.fixture(scope="module")
def month() -> PastMonth:
    _, app = demo_at(NOW)
    (found,) = past(Wanted(1, SIX_HOURS, NOW), app, "mona")
    return found


def listed(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def prepared(path: Path, promtool: Path | None = None, **options: str) -> Folder:
    folder = Folder(path, options, promtool)
    folder.prepare()
    return folder


def test_a_month_without_series_is_whole_without_a_file(tmp_path: Path) -> None:
    empty = PastMonth(Times(SEPTEMBER, SEPTEMBER.end, NOW), [])
    for tool in (None, program("promtool")):
        folder = prepared(tmp_path / str(tool is None), tool)
        folder.write(empty)
        assert folder.is_whole(SEPTEMBER, SEPTEMBER.end)
        assert listed(folder.path) == [".state"]


def test_a_longer_month_replaces_a_shorter_one(tmp_path: Path, month: PastMonth) -> None:
    folder = prepared(tmp_path)
    folder.write(month)
    later = SEPTEMBER.end.replace(day=2)
    assert folder.is_whole(SEPTEMBER, SEPTEMBER.end)
    assert not folder.is_whole(SEPTEMBER, later)


def test_new_blocks_replace_those_of_the_month(tmp_path: Path, month: PastMonth) -> None:
    folder = prepared(tmp_path, program("promtool"))
    folder.write(month)
    first = listed(tmp_path)
    folder.write(month)
    second = listed(tmp_path)
    assert len(first) == len(second) > 1
    assert set(first) & set(second) == {".state"}


def test_blocks_that_were_not_yet_moved_are_moved(tmp_path: Path, month: PastMonth) -> None:
    folder = prepared(tmp_path, program("promtool"))
    folder.write(month)
    _, *blocks = listed(tmp_path)
    (tmp_path / ".state/2026-09").mkdir()
    (tmp_path / blocks[0]).rename(tmp_path / ".state/2026-09" / blocks[0])
    assert not folder.is_whole(SEPTEMBER, SEPTEMBER.end)
    folder = prepared(tmp_path, program("promtool"))
    assert folder.is_whole(SEPTEMBER, SEPTEMBER.end)
    assert listed(tmp_path / ".state") == ["2026-09.json"]


@pytest.mark.parametrize(
    "leave",
    [
        lambda hidden: (hidden / ".github-billing-2026-09.om.x.new").write_text("half"),
        lambda hidden: (hidden / "2026-09.om").write_text("half"),
        lambda hidden: (hidden / "2026-09/01M8").mkdir(parents=True),
    ],
    ids=["a file", "a text for promtool", "blocks"],
)
def test_what_an_interrupted_run_left_is_removed(
    tmp_path: Path, leave: Callable[[Path], object]
) -> None:
    (tmp_path / ".state").mkdir()
    leave(tmp_path / ".state")
    prepared(tmp_path)
    assert listed(tmp_path) == [".state"]
    assert listed(tmp_path / ".state") == []


def test_a_state_that_cannot_be_read_is_none(tmp_path: Path, month: PastMonth) -> None:
    folder = prepared(tmp_path)
    folder.write(month)
    (tmp_path / ".state/2026-09.json").write_text("{")
    assert not folder.is_whole(SEPTEMBER, SEPTEMBER.end)


def test_other_options_are_named(tmp_path: Path, month: PastMonth) -> None:
    prepared(tmp_path, step="6h", label="job=a").write(month)
    with pytest.raises(Mixed, match=r"2026-09 was written with other options \(label\)"):
        prepared(tmp_path, step="6h", label="job=b").is_whole(SEPTEMBER, SEPTEMBER.end)
    with pytest.raises(Mixed, match=r"other options \(form\)"):
        Folder(tmp_path, {"step": "6h", "label": "job=a"}, Path("promtool")).is_whole(
            SEPTEMBER, SEPTEMBER.end
        )

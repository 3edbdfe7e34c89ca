"""Files are read within bounds and without blocking, even if a read hangs."""

import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter import files
from exporter.files import MOST_SECRET, NotRegular, TooLarge, Watcher
from tests.support.programs import HANG_SECONDS, until


class TestRead:
    @pytest.mark.parametrize("content", [b"", b"x", b"x" * MOST_SECRET])
    def test_returns_what_a_file_holds(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "file").write_bytes(content)
        assert files.read(tmp_path / "file", MOST_SECRET) == content

    def test_refuses_a_byte_too_many(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x" * (MOST_SECRET + 1))
        with pytest.raises(TooLarge, match="larger than 64 KiB"):
            files.read(tmp_path / "file", MOST_SECRET)

    def test_takes_no_memory_for_a_file_that_is_too_large(self, tmp_path: Path) -> None:
        with (tmp_path / "sparse").open("wb") as file:
            file.truncate(1 << 30)
        tracemalloc.start()
        with pytest.raises(TooLarge):
            files.read(tmp_path / "sparse", MOST_SECRET)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 16 * MOST_SECRET

    def test_takes_memory_by_the_size_of_the_file_whatever_it_may_hold(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "small").write_bytes(b"x" * 1000)
        tracemalloc.start()
        files.read(tmp_path / "small", 1 << 30)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 16 * MOST_SECRET

    def test_waits_for_nobody_who_would_write_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(NotRegular):
            files.read(tmp_path / "pipe", MOST_SECRET)

    @pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/"])
    def test_refuses_devices_and_folders(self, path: str) -> None:
        with pytest.raises(NotRegular):
            files.read(Path(path), MOST_SECRET)

    def test_follows_links_and_reads_what_has_no_size(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("/proc/self/status")
        assert b"Pid:" in files.read(tmp_path / "link", MOST_SECRET)

    def test_leaves_no_descriptor_open(self, tmp_path: Path) -> None:
        def count() -> int:
            return len(list(Path("/proc/self/fd").iterdir()))

        before = count()
        for path in (Path("/dev/null"), tmp_path) * 100:
            with pytest.raises(NotRegular):
                files.read(path, MOST_SECRET)
        assert count() < before + 100, "threads of other tests may hold some"


@pytest.fixture
def end() -> Iterator[threading.Event]:
    """Release hanging reads at the end of a test."""
    event = threading.Event()
    yield event
    event.set()


class TestWatcher:
    def test_is_what_was_there_at_first_and_then_what_is_there_now(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text("first")
        watched = Watcher(lambda: files.read_secret(file))
        assert watched() == "first"
        file.write_text("second")
        until(lambda: watched() == "second")

    def test_fails_as_the_reading_does_and_recovers(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        watched = Watcher(lambda: files.read_secret(file))
        for _ in range(3):
            with pytest.raises(FileNotFoundError) as caught:
                watched()
            assert len(caught.traceback) == 2, "the traceback does not grow"
        file.write_text("there")
        until(lambda: watched.fault is None)
        assert watched() == "there"

    def test_that_hangs_at_first_is_late(self, end: threading.Event) -> None:
        watched = Watcher(end.wait, patience=0.01)
        with pytest.raises(TimeoutError, match="not be read within"):
            watched()
        end.set()
        until(lambda: watched.fault is None)

    def test_that_hangs_later_is_what_it_was_until_it_is_late(self, end: threading.Event) -> None:
        begun = threading.Event()
        contents = iter(["first", "second"])

        def look() -> str:
            content = next(contents)
            if content == "second":
                begun.set()
                end.wait()
            return content

        watched = Watcher(look, patience=HANG_SECONDS)
        assert begun.wait(HANG_SECONDS)
        assert watched() == "first"

    def test_that_hangs_keeps_no_process_from_its_end(self) -> None:
        program = (
            "import threading\n"
            "from exporter.files import Watcher\n"
            "watched = Watcher(threading.Event().wait, patience=0.01)\n"
            "print(type(watched.fault).__name__)"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            timeout=HANG_SECONDS,
        )
        assert ended.stdout == "TimeoutError\n"

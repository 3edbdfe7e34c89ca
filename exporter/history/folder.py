"""The folder of past months: files or blocks, and which months are whole."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from exporter import files
from exporter.billing.cycle import Cycle
from exporter.history.openmetrics import text
from exporter.history.past_month import PastMonth
from exporter.ledger import periods

LONGEST_BLOCK = "744h"
"""A month. promtool reads the whole text again for each block."""


class Mixed(Exception):
    """The folder has a month that was written with other options."""


class PromtoolFailed(Exception):
    """promtool made no blocks."""


class _State(msgspec.Struct):
    """A month that is whole up to ``until``, and the ``names`` of its file or blocks."""

    options: dict[str, str]
    until: datetime
    names: list[str]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with a file per month, or with the blocks that ``promtool`` makes of them.

    All months have the same ``options``. ``.state/`` keeps which months are whole, and files that
    are not. Methods raise ``OSError``.
    """

    path: Path
    options: Mapping[str, str]
    promtool: Path | None = None

    def prepare(self) -> None:
        """Create the folder, and complete or remove what an interrupted run left."""
        self._hidden.mkdir(parents=True, exist_ok=True)
        files.check_writable(self.path / "file")
        for left in sorted(self._hidden.iterdir()):
            if left.is_dir():
                self._publish(left.name)
            elif left.suffix != ".json":
                left.unlink()

    def is_whole(self, month: Cycle, until: datetime) -> bool:
        """Return whether a month is whole up to ``until``. Raises `Mixed`."""
        name = periods.text_of(month)
        state = self._state(name)
        if state is None:
            return False
        others = [key for key, value in self._options.items() if state.options.get(key) != value]
        if others:
            different = ", ".join(others)
            raise Mixed(f"{name} was written with other options ({different}): use another folder")
        return state.until == until and all((self.path / each).exists() for each in state.names)

    def write(self, month: PastMonth) -> None:
        """Write a month, nothing if it has no series. Raises `PromtoolFailed`."""
        name = periods.text_of(month.times.cycle)
        former = self._state(name)
        made = self._hidden / name
        try:
            names = self._make(month, made) if month.curves else []
        except BaseException:
            shutil.rmtree(made)
            raise
        content = msgspec.json.encode(_State(self._options, month.times.until, names))
        files.write_atomically(self._state_file(name), content, files.FOR_ALL)
        self._publish(name)
        for block in former.names if former and self.promtool else ():
            shutil.rmtree(self.path / block, ignore_errors=True)

    def _write_text(self, month: PastMonth, file: Path) -> None:
        with files.replaced(file, files.FOR_ALL, self._hidden) as content:
            content.writelines(piece.encode() for piece in text(month))

    def _make(self, month: PastMonth, made: Path) -> list[str]:
        """Write the month's file or blocks into a hidden folder, and return their names."""
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        if self.promtool is not None:
            return self._make_blocks(month, self.promtool, made)
        name = f"github-billing-{made.name}.om"
        self._write_text(month, made / name)
        return [name]

    def _make_blocks(self, month: PastMonth, promtool: Path, blocks: Path) -> list[str]:
        file = blocks.with_suffix(".om")
        try:
            self._write_text(month, file)
            command = [str(promtool), "tsdb", "create-blocks-from"]
            options = [f"--max-block-duration={LONGEST_BLOCK}", "openmetrics"]
            made = _run([*command, *options, str(file), str(blocks)])
        finally:
            file.unlink(missing_ok=True)
        names = sorted(block.name for block in blocks.iterdir())
        if made.returncode or not names:
            (*_, why) = ["it made no blocks", *made.stderr.splitlines()]
            raise PromtoolFailed(why)
        return names

    def _publish(self, name: str) -> None:
        """Move the file or blocks of a month to the folder if the month is whole."""
        state, made = self._state(name), self._hidden / name
        for each in state.names if state else ():
            if (made / each).exists():
                (made / each).rename(self.path / each)
        shutil.rmtree(made, ignore_errors=True)

    @property
    def _hidden(self) -> Path:
        return self.path / ".state"

    @property
    def _options(self) -> dict[str, str]:
        return {**self.options, "form": "text" if self.promtool is None else "blocks"}

    def _state_file(self, name: str) -> Path:
        return self._hidden / f"{name}.json"

    def _state(self, name: str) -> _State | None:
        try:
            return msgspec.json.decode(self._state_file(name).read_bytes(), type=_State)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603  (the program that the user names)
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise PromtoolFailed(files.problem(Path(command[0]), error, "run")) from None

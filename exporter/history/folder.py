"""The folder of past months: files or blocks, and which months are whole."""

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from exporter import files
from exporter.billing.cycle import Cycle
from exporter.ledger import periods

LONGEST_BLOCK = "744h"
"""A month. promtool reads the whole text again for each block."""


class Mixed(Exception):
    """The folder has a month that was written with other options."""


class PromtoolFailed(Exception):
    """promtool made no blocks."""


class _State(msgspec.Struct):
    """A month that is whole up to ``until``, and the names of its ``blocks``, if it has any."""

    options: dict[str, str]
    until: datetime
    blocks: list[str] = []


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with a file per month, or with the blocks that ``promtool`` makes of them.

    All months have the same ``options``. ``.state/`` keeps which months are whole, and files that
    are not. Methods raise ``OSError``.
    """

    path: Path
    options: dict[str, str]
    promtool: Path | None = None

    @property
    def _all_options(self) -> dict[str, str]:
        return {**self.options, "form": "text" if self.promtool is None else "blocks"}

    @property
    def _hidden(self) -> Path:
        return self.path / ".state"

    def prepare(self) -> None:
        """Create the folder, and complete or remove what an interrupted run left."""
        self._hidden.mkdir(parents=True, exist_ok=True)
        files.check_writable(self.path / "file")
        for left in self._hidden.iterdir():
            if left.suffix == ".json":
                self._publish(left.stem)
        for left in self._hidden.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.suffix != ".json":
                left.unlink()

    def is_whole(self, month: Cycle, until: datetime) -> bool:
        """Return whether a month is whole up to ``until``. Raises `Mixed`."""
        state = self._state(periods.text_of(month))
        if state is None:
            return False
        if state.options != self._all_options:
            raise Mixed(
                f"{periods.text_of(month)} was written with other options: repeat those, or use "
                "another folder"
            )
        there = all((self.path / name).exists() for name in state.blocks or [_name(month)])
        return there and state.until == until

    def write(self, month: Cycle, text: Iterable[str], until: datetime) -> None:
        """Write a month up to ``until``. Raises `PromtoolFailed`."""
        name = periods.text_of(month)
        former = self._state(name)
        state = _State(self._all_options, until)
        if self.promtool is None:
            with files.replaced(self.path / _name(month), files.FOR_ALL, self._hidden) as file:
                file.writelines(piece.encode() for piece in text)
        else:
            state.blocks = self._make_blocks(self.promtool, name, text)
        content = msgspec.json.encode(state)
        files.write_atomically(self._file(name), content, files.FOR_ALL)
        self._publish(name)
        for block in former.blocks if former else ():
            shutil.rmtree(self.path / block, ignore_errors=True)

    def _make_blocks(self, promtool: Path, name: str, text: Iterable[str]) -> list[str]:
        file, blocks = self._hidden / f"{name}.om", self._hidden / name
        shutil.rmtree(blocks, ignore_errors=True)
        blocks.mkdir()
        try:
            with files.replaced(file, files.FOR_ALL) as content:
                content.writelines(piece.encode() for piece in text)
            command = [str(promtool), "tsdb", "create-blocks-from"]
            options = [f"--max-block-duration={LONGEST_BLOCK}", "openmetrics"]
            made = subprocess.run(  # noqa: S603  (the program that the user names)
                [*command, *options, str(file), str(blocks)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            file.unlink(missing_ok=True)
        names = sorted(block.name for block in blocks.iterdir())
        if made.returncode or not names:
            shutil.rmtree(blocks)
            (*_, why) = ["it made no blocks", *made.stderr.splitlines()]
            raise PromtoolFailed(why)
        return names

    def _publish(self, name: str) -> None:
        """Move a whole month's blocks to the folder."""
        state, blocks = self._state(name), self._hidden / name
        if state is None or not blocks.is_dir():
            return
        for block in state.blocks:
            if (blocks / block).exists():
                (blocks / block).rename(self.path / block)
        shutil.rmtree(blocks)

    def _file(self, name: str) -> Path:
        return self._hidden / f"{name}.json"

    def _state(self, name: str) -> _State | None:
        try:
            return msgspec.json.decode(self._file(name).read_bytes(), type=_State)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None


def _name(month: Cycle) -> str:
    return f"github-billing-{periods.text_of(month)}.om"

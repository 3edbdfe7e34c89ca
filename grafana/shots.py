"""Pictures of dashboards, and sheets of them, by the program in `grafana/draw`."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

_PROGRAM = Path(__file__).parent / "draw/shot.mjs"


class Fault(NamedTuple):
    """What must not be in a picture; ``panel`` is a title, empty for the whole picture."""

    panel: str
    fault: str


@dataclass(frozen=True)
class Shots:
    """A running browser."""

    _questions: IO[str]
    _answers: IO[str]

    def board(
        self,
        out: Path,
        board: Path,
        url: str,
        now: datetime,
        variables: Mapping[str, str],
        *,
        width: int,
        expanded: bool = False,
    ) -> list[Fault]:
        """Draw the JSON file of a board with data of a Prometheus; ``expanded`` with all rows."""
        return self._shot(
            out=out,
            board=str(board),
            prometheus=url,
            now=now.timestamp(),
            variables=variables,
            width=width,
            expanded=expanded,
        )

    def sheet(self, out: Path, pictures: Mapping[str, Path], *, width: int, columns: int) -> None:
        """Put pictures with their captions on one sheet."""
        files = [(caption, str(path.absolute())) for caption, path in pictures.items()]
        self._shot(out=out, pictures=files, width=width, columns=columns)

    def _shot(self, *, out: Path, **asked: Any) -> list[Fault]:
        out.parent.mkdir(parents=True, exist_ok=True)
        self._questions.write(json.dumps({"out": str(out), **asked}) + "\n")
        self._questions.flush()
        return [Fault(**each) for each in json.loads(self._answers.readline())]


@contextmanager
def browser() -> Iterator[Shots]:
    """Start Chromium with the page that draws dashboards."""
    command = ("node", str(_PROGRAM))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603  (the project's own program)
        questions = cast("IO[str]", process.stdin)
        with questions:
            yield Shots(questions, cast("IO[str]", process.stdout))

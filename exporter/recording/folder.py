"""A recording's folder: the report of ``check``, what GitHub answered, and a page to read."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from exporter import files
from exporter.recording.answers import Answer

REPORT, README, ANSWERS = "check.json", "README.txt", "answers"

_ABOUT = """\
A recording of what GitHub answered to github-billing-exporter, made by check --record.

check.json has the report. answers/ has a file for each request: its endpoint, and the status,
headers and body of the answer. Names and IDs are pseudonyms, the same in all files. All amounts and
quantities are multiplied by one factor, so that prices, shares and sums stay right. That hides them
from a glance, not from analysis: who knows one of your amounts can compute the others, and the
recording itself can reveal the factor, as by the quota of a plan, a number of seats, or requests,
which were whole numbers. If your figures must stay secret, do not publish it.

Fields that GitHub does not describe are left out, and listed as unknown. There is no token and no
address in it.

Read it before you send it to anyone. How to report a bug with it: docs/check.md.
"""


def prepare(folder: Path) -> bool:
    """Make the folder, and return whether it is empty. Raises ``OSError``."""
    folder.mkdir(mode=0o700, exist_ok=True)
    files.check_writable(folder / README)
    return not any(folder.iterdir())


def write_answer(folder: Path, answer: Answer) -> None:
    """Write an answer. Raises ``OSError``."""
    (folder / ANSWERS).mkdir(mode=0o700, exist_ok=True)
    words = [part for part in answer.endpoint.split("/") if re.fullmatch(r"[a-z_-]+", part)]
    name = "-".join((f"{answer.number:04d}", *words[-2:]))
    _write(folder / ANSWERS / f"{name}.json", _indented(msgspec.json.encode(answer)))


def write_rest(folder: Path, report: bytes, lines: Sequence[str]) -> None:
    """Write the report (JSON) and the page to read. Raises ``OSError``."""
    _write(folder / REPORT, _indented(report))
    _write(folder / README, "\n".join((_ABOUT, *lines, "")).encode())


def _indented(encoded: bytes) -> bytes:
    return msgspec.json.format(encoded, indent=1) + b"\n"


def _write(path: Path, content: bytes) -> None:
    path.touch(files.FOR_OWNER)
    path.write_bytes(content)

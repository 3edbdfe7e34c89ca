"""The questions of docs/money.md, each with its query."""

import re
from typing import NamedTuple

from tests.support.paths import ROOT

PAGE = ROOT / "docs/money.md"

_QUESTION = re.compile(r"^### (.+)\n((?:(?!#).*\n)*)", re.MULTILINE)
_QUERY = re.compile(r"```promql\n(.+?)```\n", re.DOTALL)


class Question(NamedTuple):
    """``empty`` is why the demo has no answer, None if it has one."""

    title: str
    query: str
    empty: str | None


def _question(title: str, text: str) -> Question:
    (query,) = _QUERY.findall(text)
    reason = re.search(r"^Empty in the demo: (.+)", text, re.MULTILINE)
    return Question(title, query, reason and reason[1])


QUESTIONS = [_question(*match.groups()) for match in _QUESTION.finditer(PAGE.read_text())]

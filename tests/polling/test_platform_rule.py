"""The platform rule as a table: standing before, answers, standing after, verdict.

Answers: A answered, R refused (403, 404), C closed (410), F failed, U unattempted; first of
``usage``, then of the three legacy collectors if polled. Verdict in the same order: c counted,
n not offered, p passed over, l left as if not polled; then ``!`` if the platform answered, or
``=`` if the legacy collectors share the failure of ``usage``.
"""

import pytest

from exporter.accounts import Platform
from exporter.polling.platform import Said, Standing, Taken, Verdict, verdict

UNKNOWN = Standing(None, Platform.USAGE)
UNKNOWN_LEGACY = Standing(None, Platform.LEGACY)
"""Undecided. Legacy is shown because it fails."""
ON_USAGE = Standing(Platform.USAGE, Platform.USAGE)
ON_LEGACY = Standing(Platform.LEGACY, Platform.LEGACY)

SAID = {
    "A": Said.ANSWERED,
    "R": Said.REFUSED,
    "C": Said.CLOSED,
    "F": Said.FAILED,
    "U": Said.UNATTEMPTED,
}
TAKEN = {
    "c": Taken.COUNTED,
    "n": Taken.NOT_OFFERED,
    "p": Taken.PASSED_OVER,
    "l": Taken.LEFT,
}

ROWS = [
    # usage answers: it is the platform, whatever it was before
    (UNKNOWN, "A", ON_USAGE, "c!"),
    (UNKNOWN_LEGACY, "A", ON_USAGE, "c!"),
    (ON_USAGE, "A", ON_USAGE, "c!"),
    (ON_LEGACY, "A", ON_USAGE, "c!"),
    # a 401, a 5xx or a limit decides no platform: the shown side fails
    (UNKNOWN, "F", UNKNOWN, "c"),
    (UNKNOWN_LEGACY, "F", UNKNOWN_LEGACY, "p="),
    (ON_USAGE, "F", ON_USAGE, "c"),
    (ON_LEGACY, "F", ON_LEGACY, "p="),
    # nor does a 410 of usage
    (UNKNOWN, "C", UNKNOWN, "c"),
    (ON_USAGE, "C", ON_USAGE, "c"),
    (ON_LEGACY, "C", ON_LEGACY, "p="),
    # usage is refused and a legacy collector answers: legacy, whose collectors become required
    (UNKNOWN, "RAAA", ON_LEGACY, "pccc!"),
    (UNKNOWN, "RARR", ON_LEGACY, "pccc!"),
    (UNKNOWN, "RRRA", ON_LEGACY, "pccc!"),
    (UNKNOWN, "RAFC", ON_LEGACY, "pccn!"),
    (UNKNOWN, "RCCA", ON_LEGACY, "pnnc!"),
    (UNKNOWN_LEGACY, "RAAA", ON_LEGACY, "pccc!"),
    (UNKNOWN_LEGACY, "RFAR", ON_LEGACY, "pccc!"),
    (ON_USAGE, "RAAA", ON_LEGACY, "pccc!"),
    (ON_USAGE, "RRAC", ON_LEGACY, "pccn!"),
    (ON_LEGACY, "RAAA", ON_LEGACY, "pccc!"),
    (ON_LEGACY, "RARR", ON_LEGACY, "pccc!"),
    (ON_LEGACY, "RACC", ON_LEGACY, "pcnn!"),
    (ON_LEGACY, "RAFF", ON_LEGACY, "pccc!"),
    # all of legacy is refused, too: usage fails with its own reason
    (UNKNOWN, "RRRR", UNKNOWN, "cnnn"),
    (UNKNOWN, "RCCC", UNKNOWN, "cnnn"),
    (UNKNOWN, "RRCR", UNKNOWN, "cnnn"),
    (UNKNOWN_LEGACY, "RRRR", UNKNOWN, "cnnn"),
    (UNKNOWN_LEGACY, "RCCC", UNKNOWN, "cnnn"),
    (ON_USAGE, "RRRR", ON_USAGE, "cnnn"),
    (ON_USAGE, "RCCC", ON_USAGE, "cnnn"),
    # an account on legacy is refused by all: undecided again
    (ON_LEGACY, "RCCC", UNKNOWN, "cnnn"),
    (ON_LEGACY, "RRRR", UNKNOWN, "cnnn"),
    (ON_LEGACY, "RCRC", UNKNOWN, "cnnn"),
    # legacy fails otherwise: the failure is shown on the legacy side
    (UNKNOWN, "RFFF", UNKNOWN_LEGACY, "pccc"),
    (UNKNOWN, "RFRC", UNKNOWN_LEGACY, "pcnn"),
    (UNKNOWN_LEGACY, "RFFF", UNKNOWN_LEGACY, "pccc"),
    (UNKNOWN_LEGACY, "RRFR", UNKNOWN_LEGACY, "pncn"),
    (ON_LEGACY, "RFFF", ON_LEGACY, "pccc"),
    (ON_LEGACY, "RFRC", ON_LEGACY, "pccn"),
    # but an account only leaves usage for a platform that answers
    (ON_USAGE, "RFFF", ON_USAGE, "clll"),
    (ON_USAGE, "RFRC", ON_USAGE, "clnn"),
    # a limit leaves some unattempted: one answer is enough, all else waits for the rest
    (UNKNOWN, "RAUU", ON_LEGACY, "pcll!"),
    (ON_LEGACY, "RUAR", ON_LEGACY, "plcc!"),
    (ON_USAGE, "RUCA", ON_LEGACY, "plnc!"),
    (UNKNOWN, "RUUU", None, ""),
    (UNKNOWN, "RCCU", None, ""),
    (UNKNOWN_LEGACY, "RFUF", None, ""),
    (ON_USAGE, "RRRU", None, ""),
    (ON_LEGACY, "RUCC", None, ""),
    # without legacy collectors there is no other platform
    (UNKNOWN, "R", UNKNOWN, "c"),
    (ON_USAGE, "R", ON_USAGE, "c"),
    (ON_LEGACY, "R", UNKNOWN, "c"),
]


@pytest.mark.parametrize(("before", "said", "standing", "follows"), ROWS)
def test_the_rule(before: Standing, said: str, standing: Standing | None, follows: str) -> None:
    found = verdict(before, *(_said(said)))
    if standing is None:
        assert found is None
        return
    usage, *legacy = (TAKEN[letter] for letter in follows.strip("!="))
    assert found == Verdict(
        standing, usage, tuple(legacy), answered="!" in follows, shares_failure="=" in follows
    )


def _said(letters: str) -> tuple[Said, list[Said]]:
    usage, *legacy = (SAID[letter] for letter in letters)
    return usage, legacy


def test_no_row_is_said_twice() -> None:
    assert len({(before, said) for before, said, *_ in ROWS}) == len(ROWS) >= 40

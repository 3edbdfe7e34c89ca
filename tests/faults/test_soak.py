"""A short soak; `make soak` runs a day of 500 accounts."""

import structlog

from tests.support.apart import apart
from tests.support.faults.soak import GROWTH, Hour, soaked


def short_soak() -> tuple[list[Hour], int, int, int]:
    """Return the hours and the numbers of fault kinds, moved accounts and lost accounts."""
    with structlog.testing.capture_logs():
        soak = soaked(accounts=20, hours=5)
    return soak.hours, len(soak.faults), soak.moved, soak.lost


class TestASoak:
    def test_of_few_accounts_misses_no_poll_and_leaves_nothing_behind(self) -> None:
        hours, kinds, moved, lost = apart(short_soak)
        last = hours[-1]
        assert kinds > 20
        assert len(last.failures) > 4
        assert moved > 0
        assert lost > 0
        assert last.polls > 20 * 10 * 5  # three collectors every half hour, others every hour
        assert {(hour.tasks, hour.files) for hour in hours} == {(0, last.files)}
        assert last.objects <= GROWTH * hours[0].objects

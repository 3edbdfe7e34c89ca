"""A short soak in the gate; `make soak` runs a day of 500 accounts."""

import structlog

from tests.faults.soak import GROWTH, soaked


class TestASoak:
    def test_of_few_accounts_misses_no_poll_and_leaves_nothing_behind(self) -> None:
        with structlog.testing.capture_logs():
            soak = soaked(accounts=20, hours=5)
        last = soak.hours[-1]
        assert len(soak.faults) > 20
        assert len(last.failures) > 4
        assert soak.moved > 0
        assert soak.lost > 0
        assert last.polls > 20 * 10 * 5  # three collectors every half hour, others every hour
        assert {(hour.tasks, hour.files) for hour in soak.hours} == {(0, last.files)}
        assert last.objects <= GROWTH * soak.hours[0].objects

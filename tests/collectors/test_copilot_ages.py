"""Ages of the last use: every time has exactly one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.copilot import AGES, age

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta.resolution


class TestAge:
    @pytest.mark.parametrize(
        ("ago", "name"),
        [
            (timedelta(0), "0-7d"),
            (7 * DAY, "0-7d"),
            (7 * DAY + TICK, "8-30d"),
            (30 * DAY, "8-30d"),
            (30 * DAY + TICK, "31-90d"),
            (90 * DAY, "31-90d"),
            (90 * DAY + TICK, "over_90d"),
            (9_000 * DAY, "over_90d"),
        ],
    )
    def test_changes_after_whole_days(self, ago: timedelta, name: str) -> None:
        assert age(NOW - ago, NOW) == name

    def test_of_what_was_never_used_is_never(self) -> None:
        assert age(None, NOW) == "never"

    @pytest.mark.parametrize("ahead", [TICK, 400 * DAY])
    def test_of_a_clock_that_goes_before_ours_is_the_youngest(self, ahead: timedelta) -> None:
        assert age(NOW + ahead, NOW) == "0-7d"

    @given(st.datetimes(), st.timedeltas(timedelta(hours=-12), timedelta(hours=12)))
    def test_is_the_same_in_every_zone(self, at: datetime, offset: timedelta) -> None:
        there = at.replace(tzinfo=UTC)
        assert age(there, NOW) == age(there.astimezone(timezone(offset)), NOW)

    @given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
    def test_grows_with_time_and_is_one_of_those_listed(
        self, one: datetime, other: datetime
    ) -> None:
        older, younger = sorted((one, other))
        assert AGES.index(age(older, NOW)) >= AGES.index(age(younger, NOW))

    def test_is_listed_from_young_to_never(self) -> None:
        assert AGES == ("0-7d", "8-30d", "31-90d", "over_90d", "never")

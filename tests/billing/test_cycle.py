from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.billing.cycle import Cycle

NOVEMBER = Cycle.at(datetime(2026, 11, 24, tzinfo=UTC))
NAIVE = datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None)

moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  (hypothesis wants naive bounds)
    max_value=datetime(2199, 12, 31),  # noqa: DTZ001  (the same)
    timezones=st.just(UTC),
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


class TestCycle:
    @pytest.mark.parametrize(
        ("now", "start", "end"),
        [
            ("2026-11-24T15:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-11-30T23:59:59.999999Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-01T01:00:00+02:00", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-31T20:00:00-05:00", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"),
            ("2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            ("2100-02-28T12:00:00Z", "2100-02-01T00:00:00Z", "2100-03-01T00:00:00Z"),
        ],
    )
    def test_is_the_calendar_month_in_utc(self, now: str, start: str, end: str) -> None:
        cycle = Cycle.at(datetime.fromisoformat(now))
        assert cycle.start == datetime.fromisoformat(start)
        assert cycle.end == datetime.fromisoformat(end)
        assert cycle.start.tzinfo is cycle.end.tzinfo is UTC

    @given(moments)
    def test_holds_its_moments_and_no_other_cycle_does(self, now: datetime) -> None:
        cycle = Cycle.at(now)
        assert cycle.start <= now < cycle.end
        assert (cycle.year, cycle.month) == (now.year, now.month)
        assert Cycle.at(cycle.start) == cycle
        assert Cycle.at(cycle.end).start == cycle.end

    @given(moments)
    def test_follows_the_previous_one_without_a_gap(self, now: datetime) -> None:
        cycle = Cycle.at(now)
        assert cycle.previous().end == cycle.start
        assert Cycle.at(cycle.previous().end) == cycle

    @given(moments, offsets)
    def test_does_not_depend_on_the_time_zone_of_now(self, now: datetime, zone: timezone) -> None:
        elsewhere = now.astimezone(zone)
        cycle = Cycle.at(now)
        assert Cycle.at(elsewhere) == cycle
        assert cycle.remaining_days(elsewhere) == cycle.remaining_days(now)
        assert cycle.hours_until(elsewhere) == cycle.hours_until(now)

    def test_without_a_time_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            Cycle.at(NAIVE)
        with pytest.raises(ValueError, match="time zone"):
            NOVEMBER.remaining_days(NAIVE)
        with pytest.raises(ValueError, match="time zone"):
            NOVEMBER.hours_until(NAIVE)

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (NAIVE, NOVEMBER.end),
            (NOVEMBER.start, NAIVE),
            (NOVEMBER.start.astimezone(timezone(timedelta(hours=1))), NOVEMBER.end),
        ],
    )
    def test_with_edges_not_in_utc_is_refused(self, start: datetime, end: datetime) -> None:
        with pytest.raises(ValueError, match="UTC"):
            Cycle(start, end)


class TestRemainingDays:
    @pytest.mark.parametrize(
        ("now", "days"),
        [
            ("2026-11-01T00:00:00Z", 29),
            ("2026-11-24T15:00:00Z", 6),
            ("2026-11-29T23:59:59Z", 1),
            ("2026-11-30T00:00:00Z", 0),
            ("2026-11-30T23:59:59Z", 0),
            ("2027-02-01T00:00:00Z", 27),
            ("2028-02-01T00:00:00Z", 28),
            ("2100-02-01T00:00:00Z", 27),
        ],
    )
    def test_are_days_in_the_month_less_the_day(self, now: str, days: int) -> None:
        moment = datetime.fromisoformat(now)
        assert Cycle.at(moment).remaining_days(moment) == days

    @given(moments)
    def test_and_the_day_make_the_month(self, now: datetime) -> None:
        _, days = monthrange(now.year, now.month)
        assert Cycle.at(now).remaining_days(now) + now.day == days

    def test_are_none_once_the_cycle_is_over(self) -> None:
        assert NOVEMBER.remaining_days(NOVEMBER.end + timedelta(days=5)) == 0


class TestHours:
    @pytest.mark.parametrize(
        ("now", "hours"),
        [
            ("2026-10-05T00:00:00Z", 744),
            ("2026-11-05T00:00:00Z", 720),
            ("2027-02-05T00:00:00Z", 672),
            ("2028-02-05T00:00:00Z", 696),
        ],
    )
    def test_are_those_of_the_month(self, now: str, hours: float) -> None:
        assert Cycle.at(datetime.fromisoformat(now)).hours == hours

    def test_so_far_run_from_the_start(self) -> None:
        assert NOVEMBER.hours_until(NOVEMBER.start) == 0
        assert NOVEMBER.hours_until(NOVEMBER.start + timedelta(hours=1, minutes=30)) == 1.5

    def test_so_far_never_exceed_the_month(self) -> None:
        assert NOVEMBER.hours_until(NOVEMBER.end + timedelta(days=5)) == NOVEMBER.hours

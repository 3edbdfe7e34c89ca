"""Forecasts of the recording rules in months of several shapes, evaluated by Prometheus."""

from collections.abc import Iterator

import pytest

from tests.support.forecast_months import (
    DAYS,
    FORECAST,
    RUN_RATE,
    SHAPES,
    SLOPE,
    errors,
    forecast_months,
    misses,
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with forecast_months(tmp_path_factory.mktemp("months")) as it:
        yield it


def test_meets_its_goals_and_is_no_worse_than_the_run_rate(url: str) -> None:
    assert misses(errors(url, FORECAST), errors(url, RUN_RATE)) == []


def test_is_there_on_every_day(url: str) -> None:
    for name in (FORECAST, RUN_RATE, SLOPE):
        assert {title: len(found) for title, found in errors(url, name).items()} == {
            shape.title: len(DAYS) for shape in SHAPES
        }


def test_the_run_rate_and_the_slope_miss_those_goals(url: str) -> None:
    assert misses(errors(url, RUN_RATE), errors(url, RUN_RATE))
    assert misses(errors(url, SLOPE), errors(url, RUN_RATE))

"""The sums of the recording rules are those that Prometheus would have recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from exporter.history.wanted import Wanted
from tests.support.month_of_demo import recording_rules
from tests.support.past_months import NOW, blocks, demo_at, past
from tests.support.programs import prometheus, query

OF_WEEKS = {
    "account:github_billing_usage_net_usd:forecast_slope",
    "account:github_billing_usage_net_usd:spend1d_avg14d",
}
"""Not written: each value needs days or weeks of others, at every step."""

MOMENTS = (
    datetime(2026, 8, 1, 0, tzinfo=UTC),
    datetime(2026, 8, 1, 23, tzinfo=UTC),
    datetime(2026, 8, 2, 0, tzinfo=UTC),
    datetime(2026, 8, 3, 5, tzinfo=UTC),
    datetime(2026, 8, 31, 23, tzinfo=UTC),
    datetime(2026, 9, 1, 0, tzinfo=UTC),
    datetime(2026, 9, 1, 17, tzinfo=UTC),
    datetime(2026, 9, 2, 12, tzinfo=UTC),
    datetime(2026, 9, 16, 1, tzinfo=UTC),
    datetime(2026, 9, 30, 23, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("prometheus")
    _, app = demo_at(NOW)
    wanted = Wanted(2, timedelta(hours=1), NOW, labels=(("job", "billing"),))
    blocks(past(wanted, app, "acme", "mona"), data)
    with prometheus("{}", "newest", data=data, flags=["--storage.tsdb.retention.time=10y"]) as it:
        yield it


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_every_rule(url: str, moment: datetime) -> None:
    names = {rule.record for rule in recording_rules()} - OF_WEEKS
    recorded = {name: _values(url, name, moment) for name in names}
    computed: dict[str, dict[frozenset[tuple[str, str]], float]] = {name: {} for name in names}
    for rule in recording_rules():
        if rule.record in names:
            values = _values(url, rule.expr, moment, **rule.labels)
            computed[rule.record] |= values
    assert any(computed.values())
    for name in names:
        assert recorded[name] == pytest.approx(computed[name], rel=1e-12), name


def _values(
    url: str, expression: str, at: datetime, **labels: str
) -> dict[frozenset[tuple[str, str]], float]:
    return {
        frozenset({**point.labels, "__name__": "", **labels}.items()): point.value
        for point in query(url, expression, at)
    }

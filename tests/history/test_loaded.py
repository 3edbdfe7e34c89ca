"""Past months in a Prometheus: its recording rules, and the queries of the guide."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from exporter.history.wanted import Wanted
from tests.support.blocks import recording_rules
from tests.support.past_months import NOW, Labels, blocks, demo_at, past
from tests.support.paths import ROOT
from tests.support.programs import prometheus, query

MOMENTS = (
    datetime(2026, 8, 1, 0, tzinfo=UTC),
    datetime(2026, 8, 1, 23, tzinfo=UTC),
    datetime(2026, 8, 2, 0, tzinfo=UTC),
    datetime(2026, 8, 3, 1, tzinfo=UTC),
    datetime(2026, 8, 3, 2, tzinfo=UTC),
    datetime(2026, 8, 31, 23, tzinfo=UTC),
    datetime(2026, 9, 1, 0, tzinfo=UTC),
    datetime(2026, 9, 1, 17, tzinfo=UTC),
    datetime(2026, 9, 2, 12, tzinfo=UTC),
    datetime(2026, 9, 16, 1, tzinfo=UTC),
    datetime(2026, 9, 30, 23, tzinfo=UTC),
)

SCRAPED = (("cluster", "eu"), ("instance", "pod-0"), ("job", "billing"), ("namespace", "tools"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("prometheus")
    _, app = demo_at(NOW)
    wanted = Wanted(3, timedelta(hours=1), NOW, labels=SCRAPED)
    blocks(past(wanted, app, "acme", "mona"), data)
    with prometheus("{}", "newest", data=data, flags=["--storage.tsdb.retention.time=10y"]) as it:
        yield it


RULES = {rule.record for rule in recording_rules()}

OF_TODAY = {
    name
    for name in RULES
    if any(word in name for word in ("budget", "seats", "team", "workflow"))
    or name.startswith("account_target:")
}
"""Rules about what GitHub only says of today, such as budgets."""

OF_LEGACY = {
    f"account_quota:github_billing_included:{of_legacy}"
    for of_legacy in ("used", "limit", "used_ratio", "known_used_ratio")
}
"""Rules about the legacy platform."""

OF_ALERTS = {
    "account_collector:github_billing_exporter_collector:fresh",
    "account_quota:github_billing_included:known_forecast_ratio",
    "account_quota:github_billing_included:known_spent",
    "account_product:github_billing_usage_gross_usd:spend1d_avg14d",
    "account_product:github_billing_usage_gross_usd:spend1d_stddev14d",
}
"""Rules that only alerts read, about now: whether GitHub can be read, and the usual day.

Prometheus computes them of today from what is loaded, such as the spend of each past day.
"""

OF_ORGANIZATIONS = {
    name for name in RULES if name.startswith("account_organization:github_billing_organization_")
}
"""Rules that only alerts read, about usage by organization, which is loaded only if asked for."""

NEVER = OF_TODAY | OF_LEGACY | OF_ALERTS | OF_ORGANIZATIONS


def test_all_rules_have_values_but_those_without_a_past(url: str) -> None:
    assert {name for name in RULES if not query(url, name, MOMENTS[-1])} == NEVER


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_every_rule(url: str, moment: datetime) -> None:
    recorded = _values(url, '{__name__=~".+:.+:.+"}', moment)
    computed: dict[Labels, float] = {}
    for rule in recording_rules():
        if rule.record in NEVER:
            continue
        labels = {"__name__": rule.record, **rule.labels}
        computed |= _values(url, rule.expr, moment, **labels)
    assert recorded.keys() == computed.keys()
    assert recorded == pytest.approx(computed, rel=1e-12)


def _values(url: str, expression: str, at: datetime, **labels: str) -> dict[Labels, float]:
    return {
        frozenset({**point.labels, **labels}.items()): point.value
        for point in query(url, expression, at)
    }


def queries() -> list[str]:
    """Return the queries of the guide, at the end of the last month that is loaded."""
    table = (ROOT / "docs/history.md").read_text().partition("## Ask over months")[2]
    cells = re.findall(r"^\| [^|]+ \| `([^`]+)`", table, re.MULTILINE)
    return [re.sub(r"@ \d+", f"@ {MOMENTS[-1].timestamp():.0f}", cell) for cell in cells]


@pytest.mark.parametrize("expression", queries())
def test_a_query_of_the_guide(url: str, expression: str) -> None:
    found = query(url, expression, MOMENTS[-1])
    assert bool(found) != ("price" in expression)  # which did not change


def test_the_guide_has_queries() -> None:
    assert len(queries()) == 3

"""A past month says what the page would have said."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.history.wanted import Wanted
from exporter.web.exposition import text
from tests.support.past_months import NOW, SIX_HOURS, Labels, Values, demo_at, past, values

ONLY_OF_TODAY = (
    "actions_included_minutes",
    "advanced_security_",
    "budget_",
    "copilot_",
    "cost_center_ai_pool_",
    "cost_center_info",
    "exporter_",
    "license_",
    "licenses_",
    "packages_included_bandwidth_gigabytes",
    "plan_",
    "previous_cycle_cost_center_",
    "previous_cycle_difference_usd",
    "previous_cycle_organization_",
    "previous_cycle_repository_",
    "previous_cycle_team_",
    "repository_team_info",
    "shared_storage_included_gigabytes",
    "team_",
    "usage_latest_item_timestamp_seconds",
    "workflow_",
)
"""Metrics about what GitHub only says of today, the exporter, or by today's rules and exports."""


@pytest.fixture(scope="module")
def september() -> Values:
    _, app = demo_at(NOW)
    return values(past(Wanted(1, SIX_HOURS, NOW), app))


def page_at(now: datetime) -> dict[Labels, float]:
    """Return the page at a time, without accounts on the legacy platform."""
    _, app = demo_at(now)
    asyncio.run(app.once())
    page = text(app.poller.page(), app.telemetry.registry).decode()
    return {
        frozenset({"__name__": sample.name, **sample.labels}.items()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.labels.get("account") not in {None, "oldtown"}
        if not sample.name.removeprefix("github_billing_").startswith(ONLY_OF_TODAY)
    }


@pytest.mark.parametrize("day", [1, 4, 20, 30])
def test_at_the_end_of_a_day(september: Values, day: int) -> None:
    last_sample = datetime(2026, 9, day, 18, tzinfo=UTC)
    said = {
        labels: its[last_sample]
        for labels, its in september.items()
        if last_sample in its and ":" not in dict(labels)["__name__"]
    }
    page = page_at(datetime(2026, 9, day, tzinfo=UTC) + timedelta(days=1, microseconds=-1))
    assert said.keys() == page.keys()
    assert said == pytest.approx(page, rel=1e-9)

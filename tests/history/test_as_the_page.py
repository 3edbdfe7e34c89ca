"""A past month says what the page would have said."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.history.wanted import Wanted
from exporter.web.exposition import text
from tests.support.past_months import NOW, SIX_HOURS, Labels, demo_at, past, values


def page_at(now: datetime) -> dict[Labels, float]:
    _, app = demo_at(now)
    asyncio.run(app.once())
    page = text(app.poller.page(), app.telemetry.registry).decode()
    return {
        frozenset({"__name__": sample.name, **sample.labels}.items()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.labels.get("account") not in {None, "oldtown"}  # which is on legacy
    }


@pytest.mark.parametrize("day", [1, 4, 20, 30])
def test_at_the_end_of_a_day(day: int) -> None:
    _, app = demo_at(NOW)
    wanted = Wanted(1, SIX_HOURS, NOW)
    last_sample = datetime(2026, 9, day, 18, tzinfo=UTC)
    said = {
        labels: its[last_sample]
        for labels, its in values(past(wanted, app)).items()
        if last_sample in its
    }
    page = page_at(datetime(2026, 9, day, tzinfo=UTC) + timedelta(days=1, microseconds=-1))
    names = {dict(labels)["__name__"] for labels in said}
    shown = {labels: value for labels, value in page.items() if dict(labels)["__name__"] in names}
    of_page = {
        labels: value for labels, value in said.items() if ":" not in dict(labels)["__name__"]
    }
    assert of_page.keys() == shown.keys()
    assert of_page == pytest.approx(shown, rel=1e-9)

"""The facts of a working job, for the page."""

from datetime import timedelta

from exporter.metrics import catalogue
from exporter.metrics.model import Known, Reading
from exporter.metrics.page import JobFacts
from tests.support.simulator_client import NOW

READING = Reading(
    taken=NOW - timedelta(minutes=7),
    samples=(catalogue.USAGE_USD.net(8675.309, product="actions", sku="actions_linux"),),
)
WORKING = JobFacts(
    collector="usage",
    known=Known(True, READING.taken, READING),
    standing_by=False,
    failure=None,
    detail="",
    hint="",
    last_attempt=READING.taken,
    duration=timedelta(seconds=1),
    next_attempt=NOW + timedelta(minutes=8),
    interval=timedelta(minutes=15),
    stale_after=timedelta(minutes=45),
)

"""The lines of samples are those of prometheus_client, for every label and value."""

import math

from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from exporter.metrics import catalogue
from exporter.metrics.model import Metric, lines
from tests.support.faults.fault import Fault
from tests.support.world import World, in_virtual_time, organization

OURS = Metric("github_billing_z", "Of an account.", ("zone", "a", "account_x"))
SUM = Metric("github_billing_sum", "Of the exporter.", per_account=False)

LABELS = st.text(st.characters(codec="utf-8"), max_size=20)
ROWS = st.lists(st.tuples(st.tuples(LABELS, LABELS, LABELS), st.floats()))


def of_prometheus_client(
    account: tuple[str, ...], rows: list[tuple[tuple[str, ...], float]]
) -> bytes:
    family = GaugeMetricFamily(OURS.name, OURS.help, labels=OURS.all_labels)
    for labels, value in rows:
        family.add_metric((*account, *labels), value)

    class Families(Collector):
        def collect(self) -> list[GaugeMetricFamily]:
            return [family]

    registry = CollectorRegistry()
    registry.register(Families())
    return b"".join(generate_latest(registry).splitlines(keepends=True)[2:])


class TestLines:
    @given(LABELS, ROWS)
    @example("100%s", [(('"\\\n%s', "", "\r\x85\u2028"), 1e7)])
    @example("acme", [(("a", "b", "c"), value) for value in (math.nan, math.inf, -math.inf, 1e300)])
    def test_are_those_of_prometheus_client(
        self, name: str, rows: list[tuple[tuple[str, ...], float]]
    ) -> None:
        account = ("organization", name)
        samples = [
            OURS(value, zone=zone, a=a, account_x=account_x) for (zone, a, account_x), value in rows
        ]
        expected = of_prometheus_client(account, rows)
        assert lines(samples, account) == ({OURS: expected} if rows else {})

    def test_need_no_label(self) -> None:
        assert lines([SUM(3)]) == {SUM: b"github_billing_sum 3.0\n"}


class TestAChange:
    @in_virtual_time
    async def test_renders_only_what_changed(self) -> None:
        settings = {"accounts": [{"organization": "quiet", "interval": "6h"}]}
        acme, quiet = organization("acme"), organization("quiet")
        world = World(acme, quiet, watched=[acme], settings=settings, collectors=["usage"])
        async with world:
            before = {each.account: each for each in world.app.poller.page().accounts}
            text = [line for each in before.values() for line in each.lines]
            assert text
            world.github.faults.add(Fault.server_error(account="acme"))
            await world.passes(minutes=16)
            assert world.about("success", "usage", "acme") == 0
            after = {each.account: each for each in world.app.poller.page().accounts}
            assert after["quiet"] is before["quiet"]
            bill = {id(text) for metric, text in before["acme"].lines if metric in catalogue.BILL}
            assert {id(text) for _, text in after["acme"].lines} & bill

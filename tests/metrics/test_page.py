"""The page of metrics: formats, labels and sums."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import combinations, cycle, product
from math import fsum
from operator import attrgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families as text_families

from exporter import collectors
from exporter.accounts import Account, Platform
from exporter.billing.usage import SummaryRow
from exporter.collectors import ALL, Collector
from exporter.commands.demo import assemble_demo, load_demo
from exporter.github.api import GitHub
from exporter.metrics import catalogue
from exporter.metrics.model import Metric, Reading
from exporter.web.exposition import Exposition
from tests.support.usage_rows import Use, reports, spelled
from tests.support.world import START, World, in_virtual_time, organization, row

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]

TEXT = "text/plain"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
FORMATS = (TEXT, OPENMETRICS)
ODD = (
    'a "quoted" one',
    "two\nlines",
    "back\\slash\\n",
    "tab\there",
    "Zürich 東京 🐙",
    "\\",
    '"',
    "a\rb",
)
SPELLINGS = tuple(map(attrgetter, ("summary", "report", "example")))


def everything() -> World:
    """Return the demo's world, with every family on the page."""
    world = World()
    wanted = load_demo({}, {})
    world.app = assemble_demo(wanted, world.clock, process=False)
    world.app.telemetry.remembered(START)  # the demo has no state file
    world.app.telemetry.sharded((0, 1))  # and no shards
    world.app.telemetry.web_config(lambda: True)  # nor a web configuration file
    world.app.telemetry.reloaded(START)  # and reads no settings again
    return world


async def once(world: World) -> World:
    """Poll once: without a scheduler, virtual time stands still while a thread renders."""
    await world.app.once()
    return world


async def body(world: World, accept: str) -> str:
    exposition = Exposition(world.app.poller.page, world.app.telemetry.registry)
    said, _ = await exposition.body(accept, gzip=False)
    return said.decode()


def parsed(text: str, accept: str) -> Series:
    read = openmetrics_families if accept == OPENMETRICS else text_families
    samples = [sample for family in read(text) for sample in family.samples]
    series = {(s.name, frozenset(s.labels.items())): s.value for s in samples}
    assert len(series) == len(samples), "duplicate series on the page"
    return series


def label(series: Series, name: str, wanted: str) -> set[str]:
    return {dict(labels)[wanted] for metric, labels in series if metric == f"github_billing_{name}"}


def spoken(row: SummaryRow) -> dict[str, object]:
    """Return the row as GitHub's JSON has it, in camelCase."""
    return {
        "".join([first, *map(str.title, rest)]): getattr(row, field)
        for field in row.__struct_fields__
        for first, *rest in [field.split("_")]
    }


class TestTheFormats:
    @pytest.mark.parametrize("accept", FORMATS)
    @in_virtual_time
    async def test_give_every_family_one_help_and_one_type_before_its_series(
        self, accept: str
    ) -> None:
        lines = (await body(await once(everything()), accept)).splitlines()
        seen: dict[str, list[str]] = {}
        family = ""
        for line in lines:
            if line.startswith(("# HELP ", "# TYPE ")):
                _, kind, family, *words = line.split(" ")
                assert words
                seen.setdefault(family, []).append(kind)
            elif line != "# EOF":
                assert line.startswith(family)
                assert line.removeprefix(family).startswith(("{", "_", " "))
        assert len(seen) > 40
        assert set(map(tuple, seen.values())) == {("HELP", "TYPE")}

    @in_virtual_time
    async def test_say_the_same_in_each_and_nothing_twice(self) -> None:
        world = await once(everything())
        texts = {accept: await body(world, accept) for accept in FORMATS}
        text, openmetrics = (parsed(texts[accept], accept) for accept in FORMATS)
        assert text == openmetrics == world.samples()
        assert len(text) > 200
        assert texts[OPENMETRICS].endswith("\n# EOF\n")
        assert texts[OPENMETRICS].count("# EOF") == 1

    @in_virtual_time
    async def test_keep_the_order_of_the_catalogue(self) -> None:
        text = await body(await once(everything()), TEXT)
        families = [line.split(" ")[2] for line in text.splitlines() if line.startswith("# TYPE")]
        names = [metric.name for metric in catalogue.BILL + catalogue.JOBS]
        assert [name for name in families if name in names] == names


class TestLabels:
    @pytest.mark.parametrize("accept", FORMATS)
    @pytest.mark.parametrize("word", ODD)
    @in_virtual_time
    async def test_survive_the_page_whatever_is_in_them(self, word: str, accept: str) -> None:
        people = [f"committer-{number}" for number in range(30)]
        account = organization(plan=word, ghas="bundled", repositories=[word], committers=people)
        opted_in = {"collectors": ["advanced_security_repositories"]}
        world = await once(World(account, settings=opted_in))
        series = parsed(await body(world, accept), accept)
        assert label(series, "account_info", "plan") == {word.lower()}
        name = "advanced_security_repository_committers"
        assert label(series, name, "repository") == {word}

    @settings(max_examples=100)
    @given(st.text(), st.sampled_from(FORMATS))
    @in_virtual_time
    async def test_survive_with_any_text(self, word: str, accept: str) -> None:
        account = organization(usage_items=[row(product=word, sku=word, unitType=word)])
        account.plan = word
        series = parsed(await body(await once(World(account)), accept), accept)
        assert label(series, "account_info", "plan") == {word.strip().lower()}
        assert len(label(series, "usage_gross_usd", "sku")) == 1

    @pytest.mark.parametrize("accept", FORMATS)
    @in_virtual_time
    async def test_of_an_unknown_sku_are_its_normal_form_and_listed(self, accept: str) -> None:
        odd = row(
            product='Quantum "Q"\n', sku="Überqubit\\9000", unitType="QubitHours", netAmount=3
        )
        world = await once(World(organization(usage_items=[odd, row()])))
        series = parsed(await body(world, accept), accept)
        names = {("product", "quantum_q"), ("sku", "überqubit_9000")}
        ((_, labels),) = (key for key in series if key[0].endswith("unknown_sku_info"))
        assert labels == names
        ((_, labels),) = (key for key in series if names < key[1] and "net_usd" in key[0])
        assert series["github_billing_usage_net_usd", labels] == 3


class TestSums:
    @settings(max_examples=500)
    @given(reports)
    @in_virtual_time
    async def test_of_the_page_are_those_of_the_payload(self, report: list[Use]) -> None:
        spellings = cycle(SPELLINGS)
        rows = [spelled(use, next(spellings)) for use in report]
        page = (await self.summed([spoken(row) for row in rows])).samples()
        for measure, (metric, field) in product(
            ("gross", "discount", "net"), (("usd", "amount"), ("quantity", "quantity"))
        ):
            name = f"github_billing_usage_{measure}_{metric}"
            payload = [getattr(row, f"{measure}_{field}") for row in rows]
            found = fsum(value for (series, _), value in page.items() if series == name)
            tolerance = 1e-12 * fsum(map(abs, payload))
            assert found == pytest.approx(fsum(payload), rel=0, abs=tolerance)

    @in_virtual_time
    async def test_join_rows_that_are_identical_and_rows_that_are_only_spelled_apart(self) -> None:
        page = await self.summed(
            [
                row(grossQuantity=1.5, netAmount=0.1),
                row(grossQuantity=1.5, netAmount=0.1),
                row(product="actions", sku="Actions Linux", unitType="Minutes", netAmount=0.2),
                row(sku="Actions macOS 3-core", netAmount=5),
                row(sku="actions_macos", netAmount=6),
            ]
        )
        assert page.value("usage_gross_quantity", sku="actions_linux") == 3
        assert page.value("usage_net_usd", sku="actions_linux") == fsum([0.1, 0.1, 0.2])
        assert page.value("usage_net_usd", sku="actions_macos") == 11

    @in_virtual_time
    async def test_keep_their_sign_and_their_zeros(self) -> None:
        page = await self.summed(
            [
                row(pricePerUnit=1, netQuantity=-2, netAmount=-3.5),
                row(sku="actions_windows", netAmount=0),
            ]
        )
        assert page.value("usage_net_usd", sku="actions_linux") == -3.5
        assert page.value("actions_paid_minutes") == -2
        assert page.value("usage_net_usd", sku="actions_windows") == 0

    @staticmethod
    async def summed(rows: list[dict[str, object]]) -> World:
        others = [collector.name for collector in ALL if collector.name != "usage"]
        return await once(World(organization(usage_items=rows), settings={"no_collectors": others}))


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        "labels", [{}, {"os": "linux"}, {"os": "l", "runner": "l", "sku": "x"}]
    )
    def test_with_labels_that_are_not_declared_is_a_type_error_that_tells_the_mend(
        self, labels: dict[str, str]
    ) -> None:
        message = r"actions_runner_used_minutes.*exporter/metrics/catalogue/ "
        with pytest.raises(TypeError, match=message):
            catalogue.ACTIONS_RUNNER_USED_MINUTES(1, **labels)

    def test_twice_in_a_reading_is_refused(self) -> None:
        one = catalogue.USAGE_USD.net(1, product="actions", sku="actions_linux")
        other = catalogue.USAGE_USD.net(2, sku="actions_linux", product="actions")
        with pytest.raises(ValueError, match=r"usage_net_usd.*twice.*sum"):
            Reading(START, (one, other))
        assert len(Reading(START, (one, catalogue.ACTIONS_USED_MINUTES(1))).samples) == 2

    @in_virtual_time
    async def test_without_being_declared_by_its_collector_is_our_own_fault(self) -> None:
        async def collect(github: GitHub, account: Account, now: datetime) -> Reading:
            return Reading(now, (catalogue.PLAN_FILLED_SEATS(1),))

        world = World(organization())
        job = world.job("advanced_security")
        job.collector = Collector(
            name=job.collector.name,
            summary="",
            endpoints=(),
            permissions=job.collector.permissions,
            metrics=(catalogue.PLAN_PURCHASED_SEATS,),
            collect=collect,
        )
        async with world:
            assert world.reason("advanced_security") == "internal"
            assert world.about("success", "usage") == 1


class TestTheCatalogue:
    @staticmethod
    def shown(series: Iterable[tuple[str, object]], metric: Metric) -> bool:
        suffix = "_count" if metric.type == "histogram" else ""
        return any(name == metric.name + suffix for name, _ in series)

    @in_virtual_time
    async def test_holds_no_metric_that_nobody_says(self) -> None:
        page = (await once(everything())).samples()
        assert [metric.name for metric in catalogue.ALL if not self.shown(page, metric)] == []

    @in_virtual_time
    async def test_holds_all_that_is_said(self) -> None:
        declared = {metric.name for metric in catalogue.ALL}
        text = (await once(everything())).text()
        families = {family.name for family in text_families(text)}
        assert {f for f in families if f not in declared and f"{f}_total" not in declared} == set()

    def test_names_each_metric_once_and_by_its_kind(self) -> None:
        names = Counter(metric.name for metric in catalogue.ALL)
        assert [name for name, count in names.items() if count > 1] == []
        for metric in catalogue.ALL:
            assert metric.name.startswith("github_billing_")
            assert metric.name.endswith("_total") == (metric.type == "counter")
            assert metric.help.endswith(".")
        for metric in catalogue.BILL:
            assert metric.all_labels[:2] == ("account_type", "account")
            assert "exporter" not in metric.name


class TestTheCollectors:
    def test_share_a_metric_only_where_one_stands_instead_of_the_other(self) -> None:
        shared = 0
        # Budgets of one's own have ids that none of GitHub's has.
        for one, other in combinations(ALL, 2):
            if set(one.metrics) & set(other.metrics) and "own_budgets" not in {
                one.name,
                other.name,
            }:
                shared += 1
                assert other.name in one.instead_of or one.name in other.instead_of
                assert {one.platform, other.platform} == set(Platform)
        assert shared

    def test_stand_instead_of_collectors_that_there_are(self) -> None:
        names = [collector.name for collector in ALL]
        assert len(set(names)) == len(names)
        assert {name for collector in ALL for name in collector.instead_of} <= set(names)

    def test_of_every_module_are_in_the_tuple(self) -> None:
        for module in pkgutil.iter_modules(collectors.__path__):
            if module.name == "collector":
                continue
            found = vars(importlib.import_module(f"exporter.collectors.{module.name}"))
            own = [value for value in found.values() if isinstance(value, Collector)]
            assert own, f"exporter/collectors/{module.name}.py has no collector"
            missing = [collector.name for collector in own if collector not in ALL]
            assert not missing, f"add {missing} to ALL in exporter/collectors/__init__.py"
